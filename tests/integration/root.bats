# SPDX-License-Identifier: Apache-2.0
# What the root of a container is, that nothing of the host lies on it or beside it, and the mounts that are shared with all.
load ../lib/orlop

# on_a_stack N COMMAND...: in a mount namespace that has N more mounts on its "/".
on_a_stack() {
	local n=$1

	shift
	unshare --mount --propagation private bash -c '
		for ((i = 0; i < $1; i++)); do mount --rbind / / && cd /; done
		shift
		"$@"' stack "$n" "$@"
}

@test "mounts that the caller has stacked on its / are no way to the host's root, neither for init nor for exec" {
	echo host >"$T/secret"
	script "cat $T/secret; ls -d /bin/busybox; exec sleep 1000"
	for n in 1 4; do
		on_a_stack "$n" "$ORLOP" --root "$ROOT" run -d --bundle "$BUNDLE" "$ID" >"$T/stdout" 2>"$T/stderr"
		eventually file_says "$T/stdout" /bin/busybox
		refute grep -q host "$T/stdout"
		run_orlop exec "$ID" cat "$T/secret"
		[ "$status" -eq 1 ]
		says "cat: can't open '$T/secret': No such file or directory"
		[[ "$output" != *host* ]]
		ok exec "$ID" awk '$5 == "/"' /proc/self/mountinfo
		[ "$(wc -l <<<"$output")" -eq 1 ]
		ok delete -f "$ID"
	done
}

@test "nor are they with a user namespace: the kernel makes no new one there, and lets nobody pivot in one that is joined" {
	user_namespace
	script 'exec sleep 1000'
	run_orlop_on_a_stack
	[ "$status" -eq 1 ]
	says "the kernel refuses a user namespace to a caller in a chroot"
	background holder unshare --user sleep 1000
	eventually has_another_user_namespace "$BG"
	echo "0 100000 65536" >"/proc/$BG/uid_map"
	echo "0 100000 65536" >"/proc/$BG/gid_map"
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	namespace user "/proc/$BG/ns/user"
	run_orlop_on_a_stack
	[ "$status" -eq 1 ]
	says "pivot_root: invalid argument"
	nothing_left
}

run_orlop_on_a_stack() {
	status=0
	on_a_stack 3 "$ORLOP" --root "$ROOT" run -d --bundle "$BUNDLE" "$ID" >"$T/stdout" 2>"$T/stderr" || status=$?
	output=$(<"$T/stdout")
	errors=$(<"$T/stderr")
}

has_another_user_namespace() { # PID
	[ "$(readlink "/proc/$1/ns/user")" != "$(readlink /proc/self/ns/user)" ]
}

@test "cgroups of v1 are mounted in a user namespace as without one: the container's own, read-only" {
	[ "$SUITE_CG" = v1 ] || skip "cgroup v1"
	user_namespace
	config '.mounts = [.mounts[] | select(.type != "cgroup")] + [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"] }]'
	namespace cgroup
	script 'cat /sys/fs/cgroup/pids/cgroup.procs; mkdir /sys/fs/cgroup/pids/x; mount -o remount,rw,bind /sys/fs/cgroup/pids && mkdir /sys/fs/cgroup/pids/y; true'
	run_orlop run "$ID"
	[ "$status" -eq 0 ]
	[[ "$output" == 1* ]]
	says "mkdir: can't create directory '/sys/fs/cgroup/pids/x': Read-only file system"
	[ -z "$(cgroups_of)" ]
}

@test "a root.path that is the host's own root is refused, and nothing of the host is touched" {
	config 'del(.linux.maskedPaths, .linux.readonlyPaths)'
	find /dev -maxdepth 1 -printf "%p %y %m %U %G %l\n" | sort >"$T/dev"
	ln -s / "$BUNDLE/link"
	for path in / /. // /usr/.. link link/; do
		config '.root.path = $p' --arg p "$path"
		refused run "$ID"
		says "is the host's own root directory"
		no_namespace mount
		refused create "$ID"
		says "is the host's own root directory"
		fails 1 "is the host's own root directory" validate "$BUNDLE"
		namespace mount
	done
	find /dev -maxdepth 1 -printf "%p %y %m %U %G %l\n" | sort | diff "$T/dev" -
	nothing_left
}

@test "readonlyPaths with the root itself makes it read-only, what is mounted in it stays writable" {
	ln -s / "$ROOTFS/tmp/up"
	mount_entry /mnt tmpfs tmpfs
	for path in / /. // /.. /tmp/up; do
		config '.linux.readonlyPaths = [$p]' --arg p "$path"
		script 'touch /made 2>&1; touch /mnt/made && echo end'
		ok run "$ID"
		says "Read-only file system"
		says end
	done
}

