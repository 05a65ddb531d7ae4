# SPDX-License-Identifier: Apache-2.0
# In a user namespace the mounts of the host keep their locks (mount_namespaces(7)), by whatever way they come in.
load ../lib/orlop

# A tree of the host: read-only, nosuid, nodev, noexec, and a mount over what it hides.
host_tree() {
	mkdir -p "$T/tree/sub"
	echo hidden >"$T/tree/sub/hidden"
	mount --bind "$T/tree" "$T/tree"
	mount -t tmpfs cover "$T/tree/sub"
	mount -o remount,bind,ro,nosuid,nodev,noexec "$T/tree"
	mounts_now >"$T/mounts"
}

no_host_tree() {
	umount -R "$T/tree"
	mounts_now >"$T/mounts"
}

# What a container root does to get the locks off /mnt: nothing of it may work.
ATTACK='
umount /mnt/sub 2>/dev/null && echo LEAK umount
umount -l /mnt/sub 2>/dev/null && echo LEAK umount -l
cat /mnt/sub/hidden 2>/dev/null
for flags in rw ro,suid ro,nosuid,dev ro,nosuid,nodev,exec; do
	mount -o remount,bind,$flags /mnt 2>/dev/null && echo "LEAK remount $flags"
done
mkdir -p /tmp/a
mount --bind /mnt /tmp/a 2>/dev/null && { echo "LEAK bind"; cat /tmp/a/sub/hidden; }
mount --rbind /mnt /tmp/a && for x in rw suid dev exec; do mount -o remount,bind,$x /tmp/a 2>/dev/null && echo "LEAK remount of a copy: $x"; done
touch /mnt/made 2>/dev/null && echo LEAK written
grep " /mnt " /proc/self/mountinfo
echo end'

attacked() {
	config '.process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN", "CAP_SETFCAP", "CAP_DAC_OVERRIDE"])'
	run_script "$ATTACK"
	says end
	[[ "$output" == *" /mnt ro,nosuid,nodev,noexec"* ]] || complain "flags are gone"
	[[ "$output" != *LEAK* && "$output" != *hidden* ]] || complain "locks are gone"
}

@test "a bound tree of the host keeps what covers it and its flags" {
	user_namespace
	host_tree
	mount_entry /mnt bind "$T/tree" rbind
	attacked
	no_host_tree
}

@test "so it does with each option of a bind, idmapped or not" {
	local option

	user_namespace
	host_tree
	cp config.json "$T/plain.json"
	for option in rprivate rshared rslave,rshared ro nosuid rro rnosuid idmap ridmap,rprivate; do
		cp "$T/plain.json" config.json
		mount_entry /mnt bind "$T/tree" rbind "$option"
		attacked
	done
	no_host_tree
}

@test "so it does in a user namespace that is joined by path, with mappings of its own" {
	user_namespace
	host_tree
	start_sleeper
	cp config.json "$T/first.json"
	config '.linux |= del(.uidMappings, .gidMappings)'
	namespace user "/proc/$(pid_of)/ns/user"
	mount_entry /mnt bind "$T/tree" rbind
	script "$ATTACK"
	config '.process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN", "CAP_SETFCAP", "CAP_DAC_OVERRIDE"])'
	config ".linux.cgroupsPath = \"/$ID-second\""
	ok run "$ID-second"
	says end
	[[ "$output" == *" /mnt ro,nosuid,nodev,noexec"* ]] || complain "flags are gone"
	[[ "$output" != *LEAK* && "$output" != *hidden* ]] || complain "locks are gone"
	no_host_tree
}

@test "so it does in a container of a container" {
	needs_probe
	user_namespace 100000 65536
	host_tree
	mount_entry /mnt bind "$T/tree" rbind
	config '.process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN", "CAP_SETFCAP", "CAP_SETUID", "CAP_SETGID"])'
	run_script "unshare -U -r -m sh -c '$ATTACK'"
	says end
	[[ "$output" != *LEAK* && "$output" != *hidden* ]] || complain "locks are gone"
	no_host_tree
}

@test "a read-only root stays read-only, and what the host covers in it covered" {
	user_namespace
	mkdir "$ROOTFS/sub"
	echo hidden >"$ROOTFS/sub/hidden"
	mount --bind "$ROOTFS" "$ROOTFS"
	mount -t tmpfs cover "$ROOTFS/sub"
	mount -o remount,bind,ro,nosuid "$ROOTFS"
	config '.mounts = [.mounts[] | select(.destination == "/proc" or .destination == "/dev")]'
	config '.process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN"])'
	mkdir -p "$ROOTFS/proc" "$ROOTFS/dev"
	run_script 'mount -o remount,bind,rw / 2>/dev/null && echo LEAK rw; mount -o remount,bind,ro,suid / 2>/dev/null && echo LEAK suid
		umount /sub 2>/dev/null && cat /sub/hidden; touch /made 2>/dev/null && echo LEAK written
		grep " / / \| / ro" /proc/self/mountinfo; echo end'
	umount -R "$ROOTFS"
	says end
	[[ "$output" != *LEAK* && "$output" != *hidden* ]] || complain "locks are gone"
}

