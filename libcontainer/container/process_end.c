/* SPDX-License-Identifier: Apache-2.0 */
#include "container/process_end.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/proc.h"

#define REAP_TIMEOUT_MS 1000 /* for the parent of a zombie that is not ours to look at */

/* linux/pidfd.h of Linux 6.15; the headers we are built with may be older. */
struct pidfd_exit_info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_status;
};
#define INFO_EXIT     (UINT64_C(1) << 3)
#define GET_EXIT_INFO _IOWR(0xff, 11, struct pidfd_exit_info)

/* POLLIN: it has ended; POLLHUP, which is always told: it was reaped (Linux 6.9). 0 after the time. */
static int poll_pidfd(int pidfd, short wanted, int64_t ms)
{
	struct pollfd p = { .fd = pidfd, .events = wanted };
	int64_t until = ms < 0 ? 0 : clock_ms() + ms;
	int n;

	do {
		n = poll(&p, 1, (int)min_of(ms, (int64_t)INT_MAX));
		ms = ms < 0 ? -1 : until - clock_ms();
	} while ((n < 0 && errno == EINTR && (ms > 0 || until == 0)) || (n == 0 && ms > 0));
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n > 0 ? p.revents : 0;
}

/* Without the right to trace it a zombie's status reads 0: nothing that can be told from the truth. */
static bool may_look(pid_t pid)
{
	char path[64], text[8];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	return readlink(path, text, sizeof(text)) > 0;
}

/* The number may be another process's by now; poll says whether ours was reaped while we looked. */
static bool ask_zombie(pid_t pid, int pidfd, struct process_end *ret)
{
	struct proc_stat s;

	if (!may_look(pid) || proc_stat(pid, &s) < 0 || s.state != 'Z')
		return false;
	if (poll_pidfd(pidfd, 0, 0) > 0)
		return false;
	*ret = (struct process_end){ .known = true, .status = s.exit_status };
	return true;
}

static bool ask_pidfd(int pidfd, struct process_end *ret)
{
	struct pidfd_exit_info info = { .mask = INFO_EXIT };

	if (ioctl(pidfd, GET_EXIT_INFO, &info) < 0 || !(info.mask & INFO_EXIT))
		return false;
	*ret = (struct process_end){ .known = true, .rough = true, .status = info.exit_status };
	return true;
}

int process_end(pid_t pid, int pidfd, int64_t ms, struct process_end *ret)
{
	int events = poll_pidfd(pidfd, POLLIN, ms);

	if (events <= 0)
		return events;
	*ret = (struct process_end){ 0 };
	/* Neither: a zombie that we may not ask, or one that was reaped between the two questions. */
	if (!ask_zombie(pid, pidfd, ret) && !ask_pidfd(pidfd, ret) &&
	    poll_pidfd(pidfd, 0, REAP_TIMEOUT_MS) > 0)
		(void)ask_pidfd(pidfd, ret);
	return 1;
}
