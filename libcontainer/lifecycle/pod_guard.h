/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A child that stands by while a pod is checkpointed. Its members are frozen meanwhile: if we are killed, somebody must
 * bring them to an end that is the same for all. Before the checkpoint is complete they go on; after, those that are left
 * are deleted, as we would have done.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "container/handle.h"

struct pod_guard {
	int socket; /* our end; its end of file is our death */
	pid_t pid;
};
#define POD_GUARD_INIT { .socket = -EBADF, .pid = -1 }

/*
 * c: n containers whose cgroups are open (container_cgroup()). frozen: which of them we freeze. Both are looked at for as
 * long as the guard lives. Returns 0 or a negative errno.
 */
int pod_guard_begin(struct pod_guard *g, struct container *const *c, const bool *frozen, size_t n,
		    struct error *err);
/* One that works on a member now. NULL: nobody guards. */
void pod_guard_criu(const struct pod_guard *g, pid_t criu);
/* The checkpoint is complete: from now on the members are to end. */
void pod_guard_complete(const struct pod_guard *g);
/* All is done, or taken back. Nothing to do for one that did not begin. */
void pod_guard_end(struct pod_guard *g);
