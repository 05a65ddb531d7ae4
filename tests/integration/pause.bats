# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

counting() {
	start_sleeper 'i=0; while :; do i=$((i + 1)); echo $i >/tmp/count; sleep 0.01; done'
	eventually exists "$ROOTFS/tmp/count"
}

@test "pause stops every process and resume lets them go on" {
	counting
	ok pause "$ID"
	has_status paused
	before=$(<"$ROOTFS/tmp/count")
	sleep 0.3
	[ "$(<"$ROOTFS/tmp/count")" = "$before" ]
	ok resume "$ID"
	has_status running
	eventually eval "[ \"\$(cat $ROOTFS/tmp/count)\" != '$before' ]"
}

@test "a container that is not running cannot be paused, one not paused not resumed" {
	start_sleeper
	fails 1 "container not paused" resume "$ID"
	ok kill "$ID" KILL
	wait_status stopped
	fails 1 "container not running" pause "$ID"
	fails 1 "container does not exist" pause nope
	fails 1 "container does not exist" resume nope
}

@test "exec in a paused container fails fast with 255" {
	start_sleeper
	ok pause "$ID"
	fails 255 "cannot exec in a paused container" exec "$ID" true
	ok resume "$ID"
}

@test "exec --ignore-paused waits for the resume" {
	start_sleeper
	ok pause "$ID"
	background exec orlop exec --ignore-paused "$ID" echo resumed
	sleep 0.3
	ok resume "$ID"
	eventually file_says "$T/exec.out" resumed
}

@test "pause of a container with children freezes them all" {
	start_sleeper '(while :; do date +%N >/tmp/a; done) & (while :; do date +%N >/tmp/b; done) & wait'
	eventually exists "$ROOTFS/tmp/b"
	ok pause "$ID"
	before=$(cat "$ROOTFS/tmp/a" "$ROOTFS/tmp/b")
	sleep 0.2
	[ "$(cat "$ROOTFS/tmp/a" "$ROOTFS/tmp/b")" = "$before" ]
}
