/* SPDX-License-Identifier: Apache-2.0 */

/* mounts[], in the listed order; and the paths to hide or to make read-only. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"
#include "fs/bind_source.h"
#include "fs/idmap.h"
#include "plan/pass.h"

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* ---- ops that every mount ends with ---- */

static void add_setattr(struct compile *c, enum plan_code code, uint64_t set, uint64_t clr,
			uint64_t propagation, bool recursive)
{
	struct plan_op *op;

	if (!set && !clr && !propagation)
		return;
	op = plan_add_s(c->b, code, code == PLAN_TARGET_SETATTR ? "" : NULL, NULL);
	op->x = set;
	op->y = clr;
	op->z = propagation;
	op->flags = recursive ? OP_RECURSIVE : 0;
}

/* Attributes of the top mount, then of the tree; then the kinds of propagation. */
static void add_attributes(struct compile *c, enum plan_code code, const struct resolved_mount *m,
			   uint64_t set, uint64_t clr)
{
	add_setattr(c, code, set, clr, 0, false);
	add_setattr(c, code, m->tree.set, m->tree.clear, 0, true);
	for (size_t i = 0; i < m->n_propagation; i++)
		add_setattr(c, code, 0, 0, m->propagation[i] & ~(unsigned)MS_REC,
			    m->propagation[i] & MS_REC);
}

static struct plan_op *add_target(struct compile *c, const char *path, bool file, uint32_t mode)
{
	struct plan_op *op = plan_add_s(c->b, PLAN_TARGET, path, NULL);

	op->flags = OP_CREATE | (file ? OP_FILE : 0);
	op->x = mode;
	return op;
}

/* kind: OP_FILE, OP_LIKE_MOUNT, or 0 for a directory. */
static void add_mount_target(struct compile *c, const struct resolved_mount *m, uint16_t kind)
{
	static const uint16_t flags[] = {
		[TARGET_FOLLOWS] = 0,
		[TARGET_IS_LINK] = OP_LINK,
		[TARGET_PLAIN] = OP_PLAIN,
	};

	add_target(c, m->destination, false, 0755)->flags |= flags[m->target] | kind;
}

static void add_attach(struct compile *c, const char *path)
{
	plan_add_s(c->b, PLAN_ATTACH, path, NULL);
	c->dir = NULL; /* it may be covered now */
}

static void add_mount_attach(struct compile *c, const struct resolved_mount *m)
{
	plan_add_s(c->b, PLAN_ATTACH, m->destination, NULL)->flags = m->is_root ? OP_ROOT : 0;
	c->dir = NULL;
}

static void add_attach_in_dir(struct compile *c, const char *name)
{
	plan_add_s(c->b, PLAN_ATTACH, name, NULL)->flags = OP_IN_DIR;
}

/* ---- read-only, when all is in it ---- */

static bool is_new_tmpfs(const struct resolved_mount *m)
{
	return m->type && streq(m->type, "tmpfs");
}

/*
 * A read-only tmpfs can hold mountpoints that are made for the mounts after it, and /dev its devices. Not so when
 * a later mount covers it: by its path that one would be met.
 */
static bool is_filled_later(const struct compile *c, const struct resolved_mount *m)
{
	const struct resolved_mount *end = c->resolved->mounts.v + c->resolved->mounts.n;
	bool filled = path_same(m->destination, "/dev") || m->is_root;

	for (const struct resolved_mount *later = m + 1; later < end; later++) {
		if (path_same(later->destination, m->destination) ||
		    path_below(m->destination, later->destination))
			return false;
		filled = filled ||
			(is_new_tmpfs(m) && path_below(later->destination, m->destination));
	}
	return filled;
}

static int seal_later(struct compile *c, const struct resolved_mount *m)
{
	if (!c->sealed)
		c->sealed = arena_array_of(c->arena, const struct resolved_mount *,
					   c->resolved->mounts.n);
	if (!c->sealed)
		return -ENOMEM;
	c->sealed[c->n_sealed++] = m;
	return 0;
}

