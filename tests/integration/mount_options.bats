# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# What each option of the spec's table does, as the container's mountinfo has it. What it has no word for (atime,
# dev, exec, symfollow, async) is seen by the absence of the contrary word that stood before.

# info PATH: a line of shell that prints "options-of-the-mount propagation options-of-the-filesystem".
info() {
	echo "awk '\$5 == \"$1\" { for (i = 7; \$i != \"-\"; i++) p = p \" \" \$i; l = \$6 p \" \" \$(i + 3); p = \"\" } END { print l }' /proc/self/mountinfo;"
}

# options_give OPTIONS WORD...: a new tmpfs with these options (by commas) has the words, and has not those after a '-'.
options_give() {
	TMPFS+=("$1")
	shift
	WANT+=("$*")
}

# Runs one container with all of them.
check_options() {
	local i text="" line word

	for i in "${!TMPFS[@]}"; do
		IFS=, read -ra options <<<"${TMPFS[i]}"
		mount_entry "/o/$i" tmpfs tmpfs "${options[@]}"
		text+=$(info "/o/$i")
	done
	run_script "$text"
	mapfile -t lines <<<"$output"
	check_lines
}

check_lines() {
	local i word words

	for i in "${!WANT[@]}"; do
		words=,${lines[i]//[ :]/,},
		for word in ${WANT[i]}; do
			case $word in
			-*) [[ "$words" != *",${word#-},"* ]] ;;
			*) [[ "$words" == *",$word,"* ]] ;;
			esac || complain "${TMPFS[i]}: not '$word' in '${lines[i]}'"
		done
	done
}

@test "M5 defaults, and each flag of a new mount alone: ro rw nosuid suid nodev dev noexec exec nosymfollow symfollow" {
	options_give defaults rw -ro -nosuid -nodev -noexec -nosymfollow relatime
	options_give ro ro
	options_give ro,rw rw -ro
	options_give nosuid nosuid rw -nodev -noexec
	options_give nosuid,suid -nosuid
	options_give nodev nodev -nosuid
	options_give nodev,dev -nodev
	options_give noexec noexec -nosuid
	options_give noexec,exec -noexec
	options_give nosymfollow nosymfollow
	options_give nosymfollow,symfollow -nosymfollow
	check_options
}

@test "M5 the times of a new mount: noatime atime nodiratime diratime relatime norelatime strictatime nostrictatime" {
	options_give noatime noatime -relatime
	options_give noatime,atime -noatime
	options_give nodiratime nodiratime relatime
	options_give nodiratime,diratime -nodiratime relatime
	options_give relatime relatime -noatime
	options_give noatime,relatime relatime -noatime
	options_give relatime,norelatime -noatime
	options_give strictatime -relatime -noatime
	options_give strictatime,nostrictatime relatime -noatime
	check_options
}

@test "M5 flags of the filesystem: sync async dirsync lazytime nolazytime" {
	options_give sync sync
	options_give sync,async -sync
	options_give dirsync dirsync -sync
	options_give lazytime lazytime
	options_give lazytime,nolazytime -lazytime
	check_options
}

@test "M5 G2 the kernel shows nothing of mand nomand iversion noiversion loud silent acl noacl: taken" {
	for o in mand nomand iversion noiversion loud silent acl noacl; do
		options_give $o rw
	done
	check_options
}

# A tree of two mounts, both with the option $1; the container binds it recursively with $2.
tree() {
	mkdir -p "$T/tree"
	mount -t tmpfs above "$T/tree"
	mkdir "$T/tree/sub"
	mount -t tmpfs below "$T/tree/sub"
	mount -o "remount,bind,$1" "$T/tree"
	mount -o "remount,bind,$1" "$T/tree/sub"
	mount_entry /m none "$T/tree" rbind "$2"
	script "$(info /m) $(info /m/sub)"
	run_orlop run "$ID"
	umount -R "$T/tree"
	[ "$status" -eq 0 ] || complain "run with $2 ends with $status"
	config '.mounts |= .[:-1]'
	mapfile -t lines <<<"$output"
}

