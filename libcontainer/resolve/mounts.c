/* SPDX-License-Identifier: Apache-2.0 */

/* mounts[]: what each entry is, and what it asks of the kernel. */

#include <errno.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/mount.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "fs/bind_source.h"
#include "resolve/entry.h"
#include "security/lsm.h"
#include "spec/spec.h"

/* ---- what it is ---- */

/* "/", "//", "/.", "/..": of nothing but slashes and dots, and no name. */
static bool is_root_itself(const char *path)
{
	return !path[strspn(path, "/.")] && !strstr(path, "...");
}

/* The root filesystem's path on the host, without slashes at the end; or NULL. */
static const char *root_on_host(const struct resolver *r, const char *root)
{
	char bundle[PATH_MAX];
	size_t n = strlen(root);

	while (n > 1 && root[n - 1] == '/')
		n--;
	if (*root == '/')
		return arena_strndup(r->arena, root, n);
	if (path_of_fd(r->in->bundle, bundle, sizeof(bundle)) < 0)
		return NULL;
	return arena_printf(r->arena, "%s/%.*s", bundle, (int)n, root);
}

/*
 * People write the host's path of a place in the root filesystem, and runc understands it. A matter of the text alone, as
 * there: the rest is looked up inside the root like any other.
 */
static const char *inner_destination(const struct resolver *r, const char *path)
{
	const char *root = r->spec->root ? r->spec->root->path : NULL;
	size_t n;

	/* Without a look at the host where the end of the root's path does not occur in it. */
	if (!root || path[0] != '/' || !strstr(path, path_last(root)))
		return path;
	root = root_on_host(r, root);
	n = root ? strlen(root) : 0;
	if (n < 2 || strncmp(path, root, n) != 0 || (path[n] && path[n] != '/'))
		return path;
	return path[n] ? path + n : "/";
}

/* A mount over it is what the container sees from then on. */
static int check_destination(struct entry *e)
{
	const struct spec_mount *m = e->m;

	if (e->o.remount || !is_root_itself(e->destination))
		return 0;
	if (!resolve_has_namespace(e->r, CLONE_NEWNS))
		return refuse_spec(
			e->r, m->json, "destination",
			"'%s' is the root itself: a mount over it needs a mount namespace",
			m->destination);
	if (e->o.copy_symlink || (!e->o.bind && is_type(m, "cgroup")))
		return refuse_spec(e->r, m->json, "destination", "'%s' is the root itself: %s",
				   m->destination,
				   e->o.copy_symlink ? "no symbolic link can be made there"
						     : "cgroups are not mounted over it");
	return 0;
}

static bool looks_like_path(const struct spec_mount *m)
{
	return m->source && (m->source[0] == '/' || m->source[0] == '.');
}

/* The type of a bind mount says nothing, its options do; the kernel would say ENODEV. */
static int check_type(struct entry *e)
{
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
	if (!is_type(m, "bind") && !is_type(m, "none"))
		return 0;
	for (size_t i = 0; i < e->o.n_data; i++) {
		const char *meant = mount_option_nearest(e->o.data[i]);

		if (meant && (streq(meant, "bind") || streq(meant, "rbind")))
			return refuse_spec(e->r, m->json, "options", "unknown option '%.80s', did you mean '%s'?",
					   e->o.data[i], meant);
	}
	return refuse_spec(
		e->r, m->json, "type",
		"'%s' is no filesystem: a bind mount needs 'bind' or 'rbind' in 'options'",
		m->type);
}

static enum mount_source source_of(const struct entry *e)
{
	if (e->o.copy_symlink)
		return SOURCE_COPIES_LINK;
	return e->o.src_nofollow ? SOURCE_IS_LINK : SOURCE_FOLLOWS;
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
	fd = bind_source_open(r->in->bundle, e->m->source, source_of(e) != SOURCE_FOLLOWS, &st,
			      r->err);
	if (fd >= 0) {
		close_fd(fd);
		return 0;
	}
	(void)spec_error(e->m->json, "source", r->err);
	return resolve_failure(r, PROBLEM_HOST, fd);
}

/*
 * The kernel makes such a filesystem for who is root in the user namespace that owns the named namespace. A new user
 * namespace owns those that are made with it; one that is joined may own any.
 */
static const struct view {
	const char *type;
	uint64_t namespace;
	const char *name;
} views[] = {
	{ "sysfs", CLONE_NEWNET, "network" },
	{ "mqueue", CLONE_NEWIPC, "ipc" },
	{ "proc", CLONE_NEWPID, "pid" },
};

/* The view of a namespace that is the host's, out of a new user namespace; or NULL. */
static const struct view *foreign_view(const struct entry *e)
{
	const struct spec_namespace *user = spec_namespace_of(&e->r->spec->lnx, CLONE_NEWUSER);

	if (!user || user->path || e->o.bind || e->o.remount)
		return NULL;
	foreach_array(view, views)
		if (is_type(e->m, view->type) && !resolve_has_namespace(e->r, view->namespace))
			return view;
	return NULL;
}

/* The host's sysfs is bound instead, as crun does. */
static int check_view(struct entry *e)
{
	const struct view *view = foreign_view(e);

	if (!view || view->namespace == CLONE_NEWNET)
		return 0;
	return refuse_spec(
		e->r, e->m->json, "type",
		"%s shows the %s namespace, which is the host's: in a new user namespace it needs a "
		"new '%s' in 'linux.namespaces', or a bind mount of the host's",
		view->type, view->name, view->name);
}

