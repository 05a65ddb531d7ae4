/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the processes of a cgroup use, as numbers of one kind over both versions. A file that is not there leaves
 * its numbers USAGE_UNKNOWN. `detail` adds what a table for people does not show: peaks, pressure, huge pages,
 * memory.stat. Memory and I/O of v2 are counted anew by the kernel for each reading, which takes the most time.
 */

#include "base/usage.h"
#include "cgroup/cgroup.h"

/* All unknown. */
void usage_init(struct usage *u);
void cgroup_usage(struct cgroup *c, bool detail, struct usage *u);
