# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# The basic forms are in userns.bats; here is all else of idmapped mounts.

maps() { # CONTAINER HOST SIZE: of the last mount
	config '.mounts[-1] += { uidMappings: [$m], gidMappings: [$m] }' \
		--argjson m "{ \"containerID\": $1, \"hostID\": $2, \"size\": $3 }"
}

data() { # OWNER
	mkdir -p "$T/data"
	touch "$T/data/file"
	chown "$1:$1" "$T/data" "$T/data/file"
}

joined_user_namespace() { # a container whose user namespace the next one joins
	user_namespace "$1"
	start_sleeper
	namespace user "/proc/$(pid_of)/ns/user"
	config 'del(.linux.uidMappings, .linux.gidMappings) | .linux.cgroupsPath += "-2"'
}

@test "M7 idmap without mappings takes those of a user namespace joined by path" {
	joined_user_namespace 300000
	data 7
	mount_entry /m none "$T/data" bind idmap
	args stat -c %u:%g /m/file
	ok run "$ID-2"
	is 7:7
}

@test "M7 the mount's own mappings win over those of the container" {
	user_namespace 100000
	data 1000
	mount_entry /m none "$T/data" bind idmap
	maps 1000 100055 1
	run_script 'stat -c %u:%g /m/file'
	is 55:55
}

@test "M7 own mappings with a joined user namespace" {
	joined_user_namespace 300000
	data 1000
	mount_entry /m none "$T/data" bind idmap
	maps 1000 300042 1
	args stat -c %u:%g /m/file
	ok run "$ID-2"
	is 42:42
}

@test "M6 mappings without the option idmap are applied too" {
	data 1000
	mount_entry /m none "$T/data" bind
	maps 1000 2000 1
	run_script 'stat -c %u:%g /m/file'
	is 2000:2000
}

@test "M6 what the container writes has the mapped owner on the host" {
	user_namespace 100000
	data 0
	mount_entry /m none "$T/data" bind idmap
	run_script 'echo text >/m/new; mkdir /m/dir'
	[ "$(stat -c %u:%g "$T/data/new")" = 0:0 ]
	[ "$(stat -c %u:%g "$T/data/dir")" = 0:0 ]
	[ "$(cat "$T/data/new")" = text ]
}

@test "M6 several ranges of mappings" {
	data 1000
	touch "$T/data/second"
	chown 2000:2000 "$T/data/second"
	mount_entry /m none "$T/data" bind idmap
	config '.mounts[-1] += { uidMappings: [{ containerID: 1000, hostID: 5, size: 1 }, { containerID: 2000, hostID: 6, size: 10 }] }
		| .mounts[-1].gidMappings = .mounts[-1].uidMappings'
	run_script 'stat -c %u:%g /m/file /m/second'
	is 5:5$'\n'6:6
}

@test "M6 an owner that is not mapped is nobody, and a writer that is not mapped gets EOVERFLOW" {
	data 1000
	chmod 777 "$T/data"
	touch "$T/data/other"
	chown 4000:4000 "$T/data/other"
	mount_entry /m none "$T/data" bind idmap
	maps 1000 2000 1
	script 'stat -c %u:%g /m/other; touch /m/new'
	run_orlop run "$ID"
	[ "$status" -ne 0 ]
	is 65534:65534
	says "Value too large"
	[ ! -e "$T/data/new" ]
}

@test "M6 a source relative to the bundle" {
	mkdir "$BUNDLE/data"
	touch "$BUNDLE/data/file"
	mount_entry /m none data bind idmap
	maps 0 5000 1
	run_script 'stat -c %u:%g /m/file'
	is 5000:5000
}

@test "M6 a single file" {
	data 1000
	mount_entry /m/file none "$T/data/file" bind idmap
	maps 1000 77 1
	run_script 'stat -c %u:%g /m/file'
	is 77:77
}

@test "M6 a source inside the container's own rootfs" {
	copy_rootfs
	mkdir "$ROOTFS/inner"
	touch "$ROOTFS/inner/file"
	mount_entry /m none "$ROOTFS/inner" bind idmap
	maps 0 77 1
	run_script 'stat -c %u:%g /m/file /inner/file'
	is 77:77$'\n'0:0
}

@test "M6 options that go with it: ro, noexec, propagation" {
	data 1000
	mount_entry /m none "$T/data" bind idmap ro noexec rslave
	maps 1000 77 1
	run_script 'stat -c %u /m/file; touch /m/x 2>/dev/null || echo refused; grep " /m " /proc/self/mountinfo'
	[[ "$output" == 77$'\n'refused$'\n'*ro,*noexec* ]]
}

