/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Nothing is waited for without end. A child that is silent may be at work (a hook without timeout, a large
 * copy), and that is its right; one that something else holds is named in an error: a frozen cgroup, a signal
 * or a debugger, a device or file server that does not answer.
 */

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* What holds the process, in words, or NULL: nothing that can be seen. */
const char *stuck_why(pid_t pid);

/* While nothing is heard of a process it is looked at each so many seconds. */
#define STUCK_TICK 5

struct stuck {
	uint64_t switches; /* how often it had run, at the last look */
	unsigned looks;    /* without a change since                 */
};

/* After a tick: what holds it, when it has not run for two of them (for 30 s when it waits for a device); or NULL. */
const char *stuck_check(struct stuck *s, pid_t pid);
/* -EBUSY: the process does not go on, and what stuck_check() said. */
int stuck_fail(pid_t pid, const char *why, struct error *err);
