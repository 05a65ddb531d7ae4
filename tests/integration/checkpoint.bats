# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop
load ../lib/criu

LIMIT=40

setup_file() {
	criu_setup
}

setup() {
	test_begin
	needs_criu
	I=$T/images
	W=$T/work
}

# A loop that counts in /tmp/n: whoever restores it goes on where it was.
counter() {
	script 'i=0; while :; do i=$((i + 1)); echo $i >/tmp/new; mv /tmp/new /tmp/n; sleep 0.05; done'
}

# detached CONFIG-OF-THE-TEST: no stream of ours is the container's.
detached() {
	orlop run -d "$ID" </dev/null >"$T/stdout" 2>"$T/stderr"
	wait_status running
}

checkpoint() { # [OPTION...] with images in $I
	status=0
	orlop checkpoint --image-path "$I" --work-path "$W" "$@" "$ID" </dev/null >"$T/stdout" 2>"$T/stderr" || status=$?
	output=$(<"$T/stdout")
	errors=$(<"$T/stderr")
	[ "$status" -eq 0 ] || { complain "checkpoint ends with $status"; grep -h Error "$W/dump.log"; return 1; }
}

restore() { # [OPTION...]
	status=0
	orlop restore -d --image-path "$I" --work-path "$W" "$@" "$ID" </dev/null >"$T/stdout" 2>"$T/stderr" || status=$?
	output=$(<"$T/stdout")
	errors=$(<"$T/stderr")
	[ "$status" -eq 0 ] || { complain "restore ends with $status"; grep -h Error "$W/restore.log"; return 1; }
}

count() {
	cat "$ROOTFS/tmp/n"
}

counts_beyond() {
	[ "$(count)" -gt "$1" ]
}

counts() {
	eventually counts_beyond "$(count)"
}

@test "a container goes on after checkpoint and restore where it was" {
	local before

	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	eventually counts_beyond 5
	checkpoint
	nothing_left
	before=$(count)
	restore
	wait_status running
	counts
	[ "$(count)" -gt "$before" ] && [ "$(count)" -lt $((before + 1000)) ]
}

@test "a restored container is one like others: state, exec, ps, pause, kill, events, delete" {
	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	checkpoint
	restore
	ok state "$ID"
	[ "$(jq -r .status <<<"$output")" = running ]
	[[ "$(jq -r .restored <<<"$output")" == 20*Z ]]
	[ "$(jq -r .restoredFrom <<<"$output")" = "$I" ]
	ok exec "$ID" sh -c 'readlink /proc/1/root; cat /proc/1/comm'
	says sh
	ok ps "$ID"
	says /tmp/n
	ok pause "$ID"
	wait_status paused
	ok resume "$ID"
	wait_status running
	ok list
	says "$ID"
	ok kill "$ID" KILL
	wait_status stopped
	ok delete "$ID"
	nothing_left
}

@test "with --leave-running the container goes on, and can be checkpointed again" {
	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	checkpoint --leave-running
	wait_status running
	counts
	I=$T/images2 checkpoint
	nothing_left
	I=$T/images2 restore
	counts
}

@test "a paused container is checkpointed, and stays paused with --leave-running" {
	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	ok pause "$ID"
	checkpoint --leave-running
	wait_status paused
	ok resume "$ID"
	counts
}

@test "a restore in the foreground ends with the status of the container" {
	script 'echo up >/tmp/n; while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 7'
	detached
	eventually exists "$ROOTFS/tmp/n"
	checkpoint
	touch "$ROOTFS/tmp/go"
	fails 7 "" restore --image-path "$I" --work-path "$W" "$ID"
	nothing_left
}

@test "processes, threads of exec, pipes and environment are as they were" {
	script 'export A=b; mkfifo /tmp/f; (while read x <&3; do echo "$A $x" >>/tmp/n; done) 3<>/tmp/f & i=0
		while :; do i=$((i + 1)); echo $i >/tmp/f; sleep 0.05; done'
	detached
	eventually file_says "$ROOTFS/tmp/n" "b 3"
	checkpoint
	: >"$ROOTFS/tmp/n"
	restore
	eventually file_says "$ROOTFS/tmp/n" "^b [0-9]*"
}
