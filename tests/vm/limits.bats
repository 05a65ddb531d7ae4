# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# Limits as they are felt, on cgroup v2 with all controllers. As root, or as a user whose cgroup was delegated.

setup() {
	test_begin
	needs_v2
	if [ "$(id -u)" -ne 0 ]; then
		copy_rootfs
		rm config.json
		"$ORLOP" spec --rootless
		config '.process.terminal = false | .root.readonly = false'
		config '.linux.cgroupsPath = $p' --arg p ":orlop:$ID"
		[ "$(cat /proc/1/comm)" = systemd ] || skip "no systemd to delegate"
	fi
	mount_entry /tmp tmpfs tmpfs mode=1777
}

manager=()
[ "$(id -u)" -eq 0 ] || manager=(--systemd-cgroup)

needs_delegated() {
	local place

	[ "$(id -u)" -eq 0 ] && { needs_controller "$1"; return; }
	place=$(sed -n 's/^0:://p' /proc/self/cgroup)
	grep -qw "$1" "/sys/fs/cgroup${place%%.service/*}.service/cgroup.controllers" || skip "the user has no $1 controller"
}

resources() { # JSON
	config '.linux.resources += $r' --argjson r "$1"
}

run_here() {
	run_orlop "${manager[@]}" run "$@"
}

file_of() {
	echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")/$1"
}

sleeper() {
	script 'trap "exit 7" TERM; sleep 1000 & wait'
	run_here -d "$ID"
	[ "$status" -eq 0 ] || complain "run ends with $status"
}

@test "C2 memory.max: more than the limit is killed, in the container and in an exec; less is not" {
	needs_delegated memory
	resources '{ "memory": { "limit": 33554432, "swap": 33554432 } }'
	script 'dd if=/dev/zero of=/tmp/big bs=1M count=64'
	run_here "$ID"
	[ "$status" -eq 137 ] || [ "$status" -eq 1 ] || complain "it ends with $status"
	[ "$status" -ne 0 ]
	script 'dd if=/dev/zero of=/tmp/big bs=1M count=8'
	run_here "$ID"
	[ "$status" -eq 0 ] || complain "it ends with $status"
	sleeper
	[ "$(cat "$(file_of memory.max)")" = 33554432 ]
	run_orlop exec "$ID" dd if=/dev/zero of=/tmp/big bs=1M count=64
	[ "$status" -ne 0 ]
	[ "$(awk '$1 == "oom_kill" { print $2 }' "$(file_of memory.events)")" -gt 0 ]
	orlop events --stats "$ID" | jq -e '.data.memory.usage.limit == 33554432' >/dev/null
}

@test "C2 memory.max: an update is felt" {
	needs_delegated memory
	sleeper
	ok exec "$ID" dd if=/dev/zero of=/tmp/big bs=1M count=48
	ok exec "$ID" rm /tmp/big
	ok update --memory 33554432 --memory-swap 33554432 "$ID"
	run_orlop exec "$ID" dd if=/dev/zero of=/tmp/big bs=1M count=48
	[ "$status" -ne 0 ]
}

@test "C7 cpu.max: a busy container is throttled" {
	needs_delegated cpu
	resources '{ "cpu": { "quota": 10000, "period": 100000 } }'
	sleeper
	[ "$(cat "$(file_of cpu.max)")" = "10000 100000" ]
	background busy orlop exec "$ID" sh -c 'while :; do :; done'
	sleep 3
	[ "$(awk '$1 == "nr_throttled" { print $2 }' "$(file_of cpu.stat)")" -gt 5 ]
	[ "$(awk '$1 == "usage_usec" { print $2 }' "$(file_of cpu.stat)")" -lt 2000000 ]
	orlop events --stats "$ID" | jq -e '.data.cpu.throttling.throttledPeriods > 5' >/dev/null
}

@test "C7 cpu.weight: the heavier of two gets more" {
	needs_delegated cpu
	resources '{ "cpu": { "shares": 10240 } }'
	sleeper
	[ "$(cat "$(file_of cpu.weight)")" -gt 300 ]
}

