/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "cgroup/cgroup_internal.h"
#include "cgroup/counterparts.h"

#define FILE_LIMIT ((size_t)16 << 20)

/* ---- finding ---- */

/* A descriptor of the file below `dir`, whatever its name says. */
static int open_below(const char *dir, const char *name, uint64_t flags)
{
	auto_(close_fd) int at = openat(AT_FDCWD, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (at < 0)
		return -errno;
	fd = sys_openat2(at, name, flags, 0,
			 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	return fd < 0 ? -errno : fd;
}

static bool is_there(const char *dir, const char *name)
{
	auto_(close_fd) int fd = open_below(dir, name, O_PATH);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static int check_name(const char *name, struct error *err)
{
	bool outside = *name == '/';

	if (!*name || name[strlen(name) - 1] == '/')
		return failf(err, EINVAL, "cgroup file '%s': expected the name of a file", name);
	for (const char *at = name; !outside && *at;) {
		size_t n = strcspn(at, "/");

		outside = n == 2 && at[0] == '.' && at[1] == '.';
		at += n + (at[n] == '/');
	}
	if (outside)
		return failf(err, EPERM,
			     "cgroup file '%s' is outside of the container's cgroup", name);
	return 0;
}

/* The hierarchy by the name's prefix ("memory." and so on) first, then the unified one, then any. */
static struct cgroup_tree *tree_with(struct cgroup *c, const char *name)
{
	const char *last = path_last(name);
	char prefix[64];
	size_t n = strcspn(last, ".");
	struct cgroup_tree *t = NULL;

	if (n < sizeof(prefix) && last[n]) {
		memcpy(prefix, last, n);
		prefix[n] = 0;
		t = tree_of(c, prefix);
	}
	if (t && is_there(t->path, name))
		return t;
	if (c->unified && is_there(c->unified->path, name))
		return c->unified;
	for (size_t i = 0; i < c->n; i++)
		if (is_there(c->trees[i].path, name))
			return &c->trees[i];
	return NULL;
}

static struct cgroup_tree *named_tree(struct cgroup *c, const char *controller, size_t n)
{
	char *word = arena_strndup(c->arena, controller, n);

	return word ? tree_of(c, word) : NULL;
}

static int gone(struct cgroup *c, struct error *err)
{
	for (size_t i = 0; i < c->n; i++)
		if (access(c->trees[i].path, F_OK) == 0)
			return 0;
	return failf(err, ENOENT, "the container's cgroup '%s' is not there any more",
		     c->trees[0].path);
}

static int unknown(struct cgroup *c, const char *name, bool other, bool of_v1, struct error *err)
{
	int r = gone(c, err);

	if (r < 0)
		return r;
	if (other)
		return failf(err, ENOENT,
			     "cgroup file '%s' is of cgroup v%d and has no counterpart on v%d", name,
			     of_v1 ? 1 : 2, of_v1 ? 2 : 1);
	return failf(err, ENOENT, "the container's cgroup has no file '%s'", name);
}

/* "SUB/FILE" with another FILE. */
static const char *beside(struct arena *a, const char *name, const char *file)
{
	size_t n = (size_t)(path_last(name) - name);

	return n ? arena_printf(a, "%.*s%s", (int)n, name, file) : file;
}

static int find_counterpart(struct cgroup *c, const char *name, struct cgroup_file *ret,
			    struct error *err)
{
	const struct counterpart *as = NULL;
	const char *other = NULL;
	bool of_v1 = true;
	struct cgroup_tree *t;

	as = counterpart_find(c->arena, path_last(name), true, &other);
	if (!as) {
		of_v1 = false;
		as = counterpart_find(c->arena, path_last(name), false, &other);
	}
	other = other ? beside(c->arena, name, other) : NULL;
	t = other ? tree_with(c, other) : NULL;
	/* On a hybrid host both versions are there; a counterpart of the same version is none. */
	if (!t || t->v2 != of_v1)
		return unknown(c, name, as && !other, of_v1, err);
	*ret = (struct cgroup_file){ .dir = t->path, .name = other, .as = as, .as_v1 = of_v1 };
	return 0;
}

int cgroup_file_find(struct cgroup *c, const char *asked, struct cgroup_file *ret,
		     struct error *err)
{
	const char *colon = strchr(asked, ':'), *name = colon ? colon + 1 : asked;
	struct cgroup_tree *t;
	int r = check_name(name, err);

	if (r < 0)
		return r;
	if (cgroup_is_none(c))
		return failf(err, EOPNOTSUPP, "the container has no cgroup");
	name = arena_strdup(c->arena, name);
	if (!name)
		return sysf(err, "cgroup file '%s'", asked);
	t = colon ? named_tree(c, asked, (size_t)(colon - asked)) : tree_with(c, name);
	if (colon && !t)
		return failf(err, ENOENT, "the container has no cgroup of the controller '%.*s'",
			     (int)(colon - asked), asked);
	if (!t || (colon && !is_there(t->path, name)))
		return colon ? unknown(c, name, false, false, err)
			     : find_counterpart(c, name, ret, err);
	*ret = (struct cgroup_file){ .dir = t->path, .name = name };
	return 0;
}

/* ---- reading and writing ---- */

/* The modes tell what root could not do either, and in better words than EINVAL. */
static int open_file(const struct cgroup_file *f, bool for_writing, struct error *err)
{
	auto_(close_fd) int path = open_below(f->dir, f->name, O_PATH);
	struct stat st;
	int fd;

	if (path < 0 || fstat(path, &st) < 0)
		return codef(err, path < 0 ? path : errno, "open '%s/%s'", f->dir, f->name);
	if (for_writing && !(st.st_mode & 0222))
		return failf(err, EROFS, "cgroup file '%s' is read-only", f->name);
	if (!for_writing && !(st.st_mode & 0444))
		return failf(err, EACCES, "cgroup file '%s' can only be written", f->name);
	fd = open_below(f->dir, f->name, for_writing ? O_WRONLY : O_RDONLY);
	return fd < 0 ? codef(err, fd, "open '%s/%s'", f->dir, f->name) : fd;
}

static void trim(struct str *s)
{
	while (s->n && (s->s[s->n - 1] == '\n' || s->s[s->n - 1] == ' '))
		s->s[--s->n] = 0;
}

int cgroup_file_read(const struct cgroup_file *f, struct str *out, struct error *err)
{
	auto_(close_fd) int fd = open_file(f, false, err);
	auto_str text = STR_INIT;
	int r;

	if (fd < 0)
		return fd;
	r = file_read_fd(fd, FILE_LIMIT, &text);
	if (r < 0)
		return codef(err, r, "read '%s/%s'", f->dir, f->name);
	trim(&text);
	if (f->as)
		return counterpart_show(f->as, f->as_v1, f->dir, str_text(&text), out, err);
	str_addn(out, str_text(&text), text.n);
	return str_ok(out) ? 0 : codef(err, ENOMEM, "read '%s/%s'", f->dir, f->name);
}

int cgroup_file_write(const struct cgroup_file *f, const char *value, struct error *err)
{
	auto_(close_fd) int fd = open_file(f, true, err);
	auto_str other = STR_INIT;
	ssize_t n;
	int r;

	if (fd < 0)
		return fd;
	if (f->as) {
		r = counterpart_value(f->as, f->as_v1, f->dir, value, &other, err);
		if (r < 0)
			return r;
		value = str_text(&other);
	}
	do
		n = write(fd, value, strlen(value));
	while (n < 0 && errno == EINTR);
	return n < 0 ? sysf(err, "write '%s' to '%s/%s'", value, f->dir, f->name) : 0;
}

/* ---- all of them ---- */

static int visible(const struct dirent *e)
{
	return e->d_type == DT_REG;
}

static bool can_read(const char *dir, const char *name)
{
	auto_(close_fd) int fd = open_below(dir, name, O_PATH);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_mode & 0444;
}

int cgroup_files_each(struct cgroup *c, cgroup_file_visit *visit, void *ctx, struct error *err)
{
	int r = c->n ? gone(c, err) : failf(err, EOPNOTSUPP, "the container has no cgroup");

	for (size_t i = 0; r == 0 && i < c->n; i++) {
		struct dirent **list = NULL;
		int n = scandir(c->trees[i].path, &list, visible, alphasort);

		for (int j = 0; j < n; j++) {
			const struct cgroup_file f = { .dir = c->trees[i].path,
						       .name = list[j]->d_name };

			if (r == 0 && can_read(f.dir, f.name))
				r = visit(&f, ctx, err);
			free(list[j]);
		}
		free(list);
	}
	return r;
}

/* ---- paths ---- */

const char *cgroup_tree_path(const struct cgroup *c, size_t i, const char **name)
{
	if (i >= c->n)
		return NULL;
	*name = c->trees[i].name;
	return c->trees[i].path;
}

const char *cgroup_controller_path(struct cgroup *c, const char *controller)
{
	struct cgroup_tree *t = tree_of(c, controller);
	auto_str list = STR_INIT;

	if (!t || !t->v2)
		return t ? t->path : NULL;
	if (tree_read(t->path, "cgroup.controllers", &list) < 0)
		return NULL;
	for (const char *at = str_text(&list); *at;) {
		size_t n = strcspn(at, " ");

		if (n == strlen(controller) && strncmp(at, controller, n) == 0)
			return t->path;
		at += n + (at[n] == ' ');
	}
	return NULL;
}
