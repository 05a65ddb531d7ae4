# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

device() { # PATH TYPE MAJOR MINOR [JSON]
	config '.linux.devices += [{ path: $p, type: $t, major: $a, minor: $i } + $x]' \
		--arg p "$1" --arg t "$2" --argjson a "$3" --argjson i "$4" --argjson x "${5:-{\}}"
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

@test "L5 a device of an unknown type is refused" {
	device /dev/x q 1 3
	refused run "$ID"
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
