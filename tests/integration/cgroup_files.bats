# SPDX-License-Identifier: Apache-2.0
# The control files of a container's cgroup, read and written by name: 'cgroup get', 'set', 'path'.

load ../lib/orlop

@test "cgroup get prints the value of a file, as cat would" {
	start_sleeper
	ok cgroup get "$ID" cgroup.procs
	[ "$output" = "$(cat "$(cgroup_file pids cgroup.procs)")" ]
}

@test "cgroup get of several files is a table of a line for each line" {
	needs_controller pids
	config '.linux.resources.pids = { limit: 77 }'
	start_sleeper
	ok cgroup get "$ID" pids.max pids.current
	[ "$(awk '$1 == "pids.max" { print $2 }' <<<"$output")" = 77 ]
	[ "$(head -n 1 <<<"$output" | awk '{ print $1, $2 }')" = "FILE VALUE" ]
}

@test "cgroup get without a file lists all that can be read, cgroup.kill not" {
	start_sleeper
	ok cgroup get "$ID"
	says cgroup.procs
	[[ "$output" != *cgroup.kill* ]]
}

@test "cgroup get of a file that is not there is an error, and the others are told" {
	start_sleeper
	fails 1 "the container's cgroup has no file 'frobnicate'" cgroup get "$ID" frobnicate cgroup.procs
	says "$(pid_of)"
}

@test "cgroup get --format json has a value or an error for each item" {
	start_sleeper
	fails 1 "" cgroup get --format json "$ID" frobnicate cgroup.procs
	[ "$(jq -r '.[1].value' <<<"$output" | head -n 1)" = "$(pid_of)" ]
	[[ "$(jq -r '.[0].error' <<<"$output")" == *"no file 'frobnicate'"* ]]
	[ "$(jq -r '.[1].file' <<<"$output")" = cgroup.procs ]
}

@test "a file that climbs out of the cgroup is refused, however it is written" {
	local name

	start_sleeper
	for name in ../cgroup.procs /etc/passwd a/../../cgroup.procs pids:../cgroup.procs; do
		fails 1 "is outside of the container's cgroup" cgroup get "$ID" "$name"
		fails 1 "is outside of the container's cgroup" cgroup set "$ID" "$name=1"
	done
}

@test "a folder, or no name, is no file of the cgroup" {
	start_sleeper
	mkdir "$(dirname "$(cgroup_file pids x)")/below"
	refused cgroup get "$ID" below
	says "the container's cgroup has no file 'below'"
	fails 1 "expected the name of a file" cgroup get "$ID" below/
	rmdir "$(dirname "$(cgroup_file pids x)")/below"
}

@test "a file of a cgroup below is SUB/FILE" {
	needs_controller pids
	start_sleeper
	mkdir "$(dirname "$(cgroup_file pids x)")/below"
	ok cgroup set "$ID" below/pids.max=3
	ok cgroup get "$ID" below/pids.max
	is 3
	rmdir "$(dirname "$(cgroup_file pids x)")/below"
}

@test "CONTROLLER:FILE picks the hierarchy, and an unknown one is named" {
	start_sleeper
	needs_controller pids
	ok cgroup get "$ID" pids:cgroup.procs
	is "$(pid_of)
$(cat "/proc/$(pid_of)/task/$(pid_of)/children" | tr -d ' ')"
	fails 1 "no cgroup of the controller 'frobs'" cgroup get "$ID" frobs:x
}

@test "cgroup set writes, and the next read shows it" {
	needs_controller pids
	start_sleeper
	ok cgroup set "$ID" pids.max=123
	is ""
	ok cgroup get "$ID" pids.max
	is 123
}

@test "cgroup set of a file that only tells is refused in words" {
	needs_controller pids
	start_sleeper
	fails 1 "cgroup file 'pids.current' is read-only" cgroup set "$ID" pids.current=1
}

@test "cgroup get of a file that can only be written is refused in words" {
	[ "$SUITE_CG" = v2 ] || [ -d /sys/fs/cgroup/unified ] || skip "no cgroup2 tree here"
	start_sleeper
	fails 1 "cgroup file 'cgroup.kill' can only be written" cgroup get "$ID" cgroup.kill
}

@test "of a batch all items are tried, each has its own result, and the status is 1" {
	needs_controller pids
	start_sleeper
	fails 1 "no file 'frobnicate'" cgroup set --format json "$ID" frobnicate=1 pids.max=11 pids.current=1 pids.max=12
	[ "$(jq -c 'map(has("error"))' <<<"$output")" = "[true,false,true,false]" ]
	ok cgroup get "$ID" pids.max
	is 12
}

@test "a value that the kernel refuses is told with the kernel's reason" {
	needs_controller pids
	start_sleeper
	fails 1 "invalid argument" cgroup set "$ID" pids.max=frog
}

