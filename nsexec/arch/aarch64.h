/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The system call of aarch64: syscall(2), "Architecture calling conventions". */
static inline __attribute__((always_inline)) long sys_call6(long n, long a, long b, long c, long d,
							    long e, long f)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

/* clone3(2); the child calls main(arg), which must not return, on the stack that args (of size bytes) give it. */
static inline __attribute__((always_inline)) long sys_clone3_call(const void *args, size_t size,
								  void (*main)(void *), void *arg)
{
	register long x8 __asm__("x8") = __NR_clone3;
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = (long)size;

	__asm__ volatile("svc 0\n"
			 "\tcbnz x0, 1f\n"
			 "\tmov x29, #0\n\tmov x30, #0\n\tmov x0, %[arg]\n"
			 "\tblr %[main]\n\tudf #0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), [main] "r"(main), [arg] "r"(arg)
			 : "memory");
	return x0;
}

#define SYS_TRAP() __asm__ volatile("udf #0")
#define SYS_PAUSE() __asm__ volatile("yield")
/* The stack as for x86_64. */
#define SYS_ENTRY                                                        \
	__asm__(".text\n.globl _start\n_start:\n"                        \
		"\tmov x29, #0\n\tmov x30, #0\n"                         \
		"\tldr x9, [sp, #8]\n\tand x9, x9, #-16\n\tmov sp, x9\n" \
		"\tbl stage_main\n\tudf #0\n")
