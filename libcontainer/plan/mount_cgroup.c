/* SPDX-License-Identifier: Apache-2.0 */

/* Cgroups as the container sees them. */

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "plan/mount_ops.h"

/* ---- cgroups as the container sees them ---- */

static const struct mount_option_value cgroup_source[] = { { "source", "cgroup" } };

static void add_cgroup2(struct compile *c, const struct resolved_mount *m)
{
	add_fs(c, "cgroup2", cgroup_source, ARRAY_SIZE(cgroup_source), m->top.set);
}

const char *host_cgroup2(const struct compile *c)
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
int bind_cgroup2(struct compile *c, const struct resolved_mount *m, const char *from,
		 struct error *err)
{
	struct source s = { SOURCE_INIT, .what = "cgroup mount of the host", .path = from,
			    .recursive = true, .propagation = MS_PRIVATE };
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
	return source_tree(c, (struct source){ SOURCE_INIT, .what = "cgroup", .path = h->path },
			   err);
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

int mount_cgroup(struct compile *c, const struct resolved_mount *m, struct error *err)
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
