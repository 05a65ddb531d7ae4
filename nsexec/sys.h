/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * System calls without a C library: each returns a value >= 0 or a negative errno. With NSEXEC_HOSTED
 * (unit tests, sanitizers, architectures without arch/NAME.h) the C library makes the call.
 */

#include <asm/unistd.h>
#include <linux/errno.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What few containers need, in a segment of its own: with the first instruction the kernel maps up to 16 pages of the
 * segment it is in, and a container that waits for `start` holds them.
 */
#ifdef NSEXEC_HOSTED
#define RARE
#else
#define RARE __attribute__((section(".rare"), noinline))
#endif

#ifdef NSEXEC_HOSTED
#include <errno.h>
#include <unistd.h>
static inline long sys_call6(long n, long a, long b, long c, long d, long e, long f)
{
	long ret = syscall(n, a, b, c, d, e, f);

	return ret == -1 ? -errno : ret;
}
#define SYS_TRAP() __builtin_trap()
#define SYS_PAUSE() ((void)0)
#elif defined(__x86_64__)
#include "nsexec/arch/x86_64.h"
#elif defined(__aarch64__)
#include "nsexec/arch/aarch64.h"
#else
#error "no nsexec/arch header for this architecture: build with NSEXEC_HOSTED"
#endif

/* sys(name, args...): the call __NR_name with up to six arguments, each cast to long. */
#define SYS_ARG(x) ((long)(x))
#define SYS_1(n) sys_call6(n, 0, 0, 0, 0, 0, 0)
#define SYS_2(n, a) sys_call6(n, SYS_ARG(a), 0, 0, 0, 0, 0)
#define SYS_3(n, a, b) sys_call6(n, SYS_ARG(a), SYS_ARG(b), 0, 0, 0, 0)
#define SYS_4(n, a, b, c) sys_call6(n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), 0, 0, 0)
#define SYS_5(n, a, b, c, d) sys_call6(n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), 0, 0)
#define SYS_6(n, a, b, c, d, e) \
	sys_call6(n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), SYS_ARG(e), 0)
#define SYS_7(n, a, b, c, d, e, f) \
	sys_call6(n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), SYS_ARG(e), SYS_ARG(f))
#define SYS_PICK(_1, _2, _3, _4, _5, _6, _7, NAME, ...) NAME
#define SYS_N(...) SYS_PICK(__VA_ARGS__, SYS_7, SYS_6, SYS_5, SYS_4, SYS_3, SYS_2, SYS_1)(__VA_ARGS__)
#define sys(name, ...) SYS_N(__NR_##name __VA_OPT__(, ) __VA_ARGS__)
