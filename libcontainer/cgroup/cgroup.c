/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "cgroup/cgroup_internal.h"

const struct cgroup_host cgroup_real_host = {
	.mount = "/sys/fs/cgroup",
	.self = "/proc/self/cgroup",
	.mountinfo = "/proc/self/mountinfo",
	.delegate = "/sys/kernel/cgroup/delegate",
	.kind = CGROUP_ASK_KERNEL,
	.timeout_ms = 5000,
};

#define UNDO_TIMEOUT INT64_C(1000000000)

struct cgroup *cgroup_alloc(const struct cgroup_host *host)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct cgroup *c = a ? arena_new_of(a, struct cgroup) : NULL;

	if (!c)
		return NULL;
	c->arena = take_ptr(a);
	c->host = host;
	c->program = -EBADF;
	return c;
}

int cgroup_undo(struct cgroup *c)
{
	int64_t deadline;
	int ret = 0;

	if (!c || c->kept)
		return 0;
	deadline = clock_ns() + UNDO_TIMEOUT;
	if (c->unit)
		systemd_release(c);
	c->unit = NULL;
	for (size_t i = c->n; i-- > 0;) {
		int r = tree_unmake(&c->trees[i], deadline);

		ret = ret ? ret : r;
	}
	return ret;
}

void cgroup_free(struct cgroup *c)
{
	int saved = errno;

	if (!c)
		return;
	(void)cgroup_undo(c);
	if (c->unit)
		systemd_release(c);
	for (size_t i = 0; i < c->n; i++)
		close_fd(c->trees[i].tasks);
	close_fd(c->program);
	free(c->spared.v);
	arena_free(c->arena);
	errno = saved;
}

void cgroup_keep(struct cgroup *c)
{
	c->kept = true;
}

bool cgroup_is_none(const struct cgroup *c)
{
	return !c->driver;
}

bool cgroup_is_v2(const struct cgroup *c)
{
	return c->kind == CGROUP_V2;
}

/* Limits of a stranger's processes would be ours, and a frozen one would never answer. */
static int check_existing(struct cgroup *c, struct error *err)
{
	/* systemd refuses a unit that is there; in ours is a process of ours. */
	if (c->unit)
		return 0;
	for (size_t i = 0; i < c->n; i++) {
		struct pid_list list = { 0 };
		int r;

		if (c->trees[i].made)
			continue;
		c->existed = true;
		r = tree_pids(c->trees[i].path, NULL, &list);
		free(list.v);
		if (r < 0)
			return codef(err, r, "cgroup '%s'", c->trees[i].path);
		if (list.n)
			return failf(err, EBUSY,
				     "container's cgroup is not empty: %zu process(es) found in "
				     "'%s'",
				     list.n, c->trees[i].path);
	}
	if (c->existed && c->driver->is_frozen(c) > 0)
		return failf(err, EBUSY,
			     "container's cgroup unexpectedly frozen: '%s' was so before: thaw it, or choose another cgroupsPath",
			     c->trees[0].path);
	return 0;
}

int cgroup_new_at(const struct cgroup_host *host, const struct cgroup_options *o,
		  struct cgroup **ret, struct error *err)
{
	auto_(cgroup_free) struct cgroup *c = cgroup_alloc(host);
	int r;

	if (!c)
		return sysf(err, "cgroup of '%s'", o->id);
	c->rootless = o->rootless;
	r = o->disabled ? 0 : cgroup_layout(c, o, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->n; i++)
		if (streq(c->trees[i].path, c->trees[i].mount))
			return failf(err, EINVAL, "cgroupsPath '%s' is the root of all cgroups",
				     o->path ? o->path : o->id);
	*ret = take_ptr(c);
	return 0;
}

int cgroup_make(struct cgroup *c, const struct cgroup_options *o, struct error *err)
{
	int r = c->driver ? c->driver->make(c, o, err) : 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < c->n; i++)
		log_debug("cgroup '%s' is %s", c->trees[i].path, c->existed ? "there" : "made");
	if (c->n == 0)
		c->driver = NULL;
	return c->driver ? check_existing(c, err) : 0;
}

bool cgroup_enters_itself(const struct cgroup *c)
{
	return !c->driver || (c->driver == &cgroup_v1_driver && !c->unified);
}

int cgroup_new(const struct cgroup_options *o, struct cgroup **ret, struct error *err)
{
	return cgroup_new_at(&cgroup_real_host, o, ret, err);
}

/* ---- finding again ---- */

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Not a folder of that name that lies beside the mounts. */
static bool is_hierarchy(const char *mount)
{
	char file[PATH_MAX];

	return snprintf(file, sizeof(file), "%s/tasks", mount) < (int)sizeof(file) && exists(file);
}

static struct cgroup_host *host_seen_by(struct arena *a, const struct cgroup_host *host,
					const char *self)
{
	struct cgroup_host *seen = arena_new_of(a, struct cgroup_host);

	if (seen) {
		*seen = *host;
		seen->self = self ? arena_strdup(a, self) : host->self;
	}
	return seen && seen->self ? seen : NULL;
}

int cgroup_find_at(const struct cgroup_host *host, const struct cgroup_options *o, const char *self,
		   struct cgroup **ret, struct error *err)
{
	auto_(cgroup_free) struct cgroup *c = cgroup_alloc(host);
	size_t n = 0, all;
	int r;

