/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who owns the container's cgroup (spec L9). */

#include <sys/types.h>

#include "cgroup/cgroup.h"
#include "resolve/resolve.h"

/*
 * The container's user, who then may make cgroups of its own below: on cgroup v2, with a new cgroup
 * namespace, and where the config mounts it read/write. `pid` lies in the container's user namespace.
 */
int cgroup_owner_set(struct cgroup *cg, const struct resolved *resolved, pid_t pid,
		     struct error *err);
