# SPDX-License-Identifier: Apache-2.0
# What the threads of a container do or wait for: 'stacks'.

load ../lib/orlop

@test "stacks shows in which system call a process waits, by its name" {
	start_sleeper 'exec sleep 1000'
	in_sleep() { "$ORLOP" --root "$ROOT" stacks --format json "$ID" | jq -r '.[0].threads[0].syscall.name' | grep -q nanosleep; }
	eventually in_sleep
	ok stacks "$ID"
	[ "$(awk 'NR == 1 { print $1, $2, $3, $4 }' <<<"$output")" = "PID THREAD WHAT VALUE" ]
	says "nanosleep("
	[ "$(awk 'NR == 2 { print $1, $3 }' <<<"$output")" = "$(pid_of) thread" ]
}

@test "stacks finds what a stuck process waits for" {
	start_sleeper 'mkfifo /tmp/fifo; read line </tmp/fifo'
	stuck() { "$ORLOP" --root "$ROOT" stacks --format json "$ID" 1 | jq -r '.[0].threads[0] | .syscall.name, .wchan, .kernel[]?' | grep -qE '^open|fifo'; }
	eventually stuck
}

@test "stacks shows the kernel's stack where the kernel has it" {
	[ -e /proc/self/stack ] || skip "this kernel shows no stacks"
	start_sleeper 'exec sleep 1000'
	kernel() { "$ORLOP" --root "$ROOT" stacks "$ID" | grep -q ' kernel .*sleep'; }
	eventually kernel
}

@test "stacks of one process, by the container's number, and of all" {
	start_sleeper 'sleep 1000 & sleep 1000 & wait'
	three() { [ "$("$ORLOP" --root "$ROOT" stacks --format json "$ID" | jq length)" -eq 3 ]; }
	eventually three
	ok stacks --format json "$ID" 2
	[ "$(jq -r '.[].inside' <<<"$output")" = 2 ]
}

@test "stacks --user tells what a thread waited for before it was stopped" {
	script 'mkfifo /tmp/f; read x </tmp/f'
	ok run -d "$ID"
	waits() { "$ORLOP" --root "$ROOT" stacks "$ID" 1 | grep -q "S (sleeping)" && "$ORLOP" --root "$ROOT" stacks "$ID" 1 | grep -q "wait_for_partner"; }
	eventually waits
	ok stacks --user "$ID" 1
	says "S (sleeping)"
	says "wait_for_partner"
	[[ "$output" != *tracing* && "$output" != *ptrace_stop* ]]
}

@test "stacks --user shows the frames of the program, and lets it go" {
	needs_tool cc
	cat >"$T/frames.c" <<-'C'
		#include <unistd.h>
		__attribute__((noinline)) void inner(void) { for (;;) pause(); }
		__attribute__((noinline)) void middle(void) { inner(); __asm__ volatile(""); }
		__attribute__((noinline)) void outer(void) { middle(); __asm__ volatile(""); }
		int main(void) { outer(); return 0; }
	C
	cc -static -no-pie -O1 -fno-omit-frame-pointer -o "$ROOTFS/bin/frames" "$T/frames.c" || skip "no static C library here"
	args /bin/frames
	ok run -d "$ID"
	frames() { [ "$("$ORLOP" --root "$ROOT" stacks --user --format json "$ID" | jq '.[0].threads[0].user | length')" -ge 3 ]; }
	eventually frames
	ok stacks --user "$ID"
	says "/bin/frames+0x"
	# By name, the innermost first (the library's pause keeps no frame pointer, which hides its caller); and the kernel's side is that of before the stop.
	[ "$(awk '$3 == "user" { print $5 }' <<<"$output" | grep -oE '^(middle|outer|main)' | tr '\n' ' ')" = "middle outer main " ]
	grep -qE ' syscall +(pause|rt_sigsuspend)\(' <<<"$output"
	refute grep -q ptrace <<<"$output"
	# Without symbols there is the place alone.
	strip "$ROOTFS/bin/frames" 2>/dev/null || return 0
	ok stacks --user "$ID"
	says "/bin/frames+0x"
	grep -q '^State:.*S' "/proc/$(pid_of)/status"
	grep -q '^TracerPid:	0$' "/proc/$(pid_of)/status"
}

@test "a process that is traced already is told as such, and the rest is shown" {
	start_sleeper 'exec sleep 1000'
	background tracer $PYTHON -c "
import ctypes, time
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
assert libc.ptrace(0x4206, $(pid_of), None, None) == 0
print('tracing', flush=True)
time.sleep(1000)"
	eventually file_says "$T/tracer.out" tracing
	fails 1 "is traced by process" stacks --user "$ID"
	says "sleep("
}

@test "without the right to look, what is missing is said" {
	needs_tool setpriv
	config '.process.user = { uid: 1000, gid: 1000 }'
	start_sleeper 'exec sleep 1000'
	status=0
	setpriv --bounding-set=-sys_ptrace,-sys_admin --inh-caps=-sys_ptrace,-sys_admin \
		"$ORLOP" --root "$ROOT" stacks --user "$ID" >"$T/stdout" 2>"$T/stderr" || status=$?
	[ "$status" -eq 1 ]
	grep -q "needs CAP_SYS_PTRACE" "$T/stderr" || { cat "$T/stderr"; return 1; }
}

