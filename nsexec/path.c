/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Paths inside the container's root. The image is hostile: every look-up is openat2(RESOLVE_IN_ROOT), so
 * that no symlink leads out, and RESOLVE_NO_MAGICLINKS, so that no /proc/PID/fd link does. What is
 * missing is made in a directory held by descriptor.
 */

#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <linux/time_types.h>

#include "nsexec/stage.h"
#include "nsexec/sys.h"

#define PATH_ROOM 4096
#define SYMLINKS_MAX 40
#define TRIES_AT_ONCE 100
#define TRIES_PAUSED 1000 /* a millisecond each, and what the scheduler adds */

static long resolve(int root, const char *path, uint64_t flags, uint64_t more)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | more,
	};
	const struct __kernel_timespec pause = { .tv_nsec = 1000000 };
	long fd;

	/*
	 * EAGAIN: something was renamed meanwhile and the kernel cannot tell whether '..' is safe; or somebody has a lease on
	 * the file (fcntl(2)). Both are in the hands of the image's processes, so it is not tried for ever.
	 */
	for (int tries = 0;; tries++) {
		fd = sys(openat2, root, path, &how, sizeof(how));
		if ((fd != -EAGAIN && fd != -EINTR) || tries == TRIES_AT_ONCE + TRIES_PAUSED)
			return fd;
		if (tries >= TRIES_AT_ONCE)
			(void)sys(nanosleep, &pause, 0);
	}
}

long path_open(int root, const char *path, uint64_t flags)
{
	return resolve(root, path, flags, 0);
}

long path_open_plain(int root, const char *path, uint64_t flags)
{
	return resolve(root, path, flags, RESOLVE_NO_SYMLINKS);
}

static long make_last(int parent, const char *name, bool file, uint32_t mode)
{
	long fd;

	if (!file)
		return sys(mkdirat, parent, name, mode);
	fd = sys(openat, parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);
	if (fd >= 0)
		sys(close, fd);
	return fd < 0 ? fd : 0;
}

/*
 * `name` in `path`'s directory is a symlink to nowhere. Puts the path it means, with `rest`, into
 * `path`: an absolute link begins anew at the root.
 */
static long follow_link(int parent, char *path, size_t dir_len, const char *name, const char *rest)
{
	char link[PATH_ROOM], tail[PATH_ROOM];
	long n = sys(readlinkat, parent, name, link, sizeof(link) - 1);
	size_t at;

	if (n < 0)
		return n == -EINVAL ? -EEXIST : n;
	link[n] = 0;
	text_copy(tail, sizeof(tail), rest);
	at = link[0] == '/' ? 0 : dir_len;
	if (at + (size_t)n + text_len(tail) + 3 > PATH_ROOM)
		return -ENAMETOOLONG;
	path[at++] = '/';
	text_copy(path + at, PATH_ROOM - at, link);
	at += (size_t)n;
	path[at++] = '/';
	text_copy(path + at, PATH_ROOM - at, tail);
	return 1;
}

static size_t skip_slashes(const char *path, size_t at)
{
	while (path[at] == '/')
		at++;
	return at;
}

/*
 * Makes the first missing component of `path`. 0: made; 1: the path was rewritten, begin again; 2:
 * nothing is missing.
 */
static long make_first_missing(int root, char *path, bool file, uint32_t mode)
{
	size_t at = skip_slashes(path, 0), dir_len = 0;
	long parent = path_open(root, "/", O_PATH | O_DIRECTORY);

	while (parent >= 0 && path[at]) {
		size_t end = at;
		char kept, *name = path + at;
		bool last;
		long fd, r;

		while (path[end] && path[end] != '/')
			end++;
		last = !path[skip_slashes(path, end)];
		kept = path[end];
		path[end] = 0;
		fd = path_open(root, path, O_PATH | (last ? 0 : O_DIRECTORY));
		if (fd == -ENOENT) {
			r = make_last((int)parent, name, file && last, last ? mode : 0755);
			if (r == -EEXIST)
				r = follow_link((int)parent, path, dir_len, name,
						kept ? path + end + 1 : "");
			if (r != 1) /* else the path is another one now */
				path[end] = kept;
			/* No link: another container of the same root made it meanwhile. Look again. */
			if (r == -EEXIST)
				r = 1;
			sys(close, parent);
			return r;
		}
		path[end] = kept;
		sys(close, parent);
		parent = fd;
		dir_len = end;
		at = skip_slashes(path, end);
	}
	if (parent < 0)
		return parent;
	sys(close, parent);
	return 2;
}

/* The usual case: only the last component is missing, and is no symlink to nowhere. */
static long make_in_parent(int root, char *path, bool file, uint32_t mode)
{
	size_t end = text_len(path), at;
	long r, parent;

	while (end > 1 && path[end - 1] == '/')
		path[--end] = 0;
	for (at = end; at > 0 && path[at - 1] != '/'; at--)
		;
	if (at <= 1)
		return -ENOENT;
	path[at - 1] = 0;
	parent = path_open(root, path, O_PATH | O_DIRECTORY);
	path[at - 1] = '/';
	if (parent < 0)
		return parent;
	r = make_last((int)parent, path + at, file, mode);
	if (r == 0)
		r = sys(openat, parent, path + at, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	sys(close, parent);
	return r;
}

long path_make(int root, const char *wanted, bool file, bool create, uint32_t mode, bool *made)
{
	char path[PATH_ROOM];
	long r, fd = path_open(root, wanted, O_PATH);
	unsigned links = 0;

	*made = false;
	if (fd != -ENOENT || !create)
		return fd;
	if (text_len(wanted) >= sizeof(path))
		return -ENAMETOOLONG;
	text_copy(path, sizeof(path), wanted);
	fd = make_in_parent(root, path, file, mode);
	if (fd >= 0)
		*made = true;
	if (fd != -ENOENT && fd != -EEXIST)
		return fd;
	do {
		r = make_first_missing(root, path, file, mode);
		if (r < 0 || (r == 1 && ++links > SYMLINKS_MAX))
			return r < 0 ? r : -ELOOP;
	} while (r != 2);
	*made = true;
	return path_open(root, wanted, O_PATH);
}

/* What was made is opened anew: others may write to the root, and what counts is the last look. */
long path_make_plain(int root, const char *path, bool file, uint32_t mode, bool *made)
{
	long fd = path_open_plain(root, path, O_PATH);

	*made = false;
	if (fd != -ENOENT)
		return fd;
	fd = path_make(root, path, file, true, mode, made);
	if (fd < 0)
		return fd;
	sys(close, fd);
	return path_open_plain(root, path, O_PATH);
}
