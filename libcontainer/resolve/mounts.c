/* SPDX-License-Identifier: Apache-2.0 */

/* mounts[]: what each entry is, and what it asks of the kernel. */

#include <errno.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/mount.h>

#include "base/macros.h"
#include "base/str.h"
#include "fs/bind_source.h"
#include "fs/mount_options.h"
#include "resolve/part.h"
#include "security/lsm.h"
#include "spec/objects.h"
#include "spec/spec.h"

/* An entry of the config on its way to what it means. */
struct entry {
	const struct resolver *r;
	const struct spec_mount *m;
	struct mount_options o;
	struct resolved_mount *out;
};

static bool is_type(const struct spec_mount *m, const char *type)
{
	return m->type && streq(m->type, type);
}

static bool in_list(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(word, list[i]))
			return true;
	return false;
}

#define is_one_of(word, list) in_list(word, list, ARRAY_SIZE(list))

/* ---- what it is ---- */

static int check_destination(struct entry *e)
{
	if (e->o.remount || !resolve_is_root(e->m->destination))
		return 0;
	return refuse_spec(
		e->r, e->m->json, "destination",
		"'%s' is the root itself, which 'root.path' names: nothing is mounted over it",
		e->m->destination);
}

static bool looks_like_path(const struct spec_mount *m)
{
	return m->source && (m->source[0] == '/' || m->source[0] == '.');
}

/* The type of a bind mount says nothing, its options do; the kernel would say ENODEV. */
static int check_type(struct entry *e)
{
	static const char *const no_filesystems[] = { "bind", "none" };
	const struct spec_mount *m = e->m;

	if (e->o.bind || e->o.remount)
		return 0;
	if (!m->type)
		return refuse_spec(e->r, m->json, NULL,
				   "a mount that is no bind mount needs a 'type'%s",
				   looks_like_path(m)
					   ? "; for a bind mount put \"bind\" or \"rbind\" in "
					     "'options'"
					   : "");
	if (!is_one_of(m->type, no_filesystems))
		return 0;
	return refuse_spec(
		e->r, m->json, "type",
		"'%s' is no filesystem: a bind mount needs 'bind' or 'rbind' in 'options'",
		m->type);
}

static int check_source(struct entry *e)
{
	const struct resolver *r = e->r;
	struct stat st;
	int fd;

	if (!e->o.bind || e->o.remount)
		return 0;
	if (!e->m->source)
		return refuse_spec(e->r, e->m->json, NULL, "a bind mount needs a 'source'");
	if (!r->in->look_at_host)
		return 0;
	fd = bind_source_open(r->in->bundle, e->m->source, &st, r->err);
	if (fd >= 0) {
		close_fd(fd);
		return 0;
	}
	(void)spec_error(e->m->json, "source", r->err);
	return resolve_failure(r, PROBLEM_HOST, fd);
}

static enum mount_kind kind_of(const struct entry *e)
{
	if (e->o.remount)
		return MOUNT_REMOUNT;
	if (e->o.bind)
		return MOUNT_BIND;
	return is_type(e->m, "cgroup") ? MOUNT_CGROUP : MOUNT_FILESYSTEM;
}

/* ---- id mappings (spec M6, M7) ---- */

/* The node whose string it is. */
static const struct json *node_of(const struct json *list, const char *text)
{
	const struct json *item = list ? list->first : NULL;

	while (item && item->text != text)
		item = item->next;
	return item;
}

static int check_idmap(struct entry *e)
{
	const struct spec_mount *m = e->m;
	const char *option = e->o.idmap_option;
	bool own = m->uid_mappings.n > 0, is_new = !e->o.bind && !e->o.remount;

	if (option && !own && !resolve_has_namespace(e->r, CLONE_NEWUSER))
		return refuse_spec(e->r, node_of(json_member(m->json, "options"), option), NULL,
				   "option '%s' needs 'uidMappings' and 'gidMappings', or a user "
				   "namespace",
				   option);
	if (is_new && option && !own)
		return refuse_spec(
			e->r, m->json, "options",
			"a new filesystem has the ids of the container's user namespace: "
			"'idmap' needs 'uidMappings' and 'gidMappings'");
	if (is_new && (option || own) && is_type(m, "cgroup"))
		return refuse_spec(e->r, m->json, NULL, "cgroups cannot be idmapped");
	return 0;
}

