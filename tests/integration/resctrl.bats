# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# What groups are made of is tested on a stand-in directory (tests/unit/test_resctrl.c); here is what a machine without
# resctrl can show, and what one with it can.

no_resctrl() {
	! grep -q ' resctrl ' /proc/self/mounts || skip "there is a resctrl filesystem here"
}

needs_resctrl() {
	grep -q ' /sys/fs/resctrl resctrl ' /proc/self/mounts || skip "no resctrl filesystem is mounted"
}

@test "L22 intelRdt without a mounted resctrl is refused" {
	no_resctrl
	config '.linux.intelRdt = { l3CacheSchema: "L3:0=f" }'
	refused create "$ID"
	says "/linux/intelRdt"
	says "needs a mounted resctrl filesystem"
	nothing_left
}

@test "L22 an empty intelRdt object is a wish for a group too" {
	no_resctrl
	config '.linux.intelRdt = {}'
	refused create "$ID"
	says "intelRdt needs a mounted resctrl filesystem"
	nothing_left
}

@test "L22 a directory or a tmpfs at the place of resctrl is not taken for it" {
	no_resctrl
	[ -d /sys/fs/resctrl ] || skip "this kernel has no /sys/fs/resctrl"
	mount -t tmpfs tmpfs /sys/fs/resctrl
	config '.linux.intelRdt = {}'
	run_orlop create "$ID"
	found=$(ls /sys/fs/resctrl)
	umount /sys/fs/resctrl
	[ "$status" -ne 0 ]
	[ -z "$found" ]
}

@test "L22 newlines in schemata and a wrong memBwSchema are refused" {
	config '.linux.intelRdt = { schemata: ["L3:0=f\nMB:0=10"] }'
	refused create "$ID"
	says "/linux/intelRdt/schemata"
	config '.linux.intelRdt = { memBwSchema: "L3:0=f" }'
	refused create "$ID"
	says "/linux/intelRdt/memBwSchema: expected a line that begins with 'MB:'"
	config '.linux.intelRdt = { closID: "a/b" }'
	refused create "$ID"
	says "/linux/intelRdt/closID: 'a/b' must be a directory name or '/'"
	nothing_left
}

@test "L22 without closID the group is named after the container, and removed with it" {
	needs_resctrl
	config '.linux.intelRdt = {}'
	start_sleeper
	grep -qx "$(pid_of)" "/sys/fs/resctrl/$ID/tasks"
	ok delete -f "$ID"
	gone "/sys/fs/resctrl/$ID"
}

@test "L22 without intelRdt no group is made" {
	needs_resctrl
	before=$(ls /sys/fs/resctrl)
	start_sleeper
	[ "$(ls /sys/fs/resctrl)" = "$before" ]
}

@test "update of schemata needs intelRdt in the config, and a container that runs" {
	start_sleeper
	fails 1 "has no /linux/intelRdt" update --l3-cache-schema "L3:0=f" "$ID"
	fails 1 "has no /linux/intelRdt" update --mem-bw-schema "MB:0=50" --pids-limit 7 "$ID"
	ok kill "$ID" KILL
	wait_status stopped
	fails 1 "container not running" update --l3-cache-schema "L3:0=f" "$ID"
}
