/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Lines of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */

#include <stdbool.h>

struct mountinfo {
	const char *root, *mountpoint, *type; /* in the text that was read, with its \ooo undone */
};

/*
 * Takes the next line of *text apart, in place, and moves *text behind it; false at the end. A line that is not understood
 * is passed over.
 */
bool mountinfo_next(char **text, struct mountinfo *ret);
