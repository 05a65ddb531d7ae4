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
