/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tmpcopyup: what the image holds below a tmpfs's mount point is copied into the tmpfs, which nobody else
 * sees yet. The image's part is hostile: no link is followed, and the copy takes no more memory than the container may
 * have, although its limit is not set yet. Holes in files stay holes.
 */

#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include "nsexec/stage.h"
#include "nsexec/sys.h"

#define PAGE 4096U
#define ENTRY_COST 1024U /* about what the kernel keeps for a name and an inode */
#define CHUNK_MAX (1U << 20)
#define FADV_DONTNEED 4
#define DEPTH_MAX 64
#define ENTRIES_ROOM 2048

struct directory_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

static RARE long copy_dir(int from, int to, unsigned depth, struct copy_budget *b);

static RARE long open_beneath(int dir, const char *name, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return sys(openat2, dir, name, &how, sizeof(how));
}

static RARE long charge(struct copy_budget *b, uint64_t bytes)
{
	if (!b->bounded)
		return 0;
	if (bytes > b->left)
		return -ENOMEM;
	b->left -= bytes;
	return 0;
}

/*
 * The bytes from `at` to `end`; fewer when the file has become shorter. What was read into the page cache for a big file
 * would count as the container's too: it is given back as we go.
 */
static RARE long copy_bytes(int from, int to, int64_t at, int64_t end, struct copy_budget *b)
{
	const bool forget = b->bounded && end - at > CHUNK_MAX;
	long n = charge(b, ((uint64_t)(end - at) + PAGE - 1) / PAGE * PAGE);

	if (n < 0)
		return n;
	while (at < end) {
		int64_t first = at;

		n = sys(sendfile, to, from, &at, end - at < CHUNK_MAX ? end - at : CHUNK_MAX);
		if (n == 0 || (n < 0 && n != -EINTR))
			return n;
		if (at <= first && n != -EINTR)
			return -EIO;
		if (forget)
			(void)sys(fadvise64, from, first, at - first, FADV_DONTNEED);
	}
	return 0;
}

/* Part by part, between the holes. */
static RARE long copy_sparse(int from, int to, int64_t size, struct copy_budget *b)
{
	int64_t at = 0;
	long r = 0;

	while (at < size && r == 0) {
		int64_t data = sys(lseek, from, at, SEEK_DATA), end;

		if (data == -ENXIO) /* a hole up to the end */
			break;
		end = data < 0 ? data : sys(lseek, from, data, SEEK_HOLE);
		if (end < 0)
			return end;
		if (data < at || end <= data)
			return -EIO;
		end = end < size ? end : size;
		r = sys(lseek, to, data, SEEK_SET);
		r = r < 0 ? r : copy_bytes(from, to, data, end, b);
		at = end;
	}
	return r < 0 ? r : sys(ftruncate, to, size);
}

static RARE long copy_file(int from, int to, const char *name, const struct statx *st,
		      struct copy_budget *b)
{
	int64_t size = (int64_t)st->stx_size;
	long r, out, in = open_beneath(from, name, O_RDONLY | O_NONBLOCK);

	if (in < 0)
		return in;
	out = sys(openat, to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return out;
	if (st->stx_blocks < (uint64_t)size / 512)
		r = copy_sparse((int)in, (int)out, size, b);
	else
		r = copy_bytes((int)in, (int)out, 0, size, b);
	sys(close, in);
	sys(close, out);
	return r;
}

static RARE long copy_link(int from, int to, const char *name)
{
	char target[4096];
	long n = sys(readlinkat, from, name, target, sizeof(target) - 1);

	if (n < 0)
		return n;
	target[n] = 0;
	return sys(symlinkat, target, to, name);
}

static RARE long copy_below(int from, int to, const char *name, unsigned depth, struct copy_budget *b)
{
	long r, in, out;

	r = sys(mkdirat, to, name, 0700);
	if (r < 0)
		return r;
	in = open_beneath(from, name, O_RDONLY | O_DIRECTORY);
	if (in < 0)
		return in;
	out = open_beneath(to, name, O_RDONLY | O_DIRECTORY);
	r = out < 0 ? out : copy_dir((int)in, (int)out, depth + 1, b);
	sys(close, in);
	if (out >= 0)
		sys(close, out);
	return r;
}

static RARE long copy_owner(int to, const char *name, const struct statx *st)
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

static RARE long copy_entry(int from, int to, const char *name, unsigned depth, struct copy_budget *b)
{
	struct statx st;
	long r = sys(statx, from, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st);
	long device = r < 0 ? r : device_number(st.stx_rdev_major, st.stx_rdev_minor);

	r = device < 0 ? device : charge(b, ENTRY_COST);
	if (r < 0)
		return r;
	switch (st.stx_mode & S_IFMT) {
	case S_IFREG:
		r = copy_file(from, to, name, &st, b);
		break;
	case S_IFDIR:
		r = copy_below(from, to, name, depth, b);
		break;
	case S_IFLNK:
		r = copy_link(from, to, name);
		break;
	default:
		r = sys(mknodat, to, name, st.stx_mode, device);
	}
	return r < 0 ? r : copy_owner(to, name, &st);
}

static RARE long copy_entries(int from, int to, const char *buf, long n, unsigned depth,
			 struct copy_budget *b)
{
	for (long at = 0; at < n;) {
		const struct directory_entry *e = (const struct directory_entry *)(buf + at);
		long r = 0;

		if (!text_same(e->name, ".") && !text_same(e->name, ".."))
			r = copy_entry(from, to, e->name, depth, b);
		if (r < 0)
			return r;
		at += e->size;
	}
	return 0;
}

static RARE long copy_dir(int from, int to, unsigned depth, struct copy_budget *b)
{
	_Alignas(8) char buf[ENTRIES_ROOM];
	long r, n;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	do {
		n = sys(getdents64, from, buf, sizeof(buf));
		r = n > 0 ? copy_entries(from, to, buf, n, depth, b) : n;
	} while (n > 0 && r == 0);
	return r;
}

RARE long copy_tree(int from, int to, struct copy_budget *b)
{
	long r, in = open_beneath(from, ".", O_RDONLY | O_DIRECTORY);
	long out = open_beneath(to, ".", O_RDONLY | O_DIRECTORY);

	r = in < 0 ? in : out < 0 ? out : copy_dir((int)in, (int)out, 0, b);
	if (in >= 0)
		sys(close, in);
	if (out >= 0)
		sys(close, out);
	return r;
}