@test "names of cgroup v1 work on v2, which is said: cpuacct.usage" {
	needs_v2
	start_sleeper
	ok cgroup get "$ID" cpuacct.usage
	[[ "$output" =~ ^[0-9]+$ ]]
	says "'cpuacct.usage' is 'cpu.stat' on this host"
}

@test "names of cgroup v1 work on v2 both ways: freezer.state" {
	needs_v2
	start_sleeper
	ok cgroup set "$ID" freezer.state=FROZEN
	wait_status paused
	ok cgroup get "$ID" freezer.state
	is FROZEN
	ok cgroup set "$ID" freezer.state=THAWED
	wait_status running
}

@test "names of cgroup v1 work on v2 both ways: memory limits and shares" {
	needs_v2
	needs_controller memory
	needs_controller cpu
	start_sleeper
	ok cgroup set "$ID" memory.limit_in_bytes=67108864 cpu.shares=1024 cpu.cfs_quota_us=50000 cpu.cfs_period_us=100000
	ok cgroup get "$ID" memory.max
	is 67108864
	ok cgroup get "$ID" cpu.max
	is "50000 100000"
	ok cgroup get "$ID" cpu.shares
	is 1024
	ok cgroup set "$ID" memory.limit_in_bytes=-1
	ok cgroup get "$ID" memory.max
	is max
}

@test "names of cgroup v2 work on v1, which is said: memory.max" {
	needs_v1
	needs_controller memory
	start_sleeper
	ok cgroup set "$ID" memory.max=67108864
	says "'memory.max' is 'memory.limit_in_bytes' on this host"
	ok cgroup get "$ID" memory.limit_in_bytes
	is 67108864
	ok cgroup set "$ID" memory.max=max
	ok cgroup get "$ID" memory.max
	[ "${output%%$'\n'*}" = max ]
}

@test "names of cgroup v2 work on v1: cpu.max is quota and period" {
	needs_v1
	needs_knob cpu cpu.cfs_quota_us
	start_sleeper
	ok cgroup set "$ID" "cpu.max=50000 200000"
	ok cgroup get "$ID" cpu.cfs_quota_us
	is 50000
	ok cgroup get "$ID" cpu.max
	[ "${output%%$'\n'*}" = "50000 200000" ]
	ok cgroup set "$ID" cpu.max=max
	ok cgroup get "$ID" cpu.cfs_quota_us
	is -1
}

@test "a name without a counterpart is told as such" {
	start_sleeper
	if [ "$SUITE_CG" = v2 ]; then
		fails 1 "'memory.swappiness' is of cgroup v1 and has no counterpart on v2" cgroup get "$ID" memory.swappiness
	else
		fails 1 "'memory.high' is of cgroup v2 and has no counterpart on v1" cgroup get "$ID" memory.high
	fi
}

@test "cgroup path names the cgroup of each hierarchy, and of one controller" {
	needs_controller pids
	start_sleeper
	ok cgroup path "$ID" pids
	is "$(dirname "$(cgroup_file pids x)")"
	ok cgroup path "$ID"
	says "$(dirname "$(cgroup_file pids x)")"
	ok cgroup path --format json "$ID"
	[ -d "$(jq -r '.[0].path' <<<"$output")" ]
}

@test "cgroup path on pure v2 is that path alone" {
	needs_v2
	start_sleeper
	ok cgroup path "$ID"
	is "/sys/fs/cgroup/$ID"
}

@test "cgroup path of a controller that is not there is an error" {
	start_sleeper
	fails 1 "the container's cgroup has no controller 'frobs'" cgroup path "$ID" frobs
}

@test "cgroup of a container that does not exist, of a word that is none, and without an id" {
	fails 1 "container does not exist" cgroup get "$ID" cgroup.procs
	start_sleeper
	fails 1 "wants one of get|set|path, found 'gte'" cgroup gte "$ID"
	fails 1 "wants one of get|set|path, found ''" cgroup
	fails 1 "requires a minimum of 1 argument" cgroup get
	fails 1 "expected FILE=VALUE" cgroup set "$ID"
	fails 1 "expected FILE=VALUE, found 'pids.max'" cgroup set "$ID" pids.max
	fails 1 "one CONTROLLER at most" cgroup path "$ID" a b
}

@test "a container without a cgroup has no files of one" {
	script 'sleep 1000'
	ok --cgroup-manager disabled run -d "$ID"
	fails 1 "the container has no cgroup" cgroup get "$ID"
	fails 1 "the container has no cgroup" cgroup get "$ID" pids.max
	fails 1 "the container has no cgroup" cgroup path "$ID"
}

@test "of a container that has ended the files can be read until delete" {
	script 'exit 0'
	ok create "$ID"
	ok start "$ID"
	wait_status stopped
	ok cgroup get "$ID" cgroup.procs
	is ""
}
