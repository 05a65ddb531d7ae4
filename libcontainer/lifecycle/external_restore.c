/* SPDX-License-Identifier: Apache-2.0 */

/* The restore's half: what the names of a dump stand for on this host, and places for mounts in the root. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/sys.h"
#include "launch/criu.h"
#include "host/notify.h"
#include "lifecycle/external.h"
#include "plan/compile.h"
#include "spec/spec.h"

/* Takes fd. The number that CRIU has it by goes into the request. */
static int inherit(const struct external_restore *r, const char *key, int fd, struct error *err)
{
	struct external_fds *f = r->fds;

	if (fd < 0)
		return sysf(err, "'%s'", key);
	if (f->n >= CRIU_INHERIT_MAX) {
		close_fd(fd);
		return failf(err, E2BIG, "more than %d descriptors for CRIU", CRIU_INHERIT_MAX);
	}
	f->fds[f->n++] = fd;
	criu_word(r->request, "inherit_fd");
	criu_number(r->request, key, CRIU_INHERIT_FIRST + (int64_t)f->n - 1);
	return 0;
}

/* ---- namespaces ---- */

/* clang-format off */
static const struct {
	uint64_t type;
	const char *key;  /* by descriptor, or NULL */
	const char *join; /* by path                */
} joined[] = {
	{ CLONE_NEWNET,  "extRootNetNS", NULL   },
	{ CLONE_NEWPID,  "extRootPidNS", NULL   },
	{ CLONE_NEWIPC,  NULL,           "ipc"  },
	{ CLONE_NEWUTS,  NULL,           "uts"  },
	{ CLONE_NEWNS,   NULL,           "mnt"  },
	{ CLONE_NEWUSER, NULL,           "user" },
	{ CLONE_NEWTIME, NULL,           "time" },
};
/* clang-format on */

