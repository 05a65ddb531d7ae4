# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# What the spec asks for and no other file of tests has for its subject.

resources() { # JSON
	config '.linux.resources += $r' --argjson r "$1"
}

knob() { # CONTROLLER FILE WANT
	local path

	path=$(cgroup_file "$1" "$2")
	[ "$(cat "$path")" = "$3" ] || complain "$path says '$(cat "$path")', not '$3'"
}

@test "G8 who created a container can use every operation on it" {
	script 'trap "exit 0" TERM; sleep 1000 & wait'
	ok create "$ID"
	ok state "$ID"
	ok start "$ID"
	wait_status running
	ok exec "$ID" true
	ok ps "$ID"
	[ ! -e "$(cgroup_file pids pids.max)" ] || ok update --pids-limit 50 "$ID"
	ok pause "$ID"
	ok resume "$ID"
	ok kill "$ID"
	wait_status stopped
	ok delete "$ID"
	nothing_left
}

@test "OP-S1 OP-C1 OP-ST1 OP-K1 OP-D1 without an id each operation is an error" {
	for verb in state create start kill delete; do
		refused $verb
		says "requires "
	done
	nothing_left
}

@test "OP-C3 all but the process is there after create" {
	resources '{ "devices": [{ "allow": false, "access": "rwm" }] }'
	mount_entry /made tmpfs made-at-create
	config '.linux.sysctl = { "kernel.msgmax": "12345" } | .linux.maskedPaths += ["/etc"]
		| .linux.devices += [{ path: "/dev/own", type: "c", major: 1, minor: 3, fileMode: 438 }]'
	script 'touch /tmp/ran'
	ok create "$ID"
	[ -n "$(cgroups_of)" ]
	grep -q " /made .* made-at-create " "/proc/$(pid_of)/mountinfo"
	[ -z "$(ls -A "/proc/$(pid_of)/root/etc")" ]
	[ -c "/proc/$(pid_of)/root/dev/own" ]
	[ "$(nsenter -t "$(pid_of)" -u uname -n)" = orlop ]
	[ "$(nsenter -t "$(pid_of)" -i cat /proc/sys/kernel/msgmax)" = 12345 ]
	[ ! -e "$ROOTFS/tmp/ran" ]
}

@test "OP-K3 OP-D2 OP-ST2 an operation that is refused changes nothing" {
	start_sleeper
	pid=$(pid_of)
	refused start "$ID"
	says "cannot start an already running container"
	refused delete "$ID"
	says "that is not stopped: running"
	refused kill "$ID" NOSUCHSIGNAL
	says "unknown signal \"NOSUCHSIGNAL\""
	has_status running
	[ "$(pid_of)" = "$pid" ]
}

@test "P19 what concerns other platforms is ignored" {
	config '.solaris = { limitpriv: "x" } | .windows = { layerFolders: [] } | .vm = { kernel: { path: "/x" } }
		| .zos = { namespaces: [] } | .freebsd = { jail: {} }
		| .process.user.username = "nobody" | .process.commandLine = "other"'
	args id -u
	ok run "$ID"
	is 0
}

@test "T4 an annotation with an empty value is shown, one with an empty key too, one without text is refused" {
	config '.annotations = { "org.example.empty": "" }'
	ok create "$ID"
	[ "$("$ORLOP" --root "$ROOT" state "$ID" | jq -c .annotations)" = '{"org.example.empty":""}' ]
	ok delete -f "$ID"
	config '.annotations = { "": "x" }'
	ok create "$ID"
	says "an annotation has an empty key"
	[ "$("$ORLOP" --root "$ROOT" state "$ID" | jq -c .annotations)" = '{"":"x"}' ]
	ok delete -f "$ID"
	config '.annotations = { "org.example.number": 3 }'
	refused create "$ID"
	says "/annotations/org.example.number: expected a string, found number 3"
	nothing_left
}