int pass_seal_mounts(struct compile *c, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < c->n_sealed; i++) {
		plan_origin(c->b, c->sealed[i]->json, "options");
		plan_add_s(c->b, PLAN_TARGET, c->sealed[i]->destination, NULL);
		add_setattr(c, PLAN_TARGET_SETATTR, MOUNT_ATTR_RDONLY, 0, 0, false);
	}
	return 0;
}

/* ---- idmapped mounts (spec M6, M7) ---- */

/* A user namespace with these mappings. A descriptor for the caller to close. */
static int idmap_open(struct compile *c, const struct mount_idmap *map, struct error *err)
{
	if (map->uids)
		return idmap_userns(map->uids, map->gids, err);
	for (size_t i = 0; i < c->out->n_joins; i++)
		if (c->out->joins[i].flags == CLONE_NEWUSER) {
			int fd = fcntl(c->out->joins[i].fd, F_DUPFD_CLOEXEC, 3);

			return fd < 0 ? sysf(err, "duplicate descriptor") : fd;
		}
	return failf(err, EINVAL, "'idmap' needs 'uidMappings' and 'gidMappings', or a user namespace");
}

/* By the child, for what only it can make. */
static int add_idmap(struct compile *c, const struct resolved_mount *m, struct error *err)
{
	struct plan_op *op;
	int userns;

	if (!m->idmap.wanted)
		return 0;
	userns = idmap_open(c, &m->idmap, err);
	if (userns < 0)
		return userns;
	op = plan_add(c->b, PLAN_MOUNT_SETATTR);
	op->fd = plan_take_fd(c->b, userns);
	op->flags = m->idmap.recursive ? OP_RECURSIVE : 0;
	return 0;
}

/* ---- new filesystems ---- */

static void add_fs_options(struct compile *c, const char *type,
			   const struct mount_option_value *options, size_t n)
{
	plan_add_s(c->b, PLAN_FS_OPEN, type, NULL);
	if (c->joined_pids >= 0 && streq(type, "proc"))
		plan_add_s(c->b, PLAN_FS_OPTION, "pidns", NULL)->fd = c->joined_pids;
	for (size_t i = 0; i < n; i++)
		plan_add_s(c->b, PLAN_FS_OPTION, options[i].key, options[i].value);
}

/* A superblock, configured; it becomes the stage's `mount`. */
static void add_fs(struct compile *c, const char *type, const struct mount_option_value *options,
		   size_t n, uint64_t attributes)
{
	add_fs_options(c, type, options, n);
	plan_add(c->b, PLAN_FS_MOUNT)->x = attributes;
}

/* The same of a mount of the config. new_dir: its target is not there yet. */
static void add_mount_fs(struct compile *c, const struct resolved_mount *m, uint64_t attributes,
			 bool new_dir)
{
	if (m->page) {
		const char *const words[] = { m->type, m->page_source, m->page };
		struct plan_span list = plan_strings(c->b, words, ARRAY_SIZE(words));
		struct plan_op *op = plan_add(c->b, PLAN_FS_PAGE);

		op->l1 = list;
		op->x = m->page_flags;
		add_setattr(c, PLAN_MOUNT_SETATTR, attributes, 0, 0, false);
		return;
	}
	add_fs_options(c, m->type, m->options, m->n_options);
	if (m->mode_of_target && new_dir)
		plan_add_s(c->b, PLAN_FS_OPTION, "mode", "1777");
	else if (m->mode_of_target)
		plan_add(c->b, PLAN_FS_MODE);
	plan_add(c->b, PLAN_FS_MOUNT)->x = attributes;
}

/*
 * The last name of a destination in a new tmpfs that was mounted before it, with nothing but other names in it between the
 * two, as of the mounts below /dev: it is not there yet, and one look at the tmpfs serves all of them. NULL: it is none.
 */