static enum mount_kind kind_of(const struct entry *e)
{
	if (e->o.remount)
		return MOUNT_REMOUNT;
	if (e->o.bind)
		return MOUNT_BIND;
	return is_type(e->m, "cgroup") ? MOUNT_CGROUP : MOUNT_FILESYSTEM;
}

static bool is_in(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(word, list[i]))
			return true;
	return false;
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
		if (!is_in(e->o.data[i], known, ARRAY_SIZE(known))) {
			int r = refuse_spec(e->r, e->m->json, "options",
					    "unknown option '%s' of a cgroup mount", e->o.data[i]);

			if (r < 0)
				return r;
		}
	return 0;
}

/* These have one superblock: the options of any mount of it hold for all others at once, the host's too. */
static int ignore_machine_options(struct entry *e)
{
	if (!e->o.n_data || e->o.bind || e->o.remount || (!is_type(e->m, "debugfs") && !is_type(e->m, "tracefs")))
		return 0;
	e->o.n_data = 0;
	return resolve_problem(e->r, PROBLEM_WARNING, PROBLEM_SPEC, e->m->json, "options",
			       "'%s' would hold for every %s of this machine: ignored", e->o.data[0], e->m->type);
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

/* A link that is made anew is neither bound nor bound over. */
static int check_links(struct entry *e)
{
	const struct mount_options *o = &e->o;

	if (o->copy_symlink && (o->src_nofollow || o->dest_nofollow))
		return refuse_spec(e->r, e->m->json, "options",
				   "'copy-symlink' excludes 'src-nofollow' and 'dest-nofollow'");
	if (!(o->copy_symlink || o->src_nofollow) || (o->bind && !o->remount))
		return 0;
	return resolve_problem(e->r, PROBLEM_WARNING, PROBLEM_SPEC, e->m->json, "options",
			       "'%s' is for bind mounts only: ignored",
			       o->copy_symlink ? "copy-symlink" : "src-nofollow");
}

/* An image's symlink there would put the kernel's view where nobody looks for it. */
static enum mount_target target_of(const struct entry *e)
{
	if (e->out->kind == MOUNT_FILESYSTEM && (is_type(e->m, "proc") || is_type(e->m, "sysfs")))
		return TARGET_PLAIN;
	return e->o.dest_nofollow ? TARGET_IS_LINK : TARGET_FOLLOWS;
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

/* Still a sysfs, for the masked paths in it. */
static void bind_sysfs(struct resolved_mount *out)
{
	out->kind = MOUNT_BIND;
	out->source = "/sys";
	out->source_policy = SOURCE_FOLLOWS;
	out->recursive = true;
	out->idmap.wanted = false;
}

static int fill(struct entry *e)
{
	const struct mount_options *o = &e->o;

	*e->out = (struct resolved_mount){
		.json = e->m->json,
		.kind = kind_of(e),
		.destination = e->destination,
		.is_root = !o->remount && is_root_itself(e->destination),
		.source = e->m->source,
		.source_policy = source_of(e),
		.recursive = o->rbind,
		.copy_up = o->tmpcopyup,
		.keeps_peers = keeps_peers(e),
		.top = { o->attr_set, o->attr_clr },
		.tree = { o->rec_attr_set, o->rec_attr_clr },
		.propagation = o->propagation,
		.n_propagation = o->n_propagation,
		.idmap = e->idmap,
	};
	if (e->out->kind == MOUNT_FILESYSTEM)
		e->out->type = e->m->type;
	e->out->target = target_of(e);
	if (foreign_view(e)) {
		bind_sysfs(e->out);
		return 0;
	}
	return entry_options(e);
}

static int resolve_mount(const struct resolver *r, const struct spec_mount *m)
{
	static int (*const checks[])(struct entry *) = {
		entry_idmap,  check_destination, check_type,  check_view,
		check_source, check_copy_up,     check_links, check_cgroup_data, ignore_machine_options,
	};
	struct entry e = { .r = r,
			   .m = m,
			   .destination = inner_destination(r, m->destination),
			   .out = &r->out->mounts.v[r->out->mounts.n] };
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

/* SELinux takes no longer one, and mount(2) neither. */
#define LABEL_MAX 4095

static int check_label(const struct resolver *r)
{
	const char *label = r->spec->lnx.mount_label;

	if (!label || !*label)
		return 0;
	if (!lsm_selinux_enabled())
		return resolve_problem(r, PROBLEM_WARNING, PROBLEM_HOST, r->spec->lnx.json, "mountLabel",
				       "'mountLabel' is ignored: selinux is not enabled on this host");
	if (strlen(label) <= LABEL_MAX)
		return 0;
	return refuse_spec(r, r->spec->lnx.json, "mountLabel",
			   "a label of %zu bytes: a mount takes one of at most %d", strlen(label), LABEL_MAX);
}

int resolve_mounts(const struct resolver *r)
{
	struct resolved *out = r->out;
	int num = check_label(r);

	if (num < 0)
		return num;
	out->mounts.v = arena_array_of(r->arena, struct resolved_mount, r->spec->mounts.n);
	if (!out->mounts.v)
		return resolve_no_memory(r);
	foreach_list(m, &r->spec->mounts) {
		num = resolve_mount(r, m);
		if (num < 0)
			return num;
	}
	foreach_list(m, &out->mounts) {
		out->dev_is_bound |= m->kind == MOUNT_BIND && streq(m->destination, "/dev");
		out->cgroup_is_writable |= is_writable_cgroup(m);
	}
	return 0;
}
