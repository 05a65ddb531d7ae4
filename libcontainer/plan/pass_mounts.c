/* SPDX-License-Identifier: Apache-2.0 */

/* mounts[], in the listed order. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "fs/idmap.h"
#include "plan/mount_ops.h"

/* ---- ops that every mount ends with ---- */

void add_setattr(struct compile *c, enum plan_code code, uint64_t set, uint64_t clr,
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

void add_attributes(struct compile *c, enum plan_code code, const struct resolved_mount *m,
		    uint64_t set, uint64_t clr)
{
	add_setattr(c, code, set, clr, 0, false);
	add_setattr(c, code, m->tree.set, m->tree.clear, 0, true);
	for (size_t i = 0; i < m->n_propagation; i++)
		add_setattr(c, code, 0, 0, m->propagation[i] & ~(unsigned)MS_REC,
			    m->propagation[i] & MS_REC);
}

struct plan_op *add_target(struct compile *c, const char *path, bool file, uint32_t mode)
{
	struct plan_op *op = plan_add_s(c->b, PLAN_TARGET, path, NULL);

	op->flags = OP_CREATE | (file ? OP_FILE : 0);
	op->x = mode;
	return op;
}

void add_mount_target(struct compile *c, const struct resolved_mount *m, uint16_t kind)
{
	static const uint16_t flags[] = {
		[TARGET_FOLLOWS] = 0,
		[TARGET_IS_LINK] = OP_LINK,
		[TARGET_PLAIN] = OP_PLAIN,
	};

	add_target(c, m->destination, false, 0755)->flags |= flags[m->target] | kind;
}

void add_attach(struct compile *c, const char *path)
{
	plan_add_s(c->b, PLAN_ATTACH, path, NULL);
	c->dir = NULL; /* it may be covered now */
}

void add_mount_attach(struct compile *c, const struct resolved_mount *m)
{
	plan_add_s(c->b, PLAN_ATTACH, m->destination, NULL)->flags = m->is_root ? OP_ROOT : 0;
	c->dir = NULL;
}

void add_attach_in_dir(struct compile *c, const char *name)
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

int idmap_open(struct compile *c, const struct mount_idmap *map, struct error *err)
{
	if (map->uids)
		return idmap_userns(map->uids, map->gids, err);
	for (size_t i = 0; i < c->out->n_joins; i++)
		if (c->out->joins[i].flags == CLONE_NEWUSER) {
			int fd = fcntl(c->out->joins[i].fd, F_DUPFD_CLOEXEC, 3);

			return fd < 0 ? sysf(err, "duplicate descriptor") : fd;
		}
	return failf(err, EINVAL,
		     "'idmap' needs 'uidMappings' and 'gidMappings', or a user namespace");
}

int add_idmap(struct compile *c, const struct resolved_mount *m, struct error *err)
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

void add_fs(struct compile *c, const char *type, const struct mount_option_value *options, size_t n,
	    uint64_t attributes)
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

/* ---- all of them ---- */

/* A new filesystem, or what the host has of it where there can be no other. */
static int filesystem_mount(struct compile *c, const struct resolved_mount *m, struct error *err)
{
	const char *from = streq(m->type, "cgroup2") && !c->own_cgroup_namespace ? host_cgroup2(c)
										 : NULL;

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
		[MOUNT_BIND] = mount_bind,
		[MOUNT_CGROUP] = mount_cgroup,
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
				    (struct source){ SOURCE_INIT, .what = "notify directory",
						     .path = c->in->notify },
				    err);

		if (r < 0)
			return r;
		/* Read-only keeps files out of it, not messages. */
		add_setattr(c, PLAN_MOUNT_SETATTR,
			    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				    MOUNT_ATTR_NOEXEC,
			    0, MS_PRIVATE, false);
		add_target(c, NOTIFY_MOUNT, false, 0755);
		add_attach(c, NOTIFY_MOUNT);
	}
	return 0;
}
