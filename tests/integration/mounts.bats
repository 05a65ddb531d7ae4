# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# options_of PATH: what /proc/self/mountinfo of the container says of the last mount there.
options_in_container() {
	echo "awk '\$5 == \"$1\" { o = \$6; for (i = 7; i <= NF; i++) if (\$i == \"-\") s = \$(i + 3) } END { print o \" \" s }' /proc/self/mountinfo"
}

shows() { # PATH: output is its options
	run_script "$(options_in_container "$1")"
	echo "# $1: $output"
}

has_option() {
	[[ ",${output// /,}," == *",$1,"* ]] || complain "no option $1"
}

lacks_option() {
	[[ ",${output// /,}," != *",$1,"* ]] || complain "has option $1"
}

@test "M1 mounts are made in the listed order" {
	mount_entry /mnt tmpfs one size=64k
	mount_entry /mnt tmpfs two size=128k
	run_script 'grep " /mnt " /proc/self/mountinfo | sed "s/.* - tmpfs //;s/ .*//"'
	is $'one\ntwo'
}

@test "M2 a relative destination is taken from /" {
	mount_entry mnt/deep tmpfs t
	run_script 'grep -q " /mnt/deep " /proc/self/mountinfo'
}

@test "M3 the source of a bind is absolute or relative to the bundle" {
	mkdir "$BUNDLE/data" "$T/absolute"
	echo relative >"$BUNDLE/data/f"
	echo absolute >"$T/absolute/f"
	mount_entry /a none data bind
	mount_entry /b bind "$T/absolute" bind ro
	run_script 'cat /a/f /b/f; touch /a/new; touch /b/new || echo refused'
	says relative
	says absolute
	says refused
	[ -e "$BUNDLE/data/new" ]
}

@test "M4 a mount is a bind if and only if an option says so" {
	mkdir "$T/dir"
	mount_entry /a tmpfs "$T/dir" bind
	mount_entry /b tmpfs "$T/dir"
	run_script 'touch /a/seen /b/not'
	[ "$(ls "$T/dir")" = seen ]
}

@test "M4 a bind of a single file makes the file in the rootfs" {
	echo one >"$T/file"
	mount_entry /made/here/file none "$T/file" bind
	run_script 'cat /made/here/file'
	is one
}

@test "M4 rbind brings the mounts below, bind does not" {
	mkdir -p "$T/tree/sub"
	mount -t tmpfs in "$T/tree/sub"
	touch "$T/tree/sub/file"
	mount_entry /r none "$T/tree" rbind
	mount_entry /b none "$T/tree" bind
	script 'ls /r/sub; ls /b/sub; echo end'
	run_orlop run "$ID"
	umount "$T/tree/sub"
	is $'file\nend'
}

@test "M5 the flags of a new mount: ro nosuid nodev noexec" {
	mount_entry /mnt tmpfs t ro nosuid nodev noexec
	shows /mnt
	for o in ro nosuid nodev noexec; do has_option $o; done
}

@test "M5 the flags of a new mount: nosymfollow" {
	mount_entry /mnt tmpfs t nosymfollow
	shows /mnt
	has_option nosymfollow
}

@test "M5 the flags of the filesystem: sync dirsync mand lazytime" {
	mount_entry /mnt tmpfs t sync dirsync
	shows /mnt
	has_option sync
	has_option dirsync
}

@test "M5 the times: noatime nodiratime relatime strictatime" {
	mount_entry /a tmpfs t noatime
	mount_entry /b tmpfs t nodiratime
	mount_entry /c tmpfs t strictatime
	mount_entry /d tmpfs t relatime
	run_script "$(for d in a b c d; do options_in_container /$d; done)"
	echo "# $output"
	[[ "$(sed -n 1p <<<"$output")" == *noatime* ]]
	[[ "$(sed -n 2p <<<"$output")" == *nodiratime* ]]
	[[ "$(sed -n 3p <<<"$output")" != *atime* ]]
	[[ "$(sed -n 4p <<<"$output")" == *relatime* ]]
}