static const char *name_in_new_tmpfs(const struct compile *c, const struct resolved_mount *m,
				     const char **dir)
{
	const char *name = path_last(m->destination);
	char *parent = compile_parent(c, m->destination);

	if (!parent || !*name || streq(name, ".") || streq(name, ".."))
		return NULL;
	*dir = parent;
	for (const struct resolved_mount *at = m; at-- > c->resolved->mounts.v;) {
		const char *path = at->destination;

		if (path_same(path, parent))
			return is_new_tmpfs(at) && !at->copy_up ? name : NULL;
		if (!path_below(path, parent) || strstr(path, "..") ||
		    path_same(path, m->destination) || path_below(path, m->destination))
			return NULL;
	}
	return NULL;
}

/*
 * The limit is set when all is made, so that it need not be large enough for that. A copy is bounded by it from the
 * beginning. 0: there is none.
 */
static uint64_t memory_limit(const struct compile *c)
{
	const struct spec_resources *r = c->spec->lnx.resources;
	const struct spec_memory *m = r ? r->memory : NULL;

	return m && m->limit.set && m->limit.value > 0 ? (uint64_t)m->limit.value : 0;
}

static int filesystem(struct compile *c, const struct resolved_mount *m, struct error *err)
{
	const char *parent = NULL;
	/* These need the target at hand before it is mounted on. */
	bool looks = m->copy_up || m->page || m->is_root || m->target != TARGET_FOLLOWS;
	const char *name = looks ? NULL : name_in_new_tmpfs(c, m, &parent);
	uint64_t late = 0, set = m->top.set;
	int r;

	if (set & MOUNT_ATTR_RDONLY && is_filled_later(c, m)) {
		if (seal_later(c, m) < 0)
			return failf(err, ENOMEM, "mounts: out of memory");
		set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	}
	/* A copy-up must be able to write first. */
	if (m->copy_up) {
		late = set & MOUNT_ATTR_RDONLY;
		set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	}
	if (name)
		compile_dir(c, parent);
	else
		add_mount_target(c, m, 0);
	if (live_needs_host(c, m)) {
		r = live_host_filesystem(c, m, err);
		if (r < 0)
			return r;
	} else {
		add_mount_fs(c, m, set, name != NULL);
	}
	if (m->copy_up)
		plan_add(c->b, PLAN_COPY_UP)->x = memory_limit(c);
	r = add_idmap(c, m, err);
	if (r < 0)
		return r;
	add_attributes(c, PLAN_MOUNT_SETATTR, m, late, 0);
	if (name)
		add_attach_in_dir(c, name);
	else
		add_mount_attach(c, m);
	return 0;
}

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
					    path + (end - begin)) :
			       NULL;
	}
	return NULL;
}

