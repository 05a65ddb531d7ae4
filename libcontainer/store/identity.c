/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/sys.h"
#include "store/state_file.h"

#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

#define FLAGS_FIELD      9
#define START_TIME_FIELD 22
#define PF_EXITING       0x4 /* of the kernel: include/linux/sched.h */

/* Older kernels give all pidfds the one inode of anon_inodefs. */
static uint64_t pidfs_number(int pidfd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(pidfd, &fs) < 0 || fs.f_type != PID_FS_MAGIC || fstat(pidfd, &st) < 0)
		return 0;
	return st.st_ino;
}

/* proc_pid_stat(5): the second field is a name in parentheses and may hold anything, also ") ". */
int process_stat_number(pid_t pid, int field, uint64_t *ret)
{
	char path[32], text[1024];
	auto_(close_fd) int fd = -EBADF;
	const char *p;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = 0;
	p = strrchr(text, ')');
	for (int at = 2; p && at < field; at++)
		p = strchr(p + 1, ' ');
	if (!p)
		return -EPROTO;
	return parse_u64n(p + 1, strcspn(p + 1, " "), 10, ret);
}

bool process_is_dying(pid_t pid)
{
	uint64_t flags;

	return process_stat_number(pid, FLAGS_FIELD, &flags) == 0 && (flags & PF_EXITING);
}

static int start_time_of(pid_t pid, uint64_t *ret)
{
	return process_stat_number(pid, START_TIME_FIELD, ret);
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
