/* SPDX-License-Identifier: Apache-2.0 */

/* Bind mounts: where the source is found, on the host or in the container's root, and what it is mounted on. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "fs/bind_source.h"
#include "plan/mount_ops.h"

/* ---- bind mounts ---- */

/* The path in the container's root of what lies there, else NULL. */
static const char *inside_root(struct compile *c, int source)
{
	size_t root = strlen(c->in->rootfs);
	char path[PATH_MAX];

	if (root <= 1 || path_of_fd(source, path, sizeof(path)) < 0)
		return NULL;
	if (strncmp(path, c->in->rootfs, root) != 0 || (path[root] && path[root] != '/'))
		return NULL;
	return arena_strdup(c->arena, path[root] ? path + root : "/");
}

/* The same of what is not there: an earlier mount may bring it. What is there of the path must lead into the root. */
static const char *inside_root_later(struct compile *c, const char *path)
{
	char *begin = arena_strdup(c->arena, path), *end = begin ? begin + strlen(begin) : NULL;

	while (end && end > begin) {
		auto_(close_fd) int fd = -EBADF;
		const char *inner;

		do
			end--;
		while (end > begin && *end != '/');
		if (end == begin)
			break;
		*end = 0;
		fd = openat(c->in->bundle, begin, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		inner = inside_root(c, fd);
		return inner ? arena_printf(c->arena, "%s%s", inner[1] ? inner : "",
					    path + (end - begin))
			     : NULL;
	}
	return NULL;
}

/* NULL: out of memory, or the bundle has no path. */
static const char *host_path(struct compile *c, const char *path)
{
	char bundle[PATH_MAX];

	if (path[0] == '/')
		return path;
	return path_of_fd(c->in->bundle, bundle, sizeof(bundle)) < 0
		? NULL
		: arena_printf(c->arena, "%s/%s", bundle, path);
}

/*
 * A source in the container's own root must see the mounts that come before it in the list, and no link there leads out of it.
 */
static int inner_source(struct compile *c, const struct resolved_mount *m, struct source s,
			struct error *err)
{
	if (sources_wait(c)) {
		s.late = true;
		return source_tree(c, s, err);
	}
	close_fd(s.userns);
	plan_add_s(c->b, PLAN_TREE_ROOT, s.path, NULL)->flags = (s.recursive ? OP_RECURSIVE : 0) |
		(s.link ? OP_LINK : 0);
	return add_idmap(c, m, err);
}

static int outer_source(struct compile *c, const struct resolved_mount *m, struct source s,
			struct error *err)
{
	s.path = host_path(c, m->source);
	if (!s.path)
		return failf(err, ENOENT, "bind source '%s': the bundle has no path", m->source);
	if (!m->keeps_peers)
		s.propagation = MS_SLAVE;
	return source_tree(c, s, err);
}

/* *file: OP_FILE, OP_LIKE_MOUNT or 0. */
static int add_source(struct compile *c, const struct resolved_mount *m, unsigned *file,
		      struct error *err)
{
	struct error missing = ERROR_INIT;
	struct stat st;
	bool link = m->source_policy != SOURCE_FOLLOWS;
	auto_(close_fd) int fd = bind_source_open(c->in->bundle, m->source, link, &st, &missing);
	struct source s = { SOURCE_INIT,
			    .what = "bind source",
			    .link = link,
			    .recursive = m->recursive,
			    .idmap_recursive = m->idmap.recursive,
			    .json = m->json,
			    .member = "source" };

	s.path = fd >= 0 ? inside_root(c, fd) : inside_root_later(c, m->source);
	if (fd < 0 && !s.path) {
		*err = missing;
		return spec_error(m->json, "source", err);
	}
	*file = s.path ? OP_LIKE_MOUNT : S_ISDIR(st.st_mode) ? 0 : OP_FILE;
	s.fd = fd;
	if (m->idmap.wanted)
		s.userns = idmap_open(c, &m->idmap, err);
	if (m->idmap.wanted && s.userns < 0)
		return s.userns;
	/* The filesystem's owner idmaps it: we do, or a child in our user namespace. */
	if (s.path && (!m->idmap.wanted || sources_wait(c) || !has_namespace(c, CLONE_NEWUSER)))
		return inner_source(c, m, s, err);
	return outer_source(c, m, s, err);
}

/* The text of a source that is a symlink; NULL: it is none. */
static int link_text(struct compile *c, const struct resolved_mount *m, const char **ret,
		     struct error *err)
{
	struct stat st;
	auto_(close_fd) int fd = bind_source_open(c->in->bundle, m->source, true, &st, err);
	char text[PATH_MAX];
	ssize_t n;

	*ret = NULL;
	if (fd < 0)
		return spec_error(m->json, "source", err);
	if (!S_ISLNK(st.st_mode))
		return 0;
	n = readlinkat(fd, "", text, sizeof(text));
	if (n < 0)
		return sysf(err, "read the link '%s'", m->source);
	*ret = arena_strndup(c->arena, text, (size_t)n);
	return *ret ? 0 : failf(err, ENOMEM, "mounts: out of memory");
}

/* What is there already may be the same link. */
static int add_link(struct compile *c, const struct resolved_mount *m, const char *text,
		    struct error *err)
{
	size_t n = strlen(m->destination);
	const char *path, *dir;

	while (n > 1 && m->destination[n - 1] == '/')
		n--;
	path = arena_strndup(c->arena, m->destination, n);
	dir = path ? compile_parent(c, path) : NULL;
	if (!dir)
		return failf(err, ENOMEM, "mounts: out of memory");
	compile_dir(c, dir);
	plan_add_s(c->b, PLAN_SYMLINK, path_last(path), text)->flags = OP_SAME;
	return 0;
}

int mount_bind(struct compile *c, const struct resolved_mount *m, struct error *err)
{
	const char *link = NULL;
	unsigned file = 0;
	int r = 0;

	if (m->source_policy == SOURCE_COPIES_LINK)
		r = link_text(c, m, &link, err);
	if (link)
		return add_link(c, m, link, err);
	if (r == 0)
		r = add_source(c, m, &file, err);
	if (r < 0)
		return r;
	add_attributes(c, PLAN_MOUNT_SETATTR, m, m->top.set, m->top.clear);
	add_mount_target(c, m, (uint16_t)file);
	add_mount_attach(c, m);
	return 0;
}