@test "M5 of two contrary options the last one wins" {
	mount_entry /a tmpfs t ro rw nosuid suid nodev dev noexec exec noatime atime
	mount_entry /b tmpfs t rw ro
	run_script "$(options_in_container /a; options_in_container /b)"
	a=$(sed -n 1p <<<"$output")
	[[ "$a" == rw* && "$a" != *nosuid* && "$a" != *nodev* && "$a" != *noexec* && "$a" != *noatime* ]]
	[[ "$(sed -n 2p <<<"$output")" == ro* ]]
}

@test "M5 an unknown option becomes data of the filesystem" {
	mount_entry /mnt tmpfs t mode=0711 size=128k uid=3 gid=4
	run_script 'stat -c "%a %u %g" /mnt; df -k /mnt | tail -n 1 | grep -o " 128 "'
	[[ "$output" == "711 3 4"*128* ]]
}

@test "M5 every option of the spec's table is taken" {
	local options=(async atime defaults dev diratime dirsync exec iversion lazytime loud noatime nodev nodiratime noexec \
		noiversion nolazytime norelatime nostrictatime nosuid private relatime ro rprivate rshared rslave \
		runbindable rw shared silent slave strictatime suid sync unbindable nosymfollow symfollow ratime \
		rdev rdiratime rexec rnoatime rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow \
		rrelatime rro rrw rstrictatime rsuid rsymfollow rnodev)
	for o in "${options[@]}"; do
		mount_entry "/m/$o" tmpfs t "$o"
	done
	run_script 'grep -c " /m/" /proc/self/mountinfo'
	is "${#options[@]}"
}

@test "M5 G4 a bad option fails the create with the mount and the option in the message" {
	mount_entry /mnt tmpfs t nonsense=1
	refused create "$ID"
	says /mnt
	nothing_left
}

@test "OP-C4 M4 G4 an unknown filesystem type fails the create and leaves nothing" {
	mount_entry /mnt nosuchfs t
	refused create "$ID"
	says nosuchfs
	says "no such device"
	nothing_left
}

@test "OP-C4 M3 G4 a missing bind source fails the create, names it and leaves nothing" {
	mount_entry /mnt none /no/such/source bind
	fails 1 "/no/such/source" create "$ID"
	says "no such file or directory"
	nothing_left
}

@test "M5 a bind honours ro noexec nosuid nodev" {
	mkdir "$T/dir"
	mount_entry /mnt none "$T/dir" bind ro noexec nosuid nodev
	shows /mnt
	for o in ro noexec nosuid nodev; do has_option $o; done
}

@test "M5 a bind with no flags keeps those of its source, exec suid dev clear them" {
	mkdir "$T/dir"
	mount -t tmpfs -o ro,nosuid,nodev,noexec in "$T/dir"
	mount_entry /keep none "$T/dir" bind
	mount_entry /clear none "$T/dir" bind exec suid dev
	script "$(options_in_container /keep; options_in_container /clear)"
	run_orlop run "$ID"
	umount "$T/dir"
	echo "# $output"
	for o in nosuid nodev noexec; do
		[[ "$(sed -n 1p <<<"$output")" == *$o* ]]
		[[ "$(sed -n 2p <<<"$output")" != *$o* ]]
	done
}

@test "M5 rro makes the mounts below read-only too, ro does not" {
	mkdir -p "$T/tree/sub"
	mount -t tmpfs in "$T/tree/sub"
	mount_entry /rro none "$T/tree" rbind rro
	mount_entry /ro none "$T/tree" rbind ro
	script 'touch /rro/x; touch /rro/sub/x; touch /ro/x; touch /ro/sub/ok && echo written'
	run_orlop run "$ID"
	umount "$T/tree/sub"
	is written
	[ "$(grep -c "Read-only file system" <<<"$errors")" -eq 3 ]
}

