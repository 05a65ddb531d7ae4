/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/root_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/sys.h"

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif

uint64_t mount_id(int fd)
{
	struct statx st;

	if (sys_statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID | STATX_MNT_ID_UNIQUE, &st) < 0 ||
	    !(st.stx_mask & (STATX_MNT_ID | STATX_MNT_ID_UNIQUE)))
		return 0;
	return st.stx_mnt_id;
}

int root_unmount(const char *path, uint64_t id, struct error *err)
{
	auto_(close_fd) int fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char itself[64];

	if (fd < 0)
		return errno == ENOENT ? 0 : sysf(err, "rootfs '%s'", path);
	if (id == 0 || mount_id(fd) != id)
		return 0;
	/* Not by the path again: another mount may have come to it. */
	(void)snprintf(itself, sizeof(itself), "/proc/self/fd/%d", fd);
	if (umount2(itself, MNT_DETACH) < 0)
		return sysf(err, "unmount the rootfs '%s'", path);
	return 0;
}
