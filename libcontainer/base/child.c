/* SPDX-License-Identifier: Apache-2.0 */
#include "base/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/sys.h"

#define REAP_SECONDS 10

int child_await(int pidfd, unsigned seconds)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, (int)seconds * 1000);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n > 0;
}

static int reap(pid_t pid, int *status)
{
	pid_t r;

	do
		r = waitpid(pid, status, __WALL | WNOHANG);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

void child_reap(pid_t pid, int pidfd)
{
	if (child_await(pidfd, REAP_SECONDS) == 1)
		(void)reap(pid, NULL);
}

int child_wait(pid_t pid, unsigned seconds, int *status)
{
	auto_(close_fd) int pidfd = sys_pidfd_open(pid, 0);
	int r = pidfd < 0 ? -errno : child_await(pidfd, seconds);

	if (r == 1)
		return reap(pid, status);
	(void)kill(pid, SIGKILL);
	if (pidfd >= 0)
		child_reap(pid, pidfd);
	return r < 0 ? r : -ETIMEDOUT;
}
