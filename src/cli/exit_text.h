/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How `wait` and `stop` tell the end of a container. */

#include "base/names.h"
#include "base/str.h"
#include "container.h"

enum { EXIT_TEXT, EXIT_JSON };
#define EXIT_FORMATS 2
extern const struct name exit_formats[EXIT_FORMATS];

/*
 * A line: "demo: exited with 7", and what `more` adds to it ("after SIGTERM"; NULL: nothing). As JSON:
 * {"id":"demo","exitCode":7,"exitReason":"exited","finished":"..."}, and `more` as "by".
 */
void exit_add_line(struct str *out, int format, const char *id, const struct container_exit *e,
		   const char *more);
