/* SPDX-License-Identifier: Apache-2.0 */

/* mounts[], in the listed order; and the paths to hide or to make read-only. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"
#include "fs/idmap.h"
#include "fs/mount_options.h"
#include "plan/pass.h"
#include "security/security.h"

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

/* Attributes of the top mount, then of the tree; then the kind of propagation, "slave,shared" in two. */
static void add_attributes(struct compile *c, enum plan_code code, const struct mount_options *o,
			   uint64_t set, uint64_t clr)
{
	add_setattr(c, code, set, clr, 0, false);
	add_setattr(c, code, o->rec_attr_set, o->rec_attr_clr, 0, true);
	add_setattr(c, code, 0, 0, o->propagation_first & ~(unsigned)MS_REC,
		    o->propagation_first & MS_REC);
	add_setattr(c, code, 0, 0, o->propagation & ~(unsigned)MS_REC, o->propagation & MS_REC);
}

static struct plan_op *add_target(struct compile *c, const char *path, bool file, uint32_t mode)
{
	struct plan_op *op = plan_add_s(c->b, PLAN_TARGET, path, NULL);

	op->flags = OP_CREATE | (file ? OP_FILE : 0);
	op->x = mode;
	return op;
}

/* An image's symlink there would put the kernel's view where nobody looks for it. */
static bool must_be_plain(const char *type)
{
	return streq(type, "proc") || streq(type, "sysfs");
}

static void add_attach(struct compile *c, const char *path)
{
	plan_add_s(c->b, PLAN_ATTACH, path, NULL);
	c->dir = NULL; /* it may be covered now */
}

static void add_attach_in_dir(struct compile *c, const char *name)
{
	plan_add_s(c->b, PLAN_ATTACH, name, NULL)->flags = OP_IN_DIR;
}

static bool is_below(const char *path, const char *dir, size_t *n)
{
	*n = strlen(dir);
	while (*n > 1 && dir[*n - 1] == '/')
		--*n;
	return *n > 1 && strncmp(path, dir, *n) == 0 && path[*n] == '/';
}

/* ---- read-only, when all is in it ---- */

static bool is_at(const char *path, const char *wanted)
{
	size_t n = strlen(wanted);

	return strncmp(path, wanted, n) == 0 && !path[n + strspn(path + n, "/")];
}

/*
 * A read-only tmpfs can hold mountpoints that are made for the mounts after it, and /dev its devices. Not so when
 * a later mount covers it: by its path that one would be met.
 */
static bool is_filled_later(const struct compile *c, const struct spec_mount *m)
{
	const struct spec_mount *end = c->spec->mounts.v + c->spec->mounts.n;
	bool filled = is_at(m->destination, "/dev");
	size_t n;

	for (const struct spec_mount *later = m + 1; later < end; later++) {
		if (is_at(later->destination, m->destination) ||
		    is_below(m->destination, later->destination, &n))
			return false;
		filled = filled || (m->type && streq(m->type, "tmpfs") &&
				    is_below(later->destination, m->destination, &n));
	}
	return filled;
}

static int seal_later(struct compile *c, const struct spec_mount *m)
{
	if (!c->sealed)
		c->sealed = arena_array_of(c->arena, const struct spec_mount *, c->spec->mounts.n);
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

/*
 * A user namespace with the mount's own mappings or, when it has none, the container's: a new one's are
 * in the config, one joined by path is taken itself. A descriptor for the caller to close.
 */
static int idmap_open(struct compile *c, const struct spec_mount *m, struct error *err)
{
	const struct spec_linux *l = &c->spec->lnx;
	const struct spec_namespace *user = spec_namespace_of(l, CLONE_NEWUSER);

	if (m->uid_mappings.n)
		return idmap_userns(&m->uid_mappings, &m->gid_mappings, err);
	if (user && !user->path)
		return idmap_userns(&l->uid_mappings, &l->gid_mappings, err);
	for (size_t i = 0; i < c->out->n_joins; i++)
		if (c->out->joins[i].flags == CLONE_NEWUSER) {
			int fd = fcntl(c->out->joins[i].fd, F_DUPFD_CLOEXEC, 3);

			return fd < 0 ? sysf(err, "duplicate descriptor") : fd;
		}
	return failf(err, EINVAL, "'idmap' needs 'uidMappings' and 'gidMappings', or a user namespace");
}

static int idmap_tree(struct compile *c, const struct spec_mount *m, const struct mount_options *o,
		      int tree, struct error *err)
{
	auto_(close_fd) int userns = -EBADF;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };

	if (!o->idmap)
		return 0;
	if (tree < 0)
		return failf(err, EPERM, "an idmapped mount needs the right to clone the source");
	userns = idmap_open(c, m, err);
	if (userns < 0)
		return userns;
	attr.userns_fd = (uint64_t)userns;
	if (sys_mount_setattr(tree, "", AT_EMPTY_PATH | (o->ridmap ? AT_RECURSIVE : 0), &attr) == 0)
		return 0;
	if (errno == EINVAL)
		return sysf(err, "idmap of '%s': its filesystem%s cannot be idmapped by this kernel",
			    m->source, o->ridmap ? ", or one mounted below," : "");
	return sysf(err, "idmap of '%s'", m->source);
}

