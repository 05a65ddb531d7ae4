# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# Each knob of update alone, read back from the kernel's file, on cgroup v1 and v2.

# now V1-FILE V2-FILE: what the kernel says; a file is CONTROLLER/NAME.
now() {
	local file=$1

	[ "$SUITE_CG" = v1 ] || file=$2
	cat "$(cgroup_file "${file%%/*}" "${file#*/}")"
}

# becomes V1-FILE WANT V2-FILE WANT ARG...: 'update ARG...' makes it so; WANT is a pattern, file '-': not on that version.
becomes() {
	local file=$1 want=$2 found

	[ "$SUITE_CG" = v1 ] || { file=$3; want=$4; }
	shift 4
	ok update "$@" "$ID" || return 1
	[ "$file" != - ] || return 0
	[ -z "$output$errors" ] || complain "update is not silent"
	found=$(cat "$(cgroup_file "${file%%/*}" "${file#*/}")")
	# shellcheck disable=SC2053
	[[ $found == $want ]] || complain "update $*: $file is '$found', not '$want'"
}

resources() { # JSON of 'update --resources -'
	run_orlop update --resources - "$ID" <<<"$1"
	[ "$status" -eq 0 ] || complain "update ends with $status"
}

@test "update --memory, --memory-reservation, --memory-swap" {
	needs_controller memory
	config '.linux.resources.memory = { limit: 33554432 }'
	start_sleeper
	becomes memory/memory.limit_in_bytes 67108864 memory/memory.max 67108864 --memory 67108864
	becomes memory/memory.limit_in_bytes 52428800 memory/memory.max 52428800 --memory 50M
	becomes memory/memory.limit_in_bytes 1073741824 memory/memory.max 1073741824 --memory 1g
	becomes memory/memory.soft_limit_in_bytes 33554432 memory/memory.low 33554432 --memory-reservation 32m
	becomes memory/memory.limit_in_bytes 1073741824 memory/memory.max 1073741824 --pids-limit 100
}

