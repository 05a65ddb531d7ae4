/* SPDX-License-Identifier: Apache-2.0 */
#include "base/program_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memfd.h"
#include "base/sys.h"

/* A tmpfs that is in no mount namespace. */
static int detached_tmpfs(void)
{
	auto_(close_fd) int fs = sys_fsopen("tmpfs");

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE) < 0)
		return -errno;
	return sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

static int unnamed_file(int dir, const char *path)
{
	return openat(dir, path, O_TMPFILE | O_EXCL | O_WRONLY | O_CLOEXEC, 0700);
}

static int unnamed_file_anywhere(void)
{
	auto_(close_fd) int dir = detached_tmpfs();
	const char *own = getenv("XDG_RUNTIME_DIR");
	int fd = -1;

	if (dir >= 0)
		return unnamed_file(dir, ".");
	if (own && *own == '/')
		fd = unnamed_file(AT_FDCWD, own);
	return fd >= 0 ? fd : unnamed_file(AT_FDCWD, "/tmp");
}

/* Open for writing it could not be executed. */
static int without_writer(int fd)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_PATH | O_CLOEXEC);
}

static int file_of_one_use(mode_t mode, const void *image, size_t n)
{
	auto_(close_fd) int writer = unnamed_file_anywhere();
	int r, fd;

	if (writer < 0)
		return -errno;
	r = write_all(writer, image, n);
	if (r < 0)
		return r;
	if (fchmod(writer, mode) < 0)
		return -errno;
	fd = without_writer(writer);
	return fd < 0 ? -errno : fd;
}

int program_file(const char *name, mode_t mode, const void *image, size_t n)
{
	int fd = memfd_program(name, mode, image, n);

	return fd == -EACCES ? file_of_one_use(mode, image, n) : fd;
}
