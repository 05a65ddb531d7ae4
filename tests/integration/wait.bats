# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

wait_in_background() { # NAME ARG...
	local name=$1

	shift
	background "$name" env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" wait "$@"
}

# waits PID: it holds a pidfd and sleeps.
waits() {
	grep -qs "^State:[[:space:]]S" "/proc/$1/status" && readlink "/proc/$1/fd/"* 2>/dev/null | grep -q pidfd
}

# The container exits with $1 when /tmp/go is there.
until_told() {
	script "until [ -e /tmp/go ]; do sleep 0.05; done; exit $1"
}

ends_with() { # STATUS PID
	local got=0

	wait "$2" || got=$?
	[ "$got" -eq "$1" ] || { echo "# ended with $got"; return 1; }
}

@test "wait gives the exit code of a detached container" {
	until_told 42
	ok run -d "$ID"
	wait_in_background w "$ID"
	eventually waits "$BG"
	touch "$ROOTFS/tmp/go"
	ends_with 42 "$BG"
	[ "$(<"$T/w.out")" = "$ID: exited with 42" ]
}

@test "wait gives the signal that ended it" {
	start_sleeper
	wait_in_background w "$ID"
	eventually waits "$BG"
	ok kill "$ID" KILL
	ends_with 137 "$BG"
	grep -qx "$ID: was killed by SIGKILL" "$T/w.out"
}

@test "wait works from create on, over start to the end" {
	script 'exit 5'
	ok create "$ID"
	wait_in_background w "$ID"
	eventually waits "$BG"
	ok start "$ID"
	ends_with 5 "$BG"
}

@test "what wait saw is kept, for the next wait and for state" {
	until_told 9
	ok run -d "$ID"
	wait_in_background w "$ID"
	eventually waits "$BG"
	touch "$ROOTFS/tmp/go"
	ends_with 9 "$BG"
	run_orlop wait --format json "$ID"
	[ "$status" -eq 9 ]
	[ "$(jq -r '[.id, .exitCode, .exitReason] | @csv' <<<"$output")" = "\"$ID\",9,\"exited\"" ]
	[ "$(orlop state "$ID" | jq .exitCode)" = 9 ]
}

@test "wait invents nothing about an end that nobody saw" {
	script 'exit 3'
	ok run -d "$ID"
	wait_status stopped
	# Our own zombies are reaped by the suite's pid 1; until then they can still be asked.
	eventually gone "/proc/$(jq .init.pid "$ROOT/$ID/state.json")"
	run_orlop wait "$ID"
	[ "$status" -eq 255 ]
	says "cannot be known any more"
	[ "$(orlop state "$ID" | jq 'has("exitCode")')" = false ]
}

@test "wait tells of several, and ends like the last one named" {
	until_told 1
	ok run -d "$ID"
	config '.linux.cgroupsPath += "-2"'
	until_told 2
	ok run -d "$ID-2"
	wait_in_background w "$ID-2" "$ID"
	eventually waits "$BG"
	touch "$ROOTFS/tmp/go"
	ends_with 1 "$BG"
	grep -qx "$ID: exited with 1" "$T/w.out"
	grep -qx "$ID-2: exited with 2" "$T/w.out"
}

@test "wait --any ends with the first" {
	start_sleeper
	config '.linux.cgroupsPath += "-2"'
	until_told 2
	ok run -d "$ID-2"
	wait_in_background w --any "$ID" "$ID-2"
	eventually waits "$BG"
	touch "$ROOTFS/tmp/go"
	ends_with 2 "$BG"
	[ "$(<"$T/w.out")" = "$ID-2: exited with 2" ]
	has_status running
}

@test "wait --timeout gives up" {
	start_sleeper
	fails 255 "still running after 0.2 s" wait --timeout 200ms "$ID"
}

@test "wait for an exec'd process by its number in the container" {
	start_sleeper
	ok exec -d --pid-file "$T/pid" "$ID" sh -c 'until [ -e /tmp/go ]; do sleep 0.05; done; exit 12'
	local inside

	inside=$(awk '/^NSpid/ { print $NF }' "/proc/$(<"$T/pid")/status")
	wait_in_background inside --pid "$inside" "$ID"
	local first=$BG

	eventually waits "$first"
	wait_in_background host --host-pid "$(<"$T/pid")" "$ID"
	eventually waits "$BG"
	touch "$ROOTFS/tmp/go"
	ends_with 12 "$first"
	ends_with 12 "$BG"
	has_status running
	[ "$(orlop state "$ID" | jq 'has("exitCode")')" = false ]
}

@test "wait refuses processes of others" {
	start_sleeper
	fails 255 "has no process 999" wait --pid 999 "$ID"
	refused wait --pid 0 "$ID"
	says "invalid pid: 0 (expected the number of a process)"
	fails 255 "has no process $$ (of the host)" wait --host-pid $$ "$ID"
	fails 255 "container does not exist" wait nope
}

@test "wait outlives a delete" {
	start_sleeper
	wait_in_background w "$ID"
	eventually waits "$BG"
	ok delete -f "$ID"
	ends_with 137 "$BG"
}

@test "wait tells the want of memory" {
	needs_controller memory
	script 'sleep 1; x=$(yes | head -c 200000000); echo "$x" | wc -c'
	config '.linux.resources.memory = { limit: 16777216, swap: 16777216 }'
	ok run -d "$ID"
	run_orlop wait "$ID"
	[ "$status" -eq 137 ] || skip "the shell was not the one that the kernel chose"
	says "was killed by SIGKILL after its memory ran out"
}

@test "an OOM kill of another process is not how init ended that was killed later" {
	needs_controller memory
	script '(x=$(yes | head -c 200000000); echo "$x" | wc -c); echo "child $?" >/tmp/child; sleep 1000'
	config '.linux.resources.memory = { limit: 16777216, swap: 16777216 }'
	ok run -d "$ID"
	ORLOP_TEST_TRIES=300 eventually exists "$ROOTFS/tmp/child" || skip "the kernel chose init"
	file_says "$ROOTFS/tmp/child" 137 || skip "nothing was killed"
	wait_in_background waiter --format json "$ID"
	eventually waits "$BG"
	ok kill "$ID" KILL
	wait "$BG" || true
	[ "$(jq -r .exitReason "$T/waiter.out")" = signal ]
}

@test "run --keep keeps how it ended" {
	script 'exit 6'
	run_orlop run --keep "$ID"
	[ "$status" -eq 6 ]
	[ "$(orlop state "$ID" | jq -r '[.exitCode, .exitReason] | @csv')" = '6,"exited"' ]
	run_orlop wait "$ID"
	[ "$status" -eq 6 ]
}