/* By the child, for what only it can make. */
static int add_idmap(struct compile *c, const struct spec_mount *m, const struct mount_options *o,
		     struct error *err)
{
	struct plan_op *op;
	int userns;

	if (!o->idmap)
		return 0;
	userns = idmap_open(c, m, err);
	if (userns < 0)
		return userns;
	op = plan_add(c->b, PLAN_MOUNT_SETATTR);
	op->fd = plan_take_fd(c->b, userns);
	op->flags = o->ridmap ? OP_RECURSIVE : 0;
	return 0;
}

/* ---- new filesystems ---- */

/* "key=value" or "key". */
static int add_fs_option(struct compile *c, const char *option)
{
	const char *equals = strchr(option, '=');
	char *key;

	if (!equals) {
		plan_add_s(c->b, PLAN_FS_OPTION, option, NULL);
		return 0;
	}
	key = arena_strndup(c->arena, option, (size_t)(equals - option));
	if (!key)
		return -ENOMEM;
	plan_add_s(c->b, PLAN_FS_OPTION, key, equals + 1);
	return 0;
}

static bool has_key(const struct mount_options *o, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < o->n_data; i++)
		if (strncmp(o->data[i], key, n) == 0 && o->data[i][n] == '=')
			return true;
	return false;
}

/*
 * `ro` of a pseudo filesystem is the mount's alone: its superblock may be shared with others, which would
 * refuse (or suffer) the change.
 */
