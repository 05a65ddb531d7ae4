# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "OP-D3 delete leaves no state, cgroup, mount or process, and the id is free again" {
	ok run -d "$ID"
	wait_status stopped
	ok delete "$ID"
	nothing_left
	ok run -d "$ID"
	wait_status stopped
	ok delete "$ID"
	nothing_left
}

@test "OP-D2 delete of a running container is refused and has no effect" {
	start_sleeper
	fails 1 "that is not stopped: running" delete "$ID"
	has_status running
}

@test "delete of a created container ends it, with its poststop hooks" {
	config '.hooks.poststop = [{ path: "/bin/sh", args: ["sh", "-c", "echo gone >\($t)/poststop"] }]' --arg t "$T"
	ok create "$ID"
	ok delete "$ID"
	[ "$(cat "$T/poststop")" = gone ]
	nothing_left
	no_namespace pid
	ok create "$ID"
	ok delete "$ID"
	nothing_left
}

@test "OP-D2 delete of a paused container is refused and has no effect" {
	start_sleeper
	ok pause "$ID"
	fails 1 "that is not stopped: paused" delete "$ID"
	has_status paused
}

@test "delete --force kills a running container" {
	start_sleeper
	ok delete --force "$ID"
	nothing_left
}

@test "delete --force of an unknown container is a success, delete is not" {
	ok delete --force nope
	fails 1 "container does not exist" delete nope
}

@test "delete --force of a paused container works" {
	start_sleeper
	ok pause "$ID"
	ok delete --force "$ID"
	nothing_left
}

@test "OP-D4 delete does not remove what it did not make" {
	echo mine >"$BUNDLE/mine"
	echo mine >"$ROOTFS/tmp/mine"
	ok run -d "$ID"
	wait_status stopped
	ok delete "$ID"
	[ "$(cat "$BUNDLE/mine" "$ROOTFS/tmp/mine")" = $'mine\nmine' ]
	[ -f "$BUNDLE/config.json" ]
}

@test "OP-D3 delete removes cgroups that were made inside" {
	[ "$SUITE_CG" = v1 ] && dir=/sys/fs/cgroup/pids/$ID || dir=/sys/fs/cgroup/$ID
	start_sleeper
	mkdir -p "$dir/sub/sub"
	ok delete --force "$ID"
	nothing_left
}

@test "OP-D1 delete needs an id" {
	fails 1 "\"delete\" requires exactly 1 argument(s)" delete
}