/* NULL: out of memory, or the bundle has no path. */
static const char *host_path(struct compile *c, const char *path)
{
	char bundle[PATH_MAX];

	if (path[0] == '/')
		return path;
	return path_of_fd(c->in->bundle, bundle, sizeof(bundle)) < 0 ?
		       NULL :
		       arena_printf(c->arena, "%s/%s", bundle, path);
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
static int link_text(struct compile *c, const struct resolved_mount *m, const char **ret, struct error *err)
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

static int bind(struct compile *c, const struct resolved_mount *m, struct error *err)
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

/* ---- cgroups as the container sees them ---- */

static const struct mount_option_value cgroup_source[] = { { "source", "cgroup" } };

static void add_cgroup2(struct compile *c, const struct resolved_mount *m)
{
	add_fs(c, "cgroup2", cgroup_source, ARRAY_SIZE(cgroup_source), m->top.set);
}

/* Where the host has mounted its hierarchy of v2; NULL: it has not. */
static const char *host_cgroup2(const struct compile *c)
{
	const struct cgroup_hierarchy *list;
	size_t n = cgroup_hierarchies(c->in->cgroup, &list);

	for (size_t i = 0; i < n; i++)
		if (list[i].v2)
			return list[i].mountpoint;
	return cgroup_is_v2(c->in->cgroup) ? "/sys/fs/cgroup" : NULL;
}

/*
 * In the host's cgroup namespace there is one superblock, the host's own: to mount it anew would set its options (nsdelegate,
 * memory_recursiveprot) for the whole machine, and a user namespace may not. So it is bound from where the host has it.
 */
static int bind_cgroup2(struct compile *c, const struct resolved_mount *m, const char *from,
			struct error *err)
{
	struct source s = { SOURCE_INIT,
			    .what = "cgroup mount of the host",
			    .path = from,
			    .recursive = true,
			    .propagation = MS_PRIVATE };
	int r = source_tree(c, s, err);

	if (r < 0)
		return r;
	add_target(c, m->destination, false, 0755);
	add_setattr(c, PLAN_MOUNT_SETATTR, m->top.set, 0, 0, true);
	add_attach(c, m->destination);
	return 0;
}

/*
 * Without a cgroup namespace: the container's own part of the hierarchy, and nothing above it. Attributes
 * come when all are in place.
 */
static int cgroup_part(struct compile *c, const struct cgroup_hierarchy *h, struct error *err)
{
	return source_tree(c, (struct source){ SOURCE_INIT, .what = "cgroup", .path = h->path }, err);
}

static void cgroup_new_instance(struct compile *c, const struct cgroup_hierarchy *h,
				const struct resolved_mount *m)
{
	struct mount_option_value options[16] = { cgroup_source[0] };
	char *copy = arena_strdup(c->arena, h->options ? h->options : ""), *word, *rest = copy;
	size_t n = 1;

	while (copy && (word = strsep(&rest, ",")) && n < ARRAY_SIZE(options)) {
		char *equals = strchr(word, '=');

		if (!*word)
			continue;
		if (equals)
			*equals++ = 0;
		options[n++] = (struct mount_option_value){ word, equals };
	}
	add_fs(c, "cgroup", options, n, m->top.set);
}

static int cgroup_hierarchy_mount(struct compile *c, const struct cgroup_hierarchy *h,
				  const struct resolved_mount *m, struct error *err)
{
	int r = 0;

	if (!c->own_cgroup_namespace)
		r = cgroup_part(c, h, err);
	else if (h->v2)
		add_cgroup2(c, m);
	else
		cgroup_new_instance(c, h, m);
	if (r < 0)
		return r;
	add_attach_in_dir(c, h->name);
	for (size_t i = 0; i < ARRAY_SIZE(h->links) && h->links[i]; i++)
		plan_add_s(c->b, PLAN_SYMLINK, h->links[i], h->name);
	return 0;
}

/* v1 and hybrid: a tmpfs with a directory a hierarchy, sealed at the end. */
static int cgroup_v1_mounts(struct compile *c, const struct resolved_mount *m, struct error *err)
{
	const struct cgroup_hierarchy *list;
	const char *path = m->destination;
	size_t n = cgroup_hierarchies(c->in->cgroup, &list);

	add_target(c, path, false, 0755);
	add_fs(c, "tmpfs", m->options, m->n_options, m->top.set & ~(uint64_t)MOUNT_ATTR_RDONLY);
	add_attach(c, path);
	compile_dir(c, path);
	for (size_t i = 0; i < n; i++) {
		int r = cgroup_hierarchy_mount(c, &list[i], m, err);

		if (r < 0)
			return r;
	}
	/* Private: the parts are clones of the host's mounts, and peers of them until now. */
	plan_add_s(c->b, PLAN_TARGET, path, NULL);
	add_setattr(c, PLAN_TARGET_SETATTR, m->top.set, 0, MS_PRIVATE, true);
	return 0;
}

static int cgroup_mount(struct compile *c, const struct resolved_mount *m, struct error *err)
{
	if (!cgroup_is_v2(c->in->cgroup))
		return cgroup_v1_mounts(c, m, err);
	if (!c->own_cgroup_namespace)
		return bind_cgroup2(c, m, host_cgroup2(c), err);
	add_target(c, m->destination, false, 0755);
	add_cgroup2(c, m);
	add_attach(c, m->destination);
	return 0;
}

/* ---- all of them ---- */

/* A new filesystem, or what the host has of it where there can be no other. */
static int filesystem_mount(struct compile *c, const struct resolved_mount *m, struct error *err)
{
	const char *from = streq(m->type, "cgroup2") && !c->own_cgroup_namespace ? host_cgroup2(c) : NULL;

	return from ? bind_cgroup2(c, m, from, err) : filesystem(c, m, err);
}

static int remount(struct compile *c, const struct resolved_mount *m, struct error *err)
{
	(void)err;
	plan_add_s(c->b, PLAN_TARGET, m->destination, NULL);
	/* It also says whether something is mounted there: for no change at all nothing else would. */
	plan_add(c->b, PLAN_FS_PICK);
	if (m->n_options) {
		for (size_t i = 0; i < m->n_options; i++)
			plan_add_s(c->b, PLAN_FS_OPTION, m->options[i].key, m->options[i].value);
		plan_add(c->b, PLAN_FS_RECONFIGURE);
	}
	add_attributes(c, PLAN_TARGET_SETATTR, m, m->top.set, m->top.clear);
	return 0;
}

int pass_mounts(struct compile *c, struct error *err)
{
	static int (*const add[])(struct compile *, const struct resolved_mount *,
				  struct error *) = {
		[MOUNT_FILESYSTEM] = filesystem_mount,
		[MOUNT_BIND] = bind,
		[MOUNT_CGROUP] = cgroup_mount,
		[MOUNT_REMOUNT] = remount,
	};

	foreach_list(m, &c->resolved->mounts) {
		plan_origin(c->b, m->json, NULL);
		log_debug("plan: mount '%s' on '%s'", m->source ? m->source : m->type ? m->type : "none", m->destination);
		if (add[m->kind](c, m, err) < 0)
			return spec_error(m->json, NULL, err);
	}
	plan_origin(c->b, NULL, NULL);
	if (c->in->notify) {
		int r = source_tree(c,
				    (struct source){ SOURCE_INIT,
						     .what = "notify directory",
						     .path = c->in->notify },
				    err);

		if (r < 0)
			return r;
		/* Read-only keeps files out of it, not messages. */
		add_setattr(c, PLAN_MOUNT_SETATTR,
			    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0,
			    MS_PRIVATE, false);
		add_target(c, NOTIFY_MOUNT, false, 0755);
		add_attach(c, NOTIFY_MOUNT);
	}
	return 0;
}

/* ---- masked and read-only paths ---- */

static int add_hidden(struct compile *c, enum plan_code code, const struct resolved_path *p,
		      uint32_t *proc, struct error *err)
{
	char *dir = p->magic ? arena_strndup(c->arena, p->path, p->mount_length) : NULL;
	bool is_proc = dir && p->magic == PROC_SUPER_MAGIC && streq(dir, "/proc");
	struct plan_op *op;

	if (p->magic && !dir)
		return failf(err, ENOMEM, "masked paths: out of memory");
	/* One offset for all below /proc: the stage need not look for it again. */
	op = plan_add_s(c->b, code, p->path, is_proc && *proc ? NULL : dir);
	if (is_proc && *proc)
		op->s2 = *proc;
	op->x = p->magic;
	if (is_proc)
		*proc = op->s2;
	return 0;
}

int pass_masks(struct compile *c, struct error *err)
{
	uint32_t proc = 0;
	int r;

	plan_origin(c->b, c->spec->lnx.json, "maskedPaths");
	foreach_list(path, &c->resolved->masked) {
		r = add_hidden(c, PLAN_MASK, path, &proc, err);
		if (r < 0)
			return r;
	}
	plan_origin(c->b, c->spec->lnx.json, "readonlyPaths");
	foreach_list(path, &c->resolved->readonly) {
		r = add_hidden(c, PLAN_READONLY, path, &proc, err);
		if (r < 0)
			return r;
	}
	return 0;
}