static bool wants_sb_flag(const char *type, const char *flag)
{
	static const char *const pseudo[] = { "proc", "sysfs", "tmpfs", "devpts", "mqueue",
					      "cgroup", "cgroup2", "ramfs", "overlay" };

	if (!streq(flag, "ro") && !streq(flag, "rw"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(pseudo); i++)
		if (streq(type, pseudo[i]))
			return false;
	return true;
}

/*
 * A superblock from type, source and data; it becomes the stage's `mount`. new_dir: its target is not there yet.
 */
static int add_fs(struct compile *c, const char *type, const char *source,
		  const struct mount_options *o, uint64_t attributes, bool new_dir, struct error *err)
{
	char label[512];
	int r;

	plan_add_s(c->b, PLAN_FS_OPEN, type, NULL);
	if (source)
		plan_add_s(c->b, PLAN_FS_OPTION, "source", source);
	for (size_t i = 0; i < o->n_sb; i++)
		if (wants_sb_flag(type, o->sb[i]))
			plan_add_s(c->b, PLAN_FS_OPTION, o->sb[i], NULL);
	for (size_t i = 0; i < o->n_data; i++)
		if (add_fs_option(c, o->data[i]) < 0)
			return failf(err, ENOMEM, "mount options: out of memory");
	r = lsm_mount_data(c->spec->lnx.mount_label, type, label, sizeof(label));
	if (r == 0 && label[0] && add_fs_option(c, label) < 0)
		return failf(err, ENOMEM, "mount label: out of memory");
	if (streq(type, "tmpfs") && !has_key(o, "mode")) {
		if (new_dir)
			plan_add_s(c->b, PLAN_FS_OPTION, "mode", "1777");
		else
			plan_add(c->b, PLAN_FS_MODE);
	}
	plan_add(c->b, PLAN_FS_MOUNT)->x = attributes;
	return 0;
}

static bool is_new_tmpfs(const struct spec_mount *m)
{
	static const char *const others[] = { "bind", "rbind", "remount", "tmpcopyup" };

	if (!m->type || !streq(m->type, "tmpfs"))
		return false;
	foreach_list(option, &m->options)
		foreach_array(other, others)
			if (streq(*option, *other))
				return false;
	return true;
}

/*
 * The last name of a destination in a new tmpfs that was mounted before it, with nothing but other names in it between the
 * two, as of the mounts below /dev: it is not there yet, and one look at the tmpfs serves all of them. NULL: it is none.
 */
static const char *name_in_new_tmpfs(const struct compile *c, const struct spec_mount *m,
				     const char **dir)
{
	const char *name = path_last(m->destination);
	char *parent = compile_parent(c, m->destination);
	size_t n;

	if (!parent || !*name || streq(name, ".") || streq(name, ".."))
		return NULL;
	*dir = parent;
	for (const struct spec_mount *at = m; at-- > c->spec->mounts.v;) {
		const char *path = at->destination;

		if (is_at(path, parent))
			return is_new_tmpfs(at) ? name : NULL;
		if (!is_below(path, parent, &n) || strstr(path, "..") || is_at(path, m->destination) ||
		    is_below(path, m->destination, &n))
			return NULL;
	}
	return NULL;
}

static int filesystem(struct compile *c, const struct spec_mount *m, const struct mount_options *o,
		      struct error *err)
{
	const char *path = m->destination, *parent = NULL;
	bool looks = o->tmpcopyup || must_be_plain(m->type);
	const char *name = looks ? NULL : name_in_new_tmpfs(c, m, &parent);
	uint64_t late = 0, set = o->attr_set;
	int r;

	if (set & MOUNT_ATTR_RDONLY && is_filled_later(c, m)) {
		if (seal_later(c, m) < 0)
			return failf(err, ENOMEM, "mounts: out of memory");
		set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	}
	/* A copy-up must be able to write first. */
	if (o->tmpcopyup) {
		late = set & MOUNT_ATTR_RDONLY;
		set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	}
	if (must_be_plain(m->type))
		add_target(c, path, false, 0755)->flags |= OP_PLAIN;
	else if (name)
		compile_dir(c, parent);
	else
		add_target(c, path, false, 0755);
	r = add_fs(c, m->type, m->source ? m->source : m->type, o, set, name != NULL, err);
	if (r < 0)
		return r;
	if (o->tmpcopyup)
		plan_add(c->b, PLAN_COPY_UP);
	r = add_idmap(c, m, o, err);
	if (r < 0)
		return r;
	add_attributes(c, PLAN_MOUNT_SETATTR, o, late, 0);
	if (name)
		add_attach_in_dir(c, name);
	else
		add_attach(c, path);
	return 0;
}

/* ---- bind mounts ---- */

/* Keeps what mounts come and go in the container from the host, unless the config shares them. */
static int isolate(struct compile *c, const struct mount_options *o, int tree)
{
	struct mount_attr attr = { .propagation = MS_SLAVE };
	bool shares = c->spec->lnx.rootfs_propagation == PROPAGATION_SHARED &&
		      (o->propagation & MS_SHARED);

	if (shares || (o->propagation & MS_REC))
		return 0;
	return sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr);
}

/* A source inside the container's own root must see the mounts that come before it in the list. */
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

static int add_source(struct compile *c, const struct spec_mount *m, const struct mount_options *o,
		      bool *file, struct error *err)
{
	auto_(close_fd) int tree = -EBADF;
	auto_(close_fd) int source = openat(c->in->bundle, m->source, O_PATH | O_CLOEXEC);
	struct stat st;
	const char *inner;
	int r;

	if (source < 0 || fstat(source, &st) < 0)
		return sysf(err, "bind source '%s'", m->source);
	*file = !S_ISDIR(st.st_mode);
	inner = inside_root(c, source);
	/* The filesystem's owner idmaps it: we do, or a child in our user namespace. */
	if (inner && !(o->idmap && has_namespace(c, CLONE_NEWUSER))) {
		plan_add_s(c->b, PLAN_TREE_ROOT, inner, NULL)->flags = o->rbind ? OP_RECURSIVE : 0;
		return add_idmap(c, m, o, err);
	}
	tree = sys_open_tree(source, "",
			 AT_EMPTY_PATH | OPEN_TREE_CLONE |
				 (o->rbind ? AT_RECURSIVE : 0));
	if (tree < 0 && errno != EPERM)
		return sysf(err, "clone bind source '%s'", m->source);
	r = idmap_tree(c, m, o, tree, err);
	if (r < 0)
		return r;
	if (tree >= 0) {
		if (isolate(c, o, tree) < 0)
			return sysf(err, "propagation of '%s'", m->source);
		plan_add(c->b, PLAN_TREE_FD)->fd = plan_take_fd(c->b, take_fd(tree));
		return 0;
	}
	/* Rootless: only the child, in its own namespaces, may clone. */
	if (m->source[0] != '/')
		return failf(err, EINVAL, "bind source '%s': an unprivileged caller needs an absolute "
			     "path", m->source);
	plan_add_s(c->b, PLAN_TREE_PATH, m->source, NULL)->flags = o->rbind ? OP_RECURSIVE : 0;
	return 0;
}