@test "M5 the recursive flags reach every mount below: rnosuid rnodev rnoexec rnoatime rnosymfollow" {
	mkdir -p "$T/tree/sub"
	mount -t tmpfs in "$T/tree/sub"
	mount_entry /m none "$T/tree" rbind rnosuid rnodev rnoexec rnoatime rnosymfollow
	script "$(options_in_container /m; options_in_container /m/sub)"
	run_orlop run "$ID"
	umount "$T/tree/sub"
	[ "$status" -eq 0 ]
	for o in nosuid nodev noexec noatime nosymfollow; do
		[ "$(grep -c "$o" <<<"$output")" -eq 2 ]
	done
}

@test "M5 shared, rslave, private, unbindable set the mount's propagation" {
	mount_entry /shared tmpfs t shared
	mount_entry /slave tmpfs t rslave
	mount_entry /private tmpfs t private
	mount_entry /unbindable tmpfs t unbindable
	run_script 'for d in shared slave private unbindable; do grep " /$d " /proc/self/mountinfo | sed "s/ - .*//;s/.* \(rw[^ ]*\)/\1/"; done'
	[[ "$(sed -n 1p <<<"$output")" == *shared:* ]]
	[[ "$(sed -n 3p <<<"$output")" != *shared:* ]]
	[[ "$(sed -n 4p <<<"$output")" == *unbindable* ]]
}

@test "M5 tmpcopyup fills the tmpfs with what lay there" {
	copy_rootfs
	mkdir -p "$ROOTFS/full/sub"
	echo one >"$ROOTFS/full/file"
	ln -s file "$ROOTFS/full/link"
	echo two >"$ROOTFS/full/sub/file"
	chmod 644 "$ROOTFS/full/file"
	chown 12:34 "$ROOTFS/full/file"
	mount_entry /full tmpfs t tmpcopyup
	run_script 'grep -q " /full " /proc/self/mountinfo; cat /full/file /full/sub/file /full/link; stat -c "%a %u %g" /full/file; touch /full/new'
	is $'one\ntwo\none\n644 12 34'
	[ ! -e "$ROOTFS/full/new" ]
}

machine_wide() { # TYPE: what all see of it
	stat -c '%a %u:%g' "$T/fs"
	grep " $T/fs " /proc/self/mountinfo | sed 's/.* - //'
}

@test "a container's options of debugfs, tracefs, securityfs, mqueue and sysfs do not change those of the machine" {
	local type options before

	mkdir "$T/fs" "$T/plain"
	cp "$BUNDLE/config.json" "$T/plain/"
	for type in debugfs tracefs securityfs mqueue sysfs; do
		mount -t "$type" none "$T/fs" 2>/dev/null || { echo "# no $type here"; continue; }
		before=$(machine_wide)
		for options in mode=0777 gid=12 uid=12 ro; do
			cp "$T/plain/config.json" "$BUNDLE/"
			mount_entry /mnt "$type" none "$options"
			args grep " /mnt " /proc/self/mountinfo
			run_orlop run "$ID"
			[ "$(machine_wide)" = "$before" ] || complain "$type $options: '$before' is now '$(machine_wide)'"
			[ "$options" != ro ] || [[ "$status $output" == "0 "*" /mnt ro"* ]] || complain "$type ro: $output $errors"
			case "$type $options" in
			debugfs\ ro | tracefs\ ro) [ -z "$errors" ] ;;
			debugfs* | tracefs*) says "would hold for every $type of this machine: ignored" ;;
			esac
		done
		umount "$T/fs"
	done
}

@test "M5 tmpcopyup of directories that are nested too deep says so" {
	copy_rootfs
	mkdir -p "$ROOTFS/full/$(printf 'd/%.0s' $(seq 70))"
	mount_entry /full tmpfs t tmpcopyup
	fails 1 "nested more than 64 deep" run "$ID"
	nothing_left
}

@test "M5 a read-only tmpfs with tmpcopyup is filled first" {
	mkdir "$ROOTFS/full"
	echo one >"$ROOTFS/full/file"
	mount_entry /full tmpfs t tmpcopyup ro
	run_script 'cat /full/file; touch /full/x 2>&1 || :'
	says one
	says "Read-only file system"
}