@test "update of memory and swap, down and up, whatever the old limits are" {
	needs_controller memory
	if [ "$SUITE_CG" = v1 ]; then needs_knob memory memory.memsw.limit_in_bytes; fi
	config '.linux.resources.memory = { limit: 67108864, swap: 134217728 }'
	start_sleeper
	[ "$SUITE_CG" = v1 ] || [ -e "$(cgroup_file memory memory.swap.max)" ] || skip "no swap accounting"
	for pair in 200M:300M 50M:96M 50M:50M 1g:2g; do
		ok update --memory "${pair%:*}" --memory-swap "${pair#*:}" "$ID"
		m=$(numfmt --from=iec "${pair%:*}" 2>/dev/null || numfmt --from=iec "$(tr g G <<<"${pair%:*}")")
		s=$(numfmt --from=iec "$(tr g G <<<"${pair#*:}")")
		[ "$(now memory/memory.limit_in_bytes memory/memory.max)" -eq "$m" ]
		[ "$SUITE_CG" = v2 ] || [ "$(now memory/memory.memsw.limit_in_bytes -)" -eq "$s" ]
		[ "$SUITE_CG" = v1 ] || [ "$(now - memory/memory.swap.max)" -eq $((s - m)) ]
	done
	# No limit of memory is none of memory and swap.
	ok update --memory=-1 "$ID"
	[ "$SUITE_CG" = v1 ] || [ "$(now - memory/memory.max) $(now - memory/memory.swap.max)" = "max max" ]
	[ "$SUITE_CG" = v2 ] || [ "$(now memory/memory.memsw.limit_in_bytes -)" -gt 9000000000000000000 ]
}

@test "update of a memory limit below what is used is an error on v1, and nothing changes" {
	needs_v1 # v2 takes it, and reclaims or kills
	needs_controller memory
	config '.linux.resources.memory = { limit: 67108864 }'
	start_sleeper
	fails 1 "unable to set memory limit to 1024 (current usage: " update --memory 1k "$ID"
	[ "$(now memory/memory.limit_in_bytes -)" -eq 67108864 ]
	has_status running
}

@test "update --cpu-share, --cpu-quota, --cpu-period: of quota and period the other one stays" {
	needs_controller cpu
	config '.linux.resources.cpu = { shares: 100, quota: 500000, period: 1000000 }'
	start_sleeper
	becomes cpu/cpu.cfs_period_us 900000 cpu/cpu.max "500000 900000" --cpu-period 900000
	becomes cpu/cpu.cfs_quota_us 600000 cpu/cpu.max "600000 900000" --cpu-quota 600000
	becomes cpu/cpu.cfs_period_us 900000 cpu/cpu.max "600000 900000" --cpu-share 1024
	becomes cpu/cpu.shares 1024 cpu/cpu.weight 100 --cpu-share 1024
	becomes cpu/cpu.shares 200 cpu/cpu.weight 2[0-9] --cpu-share 200
	becomes cpu/cpu.cfs_quota_us -1 cpu/cpu.max "max 900000" --cpu-quota -1
	becomes cpu/cpu.cfs_period_us 100000 cpu/cpu.max "max 100000" --cpu-period 100000
	becomes cpu/cpu.cfs_quota_us 30000 cpu/cpu.max "30000 50000" --cpu-quota 30000 --cpu-period 50000
}

@test "update --cpu-burst stays over other updates" {
	needs_controller cpu
	config '.linux.resources.cpu = { quota: 50000, period: 100000 }'
	start_sleeper
	[ -e "$(cgroup_file cpu cpu.cfs_burst_us)" ] || [ -e "$(cgroup_file cpu cpu.max.burst)" ] ||
		skip "this kernel has no burst"
	becomes cpu/cpu.cfs_burst_us 20000 cpu/cpu.max.burst 20000 --cpu-burst 20000
	becomes cpu/cpu.cfs_burst_us 20000 cpu/cpu.max.burst 20000 --cpu-share 300
	becomes cpu/cpu.cfs_burst_us 0 cpu/cpu.max.burst 0 --cpu-burst 0
	# More than the quota at once: the quota goes first.
	becomes cpu/cpu.cfs_burst_us 90000 cpu/cpu.max.burst 90000 --cpu-quota 90000 --cpu-burst 90000
}

@test "update --cpu-idle, and with shares" {
	needs_controller cpu
	start_sleeper
	[ -e "$(cgroup_file cpu cpu.idle)" ] || skip "this kernel has no cpu.idle"
	becomes cpu/cpu.idle 1 cpu/cpu.idle 1 --cpu-idle 1
	becomes cpu/cpu.idle 0 cpu/cpu.idle 0 --cpu-idle 0
	becomes cpu/cpu.shares 300 cpu/cpu.weight [3-9][0-9] --cpu-idle 0 --cpu-share 300
	resources '{ "cpu": { "idle": 1, "shares": 0 } }'
	[ "$(now cpu/cpu.idle cpu/cpu.idle)" -eq 1 ]
}

@test "update --cpu-rt-period and --cpu-rt-runtime on v1" {
	needs_knob cpu cpu.rt_runtime_us
	start_sleeper
	becomes cpu/cpu.rt_period_us 900000 - - --cpu-rt-period 900000
	becomes cpu/cpu.rt_runtime_us 100 - - --cpu-rt-runtime 100
	becomes cpu/cpu.rt_runtime_us 400 - - --cpu-rt-period 800000 --cpu-rt-runtime 400
}

@test "update --cpuset-cpus and --cpuset-mems" {
	needs_controller cpuset
	start_sleeper
	becomes cpuset/cpuset.cpus 0 cpuset/cpuset.cpus 0 --cpuset-cpus 0
	becomes cpuset/cpuset.mems 0 cpuset/cpuset.mems 0 --cpuset-mems 0
	fails 1 "write '0-9999'" update --cpuset-cpus 0-9999 "$ID" || says "9999"
	[ "$(now cpuset/cpuset.cpus cpuset/cpuset.cpus)" = 0 ]
	refused update --cpuset-cpus nonsense "$ID"
	says "invalid value 'nonsense' for '--cpuset-cpus'"
}

@test "update --pids-limit: -1 is no limit, 0 the least" {
	needs_controller pids
	config '.linux.resources.pids = { limit: 20 }'
	start_sleeper
	becomes pids/pids.max 10 pids/pids.max 10 --pids-limit 10
	becomes pids/pids.max max pids/pids.max max --pids-limit -1
	becomes pids/pids.max 1 pids/pids.max 1 --pids-limit 0
	run_orlop exec "$ID" sh -c '(true); echo forked'
	[[ "$output" != *forked* ]]
}

@test "update of a container whose ociVersion is older than 1.3: a pids limit of 0 is none" {
	needs_controller pids
	config '.ociVersion = "1.0.2" | .linux.resources.pids = { limit: 20 }'
	start_sleeper
	becomes pids/pids.max max pids/pids.max max --pids-limit 0
	becomes pids/pids.max 10 pids/pids.max 10 --pids-limit 10
	echo '{ "pids": { "limit": 0 } }' >"$T/r.json"
	becomes pids/pids.max max pids/pids.max max -r "$T/r.json"
}

@test "update --blkio-weight" {
	needs_controller "$([ "$SUITE_CG" = v1 ] && echo blkio || echo io)"
	start_sleeper
	if [ "$SUITE_CG" = v1 ]; then
		file=$(find "$(cgroup_file blkio .)" -name 'blkio*.weight' | head -n 1)
		[ -n "$file" ] || skip "this kernel has no weight of block I/O"
	fi
	ok update --blkio-weight 500 "$ID"
	if [ "$SUITE_CG" = v1 ]; then
		[ "$(<"$file")" -eq 500 ]
	elif [ -e "$(cgroup_file io io.bfq.weight)" ]; then
		[[ "$(now - io/io.bfq.weight)" == *500 ]]
	else
		[[ "$(now - io/io.weight)" == "default 4950" ]]
	fi
	refused update --blkio-weight 5 "$ID"
	says "/blockIO/weight: expected a weight from 10 to 1000, found 5"
}

@test "update --resources of a file: what it does not name stays" {
	needs_controller pids
	needs_controller memory
	config '.linux.resources += { pids: { limit: 20 }, memory: { limit: 33554432 } }'
	start_sleeper
	echo '{ "memory": { "limit": 67108864 } }' >"$T/r.json"
	becomes memory/memory.limit_in_bytes 67108864 memory/memory.max 67108864 --resources "$T/r.json"
	[ "$(now pids/pids.max pids/pids.max)" -eq 20 ]
	becomes pids/pids.max 20 pids/pids.max 20 -r "$T/r.json"
}

@test "update --resources - reads standard input; zeros are what was not set, but for pids" {
	needs_controller pids
	needs_controller memory
	config '.linux.resources += { pids: { limit: 20 }, memory: { limit: 33554432 } }'
	start_sleeper
	resources '{ "memory": { "limit": 0, "swap": 0, "reservation": 0 }, "cpu": { "shares": 0, "quota": 0, "period": 0,
		"cpus": "", "mems": "" }, "blockIO": { "weight": 0 }, "pids": { "limit": 30 }, "unknown": 1 }'
	[ "$(now memory/memory.limit_in_bytes memory/memory.max)" -eq 33554432 ]
	[ "$(now pids/pids.max pids/pids.max)" -eq 30 ]
	resources '{}'
	[ "$(now pids/pids.max pids/pids.max)" -eq 30 ]
}

