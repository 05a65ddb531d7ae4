# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

cgroup_mount() { # OPTION...
	namespace cgroup
	config '.mounts = [.mounts[] | select(.destination != "/sys/fs/cgroup")]'
	mount_entry /sys/fs/cgroup cgroup cgroup nosuid noexec nodev "$@"
}

# Those of /sys/kernel/cgroup/delegate that this cgroup has, and that root's own are not.
delegated() {
	local list=/sys/kernel/cgroup/delegate

	[ -e "$list" ] || list=<(printf '%s\n' cgroup.procs cgroup.subtree_control cgroup.threads)
	cat "$list"
}

# owned_by UID: the directory and the delegate files are that user's, all else is root's.
owned_by() {
	local dir=/sys/fs/cgroup/$ID file want

	[ "$(stat -c %u "$dir")" = "$1" ] || { echo "# $dir is $(stat -c %u "$dir")'s"; return 1; }
	for file in "$dir"/*; do
		[ -f "$file" ] || continue
		want=0
		! delegated | grep -qx "${file##*/}" || want=$1
		[ "$(stat -c %u "$file")" = "$want" ] ||
			{ echo "# $file is $(stat -c %u "$file")'s, not $want's"; return 1; }
	done
}

@test "L9 the cgroup is the container user's: cgroup namespace, writable mount, v2" {
	needs_v2
	cgroup_mount
	config '.process.user = { uid: 1000, gid: 1000 }'
	start_sleeper
	owned_by 1000
	[ "$(stat -c %g "/sys/fs/cgroup/$ID")" = 0 ]
}

@test "L9 in a user namespace it is the host uid of that user" {
	needs_v2
	user_namespace 100000
	cgroup_mount
	start_sleeper
	owned_by 100000
	ok exec "$ID" mkdir /sys/fs/cgroup/sub
	ok exec "$ID" rmdir /sys/fs/cgroup/sub
	ok delete -f "$ID"
	config '.process.user = { uid: 7, gid: 7 }'
	start_sleeper
	owned_by 100007
}

@test "L9 a joined user namespace has its own mappings" {
	needs_v2
	user_namespace 200000
	start_sleeper
	pid=$(pid_of)
	ID=$ID-2
	cgroup_mount
	namespace user "/proc/$pid/ns/user"
	config 'del(.linux.uidMappings, .linux.gidMappings) | .linux.cgroupsPath = $p' --arg p "/$ID"
	start_sleeper
	owned_by 200000
}

@test "L9 a read-only mount: the cgroup stays root's" {
	needs_v2
	cgroup_mount ro
	config '.process.user = { uid: 1000, gid: 1000 }'
	start_sleeper
	owned_by 0
}

@test "L9 without a new cgroup namespace it stays root's" {
	needs_v2
	cgroup_mount
	no_namespace cgroup
	config '.process.user = { uid: 1000, gid: 1000 }'
	start_sleeper
	owned_by 0
}

@test "L9 without such a mount it stays root's" {
	needs_v2
	cgroup_mount
	config '.mounts = [.mounts[] | select(.destination != "/sys/fs/cgroup")] | .process.user = { uid: 1000, gid: 1000 }'
	start_sleeper
	owned_by 0
}

@test "L9 on cgroup v1 the owner is never changed" {
	needs_v1
	cgroup_mount
	config '.process.user = { uid: 1000, gid: 1000 }'
	start_sleeper
	found=$(cgroups_of)
	[ -n "$found" ]
	for dir in $found; do
		[ "$(stat -c %u "$dir")" = 0 ]
		[ "$(stat -c %u "$dir/cgroup.procs")" = 0 ]
	done
}