@test "flags that are locked cannot be cleared by the config: they are named" {
	local word

	user_namespace
	host_tree
	cp config.json "$T/plain.json"
	for word in rw:ro suid:nosuid dev:nodev exec:noexec rrw:ro rsuid:nosuid; do
		cp "$T/plain.json" config.json
		mount_entry /mnt bind "$T/tree" rbind "${word%:*}"
		fails 1 "cannot clear locked flags ${word#*:}: operation not permitted" run "$ID"
		nothing_left
	done
	cp "$T/plain.json" config.json
	mount_entry /mnt bind "$T/tree" rbind rw dev
	fails 1 "cannot clear locked flags ro,nodev" run "$ID"
	cp "$T/plain.json" config.json
	mount_entry /mnt bind "$T/tree" rbind noatime
	fails 1 "cannot change locked atime flags" run "$ID"
	no_host_tree
}

@test "flags that are not named stay as the host has them, others are added" {
	user_namespace
	mkdir "$T/tree"
	mount -t tmpfs -o nodev tmpfs "$T/tree"
	mount_entry /mnt bind "$T/tree" rbind ro noexec
	run_script 'grep " /mnt " /proc/self/mountinfo'
	says " /mnt ro,nodev,noexec"
	umount "$T/tree"
}

@test "flags that nothing has locked can be cleared where there is no user namespace" {
	host_tree
	mount_entry /mnt bind "$T/tree" rbind rw dev suid exec
	run_script 'grep " /mnt " /proc/self/mountinfo; touch /mnt/made'
	says " /mnt rw,relatime"
	no_host_tree
}

@test "bind of a tree with mounts that are locked to it is refused: rbind takes them along" {
	user_namespace
	host_tree
	mount_entry /mnt bind "$T/tree" bind
	fails 1 "'rbind' takes them along" run "$ID"
	nothing_left
	no_host_tree
}

@test "shared, rshared: the container's own mounts do not come to the host, whatever rootfsPropagation" {
	local option propagation

	mkdir -p "$T/tree/sub"
	mount --bind "$T/tree" "$T/tree"
	mount -t tmpfs below "$T/tree/sub"
	mkdir "$T/tree/sub/deep" "$T/tree/side"
	mount --make-rshared "$T/tree"
	cp config.json "$T/plain.json"
	for option in shared rshared slave,rshared; do
		for propagation in "" slave rslave private rprivate unbindable; do
			cp "$T/plain.json" config.json
			config '.linux.rootfsPropagation = $p' --arg p "$propagation"
			mount_entry /mnt bind "$T/tree" rbind "$option"
			mount_entry /mnt/side tmpfs leaky
			mount_entry /mnt/sub/deep tmpfs leaky
			ok run "$ID"
			refute grep -q leaky /proc/self/mountinfo
		done
	done
	umount -R "$T/tree"
}

@test "rshared with rootfsPropagation shared: what the container mounts is seen on the host" {
	mkdir "$T/tree"
	mount --bind "$T/tree" "$T/tree"
	mount --make-shared "$T/tree"
	mkdir "$T/tree/sub"
	config '.linux.rootfsPropagation = "shared"'
	mount_entry /mnt bind "$T/tree" rbind rshared
	mount_entry /mnt/sub tmpfs seen-by-all
	ok run "$ID"
	grep -q seen-by-all /proc/self/mountinfo
	umount -R "$T/tree"
}

@test "rshared in a user namespace never mounts or unmounts on the host" {
	local propagation

	user_namespace
	mkdir -p "$T/tree/sub" "$T/tree/other"
	mount --bind "$T/tree" "$T/tree"
	mount -t tmpfs below "$T/tree/sub"
	mount --make-rshared "$T/tree"
	config '.process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN"])'
	mount_entry /mnt bind "$T/tree" rbind rshared
	for propagation in "" shared; do
		config '.linux.rootfsPropagation = $p' --arg p "$propagation"
		run_script 'mount -t tmpfs leaky /mnt/other && echo mounted; umount /mnt/sub; umount -l /mnt/sub; echo end'
		says mounted
		refute grep -q leaky /proc/self/mountinfo
		grep -q "$T/tree/sub" /proc/self/mountinfo
	done
	umount -R "$T/tree"
}

@test "sources and a rootfs that the mapped root cannot reach are mounted" {
	user_namespace
	mkdir -p "$T/closed/source"
	echo here >"$T/closed/source/file"
	mv "$ROOTFS" "$T/closed/rootfs"
	chmod 700 "$T/closed"
	config '.root.path = $p' --arg p "$T/closed/rootfs"
	mount_entry /mnt bind "$T/closed/source" rbind
	mount_entry /run/one bind "$T/closed/source/file" bind
	run_script 'cat /mnt/file /run/one'
	is here$'\n'here
	mv "$T/closed/rootfs" "$ROOTFS"
}

