/* SPDX-License-Identifier: Apache-2.0 */

/*
 * hop IGNORED PROGRAM [ARG...]: executes PROGRAM and nothing else; without a C library, as small as a program can be. What a
 * second execve costs (floor.c). Linked with -nostdlib -static.
 */
#include <sys/syscall.h>

static long call3(long number, long a, long b, long c)
{
	long r;
#if defined(__x86_64__)
	__asm__ volatile("syscall" : "=a"(r) : "0"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	r = x0;
#else
#error "no system calls for this architecture"
#endif
	return r;
}

/* argc, argv and NULL, envp and NULL. */
void hop(long *stack) __attribute__((noreturn, used));
void hop(long *stack)
{
	char **argv = (char **)(stack + 1), **envp = argv + stack[0] + 1;

	call3(SYS_execve, (long)argv[1], (long)(argv + 1), (long)envp);
	for (;;)
		call3(SYS_exit, 125, 0, 0);
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call hop");
#else
__asm__(".globl _start\n_start: mov x0, sp\n bl hop");
#endif
