# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# Makes a busybox root filesystem in DIR from the host's static busybox: no network, no package of its own.
make_rootfs() {
	local dir=$1 busybox applet

	busybox=$(command -v busybox) || { echo "busybox is not installed (apt-get install busybox-static)" >&2; return 1; }
	mkdir -p "$dir"/{bin,dev,etc,home,proc,root,sbin,sys,tmp,usr/bin,usr/sbin,var}
	chmod 1777 "$dir/tmp"
	cp -L "$busybox" "$dir/bin/busybox"
	while read -r applet; do
		[ "$applet" = busybox ] || ln -sf busybox "$dir/bin/$applet"
	done < <("$busybox" --list)
	printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'user:x:1000:1000:user:/home/user:/bin/sh' >"$dir/etc/passwd"
	printf '%s\n' 'root:x:0:' 'tty:x:5:' 'user:x:1000:' >"$dir/etc/group"
}

# place_runtime FILE DIR: prints the path of a copy, with the helpers that lie beside it. An ordinary user has no way to a
# tree that lies below root's home.
place_runtime() {
	mkdir -p "$2" && cp -p "$1" "$2/" || return 1
	cp -p "${1%/*}"/orlop-{systemd,criu} "$2/" 2>/dev/null
	echo "$2/${1##*/}"
}
