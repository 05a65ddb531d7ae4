# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# Policy numbers of sched(7): 0 other, 1 fifo, 2 rr, 3 batch, 5 idle, 6 deadline.
scheduler() {
	config '.process.scheduler = $s' --argjson s "$1"
}

# Fields of /proc/PID/stat behind the name: 17 nice, 38 rt_priority, 39 policy.
stat_of() { # PID FIELD
	sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f"$2"
}

# has_scheduler POLICY PRIORITY [NICE]: the kernel sets a nice value with SCHED_OTHER and SCHED_BATCH only.
has_scheduler() {
	local pid found

	pid=$(pid_of)
	found="$(stat_of "$pid" 39) $(stat_of "$pid" 38)"
	[ $# -lt 3 ] || found+=" $(stat_of "$pid" 17)"
	[ "$found" = "$*" ] || { echo "# policy, priority, nice: $found"; return 1; }
}

# Where real-time groups are configured, a cgroup has no real-time until it is given some.
needs_rt() {
	chrt -f 1 true 2>/dev/null || skip "real-time scheduling is not to be had here"
	[ ! -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] ||
		config '.linux.resources.cpu = { realtimePeriod: 1000000, realtimeRuntime: 10000 }'
}

@test "P16 SCHED_OTHER with a nice value, which may be below zero" {
	scheduler '{ "policy": "SCHED_OTHER", "nice": -5 }'
	start_sleeper
	has_scheduler 0 0 -5
}

@test "P16 SCHED_BATCH and SCHED_IDLE" {
	scheduler '{ "policy": "SCHED_BATCH", "nice": 7 }'
	start_sleeper
	has_scheduler 3 0 7
	ok delete -f "$ID"
	scheduler '{ "policy": "SCHED_IDLE" }'
	start_sleeper
	has_scheduler 5 0
}

@test "P16 SCHED_FIFO and SCHED_RR with a priority" {
	needs_rt
	scheduler '{ "policy": "SCHED_FIFO", "priority": 10 }'
	start_sleeper
	has_scheduler 1 10
	ok delete -f "$ID"
	scheduler '{ "policy": "SCHED_RR", "priority": 3 }'
	start_sleeper
	has_scheduler 2 3
}

@test "P16 SCHED_FLAG_RESET_ON_FORK: children are ordinary again" {
	needs_rt
	scheduler '{ "policy": "SCHED_FIFO", "priority": 10, "flags": ["SCHED_FLAG_RESET_ON_FORK"] }'
	script 'sed "s/.*) //" /proc/self/stat | cut -d" " -f39; cat /proc/self/stat >/dev/null; sleep 1000'
	ok run -d "$ID"
	eventually file_says "$T/stdout" 0
	has_scheduler 1 10
}

@test "P16 SCHED_DEADLINE with its three times" {
	needs_tool chrt
	chrt -d -T 100000 -P 1000000 0 true 2>/dev/null || skip "deadline scheduling is not to be had here"
	scheduler '{ "policy": "SCHED_DEADLINE", "runtime": 100000, "deadline": 900000, "period": 1000000 }'
	args sleep 1000
	ok run -d "$ID"
	eventually has_scheduler 6 0
	chrt -p "$(pid_of)" | grep -q '100000/900000/1000000'
}

@test "P16 real-time in a cgroup that has none of it is refused with the member that gives it some" {
	needs_rt
	[ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || skip "this kernel has no real-time groups"
	config 'del(.linux.resources.cpu)'
	scheduler '{ "policy": "SCHED_FIFO", "priority": 10 }'
	refused create "$ID"
	says realtimeRuntime
	nothing_left
}

@test "P16 a real-time policy in a user namespace" {
	needs_rt
	user_namespace
	scheduler '{ "policy": "SCHED_FIFO", "priority": 10 }'
	start_sleeper
	has_scheduler 1 10
}

@test "P16 exec has the scheduler of the process too" {
	needs_rt
	scheduler '{ "policy": "SCHED_FIFO", "priority": 10 }'
	start_sleeper
	ok exec "$ID" sh -c 'sed "s/.*) //" /proc/$$/stat | cut -d" " -f39'
	is 1
}

@test "P16 what no kernel or policy has is refused" {
	local bad

	for bad in '{ "policy": "SCHED_FAST" }' '{ "policy": "SCHED_FIFO" }' '{ "policy": "SCHED_OTHER", "priority": 1 }' \
		'{ "policy": "SCHED_OTHER", "nice": 20 }' '{ "policy": "SCHED_DEADLINE", "runtime": 5, "deadline": 3 }' \
		'{ "policy": "SCHED_OTHER", "runtime": 5 }' '{ "policy": "SCHED_ISO" }' \
		'{ "policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_FAST"] }'; do
		scheduler "$bad"
		refused create "$ID"
		says scheduler
	done
	nothing_left
}

@test "P17 the I/O priority, and that of the process group" {
	config '.process.ioPriority = { class: "IOPRIO_CLASS_BE", priority: 2 }'
	start_sleeper
	[ "$(ionice -p "$(pid_of)")" = "best-effort: prio 2" ]
	ionice -P "$(pid_of)" -c 2 -n 5
	[ "$(ionice -p "$(pid_of)")" = "best-effort: prio 5" ]
}

@test "P17 classes RT and IDLE" {
	config '.process.ioPriority = { class: "IOPRIO_CLASS_RT", priority: 0 }'
	start_sleeper
	[ "$(ionice -p "$(pid_of)")" = "realtime: prio 0" ]
	ok delete -f "$ID"
	config '.process.ioPriority = { class: "IOPRIO_CLASS_IDLE", priority: 7 }'
	start_sleeper
	[ "$(ionice -p "$(pid_of)")" = idle ]
}

@test "P17 class RT in a user namespace" {
	user_namespace
	config '.process.ioPriority = { class: "IOPRIO_CLASS_RT", priority: 4 }'
	start_sleeper
	[ "$(ionice -p "$(pid_of)")" = "realtime: prio 4" ]
}

@test "P17 an unknown class or a priority of 8 is refused" {
	config '.process.ioPriority = { class: "IOPRIO_CLASS_NONE", priority: 4 }'
	refused create "$ID"
	says "/process/ioPriority/class: unknown value 'IOPRIO_CLASS_NONE'"
	config '.process.ioPriority = { class: "IOPRIO_CLASS_BE", priority: 8 }'
	refused create "$ID"
	says "/process/ioPriority/priority: expected an integer from 0 to 7, found number 8"
	nothing_left
}

affinity() { # JSON
	config '.process.execCPUAffinity = $a' --argjson a "$1"
}

cpus_of_exec() {
	ok exec "$ID" sh -c 'grep Cpus_allowed_list /proc/self/status | cut -f2'
}

@test "P18 final: the exec'd process runs on these CPUs, init does not" {
	[ "$(nproc --all)" -gt 1 ] || skip "there is one CPU"
	affinity '{ "final": "1" }'
	start_sleeper
	[ "$(grep Cpus_allowed_list "/proc/$(pid_of)/status" | cut -f2)" != 1 ]
	cpus_of_exec
	is 1
}

@test "P18 initial and final: the last word is final's" {
	[ "$(nproc --all)" -gt 1 ] || skip "there is one CPU"
	affinity '{ "initial": "0", "final": "1" }'
	start_sleeper
	cpus_of_exec
	is 1
}

@test "P18 initial is where the runtime runs: a CPU that is not there is refused" {
	affinity '{ "initial": "4000" }'
	start_sleeper
	fails 255 "execCPUAffinity/initial" exec "$ID" true
}

@test "P18 a final CPU that is not there is refused" {
	affinity '{ "final": "4000" }'
	start_sleeper
	fails 255 "execCPUAffinity/final" exec "$ID" true
}

@test "P18 initial alone: the kernel decides what comes after" {
	affinity '{ "initial": "0" }'
	start_sleeper
	cpus_of_exec
	[ -n "$output" ]
}

@test "P18 without execCPUAffinity a process has all CPUs of its cgroup, whatever the caller is bound to" {
	[ "$(nproc --all)" -gt 1 ] || skip "there is one CPU"
	needs_tool taskset
	script 'grep Cpus_allowed_list /proc/self/status | cut -f2; sleep 1000'
	all=$(grep Cpus_allowed_list /proc/1/status | cut -f2)
	taskset -c 0 "$ORLOP" --root "$ROOT" run -d "$ID" >"$T/first" 2>&1 3>&- 4>&-
	eventually file_says "$T/first" "^$all$"
	taskset -c 0 "$ORLOP" --root "$ROOT" exec "$ID" sh -c 'grep Cpus_allowed_list /proc/self/status | cut -f2' >"$T/second" 3>&- 4>&-
	[ "$(cat "$T/second")" = "$all" ]
}

@test "P18 exec --process brings its own" {
	[ "$(nproc --all)" -gt 1 ] || skip "there is one CPU"
	start_sleeper
	jq '.process | .execCPUAffinity = { final: "1" } | .args = ["sh", "-c", "grep Cpus_allowed_list /proc/self/status | cut -f2"]' \
		"$BUNDLE/config.json" >"$T/process.json"
	ok exec --process "$T/process.json" "$ID"
	is 1
}
