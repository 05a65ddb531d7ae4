# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

resources() { # JSON
	config '.linux.resources += $r' --argjson r "$1"
}

# knob CONTROLLER FILE WANT: the container's file says this.
knob() {
	local path got

	path=$(cgroup_file "$1" "$2")
	got=$(cat "$path") || return 1
	[ "$got" = "$3" ] || complain "$path says '$got', not '$3'"
}

@test "L7 the process is in the cgroup at cgroupsPath, in every hierarchy" {
	start_sleeper
	while IFS=: read -r _ name path; do
		if [ "$SUITE_CG" = v1 ] || [ -z "$name" ]; then
			[ "$path" = "/$ID" ] || [[ "$path" == */"$ID" ]] || complain "$name: $path"
		fi
	done <"/proc/$(pid_of)/cgroup"
}

@test "L7 cgroups of the path that are missing are made" {
	config '.linux.cgroupsPath = $p' --arg p "/$ID/a/b/c"
	start_sleeper
	grep -q "/$ID/a/b/c$" "/proc/$(pid_of)/cgroup"
	ok delete -f "$ID"
	for d in $(cgroups_of | sort -r); do
		[[ "$d" != */a/b/c ]]
		rmdir "$d"/a/b "$d/a" "$d" 2>/dev/null || rmdir "$d" 2>/dev/null || true
	done
	for d in $(find /sys/fs/cgroup -depth -type d -path "*/$ID*"); do rmdir "$d"; done
}

@test "L7 when a cgroup of the path cannot be made, those above that were made go again" {
	local below

	for below in cgroup.procs cgroup.procs/c a/cgroup.procs/b/c; do
		config '.linux.cgroupsPath = $p' --arg p "/$ID/$below"
		refused create "$ID"
		says cgroup.procs
		[ -z "$(find /sys/fs/cgroup -type d -name "$ID" 2>/dev/null)" ] || complain "$below: the parents stay"
	done
}

@test "L7 a relative path and none at all work, and two containers do not share one" {
	config '.linux.cgroupsPath = $p' --arg p "$ID"
	start_sleeper
	[ -n "$(cgroups_of)" ]
	ok delete -f "$ID"
	config 'del(.linux.cgroupsPath)'
	start_sleeper
	[ -n "$(cgroups_of)" ]
}

@test "L7 a path that climbs out stays below the mount point" {
	config '.linux.cgroupsPath = $p' --arg p "/../../$ID"
	ok create "$ID"
	[ -n "$(cgroups_of)" ]
	cgroups_of | while read -r dir; do
		[ "$(dirname "$dir")" = "$(findmnt -no TARGET --target "$dir")" ]
	done
	ok delete -f "$ID"
	nothing_left
}

@test "L8 a container whose cgroup has processes already is refused" {
	background other sleep 1000
	for top in $(findmnt -rno TARGET -t cgroup,cgroup2 | grep '^/sys/fs/cgroup'); do
		mkdir "$top/$ID"
		[ ! -e "$top/cpuset.cpus" ] || cat "$top/cpuset.cpus" >"$top/$ID/cpuset.cpus"
		[ ! -e "$top/cpuset.mems" ] || cat "$top/cpuset.mems" >"$top/$ID/cpuset.mems"
		echo "$BG" >"$top/$ID/cgroup.procs"
	done
	run_orlop run "$ID"
	kill -9 "$BG"
	wait "$BG" 2>/dev/null || true
	for dir in $(cgroups_of); do eventually rmdir "$dir"; done
	[ "$status" -eq 1 ]
	says "container's cgroup is not empty: 1 process(es) found in '"
}

@test "L8 a container whose cgroup is frozen is refused and does not hang" {
	[ "$SUITE_CG" = v2 ] && knob=cgroup.freeze value=1 || knob=freezer.state value=FROZEN
	dir=$(cgroup_file freezer "")
	mkdir "$dir"
	echo $value >"$dir/$knob"
	run_orlop run "$ID"
	rmdir "$dir" 2>/dev/null || true
	[ "$status" -eq 1 ]
	says frozen
}

@test "C9 pids.limit" {
	needs_controller pids
	resources '{ "pids": { "limit": 42 } }'
	start_sleeper
	knob pids pids.max 42
}

