# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "L3 root of the container is the mapped id outside" {
	user_namespace 100000 65536
	start_sleeper
	pid=$(pid_of)
	[ "$(stat -c %u "/proc/$pid")" = 100000 ]
	ok exec "$ID" cat /proc/self/uid_map /proc/self/gid_map
	[[ "$output" =~ ^\ +0\ +100000\ +65536$'\n'\ +0\ +100000\ +65536$ ]]
	ok exec "$ID" id
	[[ "$output" == "uid=0(root) gid=0(root)"* ]]
}

@test "L3 several mappings are written" {
	user_namespace
	config '.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 10 }, { containerID: 1000, hostID: 200000, size: 5 }]'
	run_script 'cat /proc/self/uid_map'
	[[ "$output" =~ 0\ +100000\ +10$'\n'\ +1000\ +200000\ +5 ]]
}

@test "L3 the owners of the rootfs are not changed" {
	user_namespace
	chown 4711:4711 "$ROOTFS/tmp"
	ok run "$ID"
	[ "$(stat -c %u:%g "$ROOTFS/tmp")" = 4711:4711 ]
}

@test "all namespaces together with a user namespace" {
	user_namespace
	namespace cgroup
	run_script 'id -u; hostname; ls /proc/1/ns | wc -l; cat /proc/self/setgroups'
	[[ "$output" == 0$'\n'orlop* ]]
}

@test "a process of another user in the user namespace has its id" {
	user_namespace
	config '.process.user = { uid: 1000, gid: 1000, additionalGids: [5] }'
	script 'id -u; id -G; sleep 1000'
	ok run -d "$ID"
	eventually file_says "$T/stdout" '1000 5'
	[ "$(stat -c %u "/proc/$(pid_of)")" = 101000 ]
}

@test "L3 a user namespace without mappings is refused" {
	namespace user
	refused create "$ID"
	says "a new user namespace needs 'uidMappings'"
	nothing_left
}

@test "L3 an id that is not mapped is refused" {
	user_namespace 100000 10
	config '.process.user = { uid: 5000, gid: 0 }'
	refused run "$ID"
	says "/process/user/uid: id 5000 is not in 'linux.uidMappings'"
	nothing_left
}

@test "L2 a user namespace is joined by path" {
	user_namespace
	start_sleeper
	pid=$(pid_of)
	namespace user "/proc/$pid/ns/user"
	config 'del(.linux.uidMappings, .linux.gidMappings) | .linux.cgroupsPath += "-2"'
	args sh -c 'readlink /proc/self/ns/user; id -u'
	ok run "$ID-2"
	[ "$output" = "$(readlink "/proc/$pid/ns/user")"$'\n0' ]
}

@test "mounts, masked paths and devices work in a user namespace" {
	user_namespace
	mkdir "$BUNDLE/data"
	chmod 777 "$BUNDLE/data"
	mount_entry /data none "$BUNDLE/data" bind
	mount_entry /t tmpfs t size=64k
	run_script 'touch /data/file /t/file; echo x >/dev/null; cat /proc/kcore; ls /data'
	is file
	[ "$(stat -c %u "$BUNDLE/data/file")" = 100000 ]
}

@test "a bind source that the mapped root cannot reach is mounted nevertheless" {
	user_namespace
	mkdir -p "$T/closed/open"
	chmod 700 "$T/closed"
	chmod 755 "$T/closed/open"
	echo text >"$T/closed/open/file"
	mount_entry /m none "$T/closed/open" rbind
	run_script 'cat /m/file'
	is text
}

@test "M6 an idmap mount shows the mapped owners" {
	mkdir "$T/data"
	touch "$T/data/file"
	chown 1000:1000 "$T/data/file"
	mount_entry /m none "$T/data" bind idmap
	config '.mounts[-1] += { uidMappings: [{ containerID: 1000, hostID: 5000, size: 10 }],
		gidMappings: [{ containerID: 1000, hostID: 5000, size: 10 }] }'
	run_script 'stat -c %u:%g /m/file'
	is 5000:5000
}