@test "a read-only /dev has its devices, links, console and mounts" {
	config '.mounts |= map(if .destination == "/dev" then .options += [ "ro" ] else . end)'
	run_script "touch /dev/x 2>&1 || :; echo y >/dev/null && echo null; ls -d /dev/pts/ptmx /dev/fd /dev/shm; $(options_in_container /dev)"
	says "Read-only file system"
	says null
	[[ "$(tail -n 1 <<<"$output")" == ro,* ]]
}

@test "a read-only tmpfs holds the mounts that come after it" {
	mkdir "$T/src"
	echo inner >"$T/src/f"
	mount_entry /outer tmpfs tmpfs ro mode=755
	mount_entry /outer/a/b bind "$T/src" bind
	mount_entry /outer/file bind "$T/src/f" bind
	run_script 'cat /outer/a/b/f /outer/file; touch /outer/x 2>&1 || :; touch /outer/a/b/x && echo written'
	says $'inner\ninner'
	says "/outer/x: Read-only file system"
	says written
}

@test "a read-only tmpfs that a later mount covers leaves that one writable" {
	mount_entry /outer tmpfs tmpfs ro
	mount_entry /outer tmpfs tmpfs
	mount_entry /outer/in tmpfs tmpfs
	run_script 'touch /outer/x && echo written'
	is written
}

@test "a tmpfs without mode= takes the mode of the folder it covers" {
	copy_rootfs
	mkdir -m 0711 "$ROOTFS/covered"
	chmod 1731 "$ROOTFS/covered"
	mount_entry /covered tmpfs t
	mount_entry /explicit tmpfs t mode=0700
	run_script 'stat -c %a /covered /explicit'
	is $'1731\n700'
}

@test "G12 M4 proc, sysfs, mqueue and devpts are mounted" {
	mount_entry /dev/mqueue mqueue mqueue nosuid noexec nodev
	run_script 'for d in /proc /sys /dev/mqueue /dev/pts; do grep -q " $d " /proc/self/mountinfo || echo no $d; done'
	is ""
}

@test "M5 an overlay is mounted by its data options" {
	mkdir "$T/lower" "$T/upper" "$T/work"
	echo low >"$T/lower/file"
	mount_entry /o overlay overlay "lowerdir=$T/lower" "upperdir=$T/upper" "workdir=$T/work"
	run_script 'cat /o/file; echo up >/o/new'
	is low
	[ "$(<"$T/upper/new")" = up ]
}

@test "a symlink in the image does not lead a mount out of the rootfs" {
	mkdir "$T/outside"
	ln -s "$T/outside" "$ROOTFS/esc"
	ln -s ../../../../../../../../../../.. "$ROOTFS/up"
	mount_entry /esc tmpfs inside
	mount_entry "/up$T/outside/deep" tmpfs inside
	script 'grep -c " inside " /proc/self/mountinfo'
	run_orlop run "$ID"
	refute grep -q inside /proc/self/mountinfo
	[ -z "$(ls -A "$T/outside")" ]
	[ "$status" -eq 0 ]
	is 2
}

@test "a dangling symlink at the destination is made inside the rootfs" {
	ln -s /target/of/link "$ROOTFS/dangling"
	mount_entry /dangling tmpfs inside
	run_script 'grep -q " /target/of/link " /proc/self/mountinfo && echo there'
	is there
	[ ! -e /target/of/link ]
}

@test "/proc as a symlink is refused" {
	rmdir "$ROOTFS/proc"
	mkdir "$ROOTFS/elsewhere"
	ln -s elsewhere "$ROOTFS/proc"
	refused run "$ID"
	says "destination '/proc' must be mounted on ordinary directory"
	nothing_left
}

@test "a bind source inside the rootfs sees the mounts before it" {
	mount_entry /first tmpfs t
	mkdir -p "$ROOTFS/first"
	mount_entry /second none "$ROOTFS/first" rbind
	run_script 'touch /first/file; ls /second; grep -q " /second " /proc/self/mountinfo'
}