@test "C9 pids.limit -1 is no limit, absent is untouched" {
	needs_controller pids
	resources '{ "pids": { "limit": -1 } }'
	start_sleeper
	knob pids pids.max max
	ok delete -f "$ID"
	config 'del(.linux.resources.pids)'
	start_sleeper
	knob pids pids.max max
}

@test "C9 a container with pids.limit 1 starts, and cannot fork" {
	needs_controller pids
	resources '{ "pids": { "limit": 1 } }'
	script 'echo started; (echo forked); :'
	run_orlop run "$ID"
	says started
	[[ "$output" != *forked* ]]
}

@test "C9 X11 pids.limit 0 is a limit: as few as can be" {
	needs_controller pids
	resources '{ "pids": { "limit": 0 } }'
	script 'echo started; (echo forked); :'
	run_orlop run "$ID"
	says started
	[[ "$output" != *forked* ]]
}

@test "C9 G1 X11 pids.limit 0 in a config older than 1.3 is no limit" {
	needs_controller pids
	resources '{ "pids": { "limit": 0 } }'
	config '.ociVersion = "1.2.1"'
	script '(echo forked); :'
	run_orlop run "$ID"
	says forked
}

@test "C2 memory.limit, reservation and swap" {
	needs_controller memory
	resources '{ "memory": { "limit": 67108864, "reservation": 33554432, "swap": 134217728 } }'
	start_sleeper
	if [ "$SUITE_CG" = v1 ]; then
		knob memory memory.limit_in_bytes 67108864
		knob memory memory.soft_limit_in_bytes 33554432
		knob memory memory.memsw.limit_in_bytes 134217728
	else
		knob memory memory.max 67108864
		knob memory memory.low 33554432
		knob memory memory.swap.max 67108864
	fi
}

@test "C2 memory.limit -1 is no limit" {
	needs_controller memory
	resources '{ "memory": { "limit": -1, "swap": -1 } }'
	start_sleeper
	[ "$SUITE_CG" = v1 ] || knob memory memory.max max
}

@test "C2 a container with a memory limit of 512 KiB starts" {
	needs_controller memory
	resources '{ "memory": { "limit": 524288 } }'
	args /bin/busybox true
	ok run "$ID"
}

@test "C2 when the memory limit itself kills the start, the message says so" {
	needs_controller memory
	resources '{ "memory": { "limit": 4096 } }'
	fails 1 "/linux/resources/memory/limit: " run "$ID"
	# Refused at once where the kernel has the peak, else its killer comes.
	[[ "$errors" = *"unable to set memory limit to 4096 (current usage: "* ||
		"$errors" = *"killed by the memory limit of 4096 bytes during start"* ]]
	nothing_left
}

@test "C4 C5 memory.swappiness and disableOOMKiller on v1" {
	needs_v1
	resources '{ "memory": { "limit": 67108864, "swappiness": 17, "disableOOMKiller": true } }'
	start_sleeper
	knob memory memory.swappiness 17
	grep -qx 'oom_kill_disable 1' "$(cgroup_file memory memory.oom_control)"
}

@test "C4 a swappiness over 100 is refused" {
	resources '{ "memory": { "swappiness": 101 } }'
	refused run "$ID"
	says swappiness
	nothing_left
}

@test "C2 a swap below the limit is refused" {
	resources '{ "memory": { "limit": 67108864, "swap": 33554432 } }'
	refused run "$ID"
	says "/linux/resources/memory/swap: 'swap' is memory plus swap: expected at least the limit 67108864, found 33554432"
	nothing_left
}

@test "C7 cpu.shares, quota and period" {
	needs_controller cpu
	resources '{ "cpu": { "shares": 512, "quota": 20000, "period": 50000 } }'
	start_sleeper
	if [ "$SUITE_CG" = v1 ]; then
		knob cpu cpu.shares 512
		knob cpu cpu.cfs_quota_us 20000
		knob cpu cpu.cfs_period_us 50000
	else
		knob cpu cpu.max "20000 50000"
	fi
}

@test "C8 cpu.burst" {
	[ "$SUITE_CG" = v2 ] || needs_knob cpu cpu.cfs_burst_us
	needs_controller cpu
	resources '{ "cpu": { "quota": 20000, "period": 50000, "burst": 10000 } }'
	start_sleeper
	if [ "$SUITE_CG" = v1 ]; then
		knob cpu cpu.cfs_burst_us 10000
	else
		knob cpu cpu.max.burst 10000
	fi
}

