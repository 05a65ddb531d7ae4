/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tmpcopyup: what the image holds below a tmpfs's mount point is copied into the tmpfs, which nobody else
 * sees yet. The image's part is hostile: no link is followed.
 */

#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include "nsexec/stage.h"
#include "nsexec/sys.h"

#define DEPTH_MAX 64
#define ENTRIES_ROOM 2048

struct directory_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

static long copy_dir(int from, int to, unsigned depth);

static long open_beneath(int dir, const char *name, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return sys(openat2, dir, name, &how, sizeof(how));
}

static long copy_bytes(int from, int to)
{
	long n;

	do
		n = sys(sendfile, to, from, 0, 1 << 30);
	while (n > 0 || n == -EINTR);
	return n;
}

static long copy_file(int from, int to, const char *name)
{
	long r, out, in = open_beneath(from, name, O_RDONLY | O_NONBLOCK);

	if (in < 0)
		return in;
	out = sys(openat, to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return out;
	r = copy_bytes((int)in, (int)out);
	sys(close, in);
	sys(close, out);
	return r;
}

static long copy_link(int from, int to, const char *name)
{
	char target[4096];
	long n = sys(readlinkat, from, name, target, sizeof(target) - 1);

	if (n < 0)
		return n;
	target[n] = 0;
	return sys(symlinkat, target, to, name);
}

static long copy_below(int from, int to, const char *name, unsigned depth)
{
	long r, in, out;

	r = sys(mkdirat, to, name, 0700);
	if (r < 0)
		return r;
	in = open_beneath(from, name, O_RDONLY | O_DIRECTORY);
	if (in < 0)
		return in;
	out = open_beneath(to, name, O_RDONLY | O_DIRECTORY);
	r = out < 0 ? out : copy_dir((int)in, (int)out, depth + 1);
	sys(close, in);
	if (out >= 0)
		sys(close, out);
	return r;
}

static long copy_owner(int to, const char *name, const struct statx *st)
{
	struct {
		int64_t s, ns;
	} times[2] = { { st->stx_atime.tv_sec, st->stx_atime.tv_nsec },
		       { st->stx_mtime.tv_sec, st->stx_mtime.tv_nsec } };
	long r = sys(fchownat, to, name, st->stx_uid, st->stx_gid, AT_SYMLINK_NOFOLLOW);

	if (r == 0 && (st->stx_mode & S_IFMT) != S_IFLNK)
		r = sys(fchmodat, to, name, st->stx_mode & 07777);
	if (r == 0)
		r = sys(utimensat, to, name, times, AT_SYMLINK_NOFOLLOW);
	return r;
}

static long copy_entry(int from, int to, const char *name, unsigned depth)
{
	struct statx st;
	long r = sys(statx, from, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st);
	long device = r < 0 ? r : device_number(st.stx_rdev_major, st.stx_rdev_minor);

	if (device < 0)
		return device;
	switch (st.stx_mode & S_IFMT) {
	case S_IFREG:
		r = copy_file(from, to, name);
		break;
	case S_IFDIR:
		r = copy_below(from, to, name, depth);
		break;
	case S_IFLNK:
		r = copy_link(from, to, name);
		break;
	default:
		r = sys(mknodat, to, name, st.stx_mode, device);
	}
	return r < 0 ? r : copy_owner(to, name, &st);
}

static long copy_entries(int from, int to, const char *buf, long n, unsigned depth)
{
	for (long at = 0; at < n;) {
		const struct directory_entry *e = (const struct directory_entry *)(buf + at);
		long r = 0;

		if (!text_same(e->name, ".") && !text_same(e->name, ".."))
			r = copy_entry(from, to, e->name, depth);
		if (r < 0)
			return r;
		at += e->size;
	}
	return 0;
}

static long copy_dir(int from, int to, unsigned depth)
{
	_Alignas(8) char buf[ENTRIES_ROOM];
	long r, n;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	do {
		n = sys(getdents64, from, buf, sizeof(buf));
		r = n > 0 ? copy_entries(from, to, buf, n, depth) : n;
	} while (n > 0 && r == 0);
	return r;
}

long copy_tree(int from, int to)
{
	long r, in = open_beneath(from, ".", O_RDONLY | O_DIRECTORY);
	long out = open_beneath(to, ".", O_RDONLY | O_DIRECTORY);

	r = in < 0 ? in : out < 0 ? out : copy_dir((int)in, (int)out, 0);
	if (in >= 0)
		sys(close, in);
	if (out >= 0)
		sys(close, out);
	return r;
}
