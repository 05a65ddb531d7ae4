/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/sys.h"

static int fail(int num)
{
	errno = num;
	return -num;
}

/* in_one_piece: a short read is the last. */
static int read_all(int fd, size_t limit, bool in_one_piece, struct str *out)
{
	size_t total = 0, room;

	for (;;) {
		char *to = str_space(out, &room);
		ssize_t n = to ? read(fd, to, room) : -1;

		if (!to)
			return fail(ENOMEM);
		if (n < 0 && errno == EINTR)
			continue;
		total += n > 0 ? (size_t)n : 0;
		str_wrote(out, n > 0 && total <= limit ? (size_t)n : 0);
		if (n < 0)
			return -errno;
		if (total > limit)
			return fail(EFBIG);
		if (n == 0 || (in_one_piece && (size_t)n < room))
			return 0;
	}
}

static int open_and_read_all(int dir, const char *path, size_t limit, bool in_one_piece,
			     struct str *out)
{
	auto_(close_fd) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : read_all(fd, limit, in_one_piece, out);
}

int file_read_fd(int fd, size_t limit, struct str *out)
{
	return read_all(fd, limit, false, out);
}

int file_read_piece_fd(int fd, size_t limit, struct str *out)
{
	return read_all(fd, limit, true, out);
}

int file_read_at(int dir, const char *path, size_t limit, struct str *out)
{
	return open_and_read_all(dir, path, limit, false, out);
}

int file_read_piece_at(int dir, const char *path, size_t limit, struct str *out)
{
	return open_and_read_all(dir, path, limit, true, out);
}

int file_write_at(int dir, const char *path, const char *text)
{
	auto_(close_fd) int fd = openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : fail(EIO);
}

int write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

/* synced: a name that is given before the content is on the disk may be that of an empty file after a power cut. */
static int write_content(int fd, const void *data, size_t n, bool synced)
{
	int r = write_all(fd, data, n);

	return r == 0 && synced && fdatasync(fd) < 0 ? -errno : r;
}

/*
 * A file without a name until it is whole: what kills us leaves nothing behind. Only where there is none
 * of that name yet, as linkat(2) does not replace. 1: it must be done by a temporary name.
 */
static int write_new(int dir, const char *name, const void *data, size_t n, mode_t mode, bool synced)
{
	const char *base = path_last(name);
	auto_(close_fd) int fd = -EBADF;
	char folder[PATH_MAX], link[64];
	int r;

	if (snprintf(folder, sizeof(folder), "%.*s", (int)(base - name), name) >=
	    (int)sizeof(folder))
		return fail(ENAMETOOLONG);
	fd = openat(dir, *folder ? folder : ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
	if (fd < 0)
		return 1;
	r = write_content(fd, data, n, synced);
	if (r < 0)
		return r;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, link, dir, name, AT_SYMLINK_FOLLOW) < 0 ? 1 : 0;
}

/* Of a temporary name. One that is there was left by somebody who was killed, or put there for us to write through. */
static int create_temporary(int dir, const char *name, mode_t mode)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, name, flags, mode);

	if (fd < 0 && errno == EEXIST && unlinkat(dir, name, 0) == 0)
		fd = openat(dir, name, flags, mode);
	return fd < 0 ? -errno : fd;
}

static int replace(int dir, const char *name, const void *data, size_t n, mode_t mode, bool synced)
{
	const char *base = path_last(name);
	char temp[PATH_MAX];
	int fd, r;

	if (snprintf(temp, sizeof(temp), "%.*s.%s.%d", (int)(base - name), name, base,
		     (int)getpid()) >= (int)sizeof(temp))
		return fail(ENAMETOOLONG);
	fd = create_temporary(dir, temp, mode);
	if (fd < 0)
		return fd;
	r = write_content(fd, data, n, synced);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && renameat(dir, temp, dir, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dir, temp, 0);
		errno = -r;
	}
	return r;
}

int file_replace_at(int dir, const char *name, const void *data, size_t n, mode_t mode)
{
	int r = write_new(dir, name, data, n, mode, false);

	return r > 0 ? replace(dir, name, data, n, mode, false) : r;
}

int file_replace_safely_at(int dir, const char *name, const void *data, size_t n, mode_t mode)
{
	int r = write_new(dir, name, data, n, mode, true);

	return r > 0 ? replace(dir, name, data, n, mode, true) : r;
}

int file_renew_at(int dir, const char *name, const void *data, size_t n, mode_t mode)
{
	int r = write_new(dir, name, data, n, mode, false);

	if (r > 0 && errno == EEXIST && unlinkat(dir, name, 0) == 0)
		r = write_new(dir, name, data, n, mode, false);
	return r > 0 ? replace(dir, name, data, n, mode, false) : r;
}

bool file_is_on(const char *path, unsigned long magic)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == magic;
}

int path_of_fd(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, size);
	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return fail(ENAMETOOLONG);
	path[n] = 0;
	return 0;
}

int mkdir_parents(const char *path, mode_t mode)
{
	char copy[PATH_MAX];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(copy))
		return fail(n ? ENAMETOOLONG : ENOENT);
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT)
		return -errno;
	memcpy(copy, path, n + 1);
	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

static void close_run(unsigned first, unsigned n)
{
	if (n && sys_close_range(first, first + n - 1, 0) < 0)
		while (n--)
			(void)close((int)(first + n));
}

static int by_number(const void *a, const void *b)
{
	const int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

void close_fds(int *fds, size_t n)
{
	unsigned first = 0, run = 0;
	int saved = errno;

	if (n)
		qsort(fds, n, sizeof(*fds), by_number);
	for (size_t i = 0; i < n; i++) {
		if (run && (unsigned)fds[i] == first + run) {
			run++;
			continue;
		}
		close_run(first, run);
		first = fds[i] < 0 ? 0 : (unsigned)fds[i];
		run = fds[i] >= 0;
	}
	close_run(first, run);
	errno = saved;
}

void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}
