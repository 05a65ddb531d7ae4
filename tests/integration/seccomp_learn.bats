# SPDX-License-Identifier: Apache-2.0
# The smallest profile that a run needs: 'run --seccomp-learn', 'seccomp report'.

load ../lib/orlop

learn() { # [ARG...]
	ok run --seccomp-learn "$T/learned.json" "$@" "$ID"
}

# The container's config gets what was learned.
use_learned() {
	config '.linux.seccomp = $s[0]' --slurpfile s "$T/learned.json"
}

names() {
	jq -r '.syscalls[].names[]' "$T/learned.json"
}

call() { # NAME [ARCHITECTURE]
	jq -c --arg n "$1" --arg a "${2:-SCMP_ARCH_$(uname -m | tr a-z A-Z)}" \
		'.["org.orlop.learned"].calls[] | select(.name == $n and .architecture == $a)' "$T/learned.json"
}

# What threads sleep in, sorted, but for those that wait for our answer.
waits_in() { # REGEX
	"$ORLOP" --root "$ROOT" stacks --format json "$ID" | jq -r '[.[].threads[0] | select(.wchan // "seccomp" |
		test("seccomp|freez|refrig") | not) | .syscall.name] | sort | join(" ")' | grep -qE "$1"
}

@test "a run with the learned profile works, and a call that is not in it is refused" {
	script 'echo one >/tmp/f; cat /tmp/f; sleep 0.1; ls /tmp >/dev/null'
	learn
	is one
	[ "$(jq -r .defaultAction "$T/learned.json")" = SCMP_ACT_ERRNO ]
	[ "$(jq -r '.syscalls[].action' "$T/learned.json")" = SCMP_ACT_ALLOW ]
	names | grep -qx execve
	refute grep -qx mkdir <(names)
	use_learned
	run_orlop run "$ID"
	[ "$status" -eq 0 ] || complain "not with its own profile"
	is one
	script 'mkdir /tmp/d && echo made'
	run_orlop run "$ID"
	[[ "$output" != *made* ]]
	refute exists "$ROOTFS/tmp/d"
}

@test "create and start, exec, and a second run work with the learned profile" {
	script 'trap "exit 7" TERM; echo ready >/tmp/ready; sleep 1000 & wait'
	background learner orlop run --seccomp-learn "$T/learned.json" "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	# All that it calls until then has been seen: both sleep, and not for us.
	eventually waits_in 'nanosleep.*(sigsuspend|wait)'
	ok kill "$ID" TERM
	status=0
	wait "$BG" || status=$?
	BACKGROUND=()
	[ "$status" -eq 7 ] || { cat "$T/learner.out"; false; }
	rm "$ROOTFS/tmp/ready"
	use_learned
	ok create "$ID"
	ok start "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	ok exec "$ID" sh -c 'echo again >/tmp/exec'
	[ "$(cat "$ROOTFS/tmp/exec")" = again ]
}

@test "the runtime's own preparations are not in the profile" {
	needs_probe
	args /bin/probe syscall 39
	learn
	# A static program: what it calls itself, and the execve that begins it.
	refute grep -qxE 'mount|pivot_root|setns|unshare|capset|prctl|seccomp|umount2|move_mount' <(names)
	[ "$(call execve | jq .count)" -eq 1 ]
	[ "$(call getpid | jq .count)" -ge 1 ]
	use_learned
	ok run "$ID"
}

@test "without no_new_privs, as a user without rights, and with a user namespace" {
	config '.process.noNewPrivileges = false | .process.user = { uid: 1000, gid: 1000 }
		| .process.capabilities = {}'
	script 'id -u'
	learn
	is 1000
	use_learned
	ok run "$ID"
	is 1000
	config 'del(.linux.seccomp) | .process.user = { uid: 0, gid: 0 }'
	user_namespace
	script 'id -u'
	learn
	is 0
	use_learned
	ok run "$ID"
	is 0
}

@test "--init and startContainer hooks are in the profile" {
	printf '#!/bin/sh\nmkdir /tmp/by-hook\n' >"$ROOTFS/bin/hook"
	chmod 755 "$ROOTFS/bin/hook"
	config '.hooks.startContainer = [{ path: "/bin/hook" }]'
	script 'echo fine'
	learn --init
	says fine
	rmdir "$ROOTFS/tmp/by-hook"
	use_learned
	ok run --init "$ID"
	is fine
	exists "$ROOTFS/tmp/by-hook"
}

