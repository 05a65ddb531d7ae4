# SPDX-License-Identifier: Apache-2.0
# What is printed for programs fits docs/schemas, in every state of a container. The schemas are strict: a member that
# they do not name is a failure.

load ../lib/orlop

SCHEMAS=$BATS_TEST_DIRNAME/../../docs/schemas
CHECK="/usr/bin/python3 $BATS_TEST_DIRNAME/../lib/schema_check.py"

setup() {
	test_begin
	$CHECK --schemas "$SCHEMAS" >"$T/schemas" || { [ $? -ne 77 ] || skip "$(cat "$T/schemas")"; }
}

# fits [--lines] SCHEMA [FILE]: by default, what the last command has printed.
fits() {
	local lines=()

	[ "$1" != --lines ] || { lines=(--lines); shift; }
	$CHECK "${lines[@]}" "$SCHEMAS/$1.schema.json" "${2-$T/stdout}" || complain "this does not fit $1: $(head -c 3000 "${2-$T/stdout}")"
}

# What can be asked of a container in any state.
fits_in_this_state() {
	ok state "$ID"
	fits state
	ok list --format json
	fits list
	ok inspect --procs --ports --env --format json "$ID"
	fits inspect
	ok stats --all --format json
	fits stats
	ok ps --format json "$ID"
	fits ps
}

# And of one that is not stopped.
fits_alive() {
	fits_in_this_state
	ok events --stats "$ID"
	fits --lines events-stats
	run_orlop verify --format json "$ID"
	fits verify
	run_orlop cgroup --format json get "$ID"
	fits cgroup
	run_orlop cgroup --format json get "$ID" memory.max memory.limit_in_bytes no.such.file
	fits cgroup
	run_orlop cgroup --format json path "$ID"
	fits cgroup-path
}

@test "the schemas are schemas of draft 2020-12, and strict" {
	cat "$T/schemas"
	[ ! -s "$T/schemas" ]
}

@test "a schema that is too narrow or too wide is seen" {
	echo '{ "id": "x" }' >"$T/short"
	refute $CHECK "$SCHEMAS/state.schema.json" "$T/short"
	ok features
	jq '.more = 1' "$T/stdout" >"$T/wide"
	refute $CHECK "$SCHEMAS/features.schema.json" "$T/wide"
}

@test "state, list, inspect, stats, ps, events --stats, verify and cgroup: created, running, paused and stopped" {
	args sh -c 'httpd -p 8080; trap "exit 3" TERM; touch /tmp/ready; while :; do sleep 0.1; done'
	mount_entry /tmp tmpfs tmpfs
	config '.annotations = { "org.example.name": "a b" } | .process.env += [ "SECRET=x" ]'
	ok create "$ID"
	fits_alive
	ok start "$ID"
	eventually "$ORLOP" --root "$ROOT" exec "$ID" test -e /tmp/ready
	fits_alive
	ok mounts --format json list "$ID"
	fits mounts
	ok stacks --format json "$ID"
	fits stacks
	run_orlop stacks --user --format json "$ID"
	fits stacks
	ok stats --format json --label org.example.name "$ID"
	fits stats
	run_orlop stats --format json "$ID" nobody
	fits stats
	ok pause "$ID"
	fits_alive
	ok resume "$ID"
	ok stop --format json "$ID"
	fits --lines wait
	fits_in_this_state
	fails 3 "" wait --format json "$ID"
	fits --lines wait
}

@test "state and list of a container that shares namespaces, of one without annotations, and of a broken one" {
	local first=$ID

	start_sleeper
	config ".linux.cgroupsPath = \"/$first-member\""
	ok create --join "$first" "$first-member"
	ok state "$first-member"
	fits state
	ok list --format json
	fits list
	ok delete --force "$first-member"
	ok kill "$first" KILL
	wait_status stopped
	echo '{' >"$ROOT/$first/state.json"
	run_orlop list --format json
	grep -q broken "$T/stdout"
	fits list
}

@test "an end that nobody saw, one by a signal and one for want of memory" {
	needs_controller memory
	start_sleeper
	ok stop --format json "$ID"
	fits --lines wait
	ok state "$ID"
	fits state
	ok delete "$ID"
	config '.linux.resources.memory = { limit: 8388608 }'
	script 'tail /dev/zero'
	run_orlop run --keep "$ID"
	ok state "$ID"
	fits state
	grep -q oom "$T/stdout"
}

