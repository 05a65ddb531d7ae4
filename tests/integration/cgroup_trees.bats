# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# What a container that may write its cgroups does with them, and what lies around them.

deep_ends() {
	[ -z "$(find /sys/fs/cgroup -type d -path "*$ID*" 2>/dev/null | head -n 1)" ]
}

teardown() {
	local f
	# What a failure has left deeper than the library looks.
	find /sys/fs/cgroup -path "*/$ID*" -name cgroup.freeze 2>/dev/null | while read -r f; do echo 0 >"$f"; done 2>/dev/null
	find /sys/fs/cgroup -path "*/$ID*" -name freezer.state 2>/dev/null | while read -r f; do echo THAWED >"$f"; done 2>/dev/null
	test_end
}

# writable_cgroups: the container sees its cgroups, and may write them.
writable_cgroups() {
	namespace cgroup
	config '.mounts |= [.[] | select(.destination != "/sys/fs/cgroup" and .destination != "/sys")]'
	mount_entry /sys tmpfs tmpfs
	mount_entry /sys/fs/cgroup cgroup cgroup rw
}

# nest DEPTH: the container makes so many cgroups in each hierarchy, one in the other, with a process in the deepest.
nest() {
	writable_cgroups
	start_sleeper 'trap "" TERM; sleep 1000 & p=$!
		for h in /sys/fs/cgroup /sys/fs/cgroup/*/; do
			cd $h || continue
			[ -e cgroup.procs ] || continue
			for i in $(seq '"$1"'); do mkdir x && cd x || break; done
			echo $p >cgroup.procs
		done
		echo $p >/tmp/nested; wait'
	eventually exists "$ROOTFS/tmp/nested"
}

@test "OP-D3 cgroups that are nested a hundred deep are seen by ps, killed and removed" {
	nest 100
	ok ps --format json "$ID"
	[ "$(jq length <<<"$output")" -ge 2 ]
	ok delete --force "$ID"
	deep_ends
}

@test "OP-K1 a process of the host's pid namespace in the deepest of a hundred cgroups is ended by kill --all" {
	no_namespace pid
	config '.mounts |= [.[] | select(.destination != "/proc")]'
	mount_entry /proc bind /proc rbind
	nest 100
	ok kill --all "$ID" KILL
	eventually no_processes
	ok delete "$ID"
	deep_ends
}

@test "OP-D3 delete --force ends a container that has frozen a process of its own in a sub-cgroup" {
	needs_v1
	[ -d /sys/fs/cgroup/freezer ] || skip "no cgroup v1 freezer hierarchy here"
	writable_cgroups
	start_sleeper 'd=/sys/fs/cgroup/freezer/a/b; mkdir -p $d; sleep 1000 & echo $! >$d/tasks
		echo FROZEN >$d/freezer.state; echo done >/tmp/frozen; sleep 1000'
	eventually exists "$ROOTFS/tmp/frozen"
	ok delete --force "$ID"
	nothing_left
}

# without HIERARCHY COMMAND...: the command does not see this one.
without() {
	unshare -m sh -c 'd=/sys/fs/cgroup/$1; shift; umount -l "$d" 2>/dev/null; exec "$@"' sh "$@"
}

@test "resume leaves alone what the container has frozen itself" {
	needs_v1
	[ -d /sys/fs/cgroup/freezer ] || skip "no cgroup v1 freezer hierarchy here"
	writable_cgroups
	script 'd=/sys/fs/cgroup/freezer/a; mkdir $d; sleep 1000 & echo $! >$d/tasks
		echo FROZEN >$d/freezer.state; echo done >/tmp/frozen; sleep 1000'
	# The unified tree's freezer would wait for the process that this one holds.
	without unified "$ORLOP" --root "$ROOT" run -d "$ID" >"$T/out" 2>&1
	eventually exists "$ROOTFS/tmp/frozen"
	ok pause "$ID"
	ok resume "$ID"
	[ "$(<"/sys/fs/cgroup/freezer/$ID/a/freezer.state")" = FROZEN ]
}

@test "a container that somebody froze by the v1 freezer is paused, and can be resumed, stopped and deleted" {
	needs_v1
	[ -d /sys/fs/cgroup/freezer ] || skip "no cgroup v1 freezer hierarchy here"
	start_sleeper "trap 'exit 7' TERM; while :; do sleep 0.1; done"
	state=/sys/fs/cgroup/freezer/$ID/freezer.state
	echo FROZEN >"$state"
	eventually file_says "$state" FROZEN
	has_status paused
	fails 255 "cannot exec in a paused container" exec "$ID" true
	ok resume "$ID"
	has_status running
	ok exec "$ID" true
	echo FROZEN >"$state"
	ok stop "$ID"
	says "exited with 7"
	ok delete "$ID"
	start_sleeper
	echo FROZEN >"$state"
	ok delete --force "$ID"
	nothing_left
}

@test "L7 a folder with the name of a hierarchy that is not mounted is no hierarchy" {
	needs_v1
	name=$(cut -d: -f2 /proc/self/cgroup | grep -v = | grep . | while read -r n; do
		mountpoint -q "/sys/fs/cgroup/$n" && echo "$n"; done | tail -n 1)
	[ -n "$name" ] || skip "no cgroup v1 hierarchy of a controller here"
	args echo ran
	without "$name" "$ORLOP" --root "$ROOT" run "$ID" >"$T/out" 2>&1
	file_says "$T/out" ran
	[ -z "$(without "$name" ls "/sys/fs/cgroup/$name")" ]
	# A create that is killed is cleared away there too.
	without "$name" timeout -s KILL 0.01 "$ORLOP" --root "$ROOT" create "$ID" >"$T/out" 2>&1 || true
	without "$name" "$ORLOP" --root "$ROOT" delete --force "$ID"
	nothing_left
}

# A threaded cgroup in the unified tree: /sys/fs/cgroup on v2, beside the others on a hybrid host.
threaded_parent() {
	local top=/sys/fs/cgroup

	[ "$SUITE_CG" = v2 ] || top=$(findmnt -rno TARGET -t cgroup2 | head -n 1)
	[ -n "$top" ] || skip "no unified tree here"
	PARENT=$top/$ID
	mkdir -p "$PARENT/thread"
	echo threaded >"$PARENT/thread/cgroup.type" || skip "no threaded cgroups here"
	config '.linux.cgroupsPath = $p' --arg p "/$ID/a/b"
}

@test "L7 below a threaded cgroup a container is threaded too, and has processes that ps and kill know" {
	threaded_parent
	no_namespace pid
	config '.mounts |= [.[] | select(.destination != "/proc")]'
	start_sleeper 'trap "" TERM; sleep 1000 & sleep 1000 & wait'
	[ "$(<"$PARENT/a/b/cgroup.type")" = threaded ]
	ok exec "$ID" true
	ok ps --format json "$ID"
	[ "$(jq length <<<"$output")" -eq 3 ]
	ok kill "$ID" KILL
	eventually no_processes
	ok delete "$ID"
	# It complains of what other tests remove meanwhile; what stays of ours is a leak.
	find /sys/fs/cgroup -depth -type d -path "*/$ID*" -exec rmdir {} + 2>/dev/null || true
}

@test "L7 below a threaded cgroup a limit that counts for a whole domain is refused with the cgroup's name" {
	needs_v2
	threaded_parent
	config '.linux.resources.memory.limit = 100000000'
	fails 1 "/sys/fs/cgroup/$ID/a/b" run "$ID"
	says "threaded"
	rmdir "$PARENT/thread" "$PARENT"
}