@test "G10 a link of /dev that the image has already stays as it is" {
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	copy_rootfs
	ln -sfn /own/place "$ROOTFS/dev/stdin"
	run_script 'readlink /dev/stdin; readlink /dev/stdout'
	is $'/own/place\n/proc/self/fd/1'
}

@test "G12 /proc, /sys, /dev/pts and /dev/shm are of their filesystems" {
	run_script 'for d in /proc /sys /dev/pts /dev/shm; do
		awk -v d=$d "\$5 == d { for (i = 7; \$i != \"-\"; i++); print d, \$(i + 1) }" /proc/self/mountinfo; done'
	is $'/proc proc\n/sys sysfs\n/dev/pts devpts\n/dev/shm tmpfs'
}

@test "L2 a relative path of a namespace is refused" {
	namespace network run/netns/x
	refused create "$ID"
	says "/linux/namespaces/4/path: expected an absolute path, found string 'run/netns/x'"
	nothing_left
}

@test "L5 a device that is there already with its numbers is taken" {
	copy_rootfs
	mknod "$ROOTFS/ready" c 1 3
	config '.linux.devices += [{ path: "/ready", type: "c", major: 1, minor: 3, fileMode: 438 }]'
	run_script 'echo x >/ready; stat -c %t:%T /ready'
	is 1:3
}

@test "L7 the same path is the same place each time" {
	config '.linux.cgroupsPath = $p' --arg p "$ID"
	start_sleeper
	first=$(cgroups_of | sort)
	ok delete -f "$ID"
	start_sleeper
	[ "$(cgroups_of | sort)" = "$first" ]
}

@test "P14 L19 without SELinux a label of the process is refused, one of mounts is ignored" {
	[ ! -d /sys/fs/selinux/booleans ] || skip "SELinux is on"
	config '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
	ok run "$ID"
	says "'mountLabel' is ignored: selinux is not enabled on this host"
	config '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
	refused run "$ID"
	says "/process/selinuxLabel: selinux label 'system_u:system_r:container_t:s0': selinux is not enabled on this host"
	nothing_left
	config 'del(.process.selinuxLabel)'
	start_sleeper
	fails 255 "selinux is not enabled" exec --process-label a:b:c:s0 "$ID" true
}

@test "C3 kernel memory on v1: written where the kernel has it, no error where it has not" {
	needs_v1
	resources '{ "memory": { "kernel": 67108864, "kernelTCP": 33554432 } }'
	start_sleeper
	probe_knob memory memory.kmem.tcp.limit_in_bytes || skip "this kernel has no memory.kmem.tcp.limit_in_bytes"
	knob memory memory.kmem.tcp.limit_in_bytes 33554432
}

@test "C3 X9 kernelTCP on v1" {
	needs_knob memory memory.kmem.tcp.limit_in_bytes
	resources '{ "memory": { "kernelTCP": 33554432 } }'
	start_sleeper
	knob memory memory.kmem.tcp.limit_in_bytes 33554432
}

@test "C6 useHierarchy on v1" {
	needs_v1
	resources '{ "memory": { "limit": 67108864, "useHierarchy": true } }'
	start_sleeper
	[ ! -e "$(cgroup_file memory memory.use_hierarchy)" ] || knob memory memory.use_hierarchy 1
}

@test "C6 checkBeforeUpdate: a limit below what is used is refused, and nothing changes" {
	needs_controller memory
	resources '{ "memory": { "limit": 67108864 } }'
	start_sleeper
	echo '{ "memory": { "limit": 4096, "checkBeforeUpdate": true } }' >"$T/update.json"
	refused update -r "$T/update.json" "$ID"
	says "unable to set memory limit to 4096 (current usage: "
	if [ "$SUITE_CG" = v1 ]; then
		knob memory memory.limit_in_bytes 67108864
	else
		knob memory memory.max 67108864
	fi
	has_status running
}

