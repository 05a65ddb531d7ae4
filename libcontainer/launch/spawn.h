/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The clone: from a compiled plan to a child that waits, as the stage, for its fd table. */

#include <sys/types.h>

#include "plan/compile.h"

/* What is said when the kernel refuses new namespaces. */
#define CLONE_FAILED "clone with new namespaces"

struct child {
	pid_t pid;
	int pidfd; /* owned */
	int sync;  /* our end of the handshake; owned */
	pid_t stage; /* the one that forked it: ends by itself, -1 where there was none, or it was reaped */
	int stage_pidfd; /* owned */
};

#define CHILD_INIT { .pid = -1, .pidfd = -EBADF, .sync = -EBADF, .stage = -1, .stage_pidfd = -EBADF }

/* Closes the descriptors; a child that was not taken out (pid -1) is killed and reaped. */
void child_done(struct child *c);
#define auto_child __attribute__((cleanup(child_done))) struct child

/* The forked process takes the place of the stage that forked it; pidfd is taken. */
void child_replace(struct child *c, pid_t pid, int pidfd);
/* Reaps the stage that forked the process. */
void child_settle(struct child *c);

/*
 * cgroup: descriptor for CLONE_INTO_CGROUP or negative. wait_for_thaw: in a frozen one the thaw is waited for, else it is
 * EBUSY after some seconds. The child dies with this process until it is told
 * otherwise (PDEATHSIG, and end of file on its socket).
 */
int stage_spawn(const struct compiled *c, int cgroup, bool wait_for_thaw, struct child *ret,
		struct error *err);