static int bind(struct compile *c, const struct spec_mount *m, const struct mount_options *o,
		struct error *err)
{
	bool file;
	int r;

	if (!m->source)
		return failf(err, EINVAL, "a bind mount needs a 'source'");
	r = add_source(c, m, o, &file, err);
	if (r < 0)
		return r;
	add_attributes(c, PLAN_MOUNT_SETATTR, o, o->attr_set, o->attr_clr);
	add_target(c, m->destination, file, 0755);
	add_attach(c, m->destination);
	return 0;
}

/* ---- cgroups as the container sees them ---- */

static const struct mount_options plain_options;

static int cgroup_v2_mount(struct compile *c, const char *path, const struct mount_options *o,
			   struct error *err)
{
	int r;

	add_target(c, path, false, 0755);
	r = add_fs(c, "cgroup2", "cgroup", &plain_options, o->attr_set, false, err);
	if (r < 0)
		return r;
	add_attach(c, path);
	return 0;
}

/*
 * Without a cgroup namespace: the container's own part of the hierarchy, and nothing above it. Attributes
 * come when all are in place.
 */
static int cgroup_part(struct compile *c, const struct cgroup_hierarchy *h, struct error *err)
{
	auto_(close_fd) int tree = sys_open_tree(AT_FDCWD, h->path, OPEN_TREE_CLONE);

	if (tree < 0)
		return sysf(err, "cgroup '%s'", h->path);
	plan_add(c->b, PLAN_TREE_FD)->fd = plan_take_fd(c->b, take_fd(tree));
	return 0;
}

static int cgroup_new_instance(struct compile *c, const struct cgroup_hierarchy *h,
			       const struct mount_options *o, struct error *err)
{
	struct mount_options data = { 0 };
	const char *words[16];
	char *copy = arena_strdup(c->arena, h->options ? h->options : ""), *word, *rest = copy;

	if (h->v2)
		return add_fs(c, "cgroup2", "cgroup", &plain_options, o->attr_set, false, err);
	while (copy && (word = strsep(&rest, ",")) && data.n_data < ARRAY_SIZE(words))
		if (*word)
			words[data.n_data++] = word;
	data.data = words;
	return add_fs(c, "cgroup", "cgroup", &data, o->attr_set, false, err);
}

static int cgroup_hierarchy_mount(struct compile *c, const struct cgroup_hierarchy *h,
				  const struct mount_options *o, struct error *err)
{
	int r = has_namespace(c, CLONE_NEWCGROUP) ? cgroup_new_instance(c, h, o, err) :
						    cgroup_part(c, h, err);

	if (r < 0)
		return r;
	add_attach_in_dir(c, h->name);
	for (size_t i = 0; i < ARRAY_SIZE(h->links) && h->links[i]; i++)
		plan_add_s(c->b, PLAN_SYMLINK, h->links[i], h->name);
	return 0;
}

/* v1 and hybrid: a tmpfs with a directory a hierarchy, sealed at the end. */
static int cgroup_v1_mounts(struct compile *c, const struct spec_mount *m,
			    const struct mount_options *o, struct error *err)
{
	static const char *tmpfs_data[] = { "mode=755" };
	const struct mount_options tmpfs = { .data = tmpfs_data, .n_data = 1 };
	const struct cgroup_hierarchy *list;
	const char *path = m->destination;
	size_t n = cgroup_hierarchies(c->in->cgroup, &list);
	int r;

	add_target(c, path, false, 0755);
	r = add_fs(c, "tmpfs", "tmpfs", &tmpfs, o->attr_set & ~(uint64_t)MOUNT_ATTR_RDONLY, false, err);
	if (r < 0)
		return r;
	add_attach(c, path);
	compile_dir(c, path);
	for (size_t i = 0; i < n; i++) {
		r = cgroup_hierarchy_mount(c, &list[i], o, err);
		if (r < 0)
			return r;
	}
	/* Private: the parts are clones of the host's mounts, and peers of them until now. */
	plan_add_s(c->b, PLAN_TARGET, path, NULL);
	add_setattr(c, PLAN_TARGET_SETATTR, o->attr_set, 0, MS_PRIVATE, true);
	return 0;
}