@test "update --resources writes unified on v2" {
	needs_v2
	needs_controller pids
	start_sleeper
	resources '{ "unified": { "pids.max": "33" } }'
	[ "$(now - pids/pids.max)" -eq 33 ]
}

@test "update leaves the device rules alone" {
	start_sleeper
	refused exec "$ID" sh -c 'mknod /tmp/kmsg c 1 11'
	says "Operation not permitted"
	resources '{ "devices": [ { "allow": true, "access": "rwm" } ] }'
	[ "$SUITE_CG" = v2 ] || refute grep -q 'a \*:\* rwm' "$(cgroup_file devices devices.list)"
}

@test "update leaves a paused container paused" {
	needs_controller pids
	start_sleeper
	ok pause "$ID"
	becomes pids/pids.max 12 pids/pids.max 12 --pids-limit 12
	has_status paused
	ok resume "$ID"
}

@test "update of a created container works, of a stopped one not" {
	needs_controller pids
	args true
	ok create "$ID"
	becomes pids/pids.max 12 pids/pids.max 12 --pids-limit 12
	ok start "$ID"
	wait_status stopped
	fails 1 "container not running" update --pids-limit 13 "$ID"
	fails 1 "container does not exist" update --pids-limit 13 "$ID-other"
}

@test "update refuses what is no number and no JSON" {
	start_sleeper
	for wrong in "--memory ten" "--memory 10x" "--pids-limit 1.5" "--cpu-quota 1s" "--cpu-idle maybe"; do
		# shellcheck disable=SC2086
		refused update $wrong "$ID"
		says "${wrong#* }"
	done
	fails 1 "no such file or directory" update -r "$T/nothing" "$ID"
	echo '{ "pids": { "limit": "many" } }' >"$T/r.json"
	fails 1 "/pids/limit" update -r "$T/r.json" "$ID"
	echo '{' >"$T/r.json"
	fails 1 "not valid JSON" update -r "$T/r.json" "$ID"
}

@test "update -r ignores limits beside it, and says so" {
	needs_controller pids
	start_sleeper
	echo '{ "pids": { "limit": 77 } }' >"$T/r.json"
	ok update -r "$T/r.json" --pids-limit 50 --memory 10m "$ID"
	says "'--pids-limit' is ignored: '--resources' has all of the limits"
	[ "$(now pids/pids.max pids/pids.max)" = 77 ]
}

@test "update takes options after the id, and the obsolete ones of kernel memory" {
	needs_controller pids
	start_sleeper
	ok update "$ID" --pids-limit=14
	[ "$(now pids/pids.max pids/pids.max)" -eq 14 ]
	ok update --kernel-memory 10m --kernel-memory-tcp 10m "$ID"
	says "kernel memory limits are ignored"
}