static int check_mappings(struct entry *e)
{
	const struct resolver *r = e->r;

	return idmaps_check(&e->m->uid_mappings, &e->m->gid_mappings, r->in->report, r->err);
}

/*
 * The mount's own mappings or, when it has none, the container's: a new user namespace's are in the config, one joined
 * by path is taken itself.
 */
static struct mount_idmap idmap_of(const struct entry *e)
{
	const struct spec_linux *l = &e->r->spec->lnx;
	const struct spec_namespace *user = spec_namespace_of(l, CLONE_NEWUSER);
	struct mount_idmap map = { .recursive = e->o.ridmap };

	map.wanted = e->o.idmap_option || e->m->uid_mappings.n;
	if (e->m->uid_mappings.n) {
		map.uids = &e->m->uid_mappings;
		map.gids = &e->m->gid_mappings;
	} else if (user && !user->path) {
		map.uids = &l->uid_mappings;
		map.gids = &l->gid_mappings;
	}
	return map;
}

/* ---- what a filesystem is configured with ---- */

static void add_option(struct resolved_mount *out, const char *key, const char *value)
{
	out->options[out->n_options++] = (struct mount_option_value){ key, value };
}

/* "key=value" or "key". */
static int add_text(struct entry *e, const char *text)
{
	const char *equals = strchr(text, '=');
	char *key = equals ? arena_strndup(e->r->arena, text, (size_t)(equals - text)) : NULL;

	if (equals && !key)
		return resolve_no_memory(e->r);
	add_option(e->out, equals ? key : text, equals ? equals + 1 : NULL);
	return 0;
}

/*
 * `ro` of a pseudo filesystem is the mount's alone: its superblock may be shared with others, which would
 * refuse (or suffer) the change.
 */
static bool is_for_superblock(const char *type, const char *flag)
{
	static const char *const access[] = { "ro", "rw" };
	static const char *const pseudo[] = { "proc",   "sysfs",   "tmpfs", "devpts", "mqueue",
					      "cgroup", "cgroup2", "ramfs", "overlay" };

	return !is_one_of(flag, access) || !is_one_of(type, pseudo);
}

static bool has_option(const struct resolved_mount *out, const char *key)
{
	for (size_t i = 0; i < out->n_options; i++)
		if (streq(out->options[i].key, key) && out->options[i].value)
			return true;
	return false;
}

static void add_label(struct entry *e, const char *type)
{
	const char *label = e->r->spec->lnx.mount_label;

	if (lsm_labels_mount(label, type))
		add_option(e->out, "context", label);
}

static int filesystem_options(struct entry *e)
{
	const struct mount_options *o = &e->o;
	const char *type = e->out->type;

	add_option(e->out, "source", e->m->source ? e->m->source : type);
	for (size_t i = 0; i < o->n_sb; i++)
		if (is_for_superblock(type, o->sb[i]))
			add_option(e->out, o->sb[i], NULL);
	for (size_t i = 0; i < o->n_data; i++)
		if (add_text(e, o->data[i]) < 0)
			return -ENOMEM;
	e->out->mode_of_target = streq(type, "tmpfs") && !has_option(e->out, "mode");
	add_label(e, type);
	return 0;
}

/* A tmpfs with a directory for each hierarchy; on v2 it is not needed. */
static void cgroup_options(struct entry *e)
{
	add_option(e->out, "source", "tmpfs");
	add_option(e->out, "mode", "755");
	add_label(e, "tmpfs");
}

/* They are the superblock's, which is the whole machine's: the kernel ignores them in a cgroup namespace, and so do we. */
static int check_cgroup_data(struct entry *e)
{
	static const char *const known[] = { "nsdelegate",          "favordynmods",
					     "memory_localevents",  "memory_recursiveprot",
					     "pids_localevents",    "memory_hugetlb_accounting",
					     "xattr" };

	if (e->o.bind || e->o.remount || (!is_type(e->m, "cgroup") && !is_type(e->m, "cgroup2")))
		return 0;
	for (size_t i = 0; i < e->o.n_data; i++)
		if (!is_one_of(e->o.data[i], known)) {
			int r = refuse_spec(e->r, e->m->json, "options",
					    "unknown option '%s' of a cgroup mount", e->o.data[i]);

			if (r < 0)
				return r;
		}
	return 0;
}

