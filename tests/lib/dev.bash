# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# A /dev of its own in DIR. The nodes are made anew: some runtimes change the owner of the ones that they find.
make_dev() { # DIR
	local node

	mount -t tmpfs -o mode=755 dev "$1"
	mkdir "$1/pts" "$1/shm" "$1/mqueue" "$1/net"
	for node in null zero full random urandom tty fuse kmsg loop-control net/tun $(lsblk -dnpo NAME 2>/dev/null); do
		node=${node#/dev/}
		[ ! -e "/dev/$node" ] || cp -a "/dev/$node" "$1/$node"
	done
	mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$1/pts"
	mount -t tmpfs -o mode=1777 shm "$1/shm"
	mount -t mqueue mqueue "$1/mqueue"
	ln -s pts/ptmx "$1/ptmx"
	ln -s /proc/self/fd "$1/fd"
	for node in 0:stdin 1:stdout 2:stderr; do ln -s "fd/${node%:*}" "$1/${node#*:}"; done
}
