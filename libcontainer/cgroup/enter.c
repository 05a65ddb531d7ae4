/* SPDX-License-Identifier: Apache-2.0 */

/* How a process comes into the cgroups of a container: by the clone on v2, by the tasks files of v1. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "cgroup/cgroup_internal.h"

/* ---- entering ---- */

/* One that is missing is -ENODEV: -ENOENT would say that nothing is to be joined. */
static int cannot_open(const char *path, struct error *err)
{
	int r = sysf(err, "open cgroup '%s'", path);

	return r == -ENOENT ? -ENODEV : r;
}

static int open_cgroup(const char *path, struct error *err)
{
	int fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? cannot_open(path, err) : fd;
}

/* The cgroup of a process in the unified tree, as a host path. */
static char *place_of(struct cgroup *c, pid_t pid)
{
	auto_str text = STR_INIT;
	char file[64];

	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	if (file_read_at(AT_FDCWD, file, CGROUP_FILE_MAX, &text) < 0)
		return NULL;
	for (char *line = text.s; line && *line;) {
		char *end = line + strcspn(line, "\n"), *next = *end ? end + 1 : end;

		*end = 0;
		if (starts_with(line, "0::"))
			return arena_printf(c->arena, "%s%s", c->unified->mount, line + 3);
		line = next;
	}
	return NULL;
}

/*
 * A v2 cgroup that gave domain controllers to its children takes no more processes itself: then an
 * init moved itself (systemd does) and an exec belongs beside it.
 */
static char *inner_place(struct cgroup *c, int fd, pid_t init)
{
	auto_str enabled = STR_INIT;
	struct stat st;
	char *path;

	if (init <= 0 || fstat(fd, &st) < 0 || st.st_nlink <= 2)
		return NULL;
	if (tree_read(c->unified->path, "cgroup.subtree_control", &enabled) < 0 || !enabled.n)
		return NULL;
	path = place_of(c, init);
	return path && starts_with(path, c->unified->path) ? path : NULL;
}

int cgroup_clone_fd(struct cgroup *c, const char *sub, pid_t init, struct error *err)
{
	auto_(close_fd) int fd = -EBADF;
	const char *path, *inner;
	int r;

	if (!c->driver || !c->unified)
		return -ENOENT;
	if (c->unit && systemd_moves(c))
		return -ENOENT;
	r = cgroup_check_subs(c, &sub, sub ? 1 : 0, err);
	if (r == 0)
		r = cgroup_sub_path(c, c->unified, &sub, sub ? 1 : 0, &path, err);
	if (r < 0)
		return r;
	fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* A hybrid host's sub-cgroups are made by v1 users as a rule. */
	if (fd < 0 && errno == ENOENT && sub && c->kind == CGROUP_HYBRID)
		return open_cgroup(c->unified->path, err);
	/* Init has left it for another one, and somebody has removed it: exec belongs beside init. */
	inner = fd < 0 && errno == ENOENT && !sub && init > 0 ? place_of(c, init) : NULL;
	if (inner)
		return open_cgroup(inner, err);
	if (fd < 0)
		return cannot_open(path, err);
	inner = sub ? NULL : inner_place(c, fd, init);
	return inner ? open_cgroup(inner, err) : take_fd(fd);
}

/* In `create` it is open already. */
static int open_tasks(struct cgroup *c, struct cgroup_tree *t, const char *const *subs,
		      size_t n_subs, struct error *err)
{
	char file[PATH_MAX];
	const char *path;
	int fd, r;

	if (n_subs == 0 && t->tasks >= 0)
		return take_fd(t->tasks);
	r = cgroup_sub_path(c, t, subs, n_subs, &path, err);
	if (r < 0)
		return r;
	snprintf(file, sizeof(file), "%s/tasks", path);
	fd = openat(AT_FDCWD, file, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? sysf(err, "open '%s'", file) : fd;
}

int cgroup_entry_fds(struct cgroup *c, const char *const *subs, size_t n_subs, int *fds, size_t max,
		     struct error *err)
{
	int n = 0, r = cgroup_check_subs(c, subs, n_subs, err);

	for (size_t i = 0; r >= 0 && i < c->n; i++) {
		if (c->trees[i].v2)
			continue;
		r = (size_t)n < max ? open_tasks(c, &c->trees[i], subs, n_subs, err)
				    : failf(err, E2BIG, "too many cgroup hierarchies");
		if (r >= 0)
			fds[n++] = r;
	}
	while (r < 0 && n > 0)
		close_fd(fds[--n]);
	return r < 0 ? r : n;
}

static int write_pid(int fd, pid_t pid, struct error *err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);

	return write(fd, text, (size_t)n) == n
		? 0
		: sysf(err, "move process %d into the cgroup", (int)pid);
}

int cgroup_take_in(struct cgroup *c, const char *const *subs, size_t n_subs, const char *sub,
		   pid_t init, pid_t pid, struct error *err)
{
	auto_(close_fd) int dir = cgroup_clone_fd(c, sub, init, err), procs = -EBADF;
	int fds[CGROUP_TREES_MAX], n, r = 0;

	if (dir < 0 && dir != -ENOENT)
		return dir;
	if (dir >= 0) {
		procs = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);
		r = procs < 0 ? sysf(err, "open 'cgroup.procs'") : write_pid(procs, pid, err);
	}
	n = r < 0 ? r : cgroup_entry_fds(c, subs, n_subs, fds, CGROUP_TREES_MAX, err);
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = write_pid(fds[i], pid, err);
		close_fd(fds[i]);
	}
	return n < 0 ? n : r;
}