@test "C7 realtimeRuntime and realtimePeriod on v1" {
	needs_knob cpu cpu.rt_runtime_us
	resources '{ "cpu": { "realtimePeriod": 900000, "realtimeRuntime": 4000 } }'
	start_sleeper
	knob cpu cpu.rt_period_us 900000
	knob cpu cpu.rt_runtime_us 4000
}

@test "C10 the four throttles on v1" {
	needs_v1
	read -r dev < <(cat /sys/block/*/dev | head -n 1) || skip "no block device"
	for kind in ReadBps WriteBps ReadIOPS WriteIOPS; do
		config '.linux.resources.blockIO[$k] = [{ major: $a, minor: $i, rate: 123456 }]' --arg k "throttle${kind}Device" \
			--argjson a "${dev%:*}" --argjson i "${dev#*:}"
	done
	start_sleeper
	for file in read_bps write_bps read_iops write_iops; do
		knob blkio blkio.throttle.${file}_device "$dev 123456"
	done
}

@test "C10 a weight of one device on v1" {
	needs_knob blkio blkio.bfq.weight_device
	read -r dev < <(cat /sys/block/*/dev | head -n 1) || skip "no block device"
	resources "{ \"blockIO\": { \"weightDevice\": [{ \"major\": ${dev%:*}, \"minor\": ${dev#*:}, \"weight\": 77 }] } }"
	run_orlop run -d "$ID"
	# Only a device with the scheduler BFQ takes one.
	if [ "$status" -eq 0 ]; then
		grep -q "^$dev 77$" "$(cgroup_file blkio blkio.bfq.weight_device)"
	else
		says blkio.bfq.weight_device
		nothing_left
	fi
}

@test "C10 a leaf weight, which kernels have no more, is refused" {
	needs_v1
	refute probe_knob blkio blkio.leaf_weight || skip "this kernel has leaf weights"
	resources '{ "blockIO": { "leafWeight": 100 } }'
	refused run "$ID"
	says leaf
	nothing_left
}

@test "C12 priorities on v1" {
	needs_v1
	[ -d /sys/fs/cgroup/net_prio ] || skip "no cgroup v1 net_prio hierarchy here"
	resources '{ "network": { "priorities": [{ "name": "lo", "priority": 7 }] } }'
	start_sleeper
	grep -qx 'lo 7' "$(cgroup_file net_prio net_prio.ifpriomap)"
}

@test "OP-C4 C13 C12 G3 a limit whose hierarchy the host has not mounted is refused" {
	needs_v1
	[ ! -d /sys/fs/cgroup/rdma ] || skip "there is an rdma hierarchy"
	resources '{ "rdma": { "mlx5_1": { "hcaHandles": 3 } } }'
	refused run "$ID"
	says rdma
	nothing_left
}

@test "OP-C4 C14 what v2 cannot express is refused: v1's memory, real-time, network and leaf weight settings" {
	needs_v2
	cp config.json plain.json
	for r in '{ "memory": { "swappiness": 60 } }' '{ "memory": { "disableOOMKiller": true } }' \
		'{ "memory": { "kernel": 67108864 } }' '{ "memory": { "kernelTCP": 67108864 } }' \
		'{ "cpu": { "realtimeRuntime": 5000 } }' '{ "cpu": { "realtimePeriod": 900000 } }' \
		'{ "network": { "classID": 7 } }' '{ "blockIO": { "leafWeight": 100 } }'; do
		cp plain.json config.json
		resources "$r"
		fails 1 "'$(jq -r 'first(.[]) | keys[0]' <<<"$r")' has no counterpart on cgroup v2" create "$ID"
		nothing_left
	done
}

@test "C14 G3 a key of unified that would leave the cgroup is refused" {
	needs_v2
	for key in a/b ..; do
		config '.linux.resources.unified = { ($k): "1" }' --arg k "$key"
		fails 1 "'$key' must be a file name, without '/'" create "$ID"
		nothing_left
	done
}