@test "C8 cpu.idle" {
	[ "$SUITE_CG" = v2 ] || needs_knob cpu cpu.idle
	needs_controller cpu
	resources '{ "cpu": { "idle": 1 } }'
	start_sleeper
	knob cpu cpu.idle 1
}

@test "C7 cpu.cpus and mems, and the process is where it may be" {
	needs_controller cpuset
	resources '{ "cpu": { "cpus": "0", "mems": "0" } }'
	start_sleeper
	knob cpuset cpuset.cpus 0
	knob cpuset cpuset.mems 0
	grep -qx $'Cpus_allowed_list:\t0' "/proc/$(pid_of)/status"
}

@test "the CPU affinity of the caller is not inherited" {
	[ "$(nproc --all)" -gt 1 ] || skip "one CPU only"
	script 'sleep 1000'
	taskset -c 0 "$ORLOP" --root "$ROOT" run -d "$ID" </dev/null >"$T/stdout" 2>&1 3>&-
	refute grep -qx $'Cpus_allowed_list:\t0' "/proc/$(pid_of)/status"
}

@test "C7 a CPU that is not there is refused and leaves nothing" {
	needs_controller cpuset
	resources '{ "cpu": { "cpus": "4000" } }'
	refused run "$ID"
	says 4000
	nothing_left
}

@test "C10 blockIO throttles on v1" {
	needs_v1
	read -r dev < <(cat /sys/block/*/dev | head -n 1) || skip "no block device"
	resources "{ \"blockIO\": { \"throttleReadBpsDevice\": [{ \"major\": ${dev%:*}, \"minor\": ${dev#*:}, \"rate\": 1048576 }],
		\"throttleWriteIOPSDevice\": [{ \"major\": ${dev%:*}, \"minor\": ${dev#*:}, \"rate\": 77 }] } }"
	start_sleeper
	knob blkio blkio.throttle.read_bps_device "$dev 1048576"
	knob blkio blkio.throttle.write_iops_device "$dev 77"
}

@test "C10 blockIO.weight on v1" {
	needs_v1
	probe_knob blkio blkio.weight || probe_knob blkio blkio.bfq.weight || skip "no blkio weights here"
	resources '{ "blockIO": { "weight": 321 } }'
	start_sleeper
	file=$(find "$(cgroup_file blkio "")" -name 'blkio*.weight')
	grep -q 321 "$file"
}

@test "C11 hugepageLimits" {
	size=$(ls /sys/kernel/mm/hugepages 2>/dev/null | sed -n 's/hugepages-2048kB/2MB/p')
	[ -n "$size" ] || skip "no 2 MB pages here"
	if [ "$SUITE_CG" = v1 ]; then
		[ -d /sys/fs/cgroup/hugetlb ] || skip "no cgroup v1 hugetlb hierarchy here"
	else
		needs_controller hugetlb
	fi
	resources '{ "hugepageLimits": [{ "pageSize": "2MB", "limit": 4194304 }] }'
	start_sleeper
	if [ "$SUITE_CG" = v2 ]; then
		knob hugetlb hugetlb.2MB.max 4194304
		knob hugetlb hugetlb.2MB.rsvd.max 4194304
	else
		knob hugetlb hugetlb.2MB.limit_in_bytes 4194304
	fi
}

@test "C11 a page size that the kernel has not is refused" {
	[ "$SUITE_CG" = v1 ] && [ ! -d /sys/fs/cgroup/hugetlb ] && skip "no cgroup v1 hugetlb hierarchy here"
	resources '{ "hugepageLimits": [{ "pageSize": "3MB", "limit": 4194304 }] }'
	refused run "$ID"
	says 3MB
	nothing_left
}

@test "C12 network on v1" {
	needs_v1
	[ -d /sys/fs/cgroup/net_cls ] || skip "no cgroup v1 net_cls hierarchy here"
	resources '{ "network": { "classID": 1048577 } }'
	start_sleeper
	knob net_cls net_cls.classid 1048577
}

@test "C13 rdma" {
	if [ "$SUITE_CG" = v1 ]; then
		[ -d /sys/fs/cgroup/rdma ] || skip "no rdma controller here"
	else
		needs_controller rdma
	fi
	resources '{ "rdma": { "mlx5_1": { "hcaHandles": 3, "hcaObjects": 10000 } } }'
	run_orlop run "$ID"
}

@test "G3 a limit whose controller the host has not is an error, not silence" {
	needs_v2
	! grep -qw pids /sys/fs/cgroup/cgroup.controllers || skip "cgroup2 has the pids controller"
	resources '{ "pids": { "limit": 5 } }'
	refused run "$ID"
	says pids
	nothing_left
}

@test "C14 unified writes the files of cgroup v2" {
	needs_v2
	resources '{ "unified": { "cgroup.max.depth": "3", "cgroup.max.descendants": "7" } }'
	start_sleeper
	knob "" cgroup.max.depth 3
	knob "" cgroup.max.descendants 7
}

@test "C14 unified with an unknown file or a path is refused" {
	needs_v2
	resources '{ "unified": { "made.up": "3" } }'
	refused run "$ID"
	says made.up
	nothing_left
	resources '{ "unified": { "../cgroup.max.depth": "3" } }'
	refused run "$ID"
	says "../cgroup.max.depth"
	nothing_left
}

@test "OP-C4 C14 unified on cgroup v1 is refused" {
	needs_v1
	resources '{ "unified": { "memory.max": "10000000" } }'
	refused run "$ID"
	says "/linux/resources/unified/memory.max: cannot set 'memory.max' to '10000000'"
	nothing_left
}

@test "G3 a limit given as text is refused, with its place" {
	resources '{ "memory": { "limit": "10m" } }'
	refused run "$ID"
	says limit
	nothing_left
}

@test "L7 on a hybrid host the unified tree is joined as well" {
	needs_v1
	[ -d /sys/fs/cgroup/unified ] || skip "no unified tree here"
	start_sleeper
	grep -q "^0::.*/$ID$" "/proc/$(pid_of)/cgroup"
	[ -d "/sys/fs/cgroup/unified/$ID" ]
}

@test "OP-D4 a cgroup of the user's that was there before stays after delete or is taken over empty" {
	dir=$(cgroup_file pids "")
	mkdir "$dir"
	ok run "$ID"
	[ ! -d "$dir" ] || rmdir "$dir"
}

@test "C2 C7 C9 all resources of the spec's first table at once on v1" {
	needs_v1
	resources '{ "memory": { "limit": 67108864, "reservation": 33554432, "swap": 67108864, "swappiness": 60 },
		"cpu": { "shares": 1024, "quota": -1, "period": 100000, "cpus": "0", "mems": "0" },
		"pids": { "limit": 100 }, "blockIO": { "throttleReadBpsDevice": [] }, "hugepageLimits": [] }'
	start_sleeper
	knob cpu cpu.cfs_quota_us -1
}