static int options_of(struct entry *e)
{
	/* source, mode and label */
	size_t most = 3 + e->o.n_sb + e->o.n_data;

	if (e->out->kind != MOUNT_FILESYSTEM && e->out->kind != MOUNT_CGROUP)
		return 0;
	e->out->options = arena_array_of(e->r->arena, struct mount_option_value, most);
	if (!e->out->options)
		return resolve_no_memory(e->r);
	if (e->out->kind == MOUNT_FILESYSTEM)
		return filesystem_options(e);
	cgroup_options(e);
	return 0;
}

/* ---- the rest of it ---- */

static int check_copy_up(struct entry *e)
{
	if (!e->o.tmpcopyup || (!e->o.bind && is_type(e->m, "tmpfs")))
		return 0;
	e->o.tmpcopyup = false;
	return resolve_problem(e->r, PROBLEM_WARNING, PROBLEM_SPEC, e->m->json, "options",
			       "'tmpcopyup' is for tmpfs only: ignored");
}

/* An image's symlink there would put the kernel's view where nobody looks for it. */
static enum mount_target target_of(const struct entry *e)
{
	static const char *const views[] = { "proc", "sysfs" };

	return e->out->kind == MOUNT_FILESYSTEM && is_one_of(e->m->type, views) ? TARGET_PLAIN
										: TARGET_FOLLOWS;
}

/*
 * What is mounted and unmounted in the container stays hidden from the host, unless the config shares it. A recursive
 * word about propagation settles it later, in the container's mount namespace.
 */
static bool keeps_peers(const struct entry *e)
{
	bool shared_root = e->r->spec->lnx.rootfs_propagation == PROPAGATION_SHARED;
	unsigned words = 0;

	for (size_t i = 0; i < e->o.n_propagation; i++)
		words |= e->o.propagation[i];
	/* Shared, and the root is not: among the container's own copies, so it is made apart from the host first. */
	return words & MS_SHARED ? shared_root : words & MS_REC;
}

static int fill(struct entry *e)
{
	const struct mount_options *o = &e->o;

	*e->out = (struct resolved_mount){
		.json = e->m->json,
		.kind = kind_of(e),
		.destination = e->m->destination,
		.source = e->m->source,
		.recursive = o->rbind,
		.copy_up = o->tmpcopyup,
		.keeps_peers = keeps_peers(e),
		.top = { o->attr_set, o->attr_clr },
		.tree = { o->rec_attr_set, o->rec_attr_clr },
		.propagation = o->propagation,
		.n_propagation = o->n_propagation,
		.idmap = idmap_of(e),
	};
	if (e->out->kind == MOUNT_FILESYSTEM)
		e->out->type = e->m->type;
	e->out->target = target_of(e);
	return options_of(e);
}

static int resolve_mount(const struct resolver *r, const struct spec_mount *m)
{
	static int (*const checks[])(struct entry *) = {
		check_idmap,    check_destination, check_type,
		check_mappings, check_source,      check_copy_up,
		check_cgroup_data,
	};
	struct entry e = { .r = r, .m = m, .out = &r->out->mounts.v[r->out->mounts.n] };
	int num = mount_options_parse(m, r->arena, &e.o, r->err);

	if (num < 0)
		return resolve_failure(r, PROBLEM_SPEC, num);
	foreach_array(check, checks) {
		num = (*check)(&e);
		if (num < 0)
			return num;
	}
	if (problems_touches(r->in->report, m->json))
		return 0;
	r->out->mounts.n++;
	return fill(&e);
}

/* ---- what they are together ---- */

/* The mount that the runtime-spec names, in its words. */
static bool is_writable_cgroup(const struct resolved_mount *m)
{
	return m->kind != MOUNT_BIND && m->source && streq(m->source, "cgroup") &&
		streq(m->destination, "/sys/fs/cgroup") &&
		!((m->top.set | m->tree.set) & MOUNT_ATTR_RDONLY);
}

int resolve_mounts(const struct resolver *r)
{
	struct resolved *out = r->out;

	out->mounts.v = arena_array_of(r->arena, struct resolved_mount, r->spec->mounts.n);
	if (!out->mounts.v)
		return resolve_no_memory(r);
	foreach_list(m, &r->spec->mounts) {
		int num = resolve_mount(r, m);

		if (num < 0)
			return num;
	}
	foreach_list(m, &out->mounts) {
		out->dev_is_bound |= m->kind == MOUNT_BIND && streq(m->destination, "/dev");
		out->cgroup_is_writable |= is_writable_cgroup(m);
	}
	return 0;
}