@test "maskedPaths with the root itself is refused" {
	config '.linux.maskedPaths = ["/."]'
	fails 1 "is the root itself: it cannot be masked" create "$ID"
	ln -s / "$ROOTFS/tmp/up"
	config '.linux.maskedPaths = ["/tmp/up"]'
	fails 1 "mask '/tmp/up'" create "$ID"
	nothing_left
}

@test "--no-pivot leaves no procfs or sysfs of the host that lets a user namespace mount one without masks" {
	mkdir "$T/other proc" "$T/sys"
	mount -t proc proc "$T/other proc"
	mount -t proc proc "$T/other proc"
	mount -t sysfs sysfs "$T/sys"
	config '.process.capabilities |= with_entries(.value = ["CAP_SETFCAP", "CAP_SYS_CHROOT"])'
	script 'unshare -U -r -m -p -f mount -t proc none /mnt 2>&1 && echo MOUNTED
		unshare -U -r -m -n mount -t sysfs none /mnt 2>&1 && echo MOUNTED
		grep -c " - proc " /proc/self/mountinfo; ls /proc/1/root; echo end'
	ok run --no-pivot "$ID"
	umount "$T/other proc" "$T/other proc" "$T/sys"
	says end
	[[ "$output" != *MOUNTED* ]] || complain "a kernel filesystem without masks"
}

@test "--no-pivot in a user namespace leaves none either" {
	user_namespace
	script 'unshare -U -r -m -p -f mount -t proc none /mnt 2>&1 && echo MOUNTED; echo end'
	ok run --no-pivot "$ID"
	says end
	[[ "$output" != *MOUNTED* ]] || complain "a procfs without masks"
}

@test "a procfs that the host mounts later does not come into a container of --no-pivot" {
	mkdir "$T/later"
	mount --make-shared -t tmpfs later "$T/later"
	mkdir "$T/later/proc"
	script 'exec sleep 1000'
	ok run -d --no-pivot "$ID"
	mount -t proc proc "$T/later/proc"
	refute grep -q "$T/later/proc" "/proc/$(pid_of)/mountinfo"
	umount -R "$T/later"
}

@test "tmpcopyup takes no more than the memory limit, and leaves holes as they are" {
	needs_controller memory
	copy_rootfs
	mkdir "$ROOTFS/data"
	head -c 1M /dev/urandom >"$ROOTFS/data/file"
	truncate -s 300M "$ROOTFS/data/sparse"
	printf end | dd of="$ROOTFS/data/sparse" bs=1M seek=200 conv=notrunc status=none
	sum=$(cat "$ROOTFS/data/file" | md5sum)
	mount_entry /data tmpfs tmpfs tmpcopyup
	config '.linux.resources.memory = { limit: 33554432 }'
	run_script 'md5sum </data/file; stat -c %s /data/sparse; du -k /data/sparse | cut -f1; tail -c +209715201 /data/sparse | head -c 3'
	is "$sum"$'\n'"314572800"$'\n'"4"$'\n'"end"
	head -c 40M /dev/urandom >"$ROOTFS/data/big"
	refused run "$ID"
	says "the directory holds more than the container's memory limit allows"
	nothing_left
}

@test "all copies of a container together are within its memory limit" {
	copy_rootfs
	mkdir "$ROOTFS/a" "$ROOTFS/b"
	head -c 20M /dev/urandom >"$ROOTFS/a/file"
	head -c 20M /dev/urandom >"$ROOTFS/b/file"
	mount_entry /a tmpfs tmpfs tmpcopyup
	mount_entry /b tmpfs tmpfs tmpcopyup
	config '.linux.resources.memory = { limit: 33554432 }'
	fails 1 "memory limit allows" run "$ID"
	nothing_left
	config 'del(.linux.resources.memory)'
	ok run "$ID"
}

# The options of the machine's cgroup2, whoever has mounted it.
cgroup2_options() {
	grep ' - cgroup2 ' /proc/self/mountinfo | sed 's/.* - cgroup2 [^ ]* //' | sort -u | head -n 1
}

# With one that it would lose. teardown puts them back, also when the test fails.
with_nsdelegate() {
	CGROUP2=$(findmnt -rno TARGET -t cgroup2 | head -n 1)
	[ -n "$CGROUP2" ] || skip "no cgroup2 is mounted here"
	CGROUP2_BEFORE=$(cgroup2_options)
	mount -o "remount,$CGROUP2_BEFORE,nsdelegate" "$CGROUP2"
	[[ "$(cgroup2_options)" == *nsdelegate* ]] || skip "its options cannot be set here"
}

