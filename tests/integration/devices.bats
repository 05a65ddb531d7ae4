# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

device() { # PATH TYPE MAJOR MINOR [JSON]
	local more=${5:-null}

	config '.linux.devices += [{ path: $p, type: $t, major: $a, minor: $i } + $x]' \
		--arg p "$1" --arg t "$2" --argjson a "$3" --argjson i "$4" --argjson x "$more"
}

allow() { # JSON of a rule
	config '.linux.resources.devices += [$r]' --argjson r "$1"
}

@test "L5 devices are made with type, numbers, mode and owner" {
	device /dev/mine c 1 3 '{ "fileMode": 432, "uid": 12, "gid": 34 }'
	device /dev/sub/blk b 7 200 '{ "fileMode": 384 }'
	run_script 'stat -c "%F %t:%T %a %u %g" /dev/mine /dev/sub/blk'
	is $'character special file 1:3 660 12 34\nblock special file 7:c8 600 0 0'
}

@test "L5 a device may lie anywhere, and a fifo is a device" {
	device /srv/null c 1 3 '{ "fileMode": 438 }'
	config '.linux.devices += [{ path: "/srv/pipe", type: "p", fileMode: 384 }]'
	run_script 'stat -c "%F" /srv/null /srv/pipe'
	is $'character special file\nfifo'
}

@test "L5 u is a character device" {
	device /dev/unbuffered u 1 5 '{ "fileMode": 438 }'
	run_script 'stat -c "%F %t:%T" /dev/unbuffered'
	is "character special file 1:5"
}

@test "L5 another file at the path of a device is refused" {
	echo text >"$ROOTFS/file"
	device /file c 1 3
	refused run "$ID"
	says 'file'
	nothing_left
}

@test "L5 what other runtimes take of a device is taken, with a warning: modes beyond 0777, no numbers, a relative path" {
	config '.linux.devices = [{ path: "/dev/sticky", type: "c", major: 1, minor: 3, fileMode: 944 },
		{ path: "/dev/plain", type: "c", major: 1, minor: 5, fileMode: 8624 }, { path: "/dev/white", type: "c", fileMode: 384 },
		{ path: "dev/relative", type: "c", major: 1, minor: 3, fileMode: 438 }]'
	run_script 'cd /dev; stat -c "%n %a %t:%T" sticky plain white relative'
	is $'sticky 1660 1:3\nplain 660 1:5\nwhite 600 0:0\nrelative 666 1:3'
	[[ "$errors" == *"a mode is from 0 to 511 (0777), and this is 944 (01660)"* ]]
	[[ "$errors" == *"device '/dev/white' of type 'c' has no 'major': 0 is taken"* ]]
	[[ "$errors" == *"'dev/relative' is not absolute: taken as '/dev/relative'"* ]]
	[[ "$errors" != *8624* ]]
}

@test "L5 a device's mode in digits of an octal number is told as what it is" {
	device /dev/mine c 1 3 '{ "fileMode": 666 }'
	ok run "$ID"
	says "this is 666 (01232); JSON numbers are decimal, 0666 is 438"
}

@test "L5 a device of an unknown type is refused" {
	device /dev/x q 1 3
	refused run "$ID"
	says "/linux/devices/0/type: unknown value 'q'"
	nothing_left
}

@test "L5 C1 a number of more bits than the kernel has is refused, and not cut to another device" {
	config '.linux.devices = [{ path: "/dev/x", type: "c", major: 1, minor: 1048579, fileMode: 438 }]'
	fails 1 '/linux/devices/0/minor: expected an integer from 0 to 1048575, found number 1048579' create "$ID"
	config '.linux.devices = [{ path: "/dev/x", type: "b", major: 4097, minor: 3 }]'
	fails 1 '/linux/devices/0/major: expected an integer from 0 to 4095, found number 4097' create "$ID"
	config 'del(.linux.devices) | .linux.resources.devices = [{ allow: true, type: "c", major: 1, minor: 1048579 }]'
	fails 1 '/linux/resources/devices/0/minor: expected an integer from -1 to 1048575' create "$ID"
	nothing_left
}

