/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Diagnostics that are not failures. The library only emits; src/ decides where they go (--log,
 * --log-format, --debug). Nothing is formatted below the wanted level.
 */

#include <stdbool.h>

#include "base/macros.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_DEBUG };

typedef void (*log_sink)(enum log_level level, const char *message);

/* Records up to `level` go to `sink`; the default is nowhere. */
void log_to(log_sink sink, enum log_level level);
bool log_wants(enum log_level level);
void log_write(enum log_level level, const char *fmt, ...) printf_like(2, 3);

#define log_debug(...) (log_wants(LOG_DEBUG) ? log_write(LOG_DEBUG, __VA_ARGS__) : (void)0)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