@test "many threads and processes: every call is counted, with the name of who made it" {
	# One after the other: a signal may interrupt a call that is waiting to be looked at.
	script 'i=0; while [ $i -lt 20 ]; do mkdir /tmp/$i; i=$((i+1)); done; ls /tmp | wc -l'
	learn
	is 20
	[ "$(call mkdir | jq '.count')" -eq 20 ]
	[ "$(call mkdir | jq -r '.processes[].name')" = mkdir ]
	call execve | jq -r '.processes[].name' | grep -qx sh
	needs_probe
	args /bin/probe many /tmp/many
	background learner orlop run --seccomp-learn "$T/learned.json" "$ID"
	eventually file_says "$ROOTFS/tmp/many" .
	ok kill "$ID" KILL
	wait "$BG" || true
	BACKGROUND=()
	# Threads by either call, and what they talk with.
	[ -n "$(call clone)$(call clone3)" ]
	[ -n "$(call sendto)$(call write)" ]
}

@test "calls of 32-bit programs are learned by their architecture" {
	[ "$(uname -m)" = x86_64 ] || skip "needs x86_64"
	printf '%s\n' '.globl _start' '_start: mov $20, %eax; int $0x80' \
		'mov $1, %eax; xor %ebx, %ebx; int $0x80' >"$T/small.s"
	{ as --32 -o "$T/small.o" "$T/small.s" && ld -m elf_i386 -o "$ROOTFS/bin/small" "$T/small.o"; } 2>"$T/as.err" ||
		skip "no assembler for 32-bit programs"
	args /bin/small
	run_orlop run "$ID"
	[ "$status" -eq 0 ] || skip "this kernel runs no 32-bit programs"
	learn
	[ "$(call getpid SCMP_ARCH_X86 | jq .number)" -eq 20 ]
	[ "$(jq -c .architectures "$T/learned.json")" = '["SCMP_ARCH_X86_64","SCMP_ARCH_X86"]' ]
	use_learned
	ok run "$ID"
	# And without it they are not let through.
	config '.linux.seccomp.architectures = ["SCMP_ARCH_X86_64"]'
	fails 159 "the container was killed by its seccomp filter (SIGSYS, status 159)" run "$ID"
}

@test "a call of x32 is learned as one, where the kernel has them, and one without a name is told" {
	needs_probe
	[ "$(uname -m)" = x86_64 ] || skip "needs x86_64"
	# getpid by the numbers of x32: ENOSYS on kernels without, but it is asked for.
	args /bin/probe syscall 0x40000027
	learn
	[ "$(call getpid SCMP_ARCH_X32 | jq .count)" -eq 1 ]
	jq -r '.architectures[]' "$T/learned.json" | grep -qx SCMP_ARCH_X32
	args /bin/probe syscall 900
	learn
	is "errno 38"
	says "1 system call has no name"
	[ "$(jq '.["org.orlop.learned"].calls[] | select(.number == 900) | has("name")' "$T/learned.json")" = false ]
	ok seccomp report "$T/learned.json"
	says "number 900"
}

@test "a profile of the config is compared with: what it would have refused, and to whom" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [
		{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 },
		{ names: ["kill"], action: "SCMP_ACT_KILL_PROCESS", args: [{ index: 1, value: 18, op: "SCMP_CMP_EQ" }] }] }'
	script 'mkdir /tmp/a /tmp/b && kill -0 $$ && kill -CONT $$ && echo passed'
	learn
	is passed
	says "not in force in this run"
	says "the profile of the config would have refused 2 of the "
	[ "$(call mkdir | jq -c '[.count, .refused, .action, .errno]')" = '[2,2,"SCMP_ACT_ERRNO",28]' ]
	[ "$(call mkdir | jq -r '.processes[] | "\(.name) \(.refused)"')" = "mkdir 2" ]
	# By its arguments: one of two.
	[ "$(call kill | jq -c '[.count, .refused, .action]')" = '[2,1,"SCMP_ACT_KILL_PROCESS"]' ]
	ok seccomp report "$T/learned.json"
	[ "$(awk 'NR == 1 { print $1, $2, $3, $4, $5, $6 }' <<<"$output")" = "SYSCALL ARCHITECTURE COUNT PROFILE REFUSED PROCESSES" ]
	grep -qE '^mkdir +SCMP_ARCH_[A-Z0-9_]+ +2 +SCMP_ACT_ERRNO ENOSPC +2 +mkdir 2$' <<<"$output"
	grep -qE '^execve .* allowed +0 ' <<<"$output"
	ok seccomp report --format json "$T/learned.json"
	[ "$(jq -r '.calls | map(select(.refused > 0).name) | sort | join(" ")' <<<"$output")" = "kill mkdir" ]
}