@test "M6 M7 each kind of propagation" {
	local kind

	data 1000
	for kind in private rprivate slave rslave shared rshared unbindable runbindable; do
		config 'del(.mounts[] | select(.destination == "/m"))'
		mount_entry /m none "$T/data" rbind idmap "$kind"
		maps 1000 77 1
		run_script 'stat -c %u /m/file'
		is 77
	done
}

@test "M6 idmap of an rbind leaves the mounts below as they are, ridmap maps them" {
	data 1000
	mkdir "$T/data/sub"
	mount -t tmpfs in "$T/data/sub"
	touch "$T/data/sub/file"
	chown 1000:1000 "$T/data/sub/file"
	mount_entry /m none "$T/data" rbind idmap
	maps 1000 77 1
	mount_entry /r none "$T/data" rbind ridmap
	maps 1000 77 1
	script 'stat -c %u /m/file /m/sub/file /r/file /r/sub/file'
	run_orlop run "$ID"
	umount "$T/data/sub"
	is 77$'\n'1000$'\n'77$'\n'77
}

@test "M6 ridmap over a filesystem that cannot be idmapped is refused" {
	data 1000
	mkdir "$T/data/sub"
	mount -t proc proc "$T/data/sub"
	mount_entry /r none "$T/data" rbind ridmap
	maps 1000 77 1
	run_orlop run "$ID"
	umount "$T/data/sub"
	[ "$status" -ne 0 ]
	says "or one mounted below, cannot be idmapped"
	nothing_left
}

@test "M6 the source on the host stays as it was" {
	data 1000
	mount_entry /m none "$T/data" bind idmap
	maps 1000 77 1
	run_script 'chown 77:77 /m/file; true'
	[ "$(stat -c %u:%g "$T/data/file")" = 1000:1000 ]
	refute grep -q "$T/data" /proc/self/mountinfo
}

@test "M6 a new tmpfs is idmapped by its own mappings" {
	mount_entry /t tmpfs tmpfs idmap mode=777
	maps 0 5000 10
	run_script 'stat -c %u:%g /t'
	is 5000:5000
}

@test "M7 a new tmpfs with idmap and no mappings is refused" {
	user_namespace
	mount_entry /t tmpfs tmpfs idmap
	refused create "$ID"
	says "uidMappings"
	nothing_left
}

@test "M7 ridmap without mappings and without a user namespace is refused" {
	data 0
	mount_entry /m none "$T/data" rbind ridmap
	refused create "$ID"
	says "/mounts/"
	nothing_left
}

@test "M6 overlapping and empty mappings are refused" {
	data 0
	mount_entry /m none "$T/data" bind idmap
	config '.mounts[-1] += { uidMappings: [{ containerID: 0, hostID: 10, size: 5 }, { containerID: 2, hostID: 50, size: 5 }],
		gidMappings: [{ containerID: 0, hostID: 10, size: 5 }] }'
	refused create "$ID"
	says "/mounts/5/uidMappings/1: overlaps the mapping on line"
	maps 0 10 0
	refused create "$ID"
	says "/mounts/5/uidMappings/0/size: expected an integer from 1 to 4294967295, found number 0"
	nothing_left
}

# ---- the option with the mappings in it, as crun has it and podman writes it ----

@test "M6 idmap=uids=A-B-C;gids=A-B-C maps the owners, without a user namespace too" {
	data 0
	mount_entry /m none "$T/data" bind 'idmap=uids=0-1000-10#20-30-1;gids=0-2000-10'
	run_script 'stat -c %u:%g /m/file'
	is 1000:2000
	[ "$(stat -c %u:%g "$T/data/file")" = 0:0 ]
}

@test "M6 relative ids of idmap=uids=@A-B-C are the container's, in every range of it" {
	user_namespace 100000
	config '.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 1000 }, { containerID: 1000, hostID: 200000, size: 10 }]'
	data 7
	chown 8 "$T/data"
	mount_entry /m none "$T/data" bind 'idmap=uids=@7-999-2;gids=@7-5-1'
	run_script 'stat -c %u:%g /m/file; stat -c %u /m'
	is $'999:5\n1000'
}

@test "M6 wrong mappings in the text of idmap= are refused with the option, also by validate" {
	data 0
	for text in uids=0-1 uids=a-b-c uids=0-0-1 pids=0-1-1 uids=0-1-0 uids=@0-1-1; do
		mount_entry /m none "$T/data" bind "idmap=$text"
		refused create "$ID"
		says "/mounts/$(jq '.mounts | length - 1' "$BUNDLE/config.json")/options/1: "
		says "idmap=$text"
		run_orlop validate "$BUNDLE"
		[ "$status" -eq 1 ]
		[[ "$output" == *"idmap=$text"*"[spec]"* ]]
		config 'del(.mounts[-1])'
	done
	nothing_left
}