keeps_nsdelegate() {
	[[ "$(cgroup2_options)" == *nsdelegate* ]] || complain "an option of the host's cgroup2 is gone"
}

teardown() {
	[ -z "${CGROUP2_BEFORE-}" ] || mount -o "remount,$CGROUP2_BEFORE" "$CGROUP2"
	test_end
}

@test "a cgroup mount without a cgroup namespace changes no option of the host's cgroup2, and can still be read-only" {
	local type user

	with_nsdelegate
	cp config.json "$T/plain.json"
	for user in no yes; do
		for type in cgroup cgroup2; do
			cp "$T/plain.json" config.json
			[ "$user" = no ] || user_namespace
			config '.mounts = [.mounts[] | select(.destination | startswith("/sys") | not)]'
			mount_entry /sys/fs/cgroup "$type" cgroup ro nosuid noexec nodev
			run_script 'grep " - cgroup2 " /proc/self/mountinfo; mkdir /sys/fs/cgroup/x 2>/dev/null && echo MADE; :'
			[[ "$output" != *MADE* ]] || complain "can be written"
			[[ "$output" == *" ro,nosuid,nodev,noexec"* ]] || complain "not mounted read-only"
			keeps_nsdelegate
		done
	done
}

@test "a cgroup mount in a cgroup namespace of its own changes none either" {
	local before

	before=$(cgroup2_options)
	namespace cgroup
	config '.mounts = [.mounts[] | select(.destination | startswith("/sys") | not)]'
	mount_entry /sys/fs/cgroup cgroup cgroup rw nosuid noexec nodev
	run_script 'grep -c " - cgroup" /proc/self/mountinfo'
	[ "$before" = "$(cgroup2_options)" ]
}

@test "a cgroup namespace that is joined by path and is the host's is one that is not there" {
	with_nsdelegate
	namespace cgroup /proc/1/ns/cgroup
	config '.mounts = [.mounts[] | select(.destination | startswith("/sys") | not)]'
	mount_entry /sys/fs/cgroup cgroup2 cgroup ro nosuid noexec nodev
	ok run "$ID"
	keeps_nsdelegate
}

@test "an unknown option of a cgroup mount is refused" {
	mount_entry /sys/fs/cgroup cgroup cgroup ro frobnicate
	fails 1 "unknown option 'frobnicate' of a cgroup mount" create "$ID"
	config '.mounts[-1].type = "cgroup2"'
	fails 1 "unknown option 'frobnicate' of a cgroup mount" create "$ID"
	nothing_left
}

# run_in_chroot [BIND]: a container of the bundle, by a caller in a chroot; BIND: which is a mountpoint.
run_in_chroot() {
	local top=$T/top

	rm -rf --one-file-system "$top" && mkdir "$top" && cp "$ORLOP" "$top/orlop" && cp -a "$BUNDLE" "$top/bundle"
	mkdir -p "$top/proc" "$top/sys" "$top/dev" "$top/run" "$top/tmp"
	status=0
	unshare -m sh -c 'mount --make-rprivate / && { [ -z "$2" ] || mount --bind "$0" "$0"; } && mount -t proc proc "$0/proc" &&
		mount --rbind /sys "$0/sys" && mount --rbind /dev "$0/dev" &&
		exec chroot "$0" /orlop --root /run/r run -b /bundle "$1"' "$top" "$ID" "${1:-}" >"$T/stdout" 2>"$T/stderr" </dev/null || status=$?
}

@test "in a chroot the kernel refuses a user namespace, and the words say so" {
	user_namespace
	args true
	run_in_chroot
	[ "$status" -eq 1 ]
	grep -q "refuses a user namespace to a caller in a chroot" "$T/stderr"
}

@test "a chroot must be a mountpoint: then a container runs in it" {
	args sh -c 'echo x >/dev/null && echo ran'
	run_in_chroot
	[ "$status" -eq 1 ]
	grep -q "the caller's root is no mountpoint" "$T/stderr"
	run_in_chroot bind
	[ "$status" -eq 0 ]
	grep -qx ran "$T/stdout"
}

@test "delete takes away the root that create has mounted, and nothing that somebody has put over it" {
	no_namespace mount
	config 'del(.mounts) | del(.linux.maskedPaths) | del(.linux.readonlyPaths)'
	script 'sleep 1000'
	ok run -d "$ID"
	mount -t tmpfs of-somebody "$ROOTFS"
	touch "$ROOTFS/theirs"
	ok delete -f "$ID"
	[ -e "$ROOTFS/theirs" ]
	umount "$ROOTFS"
	# That of create is under it, and ours to tidy up.
	! mountpoint -q "$ROOTFS" || umount -l "$ROOTFS"
}
