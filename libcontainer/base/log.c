/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static log_sink current_sink;
static enum log_level current_level = LOG_WARN;

void log_to(log_sink sink, enum log_level level)
{
	current_sink = sink;
	current_level = level;
}

bool log_wants(enum log_level level)
{
	return current_sink && level <= current_level;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	int saved = errno;
	char message[2048];
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	current_sink(level, message);
	errno = saved;
}
