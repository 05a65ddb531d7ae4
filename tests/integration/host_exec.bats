# SPDX-License-Identifier: Apache-2.0
# exec --host-exec: a program of the host in a container that does not have it.

load ../lib/orlop

distroless_running() {
	distroless
	ok run -d "$ID"
}

@test "exec --host-exec runs a static program of the host where the image has none" {
	distroless_running
	ok exec --host-exec "$T/busybox" "$ID" ls /
	says sleep
	# Its arguments are those after the id, the options of others among them.
	ok exec --host-exec "$T/busybox" "$ID" sh -c 'echo "$0 $1"; exit 0' a b
	is "a b"
	run_orlop exec --host-exec "$T/busybox" "$ID" sh -c 'exit 7'
	[ "$status" -eq 7 ] || complain "the program's status"
}

@test "exec --host-exec gives the container a sealed copy, and nothing of the host's file" {
	distroless_running
	ok exec -d --pid-file "$T/pid" --host-exec "$T/busybox" "$ID" sleep 1000
	[[ "$(readlink "/proc/$(cat "$T/pid")/exe")" == /memfd:busybox* ]]
	# Whoever opens it as the container's root can neither write to it nor find the host's file by it.
	[ "$(stat -L -c %d:%i "/proc/$(cat "$T/pid")/exe")" != "$(stat -c %d:%i "$T/busybox")" ]
	refute sh -c "exec 3>>/proc/$(cat "$T/pid")/exe"
	cmp "$T/busybox" "/proc/$(cat "$T/pid")/exe"
}

@test "exec --host-exec leaves no descriptor to the program, and --pass-fd goes with it" {
	distroless_running
	echo content >"$T/file"
	run_orlop exec --host-exec "$T/busybox" "$ID" sh -c 'ls -l /proc/self/fd | grep -c -e memfd -e "socket:"'
	is 0
	run_orlop exec --pass-fd 9:4 --host-exec "$T/busybox" "$ID" sh -c 'cat <&4; ls /proc/self/fd' 9<"$T/file"
	[ "$status" -eq 0 ] || complain "--pass-fd with --host-exec"
	says content
}

@test "exec --host-exec has the container's rights, user, cgroup and namespaces" {
	distroless_running
	ok exec --user 1000:1000 --host-exec "$T/busybox" "$ID" sh -c 'id -u; grep CapEff /proc/self/status; readlink /proc/self/ns/pid; cat /proc/self/cgroup'
	says 1000
	says "CapEff:	0000000000000000"
	says "$(readlink "/proc/$(pid_of)/ns/pid")"
}

@test "exec --host-exec refuses a script, a file that is no program, a folder, and what cannot be executed" {
	distroless_running
	printf '#!/bin/sh\necho no\n' >"$T/script"
	echo text >"$T/text"
	cp "$T/busybox" "$T/plain"
	chmod 755 "$T/script" "$T/text"
	chmod 644 "$T/plain"
	fails 255 "a script: name its interpreter" exec --host-exec "$T/script" "$ID"
	fails 255 "not an ELF program" exec --host-exec "$T/text" "$ID"
	fails 255 "not a regular file" exec --host-exec "$T" "$ID"
	fails 255 "it has no execute bit" exec --host-exec "$T/plain" "$ID"
	fails 255 "no such file or directory" exec --host-exec "$T/none" "$ID"
	printf '\x7fELF\x02\x01\x01' | cat - <(head -c 57 /dev/zero) >"$T/other"
	chmod 755 "$T/other"
	fails 255 "a program for another architecture" exec --host-exec "$T/other" "$ID"
	fails 255 "--process and --host-exec exclude each other" exec --process x --host-exec "$T/busybox" "$ID"
}

@test "exec --host-exec says which loader a dynamic program misses" {
	distroless_running
	LC_ALL=C grep -qa ld-linux /usr/bin/env || skip "no dynamic program on this host"
	run_orlop exec --host-exec /usr/bin/env "$ID"
	[ "$status" -eq 255 ]
	[[ "$errors" == *"it is a dynamic program, and the container has no loader '/lib"* ]] || complain "the loader"
}

@test "exec --host-exec works with a user namespace, and loads the container's filter" {
	user_namespace
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }] }'
	distroless_running
	ok exec --host-exec "$T/busybox" "$ID" sh -c 'id -u; mkdir /tmp/x 2>/dev/null || echo forbidden'
	is "0
forbidden"
}

@test "exec --host-exec under a filter that denies execveat says what was denied, and nothing runs" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["execveat"], action: "SCMP_ACT_ERRNO" }] }'
	distroless_running
	fails 255 "operation not permitted (a program of the host is run by execveat: allow that in the config's seccomp, or look at its LSM label)" exec --host-exec "$T/busybox" "$ID" sh -c 'touch /ran'
	refute test -e "$ROOTFS/ran"
	ok exec "$ID" /sleep 0
	has_status running
}

@test "exec --host-exec under a filter that kills for execveat ends with an error, and the container goes on" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["execveat"], action: "SCMP_ACT_KILL_PROCESS" }] }'
	distroless_running
	fails 255 "/linux/seccomp: the seccomp filter killed" exec --host-exec "$T/busybox" "$ID" sh -c 'touch /ran'
	refute test -e "$ROOTFS/ran"
	has_status running
}