# both WORD...: as options_give, of both mounts.
both() {
	TMPFS=("$option of the upper" "$option of the lower")
	WANT=("$*" "$*")
	check_lines
}

@test "M5 recursive flags are set on every mount: rro rnosuid rnodev rnoexec rnosymfollow rnoatime rnodiratime" {
	for option in rro rnosuid rnodev rnoexec rnosymfollow rnoatime rnodiratime; do
		tree rw $option
		both "${option#r}"
	done
}

@test "M5 recursive flags are cleared on every mount: rrw rsuid rdev rexec rsymfollow rdiratime" {
	for option in rrw:ro rsuid:nosuid rdev:nodev rexec:noexec rsymfollow:nosymfollow rdiratime:nodiratime; do
		before=${option#*:}
		option=${option%:*}
		tree "$before" "$option"
		both "-$before"
	done
}

@test "M5 recursive times: rrelatime rstrictatime ratime rnorelatime rnostrictatime" {
	option=rrelatime
	tree noatime $option
	both relatime -noatime
	option=rstrictatime
	tree relatime $option
	both -relatime -noatime
	option=ratime
	tree noatime $option
	both -noatime
	option=rnorelatime
	tree relatime $option
	both -noatime
	option=rnostrictatime
	tree strictatime $option
	both relatime
}

@test "M5 propagation of one mount: shared slave private unbindable" {
	options_give shared shared
	options_give private -shared -master -unbindable
	options_give unbindable unbindable
	options_give shared,private -shared
	check_options
	mkdir "$T/source"
	mount -t tmpfs in "$T/source"
	mount --make-shared "$T/source"
	mount_entry /slave none "$T/source" bind slave
	script "$(info /slave)"
	run_orlop run "$ID"
	umount "$T/source"
	[ "$status" -eq 0 ]
	[[ "$output" == *master:* && "$output" != *shared:* ]]
}

@test "M5 propagation of a tree: rshared rslave rprivate runbindable" {
	for option in rshared:shared rprivate:-shared runbindable:unbindable; do
		want=${option#*:}
		option=${option%:*}
		tree rw "$option"
		both "$want"
	done
	mkdir -p "$T/source"
	mount -t tmpfs in "$T/source"
	mkdir "$T/source/sub"
	mount -t tmpfs in "$T/source/sub"
	mount --make-rshared "$T/source"
	mount_entry /slave none "$T/source" rbind rslave
	script "$(info /slave) $(info /slave/sub)"
	run_orlop run "$ID"
	umount -R "$T/source"
	[ "$status" -eq 0 ]
	[ "$(grep -c master: <<<"$output")" -eq 2 ]
}

@test "M5 remount with bind changes the flags of that mount alone" {
	mkdir "$T/dir"
	mount_entry /a none "$T/dir" bind
	mount_entry /b none "$T/dir" bind
	mount_entry /b none none remount bind ro nosuid
	run_script "$(info /a) $(info /b)"
	[[ "$(sed -n 1p <<<"$output")" == rw* ]]
	[[ "$(sed -n 2p <<<"$output")" == ro*nosuid* ]]
}

@test "M5 rbind and bind in either order bring the mounts below along, and words about them stay as they were" {
	mkdir -p "$T/tree/sub"
	mount -t tmpfs sub "$T/tree/sub"
	for options in rbind,bind bind,rbind rbind,bind,ro rro,bind,rbind rbind,rprivate,bind,rro; do
		IFS=, read -ra words <<<"$options"
		mount_entry "/o/${#TMPFS[@]}" none "$T/tree" "${words[@]}"
		TMPFS+=("$options")
	done
	run_script "$(for i in 0 1 2 3 4; do info "/o/$i"; info "/o/$i/sub"; done)"
	umount "$T/tree/sub"
	mapfile -t lines < <(cut -d, -f1 <<<"$output")
	[ "${lines[*]}" = 'rw rw rw rw ro rw ro ro ro ro' ]
}

# ---- symbolic links as source or destination: words of crun, which podman hands on ----

@test "M5 copy-symlink makes a link anew that the source is, and binds what is no link" {
	ln -s ../else/where "$T/link"
	echo content >"$T/file"
	mount_entry /made/link none "$T/link" bind copy-symlink
	mount_entry /made/slash/ none "$T/link" bind copy-symlink
	mount_entry /file none "$T/file" bind copy-symlink ro
	run_script 'readlink /made/link; readlink /made/slash; cat /file; grep -c "/made" /proc/mounts; true'
	is $'../else/where\n../else/where\ncontent\n0'
}

@test "M5 copy-symlink over a link of the image: the same one is fine, another one is refused" {
	ln -s aim "$T/link"
	ln -s aim "$ROOTFS/same"
	ln -s other "$ROOTFS/other"
	mount_entry /same none "$T/link" bind copy-symlink
	run_script 'readlink /same'
	is aim
	mount_entry /other none "$T/link" bind copy-symlink
	refused create "$ID"
	says "/mounts/" "on '/other': link 'other' to 'aim': file exists"
}

@test "M5 src-nofollow binds a link itself, dest-nofollow mounts over a link itself" {
	ln -s aim "$T/link"
	echo aimed >"$T/aim"
	ln -s /etc/passwd "$ROOTFS/etc/there"
	mount_entry /etc/there none "$T/link" bind src-nofollow dest-nofollow
	mount_entry /etc/followed none "$T/link" bind
	run_script 'readlink /etc/there; cat /etc/followed; grep -c root: /etc/passwd'
	is $'aim\naimed\n1'
}

@test "M5 dest-nofollow of a place that is no link, or is not there, is as without" {
	mkdir -p "$T/data" && echo seen >"$T/data/file"
	mount_entry /etc/new none "$T/data" bind dest-nofollow
	mount_entry /tmp none "$T/data" bind dest-nofollow
	run_script 'cat /etc/new/file /tmp/file'
	is $'seen\nseen'
}

@test "M5 copy-symlink excludes the other two, and all are for binds" {
	mount_entry /x none "$T" bind copy-symlink src-nofollow
	refused create "$ID"
	says "/options: 'copy-symlink' excludes 'src-nofollow' and 'dest-nofollow'"
	config '.mounts[-1] = { destination: "/x", type: "tmpfs", source: "tmpfs", options: ["src-nofollow"] }'
	run_script true
	says "'src-nofollow' is for bind mounts only: ignored"
}

# ---- remount ----

@test "a remount changes the options of the filesystem too, and only those of the mount with bind" {
	mount_entry /t tmpfs tmpfs size=4m
	mount_entry /t tmpfs tmpfs remount size=1m nosuid
	mount_entry /s tmpfs tmpfs size=4m
	mount_entry /s tmpfs tmpfs remount sync ro
	run_script "$(info /t; info /s)"
	[[ "${output%%$'\n'*}" == *nosuid*size=1024k* ]]
	[[ "${output#*$'\n'}" == ro*sync* ]]
	mount_entry /t tmpfs tmpfs bind remount size=2m
	refused create "$ID"
	says "bind mounts cannot have any filesystem-specific options applied: 'size=2m'"
}

@test "a remount with an option that the filesystem does not take is refused with the mount" {
	mount_entry /t tmpfs tmpfs size=4m
	mount_entry /t tmpfs tmpfs remount nonsense=1
	refused create "$ID"
	says "on '/t': filesystem option 'nonsense=1': invalid argument"
	nothing_left
}

@test "words that only mount(8) and fstab know are passed over in a bind mount, a filesystem's option is not" {
	mkdir -p "$T/source"
	echo there >"$T/source/file"
	mount_entry /mnt bind "$T/source" rbind nofail X-mount.mkdir x-systemd.automount user auto _netdev ro
	args cat /mnt/file
	ok run "$ID"
	[ "$output" = there ]
	config '.mounts[-1].options = ["bind", "size=1m"]'
	fails 1 "bind mounts cannot have any filesystem-specific options applied: 'size=1m'" run "$ID"
}
