# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# rule ACTION JSON-MEMBERS NAME...: one rule on top of a profile that allows all else.
rule() {
	local action=$1 more=$2

	shift 2
	config '.linux.seccomp //= { defaultAction: "SCMP_ACT_ALLOW" }
		| .linux.seccomp.syscalls += [{ names: $n, action: $a } + $m]' \
		--arg a "$action" --argjson m "$more" --argjson n "$(json_array "$@")"
}

@test "L16 ERRNO fails the call with EPERM, or with the errno that is given" {
	rule SCMP_ACT_ERRNO '{}' mkdir mkdirat
	script 'mkdir /tmp/x'
	run_orlop run "$ID"
	[ "$status" -eq 1 ]
	says "Operation not permitted"
	config '.linux.seccomp.syscalls[0].errnoRet = 28'
	run_orlop run "$ID"
	says "No space left on device"
}

@test "L16 a rule without names applies to nothing, and is warned of" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: [], action: "SCMP_ACT_KILL" }] }'
	script 'echo alive'
	ok run "$ID"
	says "a rule of seccomp has no names, and so applies to no system call"
	says alive
}

@test "L16 KILL, KILL_PROCESS, KILL_THREAD and TRAP end the process with SIGSYS" {
	for a in KILL KILL_PROCESS KILL_THREAD TRAP; do
		config 'del(.linux.seccomp)'
		rule SCMP_ACT_$a '{}' mkdir mkdirat
		script 'mkdir /tmp/x; echo "status $?"'
		ok run "$ID"
		says "status 159"
	done
}

@test "L16 LOG and ALLOW let the call pass" {
	for a in LOG ALLOW; do
		config 'del(.linux.seccomp)'
		rule SCMP_ACT_$a '{}' mkdir mkdirat
		run_script "mkdir /tmp/$a"
		[ -d "$ROOTFS/tmp/$a" ]
	done
}

@test "L16 TRACE without a tracer fails with ENOSYS" {
	rule SCMP_ACT_TRACE '{}' mkdir mkdirat
	script 'mkdir /tmp/x'
	run_orlop run "$ID"
	says "Function not implemented"
}

@test "L16 an argument is compared: EQ" {
	[ "$(uname -m)" = x86_64 ] || skip "written for chmod(2) of x86_64"
	rule SCMP_ACT_ERRNO '{ "errnoRet": 28, "args": [{ "index": 1, "value": 448, "op": "SCMP_CMP_EQ" }] }' chmod
	script 'touch /tmp/f; chmod 0600 /tmp/f && echo fine; chmod 0700 /tmp/f || echo refused'
	ok run "$ID"
	is $'fine\nrefused'
}

@test "L16 every comparison: NE LT LE EQ GE GT MASKED_EQ" {
	[ "$(uname -m)" = x86_64 ] || skip "written for chmod(2) of x86_64"
	# For each operator with the value 0400 (256): a mode that it meets and one that it does not.
	while read -r op value two yes no; do
		config 'del(.linux.seccomp)'
		rule SCMP_ACT_ERRNO "{ \"args\": [{ \"index\": 1, \"value\": $value, \"valueTwo\": $two, \"op\": \"SCMP_CMP_$op\" }] }" chmod
		script "touch /tmp/f; chmod $yes /tmp/f 2>/dev/null && echo $op passed $yes; chmod $no /tmp/f || echo $op refused $no; :"
		ok run "$ID"
		is ""
	done <<-EOF
	NE 256 0 0500 0400
	LT 256 0 0300 0400
	LE 256 0 0400 0500
	EQ 256 0 0400 0500
	GE 256 0 0400 0300
	GT 256 0 0500 0400
	MASKED_EQ 448 256 0417 0517
	EOF
}

@test "L16 several conditions of one rule must all hold" {
	rule SCMP_ACT_ERRNO '{ "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_EQ" },
		{ "index": 1, "value": 18, "op": "SCMP_CMP_EQ" }] }' kill
	script 'sleep 5 & kill -CONT $! && echo other pid; kill -WINCH 1 && echo other signal; kill -CONT 1 || echo refused'
	ok run "$ID"
	is $'other pid\nother signal\nrefused'
}

