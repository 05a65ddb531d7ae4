/* SPDX-License-Identifier: Apache-2.0 */

/* The stage's first instruction, and what the compiler may call although nobody wrote it. */

#include "nsexec/stage.h"
#include "nsexec/sys.h"

#ifndef NSEXEC_HOSTED

SYS_ENTRY;

void stage_main(void) __attribute__((noreturn, used));
/* The compiler makes calls of them while it links, when what nobody calls has gone already. */
void *memcpy(void *restrict to, const void *restrict from, size_t n) __attribute__((used));
void *memset(void *to, int c, size_t n) __attribute__((used));

/* On the stack, not in .bss: so the program has no page to write to, which each waiting container would need. */
void stage_main(void)
{
	struct stage stage = { 0 };

	stage_run(&stage);
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	char *t = to;
	const char *f = from;

	while (n--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int c, size_t n)
{
	char *t = to;

	while (n--)
		*t++ = (char)c;
	return to;
}

#endif
