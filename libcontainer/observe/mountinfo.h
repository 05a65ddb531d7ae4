/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The mounts of a process, from its mountinfo: paths as it sees them, in the order in which they were made. */

#include <stdbool.h>

#include "base/arena.h"

struct mount_line {
	int id, parent;
	const char *device;                /* "0:42"                                     */
	const char *root, *target;         /* what of the filesystem is mounted, and where */
	const char *options, *propagation; /* "rw,nosuid"; "private", "shared", ...      */
	const char *type, *source, *data;  /* data: of the superblock                    */
};
struct mount_lines {
	struct mount_line *v;
	size_t n;
};

/* 0 or a negative errno. Strings lie in the arena. */
int mountinfo_read(struct arena *a, int proc_dir, struct mount_lines *ret);
/* The mount that is on top of a path; NULL: none is. */
const struct mount_line *mountinfo_at(const struct mount_lines *m, const char *target);
/* Whether "rw,nosuid" has "nosuid". */
bool mountinfo_has(const char *options, const char *word);
