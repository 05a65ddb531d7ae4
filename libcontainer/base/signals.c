/* SPDX-License-Identifier: Apache-2.0 */
#include "base/signals.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/names.h"
#include "base/parse.h"
#include "base/str.h"

#define SIGNAL_LAST 64

/* The kernel's number is 32, but glibc keeps the first two for its threads: all clients mean 34. */
#define REALTIME_FIRST 34

#define ROW(name) { #name, SIG##name }

/* clang-format off */
static const struct name signals[] = {
	ROW(ABRT), ROW(ALRM), ROW(BUS), ROW(CHLD), { "CLD", SIGCHLD }, ROW(CONT), ROW(FPE),
	ROW(HUP), ROW(ILL), ROW(INT), ROW(IO), { "IOT", SIGABRT }, ROW(KILL), ROW(PIPE),
	{ "POLL", SIGIO }, ROW(PROF), ROW(PWR), ROW(QUIT), ROW(SEGV),
#ifdef SIGSTKFLT
	ROW(STKFLT),
#endif
	ROW(STOP), ROW(SYS), ROW(TERM), ROW(TRAP), ROW(TSTP), ROW(TTIN), ROW(TTOU), ROW(URG),
	ROW(USR1), ROW(USR2), ROW(VTALRM), ROW(WINCH), ROW(XCPU), ROW(XFSZ),
	{ "RTMAX", SIGNAL_LAST }, { "RTMIN", REALTIME_FIRST },
};
/* clang-format on */

static int in_range(int64_t number, int64_t first)
{
	return number >= first && number <= SIGNAL_LAST ? (int)number : -EINVAL;
}

/* "RTMIN+3", "RTMAX-1": a base and the way to count from it. */
static int realtime(const char *name)
{
	static const struct {
		const char *prefix;
		int base, step;
	} bases[] = { { "RTMIN+", REALTIME_FIRST, 1 }, { "RTMAX-", SIGNAL_LAST, -1 } };

	foreach_array(b, bases) {
		uint32_t n;

		if (!starts_with(name, b->prefix))
			continue;
		if (parse_u32(name + strlen(b->prefix), &n) < 0)
			return -EINVAL;
		return in_range(b->base + b->step * (int64_t)n, REALTIME_FIRST);
	}
	return -EINVAL;
}

int signal_number(const char *name)
{
	const struct name *row;
	char upper[16];
	int64_t number;
	size_t n;

	if (parse_i64(name, &number) == 0)
		return in_range(number, 0);
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	n = strlen(name);
	if (n >= sizeof(upper))
		return -EINVAL;
	for (size_t i = 0; i <= n; i++)
		upper[i] = (char)toupper((unsigned char)name[i]);
	row = names_find(signals, ARRAY_SIZE(signals), upper);
	return row ? (int)row->value : realtime(upper);
}

const char *signal_name(int sig, char *buf, size_t size)
{
	const char *name = sig > 0 && sig < REALTIME_FIRST ? names_of(signals, ARRAY_SIZE(signals), (uint64_t)sig)
							   : NULL;

	if (name)
		(void)snprintf(buf, size, "SIG%s", name);
	else if (sig == REALTIME_FIRST)
		(void)snprintf(buf, size, "SIGRTMIN");
	else if (sig > REALTIME_FIRST && sig <= SIGNAL_LAST)
		(void)snprintf(buf, size, "SIGRTMIN+%d", sig - REALTIME_FIRST);
	else
		(void)snprintf(buf, size, "signal %d", sig);
	return buf;
}