@test "a relative source and a path through absolute links" {
	user_namespace
	mkdir -p source "$T/elsewhere/x"
	echo relative >source/file
	echo linked >"$T/elsewhere/x/file"
	ln -s "$T/elsewhere" link
	mount_entry /mnt bind source bind
	mount_entry /run/one bind link/x bind
	run_script 'cat /mnt/file /run/one/file'
	is relative$'\n'linked
}

@test "a source that is missing is named with its place" {
	user_namespace
	mount_entry /mnt bind "$T/nowhere" bind
	fails 1 "/mounts/" run "$ID"
	says "bind source '$T/nowhere': no such file or directory"
	nothing_left
}

# order_of [OPTION...]: a tree of binds, of which later ones show what earlier ones have made.
order_of() {
	local subdir

	mkdir -p "$ROOTFS/mnt" "$ROOTFS/final"
	for subdir in a/x b/y c/z; do
		mkdir -p "$T/src/$subdir"
		echo "$subdir" >"$T/src/$subdir/file"
		ln -s "${subdir%/*}" "$T/src/sym-${subdir%/*}"
	done
	chmod o-rwx "$T/src"
	mount_entry /mnt bind "$T/src/a" bind
	mount_entry /mnt/x bind "$T/src/sym-b" bind
	mount_entry /mnt/x/y bind "$T/src/c" bind
	mount_entry /mnt/x/y/z bind "$T/src/sym-a" bind
	mount_entry /mnt/x/y/z/x bind "$ROOTFS/mnt/x" rbind "$@"
	mount_entry /mnt/x/y/z bind "$ROOTFS/mnt/x/y" rbind "$@"
	mount_entry /final bind "$ROOTFS/mnt" rbind "$@"
	run_script 'cat /final/x/y/z/z/x/y/z/x/file'
	is a/x
}

@test "bind sources on mounts of the config are found in the order of the list" {
	order_of
}

@test "bind sources on mounts of the config are found in the order of the list, in a user namespace" {
	user_namespace
	order_of
}

@test "bind sources on mounts of the config are found and idmapped, with their own mappings" {
	config '.mounts |= .'
	mkdir -p "$T/src/sub"
	echo seen >"$T/src/sub/file"
	chown 1000:1000 "$T/src/sub/file"
	mount_entry /mnt bind "$T/src" bind
	mount_entry /final bind "$ROOTFS/mnt/sub" bind idmap
	config '.mounts[-1] += { uidMappings: [{ containerID: 1000, hostID: 2000, size: 1 }], gidMappings: [{ containerID: 1000, hostID: 2000, size: 1 }] }'
	run_script 'stat -c %u /final/file'
	is 2000
}

@test "bind sources on mounts of the config are found and idmapped, in a user namespace" {
	user_namespace
	chown 0:0 "$T"
	order_of idmap
}

@test "a source on a mount of the config is a file or a directory as it is there" {
	local user

	for user in no yes; do
		[ "$user" = no ] || user_namespace
		mkdir -p "$T/src/dir"
		echo seen >"$T/src/file"
		config '.mounts = [.mounts[] | select(.destination | test("mnt|final") | not)]'
		mount_entry /mnt bind "$T/src" bind
		mount_entry /final-file bind "$ROOTFS/mnt/file" bind
		mount_entry /final-dir bind "$ROOTFS/mnt/dir" bind
		run_script 'cat /final-file; ls -d /final-dir'
		is seen$'\n'/final-dir
	done
}

@test "a link on a mount of the config leads no source out of the root" {
	local user

	for user in no yes; do
		[ "$user" = no ] || user_namespace
		mkdir -p "$T/src" "$T/secret"
		echo secret >"$T/secret/file"
		ln -sfn "$T/secret" "$T/src/link"
		config '.mounts = [.mounts[] | select(.destination | test("mnt|final") | not)]'
		mount_entry /mnt bind "$T/src" bind
		mount_entry /final bind "$ROOTFS/mnt/link" bind
		fails 1 "bind source '/mnt/link' of the rootfs: no such file or directory" run "$ID"
		nothing_left
	done
}

@test "a source that is on no mount of the config and not in the root is refused" {
	mount_entry /mnt bind "$T/src" bind
	fails 1 "bind source '$T/src': no such file or directory" run "$ID"
	config 'del(.mounts[-1])'
	mount_entry /mnt bind "$ROOTFS/never/there" bind
	fails 1 "bind source '/never/there' of the rootfs: no such file or directory" run "$ID"
	nothing_left
}

@test "--no-pivot in a user namespace keeps the locks" {
	user_namespace
	host_tree
	mount_entry /mnt bind "$T/tree" rbind
	config '.process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN", "CAP_SETFCAP", "CAP_DAC_OVERRIDE"])'
	script "$ATTACK"
	ok run --no-pivot "$ID"
	says end
	[[ "$output" != *LEAK* && "$output" != *hidden* ]] || complain "locks are gone"
	no_host_tree
}