static int join_namespace(const struct external_restore *r, const struct resolved_namespace *ns, struct error *err)
{
	foreach_array(j, joined) {
		int fd;

		if (j->type != ns->type)
			continue;
		fd = openat(AT_FDCWD, ns->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (fd < 0) {
			sysf(err, "namespace '%s'", ns->path);
			return spec_error(ns->json, "path", err);
		}
		if (j->key)
			return inherit(r, j->key, fd, err);
		close_fd(fd);
		criu_pair(r->request, "join_ns", j->join, ns->path);
		return 0;
	}
	failf(err, ENOTSUP, "CRIU cannot restore into a %s namespace that is there",
	      spec_namespace_name(ns->type));
	return spec_error(ns->json, "path", err);
}

int external_restore_namespaces(const struct external_restore *r, struct error *err)
{
	foreach_list(ns, &r->config->namespaces) {
		int ret = ns->path ? join_namespace(r, ns, err) : 0;

		if (ret < 0)
			return ret;
	}
	return 0;
}

/* ---- places for mounts ---- */

/* Makes what is missing of a path below `root`, as a directory or an empty file; symlinks stay inside. */
static int make_place(int root, const char *path, bool file, struct error *err)
{
	auto_(close_fd) int at = sys_openat2(root, path, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	char parent[PATH_MAX], *slash;
	auto_(close_fd) int dir = -EBADF;
	int r;

	if (at >= 0)
		return 0;
	if (errno != ENOENT || snprintf(parent, sizeof(parent), "%s", path) >= (int)sizeof(parent))
		return sysf(err, "mount point '%s'", path);
	for (size_t n = strlen(parent); n > 1 && parent[n - 1] == '/'; n--)
		parent[n - 1] = 0;
	slash = strrchr(parent, '/');
	if (!slash || !slash[1] || streq(slash + 1, ".."))
		return failf(err, EINVAL, "mount point '%s'", path);
	*slash = 0;
	r = *parent ? make_place(root, parent, false, err) : 0;
	if (r < 0)
		return r;
	dir = sys_openat2(root, *parent ? parent : "/", O_PATH | O_DIRECTORY, 0,
			  RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	if (dir < 0)
		return sysf(err, "mount point '%s'", path);
	if (!file)
		return mkdirat(dir, slash + 1, 0755) < 0 && errno != EEXIST ? sysf(err, "mount point '%s'", path) : 0;
	at = openat(dir, slash + 1, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return at < 0 && errno != EEXIST ? sysf(err, "mount point '%s'", path) : 0;
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return n > 1 && strncmp(path, dir, n) == 0 && path[n] == '/';
}

/* The mount of the config, before `m`, that a destination lies in; NULL: the root. */
static const struct resolved_mount *mount_around(const struct resolved *config, const struct resolved_mount *m)
{
	const struct resolved_mount *found = NULL;

	for (const struct resolved_mount *at = config->mounts.v; at < m; at++)
		if (is_below(m->destination, at->destination))
			found = at;
	return found;
}

static char *source_of(const struct external_restore *r, const struct resolved_mount *m)
{
	char path[PATH_MAX];

	if (m->source[0] == '/')
		return arena_strdup(r->arena, m->source);
	if (path_of_fd(r->bundle, path, sizeof(path)) < 0)
		return NULL;
	return arena_printf(r->arena, "%s/%s", path, m->source);
}

/*
 * What lies in a filesystem of the checkpoint's own has its place in it. In a bind mount the place is to be made in the
 * source, else in the root.
 */
static int make_place_of(const struct external_restore *r, int root, const struct resolved_mount *m, bool file,
			 struct error *err)
{
	const struct resolved_mount *around = mount_around(r->config, m);
	auto_(close_fd) int source = -EBADF;
	const char *path;

	if (!around)
		return make_place(root, m->destination, file, err);
	if (around->kind != MOUNT_BIND)
		return 0;
	path = source_of(r, around);
	source = path ? openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (source < 0)
		return sysf(err, "bind source '%s'", around->source);
	return make_place(source, m->destination + strlen(around->destination), file, err);
}

/* ---- mounts ---- */

/* Twice the same would be an error of CRIU's. */
static bool is_named(const struct str *request, const char *name)
{
	for (size_t at = 0; at < request->n; at += strlen(request->s + at) + 1)
		if (streq(request->s + at, "ext_mnt") && streq(request->s + at + sizeof("ext_mnt"), name))
			return true;
	return false;
}

static void name_mount(const struct external_restore *r, const char *name, const char *source)
{
	if (!is_named(r->request, name))
		criu_pair(r->request, "ext_mnt", name, source);
}

/* The destination as the dump saw it: without symlinks of the root. */
static const char *resolved(const struct external_restore *r, int root, const char *path)
{
	auto_(close_fd) int fd = sys_openat2(root, path, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	size_t n = strlen(r->rootfs);
	char text[PATH_MAX];

	if (fd < 0 || path_of_fd(fd, text, sizeof(text)) < 0 || strncmp(text, r->rootfs, n) != 0 || text[n] != '/')
		return path;
	path = arena_strdup(r->arena, text + n);
	return path;
}

/* One of a tree below a bind's source. No symlink: whoever can write there would choose what is mounted. */
static int name_below(const struct external_restore *r, const char *source, const struct manifest_mount *m,
		      struct error *err)
{
	auto_(close_fd) int top = openat(AT_FDCWD, source, O_PATH | O_CLOEXEC);
	auto_(close_fd) int fd = -EBADF;
	char path[PATH_MAX];

	if (top < 0)
		return sysf(err, "bind source '%s'", source);
	fd = sys_openat2(top, m->rest + 1, O_PATH, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0 || path_of_fd(fd, path, sizeof(path)) < 0)
		return sysf(err, "'%s' below bind source '%s'", m->rest + 1, source);
	name_mount(r, m->name, path);
	return 0;
}

static int name_of_manifest(const struct external_restore *r, const struct resolved_mount *m, const char *source,
			    struct error *err)
{
	int ret = 0;

	if (!r->m)
		return 0;
	foreach_list(mount, &r->m->mounts) {
		if (ret < 0 || !streq(mount->of, m->destination))
			continue;
		if (*mount->rest)
			ret = name_below(r, source, mount, err);
		else
			name_mount(r, mount->name, source);
	}
	return ret;
}

static int one_bind(const struct external_restore *r, int root, const struct resolved_mount *m, struct error *err)
{
	const char *source = source_of(r, m);
	struct stat st;
	int ret;

	if (!source || stat(source, &st) < 0)
		return sysf(err, "bind source '%s'", m->source);
	ret = make_place_of(r, root, m, !S_ISDIR(st.st_mode), err);
	if (ret == 0)
		ret = name_of_manifest(r, m, source, err);
	if (ret < 0)
		return ret;
	name_mount(r, m->destination, source);
	name_mount(r, resolved(r, root, m->destination), source);
	return 0;
}

static int one_cgroup(const struct external_restore *r, const struct resolved_mount *m, struct error *err)
{
	const struct cgroup_hierarchy *list;
	size_t n = cgroup_hierarchies(r->cgroup, &list);

	for (size_t i = 0; i < n; i++) {
		char *name = cgroup_is_v2(r->cgroup) ? arena_strdup(r->arena, m->destination)
						     : arena_printf(r->arena, "%s/%s", m->destination, list[i].name);

		if (!name)
			return sysf(err, "cgroup mounts");
		name_mount(r, name, list[i].path);
	}
	return 0;
}

static int one_mount(const struct external_restore *r, int root, const struct resolved_mount *m, struct error *err)
{
	if (m->kind == MOUNT_REMOUNT)
		return 0;
	if (m->kind == MOUNT_BIND)
		return one_bind(r, root, m, err);
	if (m->kind == MOUNT_CGROUP && one_cgroup(r, m, err) < 0)
		return -err->num;
	return make_place_of(r, root, m, false, err);
}

/* All from outside that the dump had must be in the config: it decides what is mounted, not the image. */
static int check_named(const struct external_restore *r, struct error *err)
{
	if (!r->m)
		return 0;
	foreach_list(mount, &r->m->mounts)
		if (!is_named(r->request, mount->name))
			return failf(err, EINVAL, "the checkpoint has a bind mount on '%.200s', config.json has none there",
				     mount->of);
	return 0;
}

static int name_notify(const struct external_restore *r, struct error *err)
{
	char path[PATH_MAX];
	int ret = notify_directory(r->dir, path, sizeof(path), err);

	if (ret == 0)
		name_mount(r, NOTIFY_MOUNT, arena_strdup(r->arena, path));
	return ret;
}

int external_restore_mounts(const struct external_restore *r, struct error *err)
{
	auto_(close_fd) int root = openat(AT_FDCWD, r->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int ret = 0;

	if (root < 0)
		return sysf(err, "root '%s'", r->rootfs);
	foreach_list(m, &r->config->mounts) {
		if (one_mount(r, root, m, err) < 0)
			return spec_error(m->json, NULL, err);
	}
	foreach_list(d, &r->config->devices) name_mount(r, d->path, d->path);
	if (notify_wanted())
		ret = name_notify(r, err);
	return ret < 0 ? ret : check_named(r, err);
}

/* ---- standard streams ---- */

static int inherit_copy(const struct external_restore *r, const char *key, int fd, struct error *err)
{
	return inherit(r, key, fcntl(fd, F_DUPFD_CLOEXEC, 3), err);
}

int external_restore_streams(const struct external_restore *r, struct error *err)
{
	int ret = 0;

	for (int fd = 0; ret == 0 && fd < 3; fd++) {
		const char *name = r->streams->name[fd];

		/* One pipe may be two of them. */
		if (*name && (fd < 1 || !streq(name, r->streams->name[0])) && (fd < 2 || !streq(name, r->streams->name[1])))
			ret = inherit_copy(r, name, fd, err);
	}
	if (!r->m)
		return ret;
	foreach_list(name, &r->m->nulls)
		if (ret == 0)
			ret = inherit(r, *name, openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY), err);
	return ret;
}