@test "events of all containers, from create to delete" {
	background events "$ORLOP" --root "$ROOT" events
	eventually file_says "$T/events.out" '"ready"'
	start_sleeper
	ok pause "$ID"
	ok resume "$ID"
	ok stop "$ID"
	ok delete "$ID"
	eventually file_says "$T/events.out" '"delete"'
	fits --lines events "$T/events.out"
	grep -q '"create"' "$T/events.out"
	start_sleeper
	background more "$ORLOP" --root "$ROOT" events
	eventually file_says "$T/more.out" '"ready"'
	fits --lines events "$T/more.out"
}

@test "validate: nothing wrong, errors with all members, a text that is no JSON" {
	ok validate --format json "$BUNDLE"
	fits validate
	config '.process.cwd = "tmp" | .hostnam = "x" | .mounts[0].options = ["bnd"] | .linux.namespaces += [{ type: "nett" }]
		| .linux.resources.memory = { limit: "64M" }'
	run_orlop validate --format json "$BUNDLE"
	[ "$status" -eq 1 ]
	fits validate
	echo '{ "ociVersion": ' >"$T/bad.json"
	run_orlop validate --format json "$T/bad.json"
	fits validate
}

@test "features and commands" {
	ok features
	fits features
	ok commands --format json
	fits commands
}

@test "log lines: errors of the config, of the kernel, of use, warnings and --debug" {
	local log=$T/log.json

	logged() {
		run_orlop --debug --log "$log" --log-format json "$@"
	}
	logged state nobody
	config '.process.cwd = "tmp"'
	logged create "$ID"
	cp "$LIB/config.json" "$BUNDLE/config.json"
	config '.linux.cgroupsPath = "/'"$ID"'" | .process.args = ["nothing"] | .process.capabilities.bounding += ["CAP_NEW"]'
	logged run "$ID"
	args sleep 1000
	logged run --detach "$ID"
	logged create "$ID"
	logged frobnicate
	logged delete --force "$ID"
	[ "$(grep -c '"level":"error"' "$log")" -ge 3 ]
	grep -q '"pointer"' "$log"
	grep -q '"level":"debug"' "$log"
	fits --lines log "$log"
	run_orlop --log-format json --timings state nobody
	grep '"level"' "$T/stderr" >"$T/level"
	fits --lines log "$T/level"
	grep -v '"level"' "$T/stderr" >"$T/timings"
	fits --lines timings "$T/timings"
}

@test "port-forward" {
	start_sleeper 'httpd -f -p 80'
	background forward "$ORLOP" --root "$ROOT" port-forward --format json "$ID" --unix "$T/socket" 80
	eventually file_says "$T/forward.out" unix
	fits --lines port-forward "$T/forward.out"
}

@test "trace: every event, and the list of sessions" {
	local name=schema-$$

	unshare --mount --propagation private sh -c 'mount -t tracefs none /mnt && [ -d /mnt/events/sched ]' 2>/dev/null ||
		skip "no tracefs in this kernel, or no right to mount it"
	lock_sessions -s
	copy_rootfs
	mkfifo "$ROOTFS/go"
	script 'trap "touch /got" USR1; while read x <>/go; do kill -USR1 1; sh -c "exit 3"; sh -c "kill -KILL \$\$"; touch /done; done'
	ok run -d "$ID"
	ok trace --create "$name" --events exec,exit,fork,signal,oom,syscall:execve "$ID"
	ok trace --list --format json
	fits trace-list
	echo >"$ROOTFS/go"
	eventually test -e "$ROOTFS/done"
	ok trace --attach "$name" --duration 1ms --format json
	fits --lines trace
	for type in exec exit fork signal delivered syscall result; do
		grep -q "\"type\":\"$type\"" "$T/stdout" || complain "no $type"
	done
	ok delete --force "$ID"
	ok trace --list --format json
	fits trace-list
	ok trace --delete "$name"
}

@test "every schema has a test, is in the manual, and is named by no page that is not there" {
	local file name

	for file in "$SCHEMAS"/*.schema.json; do
		name=$(basename "$file" .schema.json)
		grep -Eq "fits (--lines )?$name( |\$)" "$BATS_TEST_FILENAME" || complain "no test holds $name"
		grep -q "\*$name\*" "$SCHEMAS/../man/orlop.8.txt" || complain "orlop.8.txt does not name $name"
	done
	for name in $(grep -oh '_[a-z-]*\.schema\.json_' "$SCHEMAS"/../man/*.txt | tr -d _ | sort -u); do
		[ -e "$SCHEMAS/$name" ] || complain "a page names $name"
	done
}