static int cgroup_mount(struct compile *c, const struct spec_mount *m, const struct mount_options *o,
			struct error *err)
{
	if (cgroup_is_v2(c->in->cgroup))
		return cgroup_v2_mount(c, m->destination, o, err);
	return cgroup_v1_mounts(c, m, o, err);
}

/* ---- all of them ---- */

static void remount(struct compile *c, const struct spec_mount *m, const struct mount_options *o)
{
	plan_add_s(c->b, PLAN_TARGET, m->destination, NULL);
	add_attributes(c, PLAN_TARGET_SETATTR, o, o->attr_set, o->attr_clr);
}

static int one_mount(struct compile *c, const struct spec_mount *m, struct error *err)
{
	struct mount_options o = { 0 };
	int r = mount_options_parse(m, c->arena, &o, err);

	if (r < 0)
		return r;
	if (streq(m->destination, "/dev") && o.bind)
		c->dev_is_bound = true;
	if (o.remount) {
		remount(c, m, &o);
		return 0;
	}
	if (o.bind)
		return bind(c, m, &o, err);
	if (!m->type)
		return failf(err, EINVAL, "a mount that is no bind mount needs a 'type'");
	if (o.idmap && !m->uid_mappings.n)
		return failf(err, EINVAL,
			     "a new filesystem has the ids of the container's user namespace: 'idmap' "
			     "needs 'uidMappings' and 'gidMappings' here");
	if (streq(m->type, "cgroup") && o.idmap)
		return failf(err, EINVAL, "cgroups cannot be idmapped");
	if (streq(m->type, "cgroup"))
		return cgroup_mount(c, m, &o, err);
	return filesystem(c, m, &o, err);
}

int pass_mounts(struct compile *c, struct error *err)
{
	foreach_list(m, &c->spec->mounts) {
		plan_origin(c->b, m->json, NULL);
		if (one_mount(c, m, err) < 0)
			return spec_error(m->json, NULL, err);
	}
	plan_origin(c->b, NULL, NULL);
	if (c->in->notify >= 0) {
		plan_add(c->b, PLAN_TREE_FD)->fd = plan_take_fd(c->b, c->in->notify);
		add_target(c, NOTIFY_MOUNT, false, 0755);
		add_attach(c, NOTIFY_MOUNT);
	}
	return 0;
}

/* The kernel's filesystems, as the stage can verify them. */
static uint64_t magic_of(const struct spec_mount *m)
{
	if (m->type && streq(m->type, "proc"))
		return PROC_SUPER_MAGIC;
	return m->type && streq(m->type, "sysfs") ? SYSFS_MAGIC : 0;
}

/* The mount that is there last: its magic and how much of the path leads to it; 0: an ordinary one. */
static uint64_t mount_of(struct compile *c, const char *path, size_t *ret)
{
	uint64_t magic = 0;

	*ret = 0;
	foreach_list(m, &c->spec->mounts) {
		size_t n;

		if (!is_below(path, m->destination, &n))
			continue;
		if (magic_of(m)) {
			magic = magic_of(m);
			*ret = n;
		} else if (n <= *ret) {
			magic = 0;
		}
	}
	return magic;
}

static int add_hidden(struct compile *c, enum plan_code code, const char *path, uint32_t *at,
		      struct error *err)
{
	size_t n;
	uint64_t magic = mount_of(c, path, &n);
	char *dir = magic ? arena_strndup(c->arena, path, n) : NULL;
	struct plan_op *op;

	if (magic && !dir)
		return failf(err, ENOMEM, "masked paths: out of memory");
	/* One offset for all below /proc: the stage need not look for it again. */
	if (magic == PROC_SUPER_MAGIC && *at && streq(dir, "/proc")) {
		op = plan_add_s(c->b, code, path, NULL);
		op->s2 = *at;
	} else {
		op = plan_add_s(c->b, code, path, dir);
	}
	op->x = magic;
	if (magic == PROC_SUPER_MAGIC && streq(dir, "/proc"))
		*at = op->s2;
	return 0;
}

int pass_masks(struct compile *c, struct error *err)
{
	uint32_t proc = 0;
	int r;

	plan_origin(c->b, c->spec->lnx.json, "maskedPaths");
	foreach_list(path, &c->spec->lnx.masked_paths) {
		r = add_hidden(c, PLAN_MASK, *path, &proc, err);
		if (r < 0)
			return r;
	}
	plan_origin(c->b, c->spec->lnx.json, "readonlyPaths");
	foreach_list(path, &c->spec->lnx.readonly_paths) {
		r = add_hidden(c, PLAN_READONLY, *path, &proc, err);
		if (r < 0)
			return r;
	}
	return 0;
}
