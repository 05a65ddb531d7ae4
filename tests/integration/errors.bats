# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# broken TEXT JQ-PROGRAM: a config changed like this is refused, the message holds TEXT, and nothing is left (G4).
broken() {
	cp "$LIB/config.json" config.json
	config ".linux.cgroupsPath = \"/$ID\""
	config "$2"
	refused create "$ID"
	says "$1"
	nothing_left
}

@test "G3 G4 X12 values of wrong types are refused with their place, and nothing is left" {
	broken cwd '.process.cwd = 7'
	broken args '.process.args = "sh"'
	broken readonly '.root.readonly = "yes"'
	broken uid '.process.user.uid = "root"'
	broken uid '.process.user.uid = -1'
	broken mounts '.mounts = {}'
	broken destination '.mounts[0] |= del(.destination)'
	broken limit '.linux.resources.pids = { limit: "10" }'
	broken limit '.linux.resources.memory = { limit: 1.5 }'
	broken hostname '.hostname = ["a"]'
}

@test "G3 G4 values out of their range are refused, and nothing is left" {
	broken shares '.linux.resources.cpu = { shares: -1 }'
	broken oomScoreAdj '.process.oomScoreAdj = 5000'
	broken soft '.process.rlimits = [{ type: "RLIMIT_CORE", soft: 5, hard: 1 }]'
	broken SCHED_MADE_UP '.process.scheduler = { policy: "SCHED_MADE_UP" }'
}

@test "the message names the file, the line and the JSON pointer" {
	config '.process.cwd = 7'
	line=$(grep -n '"cwd"' config.json | cut -d: -f1)
	refused create "$ID"
	says "config.json:$line"
	says /process/cwd
}

@test "OP-C4 G4 a mount that fails is named by its pointer, and nothing is left" {
	mount_entry /mnt tmpfs t size=nonsense
	n=$(jq '.mounts | length - 1' config.json)
	refused create "$ID"
	says "/mounts/$n"
	nothing_left
}

@test "G6 a name that stands twice in an object is refused" {
	sed -i '0,/"hostname"/s//"hostname": "first",\n\t"hostname"/' config.json
	refused create "$ID"
	says hostname
	nothing_left
}

@test "G6 text that is no JSON is refused with its line" {
	printf '{\n"ociVersion": "1.0.0",\n"root": nonsense\n}\n' >config.json
	refused create "$ID"
	says "config.json:3"
	nothing_left
}

@test "G6 bytes that are no UTF-8 are refused" {
	config '.hostname = "HERE"'
	sed -i 's/HERE/\xff\xfe/' config.json
	refused create "$ID"
	says "not UTF-8: byte 0xff in column 16"
	nothing_left
}

@test "a config nested too deeply, and one too large, are refused" {
	{ printf '{ "ociVersion": "1.0.0", "x": '; printf '[%.0s' {1..1000}; printf ']%.0s' {1..1000}; echo '}'; } >config.json
	refused create "$ID"
	says "nested deeper than 64 levels"
	{ printf '{ "ociVersion": "1.0.0", "x": "'; head -c 20000000 /dev/zero | tr '\0' a; echo '"}'; } >config.json
	refused create "$ID"
	says "'config.json' is larger than 16 MiB"
	nothing_left
}

@test "G4 a create that fails late leaves no pid file" {
	config '.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 10, hard: 99999999999 }]'
	fails 1 "raise the hard limit of RLIMIT_NOFILE to 99999999999, which the sysctl fs.nr_open bounds" create --pid-file "$T/pid" "$ID"
	[ ! -e "$T/pid" ]
	nothing_left
}

@test "G4 a pid file that cannot be written fails the create and leaves nothing" {
	refused create --pid-file "$T/no/such/pid" "$ID"
	says "$T/no/such/"
	nothing_left
}

@test "G4 the id of a create that failed is free" {
	config '.mounts += [{ destination: "/x", type: "nosuchfs", source: "x" }]'
	refused create "$ID"
	says "/mounts/5: mount 'nosuchfs' on '/x': filesystem type 'nosuchfs': no such device"
	config '.mounts |= .[:-1]'
	ok create "$ID"
}

@test "P13 an AppArmor profile on a host without AppArmor is refused in words" {
	[ ! -d /sys/kernel/security/apparmor ] || skip "AppArmor is on"
	config '.process.apparmorProfile = "made-up"'
	refused run "$ID"
	[[ "${errors,,}" == *apparmor* ]]
	nothing_left
}

@test "OP-C4 intelRdt without a resctrl mount is refused" {
	! grep -q resctrl /proc/mounts || skip "resctrl is mounted"
	config '.linux.intelRdt = { l3CacheSchema: "L3:0=f" }'
	refused run "$ID"
	says "/linux/intelRdt: intelRdt needs a mounted resctrl filesystem"
	nothing_left
}

@test "run and start name the file that is missing, and who asks for it, when the kernel refuses the program" {
	printf '#!/bin/nosuch\n' >"$ROOTFS/bin/lost"
	printf '#!/bin/sh\r\n' >"$ROOTFS/bin/crlf"
	printf 'not a program\n' >"$ROOTFS/bin/text"
	chmod 755 "$ROOTFS"/bin/{lost,crlf,text}
	args lost
	fails 1 "exec lost: no such file or directory (the first line of '/bin/lost' names the interpreter '/bin/nosuch'" run "$ID"
	ok create "$ID"
	fails 1 "names the interpreter '/bin/nosuch'" start "$ID"
	ok delete --force "$ID"
	args crlf
	fails 1 "ends in CR LF: there is no interpreter '/bin/sh\r'" run "$ID"
	args text
	fails 1 "exec text: exec format error (program '/bin/text' is neither an ELF file nor a script" run "$ID"
}

@test "a failing create points to validate when there is more than one problem" {
	config '.hostname = 1 | .process.cwd = 2'
	fails 1 "('orlop validate' lists 2 problems of this config)" create "$ID"
	config 'del(.hostname)'
	run_orlop create "$ID"
	[[ "$errors" == *"expected a string"* && "$errors" != *validate* ]]
}

@test "without a procfs, and without a /dev/null, the message says what is missing" {
	run unshare -m --propagation private bash -c 'mount -t tmpfs none /proc; exec "$0" --root "$1" create -b "$2" "$3"' \
		"$ORLOP" "$ROOT" "$BUNDLE" "$ID"
	[ "$status" -ne 0 ]
	[[ "$output" == *"there is no procfs on '/proc', mount one"* ]]
	config '.linux.maskedPaths = ["/etc/passwd"] | .mounts |= map(select(.destination | startswith("/dev") | not))'
	run unshare -m --propagation private bash -c 'mount -t tmpfs none /dev; exec "$0" --root "$1" create -b "$2" "$3"' \
		"$ORLOP" "$ROOT" "$BUNDLE" "$ID"
	[ "$status" -ne 0 ]
	[[ "$output" == *"mask '/etc/passwd': this host has no '/dev/null' to cover it with"* ]]
	nothing_left
}
