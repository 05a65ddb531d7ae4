/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memfd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/file.h"

/* linux/memfd.h of 6.3 */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* Before 6.3 each was fit for both uses, and the flag unknown. */
static int make(const char *name, unsigned use)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | use);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

static int fill_and_seal(int fd, const void *data, size_t n)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int r = write_all(fd, data, n);

	if (r < 0)
		return r;
	return fcntl(fd, F_ADD_SEALS, seals) < 0 ? -errno : 0;
}

int memfd_new(const char *name)
{
	return make(name, MFD_NOEXEC_SEAL);
}

int memfd_sealed(const char *name, const void *data, size_t n)
{
	auto_(close_fd) int fd = memfd_new(name);
	int r = fd < 0 ? fd : fill_and_seal(fd, data, n);

	return r < 0 ? r : take_fd(fd);
}

int memfd_program(const char *name, mode_t mode, const void *image, size_t n)
{
	auto_(close_fd) int fd = make(name, MFD_EXEC);
	int r = fd < 0 ? fd : fill_and_seal(fd, image, n);

	if (r < 0)
		return r;
	return fchmod(fd, mode) < 0 ? -errno : take_fd(fd);
}
