#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load ../lib/orlop

# phases: the names on standard error, as "who: phase".
phases() {
	awk '$1 ~ /^[0-9]+$/ { who = $3; sub(/^ *[0-9]+ +[0-9]+ +[a-z]+ +/, ""); print who ": " $0 }' <<<"$errors"
}

@test "--timings of run: the phases of the runtime and of the stage, by the time of their end" {
	args true
	status=0
	"$ORLOP" --root "$ROOT" --timings run -b "$BUNDLE" "$ID" >"$T/stdout" 2>"$T/stderr" || status=$?
	errors=$(cat "$T/stderr")
	[ "$status" -eq 0 ]
	[ ! -s "$T/stdout" ]
	for phase in 'runtime: config' 'runtime: plan' 'runtime: clone' 'stage: start of the stage' 'stage: mounts' 'stage: pivot' \
		'runtime: waiting for the stage' 'runtime: start' 'runtime: the program' 'runtime: delete'; do
		phases | grep -qx "$phase"
	done
	awk '$1 ~ /^[0-9]+$/ { if ($1 < last) exit 1; last = $1 }' <<<"$errors"
}

@test "--timings of exec, and of a command that fails, as JSON" {
	start_sleeper
	"$ORLOP" --root "$ROOT" --timings --log-format json exec "$ID" true 2>"$T/stderr"
	jq -e '[.timings[] | select(.who == "stage")] | length > 2' "$T/stderr"
	jq -e '[.timings[].phase] | index("plan")' "$T/stderr"
	status=0
	"$ORLOP" --root "$ROOT" --timings --log-format json state nope 2>"$T/stderr" || status=$?
	[ "$status" -eq 1 ]
	jq -es '.[0].level == "error" and .[1].timings[0].who == "runtime"' "$T/stderr"
}

@test "without --timings nothing is measured: the plan has no TIME" {
	args true
	refute grep -q TIME <(strace -f -e trace=pwrite64 "$ORLOP" --root "$ROOT" run -b "$BUNDLE" "$ID" 2>&1 | sed -n 's/.*pwrite64(.*/TIME/p')
}

@test "--debug tells phases, hooks, cgroups and mounts, each with its time since the start" {
	config '.hooks.createRuntime = [{ path: "/bin/true" }]'
	ok --debug create "$ID"
	for what in "phase 'config' has ended" "createRuntime hook #0 '/bin/true' begins" "createRuntime hook #0 '/bin/true' has ended well" \
		"/$ID' is made" "plan: mount 'proc' on '/proc'"; do
		grep -Eq "level=debug msg=\" *[0-9]+\.[0-9]{3} ms  .*$what" "$T/stderr" || complain "not told: $what"
	done
	ok delete --force "$ID"
	ok --debug --log "$T/log" --log-format json create "$ID"
	[ "$(jq -s 'map(select(.level == "debug") | .elapsedUs) | . == sort and length > 10 and .[0] >= 0' "$T/log")" = true ]
	ok delete --force "$ID"
	ok create "$ID"
	[ -z "$errors" ]
}
