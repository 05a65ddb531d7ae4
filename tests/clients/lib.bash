# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# What the client scripts share. A script NAME sources this file and calls
#   client_main NAME "TOOL..." "$@"
# which runs the script's own inside() as root in mount, pid and network namespaces of its own, with
#   RUNTIME     the runtime's absolute path
#   WORK        an empty folder, removed in the end
#   WORK_ID     a number that marks what this run makes
#   QUICK       'quick' or nothing
#   VIEW        host; v2 for a pure cgroup2 view; systemd where systemd makes the cgroups
# Every process that is left ends with the pid namespace; mounts, bridges and firewall rules with theirs. systemd does
# not know the processes of another pid namespace: with it the machine is the caller's, and a throw-away one.

CLIENTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PASSED=0
FAILED=0
SKIPPED=0

# check NAME COMMAND...: one line; what the command said is shown when it fails.
check() {
	local name=$1 out

	shift
	if out=$("$@" 2>&1 </dev/null); then
		PASSED=$((PASSED + 1))
		echo "ok $((PASSED + FAILED + SKIPPED)) $name"
	else
		FAILED=$((FAILED + 1))
		echo "not ok $((PASSED + FAILED + SKIPPED)) $name"
		tail -n 20 <<<"$out" | cut -c1-600 | sed 's/^/# /'
	fi
}

skip() { # NAME REASON
	SKIPPED=$((SKIPPED + 1))
	echo "ok $((PASSED + FAILED + SKIPPED)) $1 # skip $2"
}

# check_if COMMAND REASON NAME COMMAND...: a check, or a skip for the reason when the first command fails.
check_if() {
	local condition=$1 reason=$2

	shift 2
	if eval "$condition" >/dev/null 2>&1; then
		check "$@"
	else
		skip "$1" "$reason"
	fi
}

says() { # TEXT COMMAND...
	local text=$1 out status=0

	shift
	out=$("$@" 2>&1) || status=$?
	[[ "$out" == *"$text"* ]] || { echo "$out"; echo "'$text' is not said, status $status"; return 1; }
}

never_says() { # TEXT COMMAND...
	local text=$1 out

	shift
	out=$("$@" 2>&1) || { echo "$out"; return 1; }
	echo "$out"
	[[ "$out" != *"$text"* ]]
}

# prints TEXT COMMAND...: the command succeeds and its standard output is exactly this.
prints() {
	local text=$1 out

	shift
	out=$("$@") || { echo "status $?, stdout: $out"; return 1; }
	[ "$out" = "$text" ] || { echo "stdout '$out', not '$text'"; return 1; }
}

ends_with() { # STATUS COMMAND...
	local want=$1 status=0

	shift
	"$@" || status=$?
	[ "$status" -eq "$want" ] || { echo "status $status, not $want"; return 1; }
}

# fails STATUS TEXT COMMAND...: both of the above, for errors that clients match.
fails() {
	local want=$1 text=$2 status=0 out

	shift 2
	out=$("$@" 2>&1) || status=$?
	echo "$out"
	[ "$status" -eq "$want" ] || { echo "status $status, not $want"; return 1; }
	[[ "$out" == *"$text"* ]] || { echo "'$text' is not said"; return 1; }
}

eventually() { # COMMAND...: true within 30 seconds
	local end=$((SECONDS + 30))

	while [ "$SECONDS" -lt "$end" ]; do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	echo "never became true: $*"
	"$@"
}

# For a container: which terminal it has. containerd's shim now and then loses what is said on a terminal right before
# the end (1 of 160 with runc, 5 of 150 with a faster runtime, on a busy machine); so the end comes later.
TTY='tty; sleep 1'

# on_terminal WORD...: the command with a terminal as its standard streams. script(1) starts it by $SHELL, and no other
# shell than bash passes bash's functions on.
on_terminal() {
	local line

	printf -v line '%q ' "$@"
	SHELL=$BASH script -qec "$line" /dev/null </dev/null | tr -d '\r'
	return "${PIPESTATUS[0]}"
}

# split OPTION... -- WORD...: into OPTIONS and REST.
split() {
	OPTIONS=()
	while [ "$1" != -- ]; do
		OPTIONS+=("$1")
		shift
	done
	shift
	REST=("$@")
}

has_controller() {
	[ -d "/sys/fs/cgroup/$1" ] || grep -qsw "$1" /sys/fs/cgroup/cgroup.controllers
}

# knob CONTROLLER V1-FILE V2-FILE: a shell text for inside a container that prints the value of its cgroup's knob,
# wherever the cgroup lies in the container's view.
knob() {
	if [ -d "/sys/fs/cgroup/$1" ]; then
		echo "cat /sys/fs/cgroup/$1/$2"
	else
		echo "cat /sys/fs/cgroup/$3"
	fi
}

# knob_of PID CONTROLLER V1-FILE V2-FILE: prints the value of the knob of that process's cgroup, from outside.
knob_of() {
	local path

	if [ -d "/sys/fs/cgroup/$2" ]; then
		path=$(awk -F: -v c="$2" '$2 ~ "(^|,)" c "(,|$)" { print $3 }' "/proc/$1/cgroup")
		cat "/sys/fs/cgroup/$2$path/$3"
	else
		path=$(sed -n 's/^0:://p' "/proc/$1/cgroup")
		cat "/sys/fs/cgroup$path/$4"
	fi
}