@test "R1 a missing root is refused and leaves nothing" {
	config '.root.path = "nothing-here"'
	refused create "$ID"
	says nothing-here
	nothing_left
	config 'del(.root)'
	refused create "$ID"
	says "root must be specified"
	nothing_left
}

@test "R1 an absolute root works" {
	config '.root.path = $p' --arg p "$ROOTFS"
	args cat /etc/group
	ok run "$ID"
	says "tty:x:5"
}

@test "R2 a read-only root is read-only, its mounts are not" {
	config '.root.readonly = true'
	mount_entry /tmp tmpfs t
	script 'touch /file; touch /tmp/file && echo written'
	ok run "$ID"
	is written
	[[ "$errors" == *"Read-only file system"* ]]
	[ ! -e "$ROOTFS/file" ]
}

@test "L18 masked files are empty, masked folders too, and nothing can be written there" {
	mkdir "$ROOTFS/dir"
	echo secret >"$ROOTFS/secret"
	echo secret >"$ROOTFS/dir/secret"
	config '.linux.maskedPaths += ["/secret", "/dir", "/dir", "/not/there"]'
	script 'cat /secret; ls -A /dir; touch /dir/x'
	run_orlop run "$ID"
	[ -z "$output" ]
	[[ "$errors" == *"Read-only file system"* ]]
}

@test "L18 read-only paths can be read and not written" {
	mkdir "$ROOTFS/dir"
	echo text >"$ROOTFS/dir/file"
	config '.linux.readonlyPaths += ["/dir", "/not/there"]'
	script 'cat /dir/file; echo x >/dir/file'
	run_orlop run "$ID"
	is text
	[ "$(<"$ROOTFS/dir/file")" = text ]
	says "Read-only file system"
}

@test "L18 masked paths work with a read-only root" {
	mkdir "$ROOTFS/dir"
	echo secret >"$ROOTFS/dir/secret"
	config '.linux.maskedPaths += ["/dir"] | .root.readonly = true'
	run_script 'ls -A /dir'
	is ""
}

@test "L18 relative masked and read-only paths are meant from the root, an empty one is none" {
	copy_rootfs
	mkdir -p "$ROOTFS/dir" "$ROOTFS/other"
	echo secret >"$ROOTFS/dir/secret"
	config '.linux.maskedPaths += ["dir", "", "../etc/passwd"] | .linux.readonlyPaths += ["other", ""] | .process.cwd = "/other"'
	run_script 'ls -A /dir; cat /etc/passwd; touch /other/x 2>/dev/null || echo read-only'
	is read-only
	[[ "$errors" == *"'dir' in 'maskedPaths' is not absolute: taken as '/dir'"* ]]
	[[ "$errors" == *"an empty path in 'readonlyPaths' is ignored"* ]]
}

@test "M1 a destination that begins with the root filesystem's path on the host is meant inside" {
	copy_rootfs
	mkdir -p "$T/source" "$ROOTFS/beside"
	config '.mounts += [{ destination: ($r + "/mnt"), type: "tmpfs", source: "one" },
		{ destination: ($r + "/mnt/deep"), type: "bind", source: $s, options: ["bind", "ro"] },
		{ destination: ($r + "x"), type: "tmpfs", source: "two" }]' --arg r "$(realpath "$ROOTFS")" --arg s "$T/source"
	run_script 'awk "\$5 ~ /mnt|x\$/ { print \$5, substr(\$6, 1, 2) }" /proc/self/mountinfo | sort'
	is $'/mnt rw\n/mnt/deep ro\n'"$(realpath "$ROOTFS")x rw"
}

@test "M5 a remount where nothing is mounted is refused, also when it changes nothing" {
	local m

	copy_rootfs
	mkdir -p "$ROOTFS/dir" "$T/source"
	cp config.json good.json
	for m in '{ type: "tmpfs", source: "tmpfs", options: ["remount"] }' \
		'{ type: "bind", source: ($t + "/source"), options: ["rbind", "remount"] }' \
		'{ type: "bind", source: ($t + "/source"), options: ["bind", "remount", "ro"] }'; do
		cp good.json config.json
		config ".mounts += [$m + { destination: \"/dir\" }]" --arg t "$T"
		refused create "$ID"
		says "on '/dir': remount what must be mounted there"
		nothing_left
	done
}