@test "C1 with all devices denied the default ones work and no other" {
	device /dev/loop c 10 237 '{ "fileMode": 438 }'
	script 'echo x >/dev/null && head -c 4 /dev/zero | wc -c; head -c 1 /dev/urandom >/dev/null && echo random
		cat /dev/loop; mknod /tmp/n c 10 237'
	run_orlop run "$ID"
	[[ "$output" == *4$'\n'random* ]]
	[[ "$errors" == *"/dev/loop"*"Operation not permitted"* ]]
}

@test "C1 an allowed device can be opened" {
	[ -e /dev/loop-control ] || skip "no device 10:237 here"
	device /dev/loop c 10 237 '{ "fileMode": 438 }'
	allow '{ "allow": true, "type": "c", "major": 10, "minor": 237, "access": "rw" }'
	script ': </dev/loop && echo opened'
	ok run "$ID"
	is opened
}

@test "C1 the access letters count: read without write" {
	[ -e /dev/loop-control ] || skip "no device 10:237 here"
	device /dev/log c 10 237 '{ "fileMode": 438 }'
	allow '{ "allow": true, "type": "c", "major": 10, "minor": 237, "access": "r" }'
	script '(: </dev/log) && echo read; (: >>/dev/log) || echo refused'
	run_orlop run "$ID"
	is $'read\nrefused'
}

@test "C1 X9 rules are applied in the listed order: a later denial wins" {
	[ -e /dev/loop-control ] || skip "no device 10:237 here"
	device /dev/log c 10 237 '{ "fileMode": 438 }'
	allow '{ "allow": true, "type": "c", "major": 10, "minor": 237, "access": "rwm" }'
	allow '{ "allow": false, "type": "c", "major": 10, "minor": 237, "access": "w" }'
	script '(: </dev/log) && echo read; (: >>/dev/log) || echo refused'
	run_orlop run "$ID"
	is $'read\nrefused'
	allow '{ "allow": true, "type": "c", "major": 10, "access": "w" }'
	run_orlop run "$ID"
	is read
}

@test "C1 the v1 devices list holds the rules" {
	needs_v1
	allow '{ "allow": true, "type": "b", "major": 8, "access": "r" }'
	start_sleeper
	grep -qx 'b 8:\* r' "$(cgroup_file devices devices.list)"
	refute grep -q '^a ' "$(cgroup_file devices devices.list)"
}

@test "G11 in a user namespace the default devices are binds and work" {
	user_namespace
	run_script 'echo x >/dev/null && head -c 3 /dev/zero | wc -c; stat -c "%F" /dev/full'
	is $'3\ncharacter special file'
}

@test "L5 in a user namespace linux.devices are binds of the host's" {
	[ -e /dev/loop-control ] || skip "no /dev/loop-control here"
	user_namespace
	device /dev/loop-control c 10 237
	run_script 'stat -c "%F %t:%T" /dev/loop-control'
	is "character special file a:ed"
}

@test "a device's path may end in a slash" {
	device /dev/made/ c 1 5 '{ "fileMode": 438 }'
	run_script 'stat -c "%F %t:%T" /dev/made'
	is "character special file 1:5"
	user_namespace
	run_script 'stat -c "%F %t:%T" /dev/made'
	is "character special file 1:5"
	config '.linux.devices[0].path = "/dev/.."'
	fails 1 "/linux/devices/0/path: '/dev/..' is a directory, not the path of a device" create "$ID"
}

@test "in a user namespace linux.devices are as written: number, mode, owner, also what the host has not, and FIFOs" {
	user_namespace
	device /dev/none c 1 5 '{ "fileMode": 416, "uid": 7, "gid": 8 }'
	device /opt/null c 1 3
	device /dev/pipe p 0 0 '{ "fileMode": 384 }'
	[ ! -e /dev/none ]
	run_script 'stat -c "%n %F %t:%T %a %u:%g" /dev/none /opt/null /dev/pipe; echo x >/opt/null'
	is "/dev/none character special file 1:5 640 7:8
/opt/null character special file 1:3 666 0:0
/dev/pipe fifo 0:0 600 0:0"
	[ ! -e /dev/none ]
}

