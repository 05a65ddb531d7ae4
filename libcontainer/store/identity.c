/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "base/sys.h"
#include "store/state_file.h"

#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

/* Older kernels give all pidfds the one inode of anon_inodefs. */
static uint64_t pidfs_number(int pidfd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(pidfd, &fs) < 0 || fs.f_type != PID_FS_MAGIC || fstat(pidfd, &st) < 0)
		return 0;
	return st.st_ino;
}

static int start_time_of(pid_t pid, uint64_t *ret)
{
	struct proc_stat s;
	int r = proc_stat(pid, &s);

	if (r == 0)
		*ret = s.start_time;
	return r;
}

int identity_of(pid_t pid, int pidfd, struct identity *ret, struct error *err)
{
	struct identity id = { .pid = pid, .handle = pidfs_number(pidfd) };
	int r;

	if (!id.handle) {
		r = start_time_of(pid, &id.start_time);
		if (r < 0)
			return codef(err, r, "start time of process %d", (int)pid);
	}
	*ret = id;
	return 0;
}

/* Looked at after pidfd_open(): if the number was reused before it, the times differ. */
static bool is_same(const struct identity *id, int pidfd)
{
	struct stat st;
	uint64_t started = 0;

	if (id->handle)
		return fstat(pidfd, &st) == 0 && st.st_ino == id->handle;
	if (id->start_time)
		return start_time_of(id->pid, &started) == 0 && started == id->start_time;
	return true;
}

/* A pidfd becomes readable with the death of the last thread, reaped or not. */
static bool is_dead(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

int identity_open_zombie(const struct identity *id)
{
	auto_(close_fd) int pidfd = -EBADF;

	if (id->pid <= 0)
		return -ESRCH;
	pidfd = sys_pidfd_open(id->pid, 0);
	/* EINVAL: the number is a thread's now. */
	if (pidfd < 0)
		return errno == EINVAL ? -ESRCH : -errno;
	return is_same(id, pidfd) ? take_fd(pidfd) : -ESRCH;
}

int identity_open(const struct identity *id)
{
	auto_(close_fd) int pidfd = identity_open_zombie(id);

	if (pidfd >= 0 && is_dead(pidfd))
		return -ESRCH;
	return take_fd(pidfd);
}
