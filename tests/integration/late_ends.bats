# SPDX-License-Identifier: Apache-2.0
# delete --force while a process of the runtime's own is still in the container's cgroup and not in its pid namespace: the stage of
# an exec or a create that was killed, CRIU of a restore that was. It is waited for; nothing of it is left, or the delete fails.

load ../lib/orlop

# late SECONDS: such a process, by its name, in $ID's cgroup; LATE is its pid.
late() {
	local dir

	cp "$SUITE_DIR/rootfs/bin/busybox" "$T/orlop:init"
	(exec -a sleep "$T/orlop:init" "$1") </dev/null >/dev/null 2>&1 3>&- &
	LATE=$!
	BACKGROUND+=("$LATE")
	eventually is_named
	for dir in $(cgroups_of); do
		echo "$LATE" >"$dir/cgroup.procs"
	done
}

is_named() {
	[ "$(cat "/proc/$LATE/comm")" = "orlop:init" ]
}

stopped() {
	args true
	ok run -d "$ID"
	wait_status stopped
}

broken() {
	stopped
	echo '{' >"$ROOT/$ID/state.json"
}

# As after a create that was killed before its record was on disk.
incomplete() {
	stopped
	rm "$ROOT/$ID/state.json"
}

@test "delete --force waits for what of the runtime's own ends late" {
	for kind in stopped broken incomplete; do
		$kind
		late 7
		ok delete -f "$ID"
		nothing_left
	done
}

@test "delete --force fails, and can be repeated, when it does not end" {
	for kind in stopped incomplete; do
		$kind
		late 1000
		fails 1 "still in" delete -f "$ID"
		[ -d "$ROOT/$ID" ]
		kill -9 "$LATE"
		ok delete -f "$ID"
		nothing_left
	done
}
