/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The system call of x86_64: syscall(2), "Architecture calling conventions". */
static inline __attribute__((always_inline)) long sys_call6(long n, long a, long b, long c, long d,
							    long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* clone3(2); the child calls main(arg), which must not return, on the stack that args (of size bytes) give it. */
static inline __attribute__((always_inline)) long sys_clone3_call(const void *args, size_t size,
								  void (*main)(void *), void *arg)
{
	long ret;

	__asm__ volatile("syscall\n"
			 "\ttest %%rax, %%rax\n\tjnz 1f\n"
			 "\txor %%ebp, %%ebp\n\tmov %[arg], %%rdi\n"
			 "\tcall *%[main]\n\tud2\n"
			 "1:"
			 : "=a"(ret)
			 : "a"(__NR_clone3), "D"(args), "S"(size), [main] "r"(main), [arg] "r"(arg)
			 : "rcx", "r11", "memory");
	return ret;
}

#define SYS_TRAP() __asm__ volatile("ud2")
#define SYS_PAUSE() __asm__ volatile("pause")
/*
 * The stack begins anew just below argv[0], and so in the page that `ps` reads our name from: the auxiliary vector,
 * which the kernel has put somewhere below at random, is not needed, nor then is its page in a container that waits.
 */
#define SYS_ENTRY                                                    \
	__asm__(".text\n.globl _start\n_start:\n"                    \
		"\txor %ebp, %ebp\n"                                \
		"\tmov 8(%rsp), %rsp\n\tand $-16, %rsp\n"          \
		"\tcall stage_main\n\tud2\n")