@test "a host whose unified tree is not mounted is served by its v1 hierarchies" {
	[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || skip "a pure cgroup v2 host"
	mountpoint -q /sys/fs/cgroup/unified || skip "no unified tree is mounted on this host"
	args true
	# The folder that was the mount point must stay as it is.
	unshare -m sh -c 'cd /sys/fs/cgroup && umount -l unified && ls -A unified >"$3/before" &&
		"$1" --root "$2" run --bundle "$5" "$4"; status=$?; ls -A unified | cmp - "$3/before" && exit $status' \
		sh "$ORLOP" "$ROOT" "$T" "$ID" "$BUNDLE"
	nothing_left
}

@test "L8 what was killed in a cgroup before is not the reason for what fails before there is a container" {
	needs_controller memory
	dir=$(dirname "$(cgroup_file memory x)")
	knob=memory.limit_in_bytes
	[ "$SUITE_CG" != v2 ] || knob=memory.max
	mkdir "$dir"
	echo 4M >"$dir/$knob"
	sh -c 'echo 0 >"$0/cgroup.procs"; exec tail /dev/zero' "$dir" && false
	echo 100M >"$dir/$knob"
	config '.linux.resources.memory.limit = 100000000'
	config '.linux.namespaces |= map(if .type == "ipc" then .path = "/no/such/ns" else . end)'
	fails 1 "namespace '/no/such/ns': no such file or directory" create "$ID"
	rmdir "$dir"
	nothing_left
}

@test "L7 --systemd-cgroup without systemd is refused, with a memory limit too" {
	[ ! -d /run/systemd/system ] || skip "systemd runs here"
	config '.linux.resources.memory.limit = 100000000 | del(.linux.cgroupsPath)'
	fails 1 "systemd not running on this host" --systemd-cgroup create "$ID"
	nothing_left
}