@test "L17 X10 rootfsPropagation private, slave, shared and unbindable are seen inside" {
	for p in private slave shared unbindable; do
		config '.linux.rootfsPropagation = $p' --arg p $p
		script 'awk "\$5 == \"/\"" /proc/self/mountinfo | sed "s/ - .*//"'
		ok run "$ID"
		echo "# $p: $output"
		case $p in
		private) [[ "$output" != *shared:* && "$output" != *master:* ]] ;;
		shared) [[ "$output" == *shared:* ]] ;;
		unbindable) [[ "$output" == *unbindable* ]] ;;
		esac
	done
}

@test "L17 a wrong rootfsPropagation is refused" {
	config '.linux.rootfsPropagation = "sideways"'
	refused create "$ID"
	says sideways
	nothing_left
}

@test "no mount of the container is seen on the host" {
	mount_entry /mnt tmpfs visible-name
	start_sleeper
	refute grep -q visible-name /proc/self/mountinfo
}

@test "the host's root cannot be reached after pivot_root" {
	run_script 'awk "{ print \$5 }" /proc/self/mountinfo | grep -c "^/$"; ls /proc/1/root/'
	[ "${output%%$'\n'*}" -eq 1 ]
	[[ "$output" != *lib64* ]]
}

@test "--no-pivot changes the root as well" {
	script 'ls /; grep -c lib64 /proc/self/mountinfo; cat /etc/passwd'
	run_orlop run --no-pivot "$ID"
	says "user:x:1000"
	[[ "$output" != *lib64* ]]
}

@test "a cgroup mount of v1 shows the container's own cgroup, read-only" {
	needs_v1
	mount_entry /sys/fs/cgroup cgroup cgroup ro nosuid noexec nodev relatime
	run_script 'cat /sys/fs/cgroup/pids/cgroup.procs; mkdir /sys/fs/cgroup/pids/x 2>&1 || :'
	[[ "$output" == 1$'\n'* ]]
	says "Read-only file system"
}

@test "a cgroup mount of v2 without a cgroup namespace is read-only" {
	needs_v2
	mount_entry /sys/fs/cgroup cgroup cgroup ro nosuid noexec nodev relatime
	run_script 'ls /sys/fs/cgroup/cgroup.procs; mkdir /sys/fs/cgroup/x 2>&1 || :'
	says /sys/fs/cgroup/cgroup.procs
	says "Read-only file system"
}

@test "a cgroup mount in a cgroup namespace shows the container's cgroup as root" {
	namespace cgroup
	mount_entry /sys/fs/cgroup cgroup cgroup ro nosuid noexec nodev
	run_script 'cat /proc/self/cgroup; ls /sys/fs/cgroup'
	[[ "$output" == *":/"$'\n'* ]]
	if [ "$SUITE_CG" = v2 ]; then
		says cgroup.procs
	else
		[[ "$(grep pids: <<<"$output")" == *pids:/ ]]
		says freezer
	fi
}

@test "a cgroup mount of v1 links co-mounted names and can be written when rw" {
	needs_v1
	namespace cgroup
	mount_entry /sys/fs/cgroup cgroup cgroup rw nosuid noexec nodev
	run_script 'mkdir /sys/fs/cgroup/pids/inner && ls -d /sys/fs/cgroup/pids/inner && rmdir /sys/fs/cgroup/pids/inner'
	is /sys/fs/cgroup/pids/inner
}

@test "a cgroup2 mount works" {
	needs_v2
	namespace cgroup
	mount_entry /sys/fs/cgroup cgroup2 cgroup2 rw nosuid noexec nodev
	run_script 'mkdir /sys/fs/cgroup/inner && ls -d /sys/fs/cgroup/inner && rmdir /sys/fs/cgroup/inner'
	is /sys/fs/cgroup/inner
}

@test "M5 a mount with remount changes the flags of one that is there" {
	mount_entry /mnt tmpfs t
	mount_entry /mnt tmpfs t remount ro
	shows /mnt
	has_option ro
}

