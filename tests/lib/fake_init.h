/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A process that stands for a container's init: it waits until it is ended. */

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"

struct fake {
	pid_t pid;
	int pidfd;
};

static inline struct fake init_new(void)
{
	struct fake f = { .pid = fork() };

	if (f.pid == 0)
		for (;;)
			(void)pause();
	ck_assert_int_gt(f.pid, 0);
	f.pidfd = sys_pidfd_open(f.pid, 0);
	ck_assert_int_ge(f.pidfd, 0);
	return f;
}

/* A zombie, until it is reaped. */
static inline void init_end(struct fake *f)
{
	struct pollfd p = { .fd = f->pidfd, .events = POLLIN };

	ck_assert_int_eq(sys_pidfd_send_signal(f->pidfd, SIGKILL), 0);
	ck_assert_int_eq(poll(&p, 1, 5000), 1);
}

static inline void init_reap(struct fake *f)
{
	ck_assert_int_eq(waitpid(f->pid, NULL, 0), f->pid);
	close_fd(f->pidfd);
}