	if (c)
		c->host = host_seen_by(c->arena, host, self);
	if (!c || !c->host)
		return sysf(err, "cgroup of '%s'", o->id);
	c->kept = c->existed = true;
	r = o->disabled ? 0 : cgroup_layout(c, o, err);
	if (r < 0)
		return r;
	all = c->n;
	c->unified = NULL;
	for (size_t i = 0; i < all; i++) {
		struct cgroup_tree *t = &c->trees[i];

		if (!t->v2 && !is_hierarchy(t->mount) && cgroup_locate(c, t, o, NULL) < 0)
			continue;
		if (streq(t->path, t->mount) || !exists(t->path))
			continue;
		c->trees[n] = *t;
		if (t->v2)
			c->unified = &c->trees[n];
		n++;
	}
	c->n = n;
	if (n == 0)
		c->driver = NULL;
	*ret = take_ptr(c);
	return 0;
}

int cgroup_find(const struct cgroup_options *o, const char *self, struct cgroup **ret,
		struct error *err)
{
	return cgroup_find_at(&cgroup_real_host, o, self, ret, err);
}

/* ---- limits ---- */

static bool wants_limits(const struct spec_resources *r)
{
	return r->memory || r->cpu || r->pids || r->block_io || r->hugepage_limits.n ||
	       r->network || r->rdma.n || r->unified.n;
}

void cgroup_prepare(struct cgroup *c, const struct spec_resources *r)
{
	if (c->driver && c->driver->prepare)
		c->driver->prepare(c, r);
}

int cgroup_apply(struct cgroup *c, const struct spec_resources *r, bool devices, struct error *err)
{
	if (!c->driver && r && wants_limits(r) && c->rootless)
		return failf(err, EPERM,
			     "rootless needs no limits + no cgrouppath when no permission is "
			     "granted for cgroups");
	if (!c->driver && r && wants_limits(r))
		log_warn("cgroups are disabled: the limits of the config are not set");
	return c->driver ? c->driver->apply(c, r, devices, err) : 0;
}

/* ---- for mounts ---- */

static void describe(struct cgroup *c, const struct cgroup_tree *t, struct cgroup_hierarchy *h)
{
	bool named = starts_with(t->name, "name=");
	size_t n = 0;

	*h = (struct cgroup_hierarchy){
		.name = t->v2 ? (c->kind == CGROUP_V2 ? "" : "unified")
			      : named ? t->name + 5
				      : t->name,
		.mountpoint = t->mount,
		.path = t->path,
		.options = named ? arena_printf(c->arena, "none,%s", t->name) : t->name,
		.v2 = t->v2,
	};
	if (t->v2 || named || !strchr(t->name, ','))
		return;
	for (const char *at = t->name; *at && n < ARRAY_SIZE(h->links) - 1;) {
		size_t word = strcspn(at, ",");

		h->links[n] = arena_strndup(c->arena, at, word);
		n += h->links[n] != NULL;
		at += word + (at[word] == ',');
	}
}

size_t cgroup_hierarchies(const struct cgroup *c, const struct cgroup_hierarchy **ret)
{
	struct cgroup *own = (struct cgroup *)c; /* a cache of what c holds anyway */

	if (!own->hierarchies) {
		own->hierarchies = arena_array_of(c->arena, struct cgroup_hierarchy, c->n + 1);
		if (!own->hierarchies)
			return 0;
		for (size_t i = 0; i < c->n; i++)
			describe(own, &c->trees[i], &own->hierarchies[i]);
	}
	*ret = c->hierarchies;
	return c->n;
}

static int chown_file(int dir, const char *name, size_t n, uid_t uid, gid_t gid)
{
	char file[NAME_MAX + 1];

	if (n == 0 || n >= sizeof(file) || memchr(name, '/', n))
		return 0;
	memcpy(file, name, n);
	file[n] = 0;
	/* The kernel may name files that this cgroup lacks. */
	if (fchownat(dir, file, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int cgroup_chown(struct cgroup *c, uid_t uid, gid_t gid, struct error *err)
{
	auto_str files = STR_INIT;
	auto_(close_fd) int dir = -EBADF;

	if (!c->driver || c->kind != CGROUP_V2)
		return 0;
	dir = openat(AT_FDCWD, c->unified->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return sysf(err, "open cgroup '%s'", c->unified->path);
	if (fchown(dir, uid, gid) < 0)
		return sysf(err, "chown cgroup '%s' to %u:%u", c->unified->path, uid, gid);
	if (file_read_at(AT_FDCWD, c->host->delegate, 65536, &files) < 0 || !files.n)
		str_add(&files, "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n");
	for (const char *at = str_text(&files); *at;) {
		size_t n = strcspn(at, "\n");

		if (chown_file(dir, at, n, uid, gid) < 0)
			return sysf(err, "chown '%s/%.*s' to %u:%u", c->unified->path, (int)n, at,
				    uid, gid);
		at += n + (at[n] == '\n');
	}
	return 0;
}

/* ---- numbers ---- */

int64_t cgroup_oom_kills(struct cgroup *c)
{
	return c->driver && c->n ? c->driver->oom_kills(c) : -1;
}

int64_t cgroup_memory_usage(struct cgroup *c)
{
	return c->driver && c->n ? c->driver->memory_usage(c) : -1;
}

int cgroup_stats(struct cgroup *c, struct json_out *o, const char *key, struct error *err)
{
	if (!c->driver)
		return failf(err, ENOTSUP, "the container has no cgroup to read statistics from");
	json_object_begin(o, key);
	c->driver->stats(c, o);
	/* The members of other subsystems, as their absence would be read as an error. */
	json_object_begin(o, "intel_rdt");
	json_object_end(o);
	json_null(o, "network_interfaces");
	json_object_end(o);
	return 0;
}