@test "hundreds of filesystems in one tmpfs need no more descriptors than a few" {
	config '.mounts += [{ destination: "/many", type: "tmpfs", source: "many" }]
		+ [range(300) | { destination: "/many/\(.)", type: "tmpfs", source: "one" }]'
	script 'grep -c "^one /many/" /proc/mounts'
	run bash -c 'ulimit -n 300; exec "$0" --root "$1" run -b "$2" "$3"' "$ORLOP" "$ROOT" "$BUNDLE" "$ID"
	[ "$status" -eq 0 ]
	[ "$output" = 300 ]
}

@test "a tmpfs with tmpcopyup on the root gives the container a copy of its image, which stays as it was" {
	for d in / // /.; do
		config '.mounts = [{ destination: $d, type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "ro"] },
			(.mounts[] | select(.destination | test("[a-z]"))), { destination: "/made/here", type: "tmpfs", source: "t" }]' --arg d "$d"
		script 'touch /made/here/f; touch /no 2>/dev/null; ls /no 2>/dev/null; grep -c root: /etc/passwd; awk "\$2 == \"/\" { print \$3 }" /proc/mounts'
		ok run "$ID"
		is $'1\ntmpfs'
		gone "$ROOTFS/made"
	done
}

@test "a bind on the root is what the container sees, and what is mounted after it lies in it" {
	cp -a "$ROOTFS" "$T/other"
	echo other >"$T/other/etc/which"
	config '.mounts = [{ destination: "/", type: "bind", source: $s, options: ["rbind"] }, .mounts[]]' --arg s "$T/other"
	run_script 'cat /etc/which; [ -e /proc/self ] && echo proc; ls /dev/null'
	is $'other\nproc\n/dev/null'
	orlop run -d --pid-file "$T/pid" -b "$BUNDLE" "$ID-2" || true
	delete_all
}

@test "a mount over the root needs a mount namespace, and cgroups are not mounted there" {
	config '.mounts += [{ destination: "/", type: "cgroup", source: "cgroup" }]'
	refused create "$ID"
	says "'/' is the root itself: cgroups are not mounted over it"
	nothing_left
}

# ---- what does not fit together ----

@test "a file on a directory and a directory on a file are told with the entry and what is what" {
	mkdir "$T/dir"
	echo x >"$T/file"
	while read -r type source destination options words; do
		config '.mounts = .mounts[0:5] + [{ destination: $d, type: $t, source: $s, options: ($o | split(",")) }]' \
			--arg d "$destination" --arg t "$type" --arg s "$source" --arg o "$options"
		refused create "$ID"
		says "/mounts/5: mount '"
		says "on '$destination': attach to '$destination' $words"
	done <<-END
		none $T/file /etc bind what is not a directory: is a directory
		none $T/dir /etc/passwd bind a directory: not a directory
		tmpfs tmpfs /etc/passwd mode=755 a directory: not a directory
		mqueue mqueue /etc/passwd ro a directory: not a directory
	END
	nothing_left
}

@test "a loop of symbolic links as destination is named as one" {
	ln -s b "$ROOTFS/a"
	ln -s a "$ROOTFS/b"
	mount_entry /a tmpfs tmpfs
	refused create "$ID"
	says "destination '/a': its symbolic links lead in a circle: too many levels of symbolic links"
	nothing_left
}

# ---- options of more than 255 bytes, and many mounts ----

@test "an overlay with a lowerdir, an upperdir or a source of more than 255 bytes, and attributes" {
	long=$T/$(printf 'x%.0s' {1..100})
	mkdir -p "$long/a" "$long/b" "$long/c" "$long/$long/up" "$long/$long/work"
	echo seen >"$long/a/file"
	mount_entry /lower overlay overlay "lowerdir=$long/a:$long/b:$long/c" nosuid ro
	mount_entry /upper overlay "$(printf 's%.0s' {1..300})" "lowerdir=$long/a" "upperdir=$long/$long/up" "workdir=$long/$long/work" nodev
	run_script 'cat /lower/file /upper/file; touch /lower/new 2>/dev/null; touch /upper/new; cut -d" " -f2,4 /proc/mounts | grep er | cut -d, -f1-2'
	is $'seen\nseen\n/lower ro,nosuid\n/upper rw,nodev'
	exists "$long/$long/up/new"
	gone "$T/rootfs/lower/m"
}

