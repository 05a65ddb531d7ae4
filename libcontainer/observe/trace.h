/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What sessions (trace_session.c) need of trace.c: to begin to record, and to print what is recorded. */

#include "container/handle.h"
#include "observe/tracefs.h"

int trace_check_events(const char *events, struct error *err);
/* Into a new instance, which goes on recording when this process ends. */
int trace_record(struct container *c, const char *events, struct tracefs *fs, struct error *err);
/* c NULL: processes that come from outside are not looked for; init negative: it has ended, what is left is printed. */
int trace_print(struct container *c, int init, const struct container_trace_options *o,
		struct tracefs *fs, struct error *err);
