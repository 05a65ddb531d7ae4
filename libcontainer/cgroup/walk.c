/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A walk over a tree of cgroups of any depth. A container that may make cgroups nests them as deep as it likes, so the
 * walk neither recurses nor keeps every level open: the streams of the upper levels stay open, and one stream serves
 * all levels below. On the way up from there ".." is opened and read again as far as the child that was left, which is
 * known by its inode. Cgroups do not move between parents, so ".." leads back the way we came.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "cgroup/cgroup_internal.h"

#define STREAMS 32 /* open at the same time */

struct level {
	DIR *stream;
	const struct dirent *child; /* the one that was entered last; valid until the stream is read again */
};

struct walk {
	struct level levels[STREAMS];
	size_t depth; /* 0: in the top cgroup */
	const struct tree_visitor *visitor;
};

static struct level *level_of(struct walk *w, size_t depth)
{
	return &w->levels[min_of(depth, (size_t)STREAMS - 1)];
}

static void close_level(struct level *l)
{
	if (l->stream)
		closedir(l->stream);
	*l = (struct level){ 0 };
}

static void walk_done(struct walk *w)
{
	foreach_array(level, w->levels)
		close_level(level);
}
#define auto_walk __attribute__((cleanup(walk_done))) struct walk

/* Takes the descriptor. */
static int open_level(struct level *l, int dir)
{
	close_level(l);
	l->stream = fdopendir(dir);
	if (l->stream)
		return 0;
	close_fd(dir);
	return -errno;
}

static int open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A cgroup directory has two links more than sub-cgroups, which spares reading its ~40 names. */
static bool is_leaf(int dir)
{
	struct stat st;

	return fstat(dir, &st) == 0 && st.st_nlink == 2;
}

static bool is_child(const struct dirent *e)
{
	return e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

/* False at the end of the level. */
static bool next_child(struct level *l)
{
	do
		l->child = readdir(l->stream);
	while (l->child && !is_child(l->child));
	return l->child;
}

static int leave(const struct walk *w, int at, const char *name)
{
	const struct tree_visitor *v = w->visitor;

	return v->leave ? v->leave(at, name, v->ctx) : 0;
}

/* One that goes away while we look is no failure. */
static int visit(struct walk *w, int dir)
{
	int r = w->visitor->enter ? w->visitor->enter(dir, w->visitor->ctx) : 0;

	return r == -ENOENT || r == -ENODEV ? 0 : r;
}

/* Into the child that next_child() found. */
static int go_down(struct walk *w, struct level *l)
{
	auto_(close_fd) int dir = open_dir(dirfd(l->stream), l->child->d_name);
	int r = dir == -ENOENT ? 0 : dir < 0 ? dir : visit(w, dir);

	if (r != 0)
		return r == TREE_SKIP ? 0 : r;
	if (dir < 0 || is_leaf(dir))
		return leave(w, dirfd(l->stream), l->child->d_name);
	r = open_level(level_of(w, w->depth + 1), take_fd(dir));
	if (r == 0)
		w->depth++;
	return r;
}

/* Reads on behind the child with that inode. When it was removed meanwhile, nothing more is read. */
static int return_to(struct level *l, ino_t child)
{
	int dir = open_dir(dirfd(l->stream), "..");
	int r = dir < 0 ? dir : open_level(l, dir);

	while (r == 0 && next_child(l) && l->child->d_ino != child)
		;
	return r;
}

/* Its last child was seen: back to the parent. */
static int go_up(struct walk *w, struct level *l)
{
	struct level *parent = level_of(w, w->depth - 1);
	struct stat st;
	int r = 0;

	if (parent == l)
		r = fstat(dirfd(l->stream), &st) < 0 ? -errno : return_to(l, st.st_ino);
	else
		close_level(l);
	if (r < 0)
		return r;
	w->depth--;
	return parent->child ? leave(w, dirfd(parent->stream), parent->child->d_name) : 0;
}

static int walk_children(struct walk *w)
{
	int r = 0;

	while (r == 0) {
		struct level *l = level_of(w, w->depth);

		if (next_child(l))
			r = go_down(w, l);
		else if (w->depth == 0)
			break;
		else
			r = go_up(w, l);
	}
	return r;
}

int tree_walk(const char *path, const struct tree_visitor *v)
{
	auto_(close_fd) int dir = open_dir(AT_FDCWD, path);
	auto_walk w = { .visitor = v };
	int r;

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	r = visit(&w, dir);
	if (r == TREE_SKIP)
		return 0;
	if (r < 0 || is_leaf(dir))
		return r;
	r = open_level(&w.levels[0], take_fd(dir));
	return r < 0 ? r : walk_children(&w);
}