@test "L11 L12 a denying default with a list of allowed calls runs, and gives defaultErrnoRet" {
	# All calls that the host knows, but for those of mkdir.
	names=$(ausyscall --dump 2>/dev/null | awk 'NR > 1 { print $2 }')
	[ -n "$names" ] || names=$(sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/\1/p' \
		/usr/include/*/asm/unistd_64.h /usr/include/asm-generic/unistd.h 2>/dev/null | sort -u)
	[ -n "$names" ] || skip "no list of system calls on this host"
	allowed=$(grep -vE '^(mkdir|mkdirat)$' <<<"$names" | jq -R . | jq -s -c .)
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 28,
		syscalls: [{ names: $n, action: "SCMP_ACT_ALLOW" }] }' --argjson n "$allowed"
	script 'echo alive; mkdir /tmp/x'
	run_orlop run "$ID"
	says alive
	says "No space left on device"
}

@test "a call that is newer than the profile gives ENOSYS, not EPERM, so that programs can fall back" {
	needs_probe
	[ "$(uname -m)" = x86_64 ] || skip "the numbers are those of x86_64"
	names='["execve", "exit", "exit_group", "write", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq",
		"prlimit64", "readlink", "readlinkat", "getrandom", "mprotect", "newfstatat", "fstat", "openat2", "clone3"]'
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names: $n, action: "SCMP_ACT_ALLOW" }] }' \
		--argjson n "$names"
	# 39 is getpid: old, and not in the list. 462 is mseal of Linux 6.10.
	args /bin/probe syscall 39
	ok run "$ID"
	is "errno 1"
	args /bin/probe syscall 462
	ok run "$ID"
	is "errno 38"
}

@test "L13 the architectures are taken" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW",
		architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"] }'
	rule SCMP_ACT_ERRNO '{}' mkdir mkdirat
	script 'mkdir /tmp/x || echo refused'
	ok run "$ID"
	is refused
}

@test "L14 the flags LOG and SPEC_ALLOW are taken, an unknown one is refused" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW",
		flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"] }'
	rule SCMP_ACT_ERRNO '{}' mkdir mkdirat
	ok run "$ID"
	config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_MADE_UP"]'
	refused run "$ID"
	says MADE_UP
	nothing_left
}

@test "L16 a call that no kernel has is passed over in the list" {
	rule SCMP_ACT_ERRNO '{}' made_up_call mkdir mkdirat
	script 'mkdir /tmp/x || echo refused'
	ok run "$ID"
	is refused
}

@test "G3 L13 L16 unknown actions, operators and architectures are refused" {
	rule SCMP_ACT_MADE_UP '{}' mkdir
	refused run "$ID"
	says SCMP_ACT_MADE_UP
	config 'del(.linux.seccomp)'
	rule SCMP_ACT_ERRNO '{ "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_MADE_UP" }] }' mkdir
	refused run "$ID"
	says SCMP_CMP_MADE_UP
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_MADE_UP"] }'
	refused run "$ID"
	says SCMP_ARCH_MADE_UP
	nothing_left
}

@test "L12 L16 an errno with an action that has none is refused" {
	rule SCMP_ACT_KILL '{ "errnoRet": 5 }' mkdir
	refused run "$ID"
	says "/errnoRet: 'SCMP_ACT_KILL' returns no errno"
	nothing_left
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", defaultErrnoRet: 5 }'
	refused run "$ID"
	says "/linux/seccomp/defaultErrnoRet: 'SCMP_ACT_ALLOW' returns no errno"
	nothing_left
}

@test "L11 P12 the filter is in force, with and without noNewPrivileges" {
	rule SCMP_ACT_ERRNO '{}' mkdir mkdirat
	for nnp in true false; do
		config ".process.noNewPrivileges = $nnp"
		run_script 'grep "^Seccomp:" /proc/self/status'
		is $'Seccomp:\t2'
	done
}