@test "the user namespace that is joined has no mappings in the config: such devices are root's of the host" {
	user_namespace
	start_sleeper
	pid=$(pid_of)
	config '.linux.namespaces |= map(if .type == "user" then .path = $p else . end) | del(.linux.uidMappings, .linux.gidMappings)
		| .linux.cgroupsPath += "-2"' --arg p "/proc/$pid/ns/user"
	device /dev/none c 1 5
	script 'stat -c "%F %t:%T %a" /dev/none; head -c 3 /dev/none | wc -c'
	ok run "$ID-2"
	is $'character special file 1:5 666\n3'
}

@test "as root of a user namespace, of whatever ids and however deep, the host's nodes are bound" {
	config 'del(.linux.cgroupsPath, .linux.resources) | .mounts |= map(select(.type != "cgroup" and .type != "sysfs")
		| if .options then .options -= ["gid=5"] else . end)'
	script 'stat -c %t:%T /dev/null /dev/zero; echo x >/dev/null; head -c 2 /dev/urandom | wc -c'
	unshare -Ur true || skip "no user namespaces here"
	for deep in "unshare -Urmpf --kill-child --mount-proc" "unshare -Urmpf --kill-child" "unshare -Ur" \
		"unshare -Ur unshare -Urmpf --kill-child --mount-proc"; do
		nested $deep -- run "$ID"
		[ "$status" = 0 ] || complain "$deep: $errors"
		is $'1:3\n1:5\n2'
	done
	device /dev/none c 1 250
	nested unshare -Ur -- run "$ID"
	[ "$status" = 1 ]
	says "device '/dev/none': it cannot be made here, and the host has no node of c 1:250 at that path"
	config 'del(.linux.devices)'
	device /dev/pipe p 0 0
	script 'stat -c %F /dev/pipe'
	nested unshare -Ur -- run "$ID"
	is fifo
}

@test "who has no right to make nodes, or is refused by a filter, gives the host's, read-only" {
	device /dev/full c 1 7
	script 'stat -c %t:%T /dev/null /dev/full; chmod 0 /dev/zero 2>&1 | grep -o "Read-only.*"; head -c 2 /dev/zero | wc -c'
	before=$(stat -c '%a %u' /dev/zero)
	nested setpriv --bounding-set -mknod --inh-caps -mknod -- run "$ID"
	is $'1:3\n1:7\nRead-only file system\n2'
	under mknodat=EPERM run "$ID"
	is $'1:3\n1:7\nRead-only file system\n2'
	device /dev/none c 1 250
	under mknodat=EPERM run "$ID"
	[ "$status" = 1 ]
	says "device '/dev/none': make the device node: operation not permitted"
	[ "$(stat -c '%a %u' /dev/zero)" = "$before" ]
}

@test "a mount or a file of the image where a default device would be stays" {
	mount_entry /dev/random none /dev/urandom bind
	echo words >"$T/words"
	mount_entry /dev/full none "$T/words" bind
	script 'stat -c %t:%T /dev/random; cat /dev/full; stat -c %t:%T /dev/urandom'
	ok run "$ID"
	is $'1:9\nwords\n1:9'
	config '.mounts = [.mounts[] | select(.destination | startswith("/dev") | not)]'
	mkdir -p "$ROOTFS/dev"
	ln -s urandom "$ROOTFS/dev/random"
	script 'readlink /dev/random; head -c 1 /dev/random | wc -c'
	ok run "$ID"
	is $'urandom\n1'
}

@test "the default rules allow a tun device, as runc's do" {
	config '.linux.resources.devices = [{ allow: false, access: "rwm" }]
		| .process.capabilities |= map_values(. + ["CAP_MKNOD"])'
	script 'mknod /dev/tun c 10 200 && { exec 3<>/dev/tun; } 2>/tmp/why; ! grep -q "not permitted" /tmp/why'
	ok run "$ID"
}

@test "the host's nodes that a user namespace is given cannot be changed there" {
	user_namespace 0
	script 'chmod 0 /dev/full; chown 1 /dev/full; echo x >/dev/null && head -c 1 /dev/zero | wc -c'
	before=$(stat -c '%a %u' /dev/full)
	ok run "$ID"
	[ "$(stat -c '%a %u' /dev/full)" = "$before" ]
	is 1
}
