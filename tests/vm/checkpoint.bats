# SPDX-License-Identifier: Apache-2.0
#
# What needs more of CRIU than every kernel gives: memory tracking (CONFIG_MEM_SOFT_DIRTY), userfaultfd(2) and the repair
# of TCP connections. Debian's kernel has all of it.
load ../lib/orlop
load ../lib/criu
load ../lib/checkpoint

LIMIT=200

setup_file() {
	criu_setup
}

setup() {
	checkpoint_begin
}

@test "a container goes on after checkpoint and restore where it was, on this kernel too" {
	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	checkpoint
	nothing_left
	restore
	counts
}

@test "memory is written by --pre-dump while the container runs, and only the rest of it by the checkpoint" {
	script 'dd if=/dev/urandom of=/dev/shm/big bs=1M count=16 2>/dev/null; i=0; while :; do i=$((i + 1)); echo $i >/tmp/new; mv /tmp/new /tmp/n; sleep 0.05; done'
	detached
	eventually exists "$ROOTFS/tmp/n"
	ok checkpoint --pre-dump --image-path "$T/pre" --work-path "$W" "$ID"
	counts
	checkpoint --parent-path ../pre
	[ -L "$I/parent" ]
	nothing_left
	restore
	counts
	ok exec "$ID" sh -c 'wc -c </dev/shm/big'
	says 16777216
}

@test "with --lazy-pages the memory is fetched after the restore, and the checkpoint ends when all has been" {
	local port=9978 dump before

	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	mkfifo "$T/status"
	exec 5<>"$T/status"
	background dump "$ORLOP" --root "$ROOT" checkpoint --lazy-pages --page-server "127.0.0.1:$port" --status-fd 5 --image-path "$I" --work-path "$W" "$ID"
	dump=$BG
	[ "$(timeout 60 head -c 1 <&5 | od -An -tx1 | tr -d ' ')" = 00 ]
	before=$(count)
	background pages criu lazy-pages --page-server --address 127.0.0.1 --port "$port" -D "$I" -W "$T" -o lazy.log
	eventually exists "$T/lazy-pages.socket"
	# The first one holds its name and its cgroup until its memory is gone.
	config ".linux.cgroupsPath = \"/$ID-2\""
	orlop restore -d --lazy-pages --image-path "$I" --work-path "$T" --bundle "$BUNDLE" "$ID-2" </dev/null >"$T/stdout" 2>"$T/stderr"
	eventually counts_beyond "$before"
	wait "$dump"
	ok delete -f "$ID-2"
	exec 5>&-
}

@test "an established TCP connection of the container's own network goes on with --tcp-established" {
	local before

	script '(while :; do echo x; sleep 0.05; done) | nc -l -p 99 >/dev/null &
		until netstat -tln | grep -q :99; do sleep 0.1; done
		sleep 1000 | nc 127.0.0.1 99 >/tmp/got'
	detached
	eventually test -s "$ROOTFS/tmp/got"
	refute checkpoint
	says "--tcp-established"
	checkpoint --tcp-established
	before=$(stat -c %s "$ROOTFS/tmp/got")
	restore --tcp-established
	eventually grows "$ROOTFS/tmp/got" "$before"
}

grows() { # FILE BEYOND
	[ "$(stat -c %s "$1")" -gt "$2" ]
}
