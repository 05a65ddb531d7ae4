/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/bind_source.h"

#include <fcntl.h>

#include "base/cleanup.h"

int bind_source_open(int bundle, const char *path, bool link, struct stat *st, struct error *err)
{
	auto_(close_fd) int fd = openat(bundle, path, O_PATH | O_CLOEXEC | (link ? O_NOFOLLOW : 0));

	if (fd < 0 || fstat(fd, st) < 0)
		return sysf(err, "bind source '%s'", path);
	return take_fd(fd);
}