@test "a call newer than the profile would have got ENOSYS, and is told so" {
	needs_probe
	[ "$(uname -m)" = x86_64 ] || skip "the numbers are those of x86_64"
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names: ["execve", "write", "exit_group"],
		action: "SCMP_ACT_ALLOW" }] }'
	args /bin/probe syscall 451
	learn
	[ "$(jq -c '.["org.orlop.learned"].calls[] | select(.number == 451) | [.refused, .errno]' "$T/learned.json")" = "[1,38]" ]
	[ "$(call execve | jq .refused)" -eq 0 ]
}

@test "how the container ends is kept: its status, a signal, a program that is not there" {
	script 'exit 9'
	run_orlop run --seccomp-learn "$T/learned.json" "$ID"
	[ "$status" -eq 9 ]
	script 'kill -9 $$'
	config '.linux.namespaces |= map(select(.type != "pid"))'
	run_orlop run --seccomp-learn "$T/learned.json" "$ID"
	[ "$status" -eq 137 ]
	args /bin/nothing
	rm "$T/learned.json"
	fails 1 "no such file or directory" run --seccomp-learn "$T/learned.json" "$ID"
	refute exists "$T/learned.json"
	nothing_left
}

@test "when orlop dies the container dies with it: a program whose calls nobody answers cannot even end" {
	script 'echo ready >/tmp/ready; while :; do sleep 0.1; done'
	background learner env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" run --seccomp-learn "$T/learned.json" "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	kill -9 "$BG"
	BACKGROUND=()
	wait_status stopped
	refute exists "$T/learned.json"
}

@test "signals reach the program while it learns, and interrupted calls go on" {
	script 'trap "echo got; exit 3" USR1; echo ready >/tmp/ready; while :; do sleep 0.05; done'
	background learner orlop run --seccomp-learn "$T/learned.json" "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	wait_status running
	ok kill "$ID" USR1
	status=0
	wait "$BG" || status=$?
	BACKGROUND=()
	[ "$status" -eq 3 ]
	file_says "$T/learner.out" got
	names | grep -qx rt_sigreturn
}

@test "a paused container that learns goes on, and so does one with the profile" {
	[ "$SUITE_CG" = v2 ] || needs_controller freezer
	script 'trap "exit 0" TERM; echo ready >/tmp/ready; sleep 1000 & wait'
	background learner orlop run --seccomp-learn "$T/learned.json" "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	eventually waits_in nanosleep
	ok pause "$ID"
	ok resume "$ID"
	eventually waits_in restart_syscall
	ok kill "$ID" TERM
	wait "$BG"
	BACKGROUND=()
	names | grep -qx restart_syscall
	# A run that was never paused has it too.
	script 'sleep 0.1; echo slept'
	learn
	names | grep -qx restart_syscall
	[ "$(jq -c '.["org.orlop.learned"].added' "$T/learned.json")" = '["restart_syscall"]' ]
}

@test "with a terminal" {
	config '.process.terminal = true'
	script 'tty; echo done'
	run_orlop run --seccomp-learn "$T/learned.json" "$ID"
	[ "$status" -eq 0 ] || complain "with a terminal"
	says done
	use_learned
	ok run "$ID"
	says done
}

@test "it is never without a filter silently: what cannot be learned is refused before anything runs" {
	script 'echo ran >/tmp/ran'
	fails 1 "without --detach and --keep" run -d --seccomp-learn "$T/l.json" "$ID"
	fails 1 "without --detach and --keep" run --keep --seccomp-learn "$T/l.json" "$ID"
	fails 1 "write in '$T/nowhere/'" run --seccomp-learn "$T/nowhere/l.json" "$ID"
	fails 1 "is a directory" run --seccomp-learn "$T/" "$ID"
	under seccomp=EINVAL run --seccomp-learn "$T/l.json" "$ID"
	[ "$status" -eq 1 ] || complain "without seccomp(2)"
	says "this kernel has no seccomp notification to learn from"
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/run/none",
		syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_NOTIFY" }] }'
	fails 1 "a process has one listener only" run --seccomp-learn "$T/l.json" "$ID"
	refute exists "$ROOTFS/tmp/ran"
	refute exists "$T/l.json"
	nothing_left
}

@test "seccomp report refuses what was not learned" {
	fails 1 "no such file or directory" seccomp report "$T/none.json"
	echo '{ "defaultAction": "SCMP_ACT_ALLOW" }' >"$T/plain.json"
	fails 1 "was not written by 'orlop run --seccomp-learn'" seccomp report "$T/plain.json"
	echo '[' >"$T/broken.json"
	fails 1 "broken.json" seccomp report "$T/broken.json"
	echo '{ "org.orlop.learned": { "calls": [1, {}, { "name": 5, "count": "x", "processes": [3, { "name": "a" }] }] } }' >"$T/odd.json"
	ok seccomp report "$T/odd.json"
}
