/* SPDX-License-Identifier: Apache-2.0 */
#include "container/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/sys.h"

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif

int inside_root(struct container *c, struct error *err)
{
	auto_(close_fd) int pidfd = container_init_pidfd(c, err), fd = -EBADF;
	char path[40];

	if (pidfd < 0 && pidfd != -ESRCH)
		return pidfd;
	(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)c->state.init.pid);
	fd = pidfd < 0 ? -1 : openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* It is init's: init lives still after it was opened. */
	if (pidfd < 0 || (sys_pidfd_send_signal(pidfd, 0) < 0 && errno == ESRCH))
		return failf(err, ESRCH, "container not running");
	return fd < 0 ? sysf(err, "root of container '%s'", c->state.id) : take_fd(fd);
}

int inside_look_fd(int fd, struct inside_place *ret)
{
	struct statx x;

	*ret = (struct inside_place){ 0 };
	if (fstat(fd, &ret->st) < 0 || sys_statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) < 0)
		return -errno;
	ret->mounted = x.stx_attributes & STATX_ATTR_MOUNT_ROOT;
	ret->mount = x.stx_mnt_id;
	if (sys_statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID_UNIQUE, &x) == 0 &&
	    x.stx_mask & STATX_MNT_ID_UNIQUE)
		ret->unique = x.stx_mnt_id;
	return 0;
}

int inside_look(int root, const char *path, bool follow, struct inside_place *ret)
{
	auto_(close_fd) int fd = sys_openat2(root, path, O_PATH | (follow ? 0 : O_NOFOLLOW), 0,
					     RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	return fd < 0 ? -errno : inside_look_fd(fd, ret);
}
