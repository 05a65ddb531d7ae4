/* SPDX-License-Identifier: Apache-2.0 */

/* The stage's first instruction, and what the compiler may call although nobody wrote it. */

#include "nsexec/stage.h"
#include "nsexec/sys.h"

#ifndef NSEXEC_HOSTED

SYS_ENTRY;

void stage_main(void) __attribute__((noreturn, used));
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int c, size_t n);

static struct stage stage;

void stage_main(void)
{
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