@test "C9 pids.max: a fork more is refused" {
	needs_delegated pids
	resources '{ "pids": { "limit": 6 } }'
	script 'i=0; while [ $i -lt 10 ]; do sleep 5 & i=$((i + 1)); done; wait'
	run_here "$ID"
	says "can't fork"
	sleeper
	[ "$(cat "$(file_of pids.max)")" = 6 ]
	run_orlop exec "$ID" sh -c 'for i in 1 2 3 4 5 6; do sleep 1 & done; wait'
	says "can't fork"
	[ "$(awk '$1 == "max" { print $2 }' "$(file_of pids.events)")" -gt 0 ]
}

@test "C10 io.max: writes are slowed down" {
	local device start

	[ "$(id -u)" -eq 0 ] || skip "users get no io controller"
	needs_controller io
	mountpoint -q /mnt/disk || skip "no scratch disk on /mnt/disk"
	device=$(findmnt -rno MAJ:MIN /mnt/disk)
	resources "{ \"blockIO\": { \"throttleWriteBpsDevice\": [{ \"major\": ${device%:*}, \"minor\": ${device#*:}, \"rate\": 1048576 }] } }"
	mount_entry /disk bind /mnt/disk bind rw
	sleeper
	grep -q "^$device .*wbps=1048576" "$(file_of io.max)"
	start=$SECONDS
	ok exec "$ID" dd if=/dev/zero of=/disk/f bs=1M count=5 conv=fsync
	[ $((SECONDS - start)) -ge 3 ] || complain "5 MiB took $((SECONDS - start)) s"
	rm -f /mnt/disk/f
	grep -q "^$device .*wbytes=[1-9]" "$(file_of io.stat)"
}

@test "C10 io.weight is set" {
	[ "$(id -u)" -eq 0 ] || skip "users get no io controller"
	needs_controller io
	resources '{ "blockIO": { "weight": 500 } }'
	sleeper
	[ ! -e "$(file_of io.weight)" ] || grep -q "^default [1-9]" "$(file_of io.weight)"
}

@test "C7 cpuset: the container sees its CPUs only, and an update moves it" {
	needs_delegated cpuset
	[ "$(nproc)" -gt 1 ] || skip "one CPU only"
	resources '{ "cpu": { "cpus": "1" } }'
	sleeper
	[ "$(cat "$(file_of cpuset.cpus.effective)")" = 1 ]
	grep -q "^Cpus_allowed_list:.1$" "/proc/$(pid_of)/status"
	ok exec "$ID" nproc
	is 1
	ok update --cpuset-cpus 0 "$ID"
	grep -q "^Cpus_allowed_list:.0$" "/proc/$(pid_of)/status"
}

@test "C11 hugetlb: pages over the limit are refused by the file" {
	[ "$(id -u)" -eq 0 ] || skip "users get no hugetlb controller"
	needs_controller hugetlb
	[ -d /sys/kernel/mm/hugepages/hugepages-2048kB ] || skip "no 2 MiB pages"
	resources '{ "hugepageLimits": [{ "pageSize": "2MB", "limit": 4194304 }] }'
	sleeper
	[ "$(cat "$(file_of hugetlb.2MB.max)")" = 4194304 ]
	[ "$(cat "$(file_of hugetlb.2MB.rsvd.max)")" = 4194304 ]
}

@test "C14 unified: any file of the cgroup" {
	needs_delegated memory
	resources '{ "unified": { "memory.high": "50331648", "memory.oom.group": "1" } }'
	sleeper
	[ "$(cat "$(file_of memory.high)")" = 50331648 ]
	[ "$(cat "$(file_of memory.oom.group)")" = 1 ]
}

@test "pause stops a busy container, resume lets it go on" {
	local before

	sleeper
	background busy orlop exec "$ID" sh -c 'while :; do :; done'
	sleep 1
	ok pause "$ID"
	before=$(awk '$1 == "usage_usec" { print $2 }' "$(file_of cpu.stat)")
	sleep 1
	[ "$(awk '$1 == "usage_usec" { print $2 }' "$(file_of cpu.stat)")" = "$before" ]
	ok resume "$ID"
	sleep 1
	[ "$(awk '$1 == "usage_usec" { print $2 }' "$(file_of cpu.stat)")" -gt "$before" ]
}