@test "X8 the runtime itself makes no call under the filter but execve" {
	# What it does between the load of the filter and the program must not depend on the profile.
	rule SCMP_ACT_KILL '{}' getcwd chdir fchdir capset capget setresuid setresgid setgroups mount openat2 \
		sendmsg recvmsg close_range umask setsid dup3 readlinkat fstatfs
	args busybox true
	ok run "$ID"
}

agent() { # ERRNO
	background agent $PYTHON "$LIB/seccomp_agent.py" "$T/agent" "$T/agent.state" "$1"
	eventually exists "$T/agent"
	config '.linux.seccomp //= { defaultAction: "SCMP_ACT_ALLOW" }
		| .linux.seccomp += { listenerPath: $p, listenerMetadata: "hello" }' --arg p "$T/agent"
}

@test "L15 NOTIFY asks the agent at listenerPath, which gets one state and one descriptor" {
	agent 28
	rule SCMP_ACT_NOTIFY '{}' mkdir mkdirat
	script 'mkdir /tmp/x'
	run_orlop run "$ID"
	[ "$status" -eq 1 ]
	says "No space left on device"
	[ "$(jq -r .fdCount "$T/agent.state")" = 1 ]
	[ "$(jq -r '.fds[0]' "$T/agent.state")" = seccompFd ]
	[ "$(jq -r .metadata "$T/agent.state")" = hello ]
	[ "$(jq -r .state.id "$T/agent.state")" = "$ID" ]
	[ "$(jq -r .state.bundle "$T/agent.state")" = "$BUNDLE" ]
	[ "$(jq '.pid > 0 and .state.pid > 0 and (.ociVersion | startswith("1."))' "$T/agent.state")" = true ]
}

@test "L15 the agent may let calls go on, also those the program's start needs" {
	agent 0
	rule SCMP_ACT_NOTIFY '{}' mkdir mkdirat execve open openat
	script 'mkdir /tmp/x && echo made'
	ok run "$ID"
	is made
}

@test "L15 exec's process has a listener of its own" {
	agent 28
	rule SCMP_ACT_NOTIFY '{}' mkdir mkdirat
	start_sleeper
	rm "$T/agent" "$T/agent.state"
	background agent2 $PYTHON "$LIB/seccomp_agent.py" "$T/agent" "$T/agent.state2" 17
	eventually exists "$T/agent"
	run_orlop exec "$ID" mkdir /tmp/x
	says "File exists"
	echo "# $(cat "$T/agent.state2")"
	[ "$(jq -r .state.status "$T/agent.state2")" = running ]
}

@test "L15 --preserve-fds and a listener: the program sees its descriptor" {
	agent 28
	rule SCMP_ACT_NOTIFY '{}' mkdir mkdirat
	echo three >"$T/three"
	script 'cat <&3; mkdir /tmp/x'
	status=0
	ORLOP_TEST_ID=$ID "$ORLOP" --root "$ROOT" run --preserve-fds 1 "$ID" >"$T/stdout" 2>"$T/stderr" 3<"$T/three" || status=$?
	[ "$status" -eq 1 ]
	[ "$(<"$T/stdout")" = three ]
	grep "No space left on device" "$T/stderr"
}

@test "L15 an agent that nobody runs fails the start and leaves nothing" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerPath: $p }' --arg p "$T/nobody"
	rule SCMP_ACT_NOTIFY '{}' mkdir mkdirat
	refused run "$ID"
	says "/linux/seccomp/listenerPath: connect to socket"
	nothing_left
}

@test "L15 listenerPath without NOTIFY is ignored, metadata without a path is refused" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerPath: $p }' --arg p "$T/nobody"
	ok run "$ID"
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerMetadata: "x" }'
	rule SCMP_ACT_NOTIFY '{}' mkdir mkdirat
	refused run "$ID"
	says "'listenerMetadata' without 'listenerPath'"
	nothing_left
}

@test "L15 NOTIFY on write is refused in words" {
	agent 0
	rule SCMP_ACT_NOTIFY '{}' write
	refused run "$ID"
	says write
	nothing_left
}

@test "a filter that denies everything is told, and init does not run for ever" {
	local how

	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ERRNO" }'
	for how in "" --init; do
		fails 1 "neither execute the program nor say why" run $how "$ID"
		nothing_left
	done
}
