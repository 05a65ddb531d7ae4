# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# Nothing runs while the numbers are compared: the container is paused, and what is charged late has come.
paused_with_stats() {
	script "${1:-i=0; while [ \$i -lt 20000 ]; do i=\$((i + 1)); done; head -c 100000 /dev/zero >/tmp/x; echo >/ready; sleep 1000 & wait}"
	config '.root.readonly = false'
	ok run -d "$ID"
	eventually exists "$ROOTFS/ready"
	ok pause "$ID"
	eventually settled
	ok events --stats "$ID"
	[ "$(jq -r '.type + " " + .id' <<<"$output")" = "stats $ID" ]
	stats=$(jq .data <<<"$output")
}

settled() {
	local before

	run_orlop events --stats "$ID"
	before=$output
	run_orlop events --stats "$ID"
	[ "$before" = "$output" ]
}

# same JQ CONTROLLER FILE: the statistic is what the kernel's file holds.
same() {
	local want got

	want=$(cat "$(cgroup_file "$2" "$3")")
	got=$(jq -c "$1" <<<"$stats")
	[ "$got" = "$want" ] || { echo "# $1 is $got, $3 is $want"; return 1; }
}

# same_key JQ CONTROLLER FILE KEY [FACTOR]: the same of a line "KEY NUMBER"; 0 may be left out.
same_key() {
	local want got

	want=$(awk -v k="$4" -v f="${5:-1}" '$1 == k { printf "%.0f", $2 * f }' "$(cgroup_file "$2" "$3")")
	got=$(jq -c "($1) // 0" <<<"$stats")
	[ "$got" = "$want" ] || { echo "# $1 is $got, $4 of $3 is $want"; return 1; }
}

@test "events --stats has the CPU time that the kernel has counted" {
	paused_with_stats
	if [ "$SUITE_CG" = v2 ]; then
		same_key .cpu.usage.total "" cpu.stat usage_usec 1000
		same_key .cpu.usage.user "" cpu.stat user_usec 1000
		same_key .cpu.usage.kernel "" cpu.stat system_usec 1000
	else
		needs_controller cpuacct
		same .cpu.usage.total cpuacct cpuacct.usage
		[ "$(jq '.cpu.usage.percpu | add' <<<"$stats")" = "$(jq .cpu.usage.total <<<"$stats")" ]
		same_key .cpu.usage.user cpuacct cpuacct.stat user 10000000
		same_key .cpu.usage.kernel cpuacct cpuacct.stat system 10000000
	fi
	[ "$(jq .cpu.usage.total <<<"$stats")" -gt 0 ]
}

# What the kernel keeps in advance on each CPU it gives back when it likes: so the numbers are asked for anew.
memory_is_the_kernels() {
	run_orlop events --stats "$ID"
	stats=$(jq .data <<<"$output")
	if [ "$SUITE_CG" = v2 ]; then
		same .memory.usage.usage memory memory.current &&
			same_key .memory.raw.anon memory memory.stat anon
	else
		same .memory.usage.usage memory memory.usage_in_bytes &&
			same .memory.usage.max memory memory.max_usage_in_bytes &&
			same .memory.usage.failcnt memory memory.failcnt &&
			same_key .memory.cache memory memory.stat cache &&
			same_key .memory.raw.rss memory memory.stat rss &&
			same_key .memory.raw.pgfault memory memory.stat pgfault
	fi
}

@test "events --stats has the memory that the kernel has charged, and its limit" {
	needs_controller memory
	config '.linux.resources.memory = { limit: 67108864 }'
	paused_with_stats
	[ "$(jq .memory.usage.limit <<<"$stats")" = 67108864 ]
	eventually memory_is_the_kernels
}

@test "events --stats has the number of processes and its limit" {
	needs_controller pids
	config '.linux.resources.pids = { limit: 50 }'
	paused_with_stats
	same .pids.current pids pids.current
	[ "$(jq .pids.current <<<"$stats")" = 2 ]
	[ "$(jq .pids.limit <<<"$stats")" = 50 ]
}

@test "events --stats counts the periods in which a quota held the container up" {
	needs_controller cpu
	config '.linux.resources.cpu = { quota: 2000, period: 20000 }'
	paused_with_stats 'i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done; echo >/ready; sleep 1000 & wait'
	same_key .cpu.throttling.periods cpu cpu.stat nr_periods
	same_key .cpu.throttling.throttledPeriods cpu cpu.stat nr_throttled
	[ "$(jq .cpu.throttling.throttledPeriods <<<"$stats")" -gt 0 ]
	[ "$SUITE_CG" = v2 ] || same_key .cpu.throttling.throttledTime cpu cpu.stat throttled_time
}

@test "events --stats has the CPUs and memory nodes as lists of numbers" {
	needs_controller cpuset
	paused_with_stats
	for kind in cpus mems; do
		list=$(cat "$(cgroup_file cpuset cpuset.$kind)")
		want=$(tr ',' '\n' <<<"$list" | while IFS=- read -r from to; do seq "$from" "${to:-$from}"; done | jq -sc .)
		[ "$(jq -c ".cpuset.$kind" <<<"$stats")" = "$want" ]
	done
}

@test "events --stats has huge pages of every size that the kernel has, without a container of an own cgroup says why" {
	paused_with_stats
	if [ "$SUITE_CG" = v2 ] || [ -d /sys/fs/cgroup/hugetlb ]; then
		[ "$(jq -c '.hugetlb | keys | length' <<<"$stats")" = "$(find /sys/kernel/mm/hugepages -mindepth 1 -maxdepth 1 | wc -l)" ]
	fi
	ok delete -f "$ID"
	ok --cgroup-manager disabled run -d "$ID"
	fails 1 "the container has no cgroup to read statistics from" --cgroup-manager disabled events --stats "$ID"
}
