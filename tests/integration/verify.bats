# SPDX-License-Identifier: Apache-2.0
# What the kernel says of a container against its config: 'verify'.

load ../lib/orlop

# result PROPERTY: of the last verify.
result() {
	jq -r --arg p "$1" '.[] | select(.property == $p).result' <<<"$output"
}

differs() { # PROPERTY
	fails 1 "" verify --format json "$ID"
	[ "$(result "$1")" = differs ] || { jq -c .[] <<<"$output"; return 1; }
	[ "$(jq '[.[] | select(.result == "differs")] | length' <<<"$output")" -eq 1 ] || { jq -c .[] <<<"$output"; return 1; }
}

@test "verify of a container that is as its config says is a line a property, and status 0" {
	start_sleeper
	ok verify "$ID"
	[ "$(awk 'NR == 1 { print $1, $2, $3, $4 }' <<<"$output")" = "PROPERTY RESULT EXPECTED FOUND" ]
	[ "$(wc -l <<<"$output")" -gt 20 ]
	[[ "$output" != *differs* ]]
}

@test "verify holds with all that a config may ask for" {
	config '.hostname = "verified" | .process.noNewPrivileges = true
		| .process.user = { uid: 1000, gid: 1000, umask: 23 }
		| .process.oomScoreAdj = 321
		| .process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 77, hard: 78 }, { type: "RLIMIT_CORE", soft: 0, hard: 4096 }]
		| .linux.sysctl = { "net.ipv4.ip_forward": "1", "net.ipv4.ping_group_range": "0 1000" }
		| .linux.devices = [{ path: "/dev/mine", type: "c", major: 1, minor: 5 }]
		| .linux.maskedPaths = ["/proc/kcore", "/proc/nothing"] | .linux.readonlyPaths = ["/proc/sys"]
		| .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["reboot"], action: "SCMP_ACT_ERRNO" }] }'
	mkdir "$T/volume" "$ROOTFS/mnt" "$ROOTFS/tree"
	mount_entry /mnt bind "$T/volume" rbind ro nosuid nodev noexec rslave
	mount_entry /tree tmpfs tmpfs nosuid size=1m
	start_sleeper 'while :; do sleep 1; done'
	run_orlop verify "$ID"
	[ "$status" -eq 0 ] || complain "verify"
	says "mount /mnt"
	says "sysctl net.ipv4.ping_group_range"
	says "maskedPath /proc/nothing"
	says "device /dev/mine"
}

@test "verify holds with limits, in the words of both versions of cgroups" {
	[ "$SUITE_CG" = v1 ] || grep -qw pids /sys/fs/cgroup/cgroup.controllers || skip "no controllers on cgroup2 here"
	config '.linux.resources = { pids: { limit: 77 },
		memory: { limit: 67108865, swap: 134217728, reservation: 33554432 },
		cpu: { shares: 512, quota: 50000, period: 100000, cpus: "0" } }'
	start_sleeper
	ok verify --format json "$ID"
	[ "$(jq '[.[] | select(.property | startswith("cgroup ")) | select(.result == "ok")] | length' <<<"$output")" -ge 6 ]
}

@test "verify holds in a user namespace" {
	user_namespace
	start_sleeper
	ok verify --format json "$ID"
	[ "$(result uidMappings)" = ok ]
	[ "$(result "user uid")" = ok ]
}

@test "verify sees a limit that somebody has changed" {
	needs_controller pids
	config '.linux.resources.pids = { limit: 77 }'
	start_sleeper
	ok cgroup set "$ID" pids.max=78
	differs "cgroup pids.max"
	[ "$(jq -r '.[] | select(.result == "differs") | .expected + " " + .found' <<<"$output")" = "77 78" ]
}

@test "verify sees a mount that was taken away, or made writable" {
	mkdir "$T/volume" "$ROOTFS/mnt"
	mount_entry /mnt bind "$T/volume" bind ro
	start_sleeper
	nsenter -t "$(pid_of)" -m -p busybox mount -o remount,bind,rw /mnt
	differs "mount /mnt"
	nsenter -t "$(pid_of)" -m -p busybox umount /mnt
	differs "mount /mnt"
	[ "$(jq -r '.[] | select(.result == "differs").found' <<<"$output")" = "not mounted" ]
}

@test "verify sees something else mounted in the place of a volume" {
	mkdir "$T/volume" "$ROOTFS/mnt"
	mount_entry /mnt bind "$T/volume" bind
	start_sleeper
	nsenter -t "$(pid_of)" -m -p busybox mount -t tmpfs x /mnt
	differs "mount /mnt"
}

@test "verify sees a host name and a sysctl that were changed" {
	config '.hostname = "first" | .linux.sysctl = { "net.ipv4.ip_forward": "0" }'
	start_sleeper
	nsenter -t "$(pid_of)" -u hostname second
	differs hostname
	nsenter -t "$(pid_of)" -u hostname first
	nsenter -t "$(pid_of)" -n sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	differs "sysctl net.ipv4.ip_forward"
}

@test "verify sees a masked path that was uncovered" {
	config '.linux.maskedPaths = ["/proc/meminfo"]'
	start_sleeper
	nsenter -t "$(pid_of)" -m -p busybox umount /proc/meminfo
	differs "maskedPath /proc/meminfo"
}

@test "verify sees a process that has given up rights, and one whose limits were changed" {
	needs_tool prlimit
	config '.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 77, hard: 78 }]'
	start_sleeper
	prlimit --pid "$(pid_of)" --nofile=10:78
	differs "rlimit open files"
}

@test "of a created container the process cannot be seen yet, the rest can" {
	ok create "$ID"
	ok verify --format json "$ID"
	[ "$(result process)" = "cannot be seen" ]
	[ "$(result "namespace mount")" = ok ]
}

@test "device rules on v2 cannot be seen, and that is no difference" {
	needs_v2
	config '.linux.resources.devices = [{ allow: false, access: "rwm" }]'
	start_sleeper
	ok verify --format json "$ID"
	[ "$(result "cgroup devices")" = "cannot be seen" ]
}

@test "a namespace that is joined is compared with its path" {
	start_sleeper
	namespace network "/proc/$(pid_of)/ns/net"
	config ".linux.cgroupsPath = \"/$ID-second\""
	ok run -d "$ID-second"
	ok verify --format json "$ID-second"
	[ "$(result "namespace network")" = ok ]
}

@test "verify of a container that does not run, or is not there, is an error" {
	fails 1 "container does not exist" verify "$ID"
	script 'exit 0'
	ok run -d --keep "$ID"
	wait_status stopped
	fails 1 "container not running" verify "$ID"
}
