/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The pid 1 of `run --init`: reaps what is left to it, passes signals on to the one program it was started with, and
 * ends as that ended. Freestanding like the stage: one page of code, no heap, no descriptors.
 *
 * The stage (op_INIT) has blocked all signals and forked the program before it executes this: so no signal is lost,
 * although pid 1 has no handlers. What is blocked is kept by the kernel, until rt_sigtimedwait(2) takes it.
 */

#include <linux/prctl.h>
#include <linux/wait.h>

#include "nsexec/sys.h"

#define SIG_SETMASK 2
#define SIGCHLD     17

#ifdef __x86_64__
__asm__(".text\n.globl _start\n_start:\n"
	"\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall init_main\n\tud2\n");
#elif defined(__aarch64__)
__asm__(".text\n.globl _start\n_start:\n"
	"\tmov x29, #0\n\tmov x30, #0\n\tmov x0, sp\n\tbl init_main\n\tbrk #0\n");
#else
#error "no entry for this architecture"
#endif

void init_main(char **stack) __attribute__((noreturn, used));

static long number(const char *text)
{
	long value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (*text - '0');
	return value;
}

static void end(int status)
{
	int signal = status & 0x7f;

	/* Pid 1 cannot die of a signal as the program did. */
	sys(exit_group, signal ? 128 + signal : status >> 8 & 0xff);
	/* A filter may refuse that, not a crash. */
	for (;;)
		SYS_TRAP();
}

static void reap(long program)
{
	int status;
	long pid;

	do {
		pid = sys(wait4, -1, &status, WNOHANG | __WALL, 0);
		if (pid == program)
			end(status);
	} while (pid > 0);
}

/* At process entry the stack holds argc, then argv. */
void init_main(char **stack)
{
	const uint64_t all = ~0ULL;
	long argc = (long)(uintptr_t)stack[0];
	long program = argc > 1 ? number(stack[2]) : 0;

	(void)sys(rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof(all));
	(void)sys(prctl, PR_SET_NAME, "orlop-init", 0, 0, 0);
	/* For a container that has no pid namespace of its own. */
	(void)sys(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	/* A pipe or terminal that the program closes must be closed. */
	if (sys(close_range, 0, ~0U, 0) < 0)
		for (int fd = 0; fd < 1024; fd++)
			(void)sys(close, fd);
	for (;;) {
		long sig;

		reap(program);
		sig = sys(rt_sigtimedwait, &all, 0, 0, sizeof(all));
		if (sig == -EPERM || sig == -ENOSYS) /* what a filter says: we would spin */
			end(9 /* SIGKILL */);
		if (sig > 0 && sig != SIGCHLD)
			(void)sys(kill, program, sig);
	}
}
