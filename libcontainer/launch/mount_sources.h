/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The sources that plan/sources.h has noted. A short-lived helper with our own rights enters the child's mount namespace,
 * whose mounts the kernel has locked, walks to each of them there, clones it, and leaves us the descriptors: they have the
 * locks. The child is not in it yet, or waits for us; nothing of the container runs.
 */

#include <sys/types.h>

#include "plan/compile.h"

/* All but the late ones, into the table of the plan: before that is sent. */
int mount_sources_clone(struct compiled *c, pid_t child, int pidfd, struct error *err);
/* The same, by clones that somebody else has made there and finished, or negative errnos: one for each source. Taken. */
int mount_sources_take(struct compiled *c, const int *fds, struct error *err);
/* The late one of that number, inside `root`, a directory in the child's mount namespace. A descriptor. */
int mount_source_late(const struct compiled *c, int pidfd, int root, int number, struct error *err);