@test "M7 idmap without mappings takes those of the container's user namespace" {
	user_namespace
	mkdir "$T/data"
	touch "$T/data/file"
	chmod 755 "$T/data"
	mount_entry /m none "$T/data" bind idmap
	run_script 'stat -c %u:%g /m/file'
	is 0:0
}

@test "M7 idmap without mappings and without a user namespace is refused" {
	mkdir "$T/data"
	mount_entry /m none "$T/data" bind idmap
	refused run "$ID"
	says "option 'idmap' needs 'uidMappings' and 'gidMappings', or a user namespace"
	nothing_left
}

@test "M6 ridmap reaches the mounts below" {
	mkdir -p "$T/data/sub"
	mount -t tmpfs in "$T/data/sub"
	touch "$T/data/sub/file"
	mount_entry /m none "$T/data" rbind ridmap
	config '.mounts[-1] += { uidMappings: [{ containerID: 0, hostID: 5000, size: 10 }],
		gidMappings: [{ containerID: 0, hostID: 5000, size: 10 }] }'
	script 'stat -c %u:%g /m/sub/file'
	run_orlop run "$ID"
	umount "$T/data/sub"
	is 5000:5000
}

@test "M6 uidMappings of a mount without gidMappings are refused" {
	mkdir "$T/data"
	mount_entry /m none "$T/data" bind idmap
	config '.mounts[-1].uidMappings = [{ containerID: 0, hostID: 5000, size: 10 }]'
	refused run "$ID"
	says "/mounts/5: 'uidMappings' without 'gidMappings'"
	nothing_left
}

@test "a mapping without container id 0 is refused with its place" {
	user_namespace
	config '.linux.uidMappings[0].containerID = 1000 | .process.user = { uid: 1000, gid: 1000 }'
	refused create "$ID"
	says "/linux/uidMappings"
	says "container id 0 is not mapped"
	nothing_left
}

# ---- the kernel's views of namespaces that are the host's ----

@test "sysfs with the host's network namespace is the host's, bound; proc and mqueue say what they need" {
	user_namespace 100000
	no_namespace network
	config 'del(.linux.netDevices) | .mounts |= map(select(.destination != "/sys")) | .mounts += [{ destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro", "nosuid"] }]'
	run_script 'test -d /sys/class/net && awk "\$2 == \"/sys\" { print \$3, substr(\$4, 1, 9) }" /proc/mounts'
	is 'sysfs ro,nosuid'
	no_namespace ipc
	mount_entry /mq mqueue mqueue
	refused create "$ID"
	says "/type: mqueue shows the ipc namespace, which is the host's: in a new user namespace it needs a new 'ipc'"
	run_orlop validate "$BUNDLE"
	[ "$status" -eq 1 ]
	[[ "$output" == *"mqueue shows the ipc namespace"* ]]
	nothing_left
}

@test "mappings whose text is longer than Linux takes are refused, by validate too" {
	user_namespace 100000
	config '.linux.uidMappings = [range(200) | { containerID: (1000000000 + . * 10), hostID: (2000000000 + . * 10), size: 1 }] | .linux.uidMappings[0].containerID = 0'
	refused create "$ID"
	says "/linux/uidMappings/" "up to here the mappings have more than 4095 bytes as text, and Linux takes no more"
	run_orlop validate "$BUNDLE"
	[[ "$output" == *"mappings have more than 4095 bytes as text"* ]]
	nothing_left
}

@test "L3 mappings without a user namespace map nobody, and are warned of" {
	config '.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 10 }] | .linux.gidMappings = .linux.uidMappings
		| .linux.namespaces |= map(select(.type != "user"))'
	run_script 'awk "{ print \$1, \$2 }" /proc/self/uid_map; stat -c %u /dev/null'
	is $'0 0\n0'
	[[ "$errors" == *"'uidMappings' is ignored: there is no user namespace"* ]]
}
