/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which processes are a container's, where others may be beside them in its cgroup.
 *
 *   a pid namespace of its own   those in it and in the namespaces below it. All of them end with its init: when that is
 *                                gone, nobody in the cgroup is the container's
 *   else                         those in its cgroup and below, but for cgroups of other containers of the same state
 *                                root. Of two with the same cgroup it is the one's that was created last: create refuses
 *                                a cgroup that has processes, so the other had none there any more
 *   exec --ns without pid        puts processes of the first kind of container where its init's end does not reach them:
 *                                it leaves a mark, and the second rule holds
 */

#include "container/handle.h"

/* Tells cg, the container's, of those cgroups that are others'. Looks at all containers of the root. */
int others_spare(const struct runtime *rt, int root, const char *id, struct cgroup *cg, struct error *err);

/*
 * Whether processes are in it that are neither the runtime's own nor about to end. The stage of an exec that was killed, and
 * what a killed create or restore started, are in the container's cgroup before they are in its pid namespace: they end by
 * themselves.
 */
bool others_are_in(struct cgroup *cg);

/* False: what the container has left is known by its cgroup only. */
bool container_ends_with_init(const struct container *c);
/* From now on it is not so. */
int container_outlives_init(const struct container *c, struct error *err);