block_device() {
	lsblk -dnpo NAME | head -n 1
}

can_throttle() {
	[ -e /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device ] && [ -b "$(block_device)" ]
}

# The processes that these scripts start in containers all sleep this long.
no_processes() {
	eventually refute pgrep -fa '^sleep 100[0-9]'
}

refute() {
	! "$@"
}

no_cgroups() { # PATTERN
	[ -z "$(find /sys/fs/cgroup -type d \( -fstype cgroup -o -fstype cgroup2 \) -path "*$1*" | tee /dev/stderr)" ]
}

remove_cgroups() { # PATTERN
	find /sys/fs/cgroup -depth -type d -path "*$1*" -exec rmdir {} \; 2>/dev/null
}

# no_state DIRECTORY: the runtime keeps nothing there.
no_state() {
	[ -z "$(ls -A "$1" 2>/dev/null | tee /dev/stderr)" ]
}

# image_tar FILE: the layer of the image that every client imports.
image_tar() {
	# shellcheck source=tests/lib/rootfs.bash
	. "$CLIENTS/../lib/rootfs.bash"
	make_rootfs "$WORK/rootfs" || return 1
	echo 'not a program' >"$WORK/rootfs/plain-file"
	mkdir -p "$WORK/rootfs/run" "$WORK/rootfs/home/user" "$WORK/rootfs/usr/local/bin"
	printf '%s\n' '#!/bin/sh' 'exec sleep 1003' >"$WORK/rootfs/usr/local/bin/infra"
	chmod 755 "$WORK/rootfs/usr/local/bin/infra"
	tar -C "$WORK/rootfs" -cf "$1" --numeric-owner --owner 0 --group 0 .
}

# A profile whose mkdir(2) is "File too large".
seccomp_profile() {
	cat >"$WORK/seccomp.json" <<-END
	{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 27}]}
	END
}

# One view of cgroups for the whole script. crun refuses a hybrid host: for the comparison it sees pure v1.
set_view() {
	if [ "$VIEW" = v2 ]; then
		"$CLIENTS/../lib/pure-v2" "$WORK" || return 1
	elif [ "${RUNTIME##*/}" = crun ] && mountpoint -q /sys/fs/cgroup/unified; then
		umount -l /sys/fs/cgroup/unified && mount -t tmpfs hidden /sys/fs/cgroup/unified || return 1
	fi
}

# MANAGER, who makes the cgroups, as engines name it, and PARENT, the cgroup below which they put containers.
set_manager() {
	MANAGER=cgroupfs
	PARENT=/orlop-test-$WORK_ID
	if [ "$VIEW" = systemd ]; then
		MANAGER=systemd
		PARENT=orloptest$WORK_ID.slice
	fi
}

finish() {
	echo "1..$((PASSED + FAILED + SKIPPED))"
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[ "$FAILED" -eq 0 ]
}

prepare_namespaces() {
	[ "$VIEW" != systemd ] || return 0
	mount --make-rprivate / || return 1
	mount -t tmpfs -o mode=755 run /run || return 1
	mkdir -p /run/lock
	ip link set lo up || return 1
	set_view
}

skip_all() { # NAME REASON
	echo "ok 1 $1 client # skip $2"
	echo "1..1"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}

client_usage() {
	echo "usage: $1 RUNTIME [--quick] [--v2 | --systemd]"
	sed -n '4,/^[^#]/s/^# \{0,1\}//p' "$CLIENTS/$1"
	exit "$2"
}

client_main() { # NAME TOOLS ARG...
	local name=$1 tools=$2 tool status

	shift 2
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin
	[ "${1-}" != --inside ] || { prepare_namespaces || exit 1; inside; exit; }
	QUICK='' VIEW=host RUNTIME=''
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help) client_usage "$name" 0 ;;
		--quick) QUICK=quick ;;
		--v2) VIEW=v2 ;;
		--systemd) VIEW=systemd ;;
		-*) client_usage "$name" 1 >&2 ;;
		*) RUNTIME=$(readlink -f "$1") ;;
		esac
		shift
	done
	[ -n "$RUNTIME" ] || client_usage "$name" 1 >&2
	[ -x "$RUNTIME" ] || { echo "$name: no runtime '$RUNTIME'" >&2; exit 1; }
	[ "$(id -u)" -eq 0 ] || { echo "$name: needs root" >&2; exit 1; }
	for tool in $tools; do
		command -v "$tool" >/dev/null || skip_all "$name" "$tool is not installed"
	done
	WORK=$(mktemp -d "/tmp/orlop-$name.XXXXXX")
	chmod 755 "$WORK"
	WORK_ID=$$
	export RUNTIME VIEW QUICK WORK WORK_ID
	if [ "$VIEW" = systemd ]; then
		# The machine's root is an overlay, on which an engine cannot put another one.
		mount -t tmpfs -o mode=755 work "$WORK" || exit 1
		"$BASH" "$CLIENTS/$name" --inside
	else
		unshare --mount --pid --net --ipc --fork --kill-child --mount-proc --propagation private -- \
			"$BASH" "$CLIENTS/$name" --inside
	fi
	status=$?
	[ "$VIEW" != systemd ] || umount -l "$WORK"
	remove_cgroups "/orlop-test-$WORK_ID"
	rm -rf --one-file-system "$WORK"
	exit $status
}
