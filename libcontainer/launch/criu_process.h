/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The process that becomes CRIU. Only launch/criu.c, which speaks with it, uses this. */

#include <sys/socket.h>

#include "launch/criu.h"

/* Room for one descriptor that comes with a record. */
union criu_control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

/*
 * Starts CRIU in the root, the cgroup and with the descriptors of `start`; what it says goes to `output`. Returns when it has been
 * executed: *pid is then its number, *link our end of its socket, for the caller to close. After a failure *pid may still name a
 * child, which is to be waited for; -1: there is none.
 */
int criu_spawn(const struct criu_start *start, int output, pid_t *pid, int *link,
	       struct error *err);