@test "an overlay with more than a page of layers, where the kernel takes them one by one" {
	for i in {1..100}; do mkdir -p "$T/layers/a-rather-long-name-of-a-layer-$i"; done
	echo seen >"$T/layers/a-rather-long-name-of-a-layer-100/file"
	lower=$(printf "$T/layers/a-rather-long-name-of-a-layer-%d:" {1..100})
	mount_entry /lower overlay overlay "lowerdir=${lower%:}"
	script 'cat /lower/file'
	run_orlop run "$ID"
	if [ "$status" -eq 0 ]; then
		is seen
	else
		says "/options: the kernel takes 255 bytes for an option, or 4095 for all of them"
		skip "this kernel's overlay has no lowerdir+"
	fi
}

@test "more than a thousand bind mounts under the usual limit of descriptors, which the program gets back" {
	config '.mounts += [range(1500) | { destination: "/f/\(.)", type: "bind", source: "/etc/hostname", options: ["bind", "ro"] }] | del(.process.rlimits)'
	script 'grep -c " /f/" /proc/mounts; ulimit -Sn; ulimit -Hn'
	hard=$(ulimit -Hn)
	[ "$hard" = unlimited ] || [ "$hard" -ge 4096 ] || skip "the hard limit of descriptors is $hard"
	run bash -c 'ulimit -Sn 1024; ulimit -Hn 4096; exec "$0" --root "$1" run -b "$2" "$3"' "$ORLOP" "$ROOT" "$BUNDLE" "$ID"
	[ "$status" -eq 0 ] || complain "$output"
	[ "$output" = $'1500\n1024\n4096' ] || complain "$output"
}

# many_mounts N HARD: a container of N bind mounts, one of them read-write, where the hard limit of descriptors is HARD.
many_mounts() {
	config ".mounts |= map(select(.destination | startswith(\"/f/\") | not)) | .mounts += [range($1) | { destination: \"/f/\(.)\", type: \"bind\", source: \"/etc/hostname\", options: ([[\"bind\", \"ro\"], [\"rbind\", \"rprivate\", \"ro\"], [\"rbind\", \"rslave\", \"ro\"]][. % 3]) }]
		| .mounts[-1].options = [\"bind\"] | del(.process.rlimits)"
	script 'grep -c " /f/" /proc/mounts; grep -c " /f/.* ro," /proc/mounts; cmp /f/0 /f/'$(($1 - 1))'; ulimit -Hn'
	run bash -c 'ulimit -n "$4"; exec "$0" --root "$1" run -b "$2" "$3"' "$ORLOP" "$ROOT" "$BUNDLE" "$ID" "$2"
	[ "$output" = "$1"$'\n'$(($1 - 1))$'\n'"$2" ] || complain "$output"
}

@test "more bind mounts than the hard limit of descriptors" {
	many_mounts 1500 1024
	many_mounts 300 256
}

@test "more bind mounts than the hard limit of descriptors, with a user namespace" {
	user_namespace
	many_mounts 1500 1024
}

@test "what must be the runtime's descriptor is told when the limit has no room for so many" {
	config '.mounts += [range(1500) | { destination: "/f/\(.)", type: "bind", source: "/etc/hostname", options: ["bind", "shared"] }]
		| .linux.rootfsPropagation = "shared" | del(.process.rlimits)'
	run bash -c 'ulimit -n 1024; exec "$0" --root "$1" run -b "$2" "$3"' "$ORLOP" "$ROOT" "$BUNDLE" "$ID"
	[ "$status" -ne 0 ]
	says "the limit of open files (RLIMIT_NOFILE) is too low for so many mounts: raise the hard limit"
	nothing_left
}
