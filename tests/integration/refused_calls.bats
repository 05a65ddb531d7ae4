# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# A kernel that is too old, or a seccomp filter around the runtime: each message names the call that is refused.

setup() {
	test_begin
	args echo fine
}

@test "a create whose system call a seccomp filter forbids names the call" {
	for call in clone3 openat2 open_tree move_mount fsopen fsconfig fsmount mount_setattr; do
		for errno in EPERM ENOSYS; do
			under $call=$errno run "$ID"
			if [ "$status" = 0 ]; then
				is fine
				continue
			fi
			[ "$status" = 1 ]
			[[ "$errors" == *"(a seccomp filter around this process forbids $call)"* ]] ||
				complain "$call $errno: $errors"
			nothing_left
		done
	done
}

@test "where several are forbidden, all of them are named" {
	under open_tree=EPERM,fsopen=EPERM,mount_setattr=ENOSYS run "$ID"
	[ "$status" = 1 ]
	says "(a seccomp filter around this process forbids open_tree, fsopen, mount_setattr)"
}

@test "pidfd_open and pidfd_send_signal are named too" {
	start_sleeper
	for call in pidfd_open pidfd_send_signal; do
		under $call=EPERM kill "$ID" 0
		[ "$status" = 0 ] || says "forbids $call"
	done
	under pidfd_open=EPERM state "$ID"
	[ "$status" = 1 ]
	says "forbids pidfd_open"
}

@test "an ordinary refusal blames no filter" {
	config '.process.args = ["/etc"]'
	under faccessat2=EPERM run "$ID"
	refute says "seccomp filter around"
	no_namespace ipc
	config '.linux.sysctl = { "kernel.msgmax": "1" }'
	fails 1 'not allowed in host ipc namespace' run "$ID"
	refute says "seccomp filter around"
}

@test "close_range, its flag, and faccessat2 have ways around: nothing of the caller's gets in" {
	script 'echo fine; ls /proc/self/fd | tr "\n" " "'
	ok run "$ID"
	want=$output
	for calls in close_range=EPERM close_range=ENOSYS close_range_cloexec=EINVAL faccessat2=EPERM faccessat2=ENOSYS \
		close_range=EPERM,faccessat2=EPERM; do
		exec 19</etc/passwd
		under $calls run "$ID"
		exec 19<&-
		[ "$status" = 0 ] || complain "$calls: $errors"
		is "$want"
		under $calls run --init "$ID"
		is "$want"
	done
	start_sleeper
	under close_range=EPERM,faccessat2=EPERM exec "$ID" sh -c 'ls /proc/self/fd | tr "\n" " "'
	[ "$output" = "${want#fine$'\n'}" ] || complain "in exec: $output, not $want: $errors"
	ok delete --force "$ID"
	args /nothere
	under faccessat2=EPERM run "$ID"
	[ "$status" = 1 ]
	says 'exec: "/nothere": stat /nothere: no such file or directory'
}

@test "features and validate know" {
	under open_tree=EPERM,faccessat2=ENOSYS features
	[ "$(jq -r '.annotations["org.orlop.refusedSystemCalls"]' <<<"$output")" = "open_tree faccessat2" ]
	under open_tree=EPERM,faccessat2=ENOSYS validate "$BUNDLE"
	[ "$status" = 1 ]
	says "error: no container can be made here: a seccomp filter around this process forbids open_tree [host]"
	ok features
	[ "$(jq -r '.annotations["org.orlop.refusedSystemCalls"]' <<<"$output")" = "" ]
}