@test "a 32-bit program is told as such, and all but its frames is shown" {
	[ "$(uname -m)" = x86_64 ] || skip "needs x86_64"
	printf '%s\n' '.globl _start' '_start: mov $29, %eax; int $0x80; jmp _start' >"$T/small.s"
	{ as --32 -o "$T/small.o" "$T/small.s" && ld -m elf_i386 -o "$ROOTFS/bin/small" "$T/small.o"; } 2>"$T/as.err" ||
		skip "no assembler for 32-bit programs"
	args /bin/small
	run_orlop run -d "$ID"
	[ "$status" -eq 0 ] || skip "this kernel runs no 32-bit programs"
	pauses() { "$ORLOP" --root "$ROOT" stacks "$ID" | grep -q ' pause('; }
	eventually pauses
	fails 1 "is a 32-bit program: its frames cannot be read" stacks --user "$ID"
	says "pause("
}

# A container whose process waits in vfork(2), which nothing but SIGKILL ends, and its child sleeps.
start_stuck() {
	needs_tool cc
	printf '#include <unistd.h>\nint main(void) { if (vfork() == 0) for (;;) pause(); return 0; }' >"$T/stuck.c"
	cc -static -O1 -o "$ROOTFS/bin/stuck" "$T/stuck.c" 2>/dev/null || skip "no static C library here"
	args /bin/stuck
	ok run -d "$ID"
	two() { [ "$("$ORLOP" --root "$ROOT" stacks --format json "$ID" | jq length)" -eq 2 ]; }
	eventually two
}

@test "a thread that does not stop is told as such, and the others are shown" {
	start_stuck
	fails 1 "does not stop: it is frozen, or hangs in the kernel" stacks --user "$ID"
	[ "$(awk '$3 == "user" { print $1 }' <<<"$output" | sort -u | wc -l)" -eq 1 ]
}

@test "killed in the middle, orlop leaves nobody stopped" {
	local p

	start_stuck
	background stacks "$ORLOP" --root "$ROOT" stacks --user "$ID"
	traced() { grep -q "^TracerPid:	$BG\$" "/proc/$(pid_of)/status"; }
	eventually traced
	kill -9 "$BG"
	wait "$BG" 2>/dev/null || true
	BACKGROUND=()
	free() { grep -q '^TracerPid:	0$' "/proc/$1/status" && ! grep -q '^State:.*[tT] ' "/proc/$1/status"; }
	for p in $("$ORLOP" --root "$ROOT" ps --format json "$ID" | jq '.[]'); do
		eventually free "$p"
	done
}

@test "the frames of a paused container are read, or it is told as such; it stays paused" {
	[ "$SUITE_CG" = v2 ] || needs_controller freezer
	start_sleeper 'exec sleep 1000'
	ok pause "$ID"
	run_orlop stacks --user "$ID"
	[ "$status" -eq 0 ] || says "does not stop: it is frozen, or hangs in the kernel"
	[ "$(state_of)" = paused ]
	ok resume "$ID"
	free() { grep -q '^TracerPid:	0$' "/proc/$(pid_of)/status" && grep -q '^State:.*S' "/proc/$(pid_of)/status"; }
	eventually free
}

@test "where the sysctl forbids all tracing it is named" {
	[ -e /proc/sys/kernel/yama/ptrace_scope ] || skip "this kernel has no yama"
	[ "$(cat /proc/sys/kernel/yama/ptrace_scope)" = 3 ] || skip "kernel.yama.ptrace_scope is not 3 here, and could not be taken back"
	start_sleeper 'exec sleep 1000'
	fails 1 "kernel.yama.ptrace_scope is 3" stacks --user "$ID"
}

@test "a program that is no ELF file any more, or one that lies, harms nobody" {
	needs_tool cc
	printf 'int main(void) { for (;;) __asm__ volatile("" ::: "memory"); }' >"$T/spin.c"
	cc -static -no-pie -O1 -o "$ROOTFS/bin/spin" "$T/spin.c" 2>/dev/null || skip "no static C library here"
	args /bin/spin
	ok run -d "$ID"
	# Another file of that name, and none.
	ok stacks --user "$ID"
	mv "$ROOTFS/bin/spin" "$ROOTFS/bin/was"
	mkfifo "$ROOTFS/bin/spin"
	ok stacks --user "$ID"
	rm "$ROOTFS/bin/spin"
	ln -s /proc/self/mem "$ROOTFS/bin/spin"
	ok stacks --user "$ID"
}

@test "many threads are each shown" {
	start_sleeper 'i=0; while [ $i -lt 30 ]; do sleep 1000 & i=$((i+1)); done; wait'
	many() { [ "$("$ORLOP" --root "$ROOT" stacks --user --format json "$ID" | jq '[.[].threads[]] | length')" -eq 31 ]; }
	eventually many
}

@test "stacks refuses processes that are none of the container" {
	fails 1 "container does not exist" stacks "$ID"
	start_sleeper
	fails 1 "has no process 4000" stacks "$ID" 4000
	fails 1 "expected a number above 0" stacks "$ID" 0
	fails 1 "expected a number above 0" stacks "$ID" x
	ok kill "$ID" KILL
	wait_status stopped
	fails 1 "container not running" stacks "$ID"
}
