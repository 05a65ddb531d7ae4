/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * --timings: which phase took how long, as the runtime and as the container's stage see it. Off, a mark is the test of
 * one variable, and the plan has no TIME ops. The phases are a property of the process, as its log is.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define TIMINGS_MAX 64 /* phases of each side; more are not recorded */

/* The clock runs from here. */
void timings_begin(void);
bool timings_wanted(void);
/* For --debug: each mark is a record of the log, and the clock runs from here. */
void timings_tell(void);
/* Since then or since the begin, in microseconds; negative when there was neither. */
int64_t timings_now_us(void);

/* `phase` (static) has ended: it took the time since the mark before. */
void timings_mark(const char *phase);

/*
 * The stage writes its times into a file in memory: one struct timespec of CLOCK_MONOTONIC at the place of each phase.
 * Returns its descriptor, borrowed; negative errno when there is no memory for one.
 */
int timings_stage_file(void);
/* The place of a phase of the stage, or negative when there are too many. */
int timings_stage_phase(const char *phase);

/* All phases by the time of their end: a table, or JSON in one line. Nothing when there are none. */
void timings_print(struct str *out, bool json);
