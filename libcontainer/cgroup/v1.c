/* SPDX-License-Identifier: Apache-2.0 */

/* v1 hierarchies, and on a hybrid host the unified tree beside them. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "cgroup/cgroup_internal.h"
#include "cgroup/devices.h"
#include "cgroup/stats.h"

#define FREEZE_TIMEOUT INT64_C(10000000000)

/* ---- cpuset: a new one has no cpus and lets nobody in ---- */

/* "cpuset.cpus", or "cpus" where the hierarchy is mounted with noprefix. */
static int read_set(const char *dir, const char *file, struct str *out)
{
	int r = tree_read(dir, file, out);

	return r == -ENOENT ? tree_read(dir, file + strlen("cpuset."), out) : r;
}

static int write_set(const char *dir, const char *file, const char *text)
{
	int r = tree_write(dir, file, text);

	return r == -ENOENT ? tree_write(dir, file + strlen("cpuset."), text) : r;
}

/* Sets the file of `dir` to the value of its parent, whose own is made good first. */
static int inherit(const struct cgroup_tree *t, const char *dir, const char *file)
{
	char room[256], parent[PATH_MAX];
	auto_str value = STR_ON(room);
	const char *slash = strrchr(dir, '/');
	int r;

	snprintf(parent, sizeof(parent), "%.*s", (int)(slash - dir), dir);
	r = read_set(parent, file, &value);
	if (r < 0)
		return r;
	if (value.n == 0 && strlen(parent) > strlen(t->mount)) {
		r = inherit(t, parent, file);
		if (r == 0)
			r = read_set(parent, file, &value);
	}
	return r < 0 ? r : write_set(dir, file, str_text(&value));
}

static int fill_cpuset(const struct cgroup_tree *t, struct error *err)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };

	foreach_array(file, files) {
		auto_str value = STR_INIT;
		int r = 0;

		if (!t->made)
			(void)read_set(t->path, *file, &value);
		if (value.n == 0)
			r = inherit(t, t->path, *file);
		if (r < 0)
			return codef(err, r, "cgroup '%s': copy '%s' from its parent", t->path,
				     *file);
	}
	return 0;
}

/* ---- making ---- */

static bool no_right(int r)
{
	return r == -EACCES || r == -EPERM || r == -EROFS;
}

/* The kernel puts the file into each cgroup. A folder without it has the name of a hierarchy and is none. */
static bool is_stray(const struct cgroup *c, struct cgroup_tree *t)
{
	char file[PATH_MAX];

	/* In the plain folders of a test nobody makes files. */
	if (t->v2 || c->host->kind != CGROUP_ASK_KERNEL)
		return false;
	(void)snprintf(file, sizeof(file), "%s/tasks", t->path);
	t->tasks = openat(AT_FDCWD, file, O_WRONLY | O_CLOEXEC);
	return t->tasks < 0 && errno == ENOENT;
}

/* As tree_make(); what was made in a folder that is no hierarchy goes again: -ENOENT. */
static int make_cgroup(const struct cgroup *c, struct cgroup_tree *t)
{
	int r = tree_make(t);

	if (r < 0 || !is_stray(c, t))
		return r;
	(void)tree_unmake(t, 0);
	return -ENOENT;
}

/* 1: made or there, 0: this hierarchy is not for us. */
static int make_one(struct cgroup *c, struct cgroup_tree *t, const struct cgroup_options *o,
		    struct error *err)
{
	int r = make_cgroup(c, t);

	if (r == -ENOENT && !t->v2) {
		r = cgroup_locate(c, t, o, err);
		if (r < 0)
			return r == -ENOENT ? 0 : r;
		r = make_cgroup(c, t);
	}
	/* A user's systemd has the right to its own hierarchy only. */
	if (r == -ENOENT || (no_right(r) && o->rootless && (c->unit || !(o->path && *o->path))))
		return 0;
	if (r < 0)
		return codef(err, r, "make cgroup '%s'", t->path);
	if (cgroup_list_has(t->name, "cpuset"))
		r = fill_cpuset(t, err);
	return r < 0 ? r : 1;
}

static int v1_make(struct cgroup *c, const struct cgroup_options *o, struct error *err)
{
	size_t n = 0, all = c->n;
	int r = 1;

	c->unified = NULL;
	for (size_t i = 0; i < all && r >= 0; i++) {
		r = make_one(c, &c->trees[i], o, err);
		/* What a failure leaves half-made must be known to cgroup_free() as well. */
		if (r != 0 || c->trees[i].made)
			c->trees[n++] = c->trees[i];
		if (r == 1 && c->trees[n - 1].v2) {
			c->unified = &c->trees[n - 1];
			c->kind = CGROUP_HYBRID;
		}
	}
	c->n = n;
	if (r < 0)
		return r;
	if (n == 0 && !o->rootless)
		return failf(err, ENOENT, "no cgroup hierarchy is mounted below '%s'",
			     c->host->mount);
	return 0;
}

/* ---- limits ---- */

#define MEMORY_TIMEOUT 1600000 /* ns, the longest pause */

struct v1_write {
	struct cgroup *c;
	bool unified; /* the rows are linux.resources.unified, for the unified tree */
};

/* The kernel's EBUSY says that the memory in use cannot be pushed below the limit. */
static int memory_busy(const char *path, const struct knob *k, struct error *err)
{
	uint64_t usage = 0, peak = 0;

	(void)tree_read_u64(path, "memory.usage_in_bytes", &usage);
	(void)tree_read_u64(path, "memory.max_usage_in_bytes", &peak);
	return failf(err, EBUSY,
		     "unable to set memory limit to %s (current usage: %llu, peak usage: %llu)",
		     k->text, (unsigned long long)usage, (unsigned long long)peak);
}

/*
 * Each CPU keeps pages in advance that count as used. The kernel takes those of other CPUs back when a limit does not
 * fit, but does not wait until they are: some moments later it may.
 */
static int write_memory(const char *path, const struct knob *k)
{
	int r;

	for (int64_t pause = 100000;; pause *= 2) {
		r = tree_write(path, k->file, k->text);
		if (r != -EBUSY || pause > MEMORY_TIMEOUT)
			return r;
		sleep_ns(pause);
	}
}

static int write_row(void *ctx, const struct knob *k, struct error *err)
{
	struct v1_write *w = ctx;
	const struct cgroup_tree *t = w->unified ? w->c->unified : tree_of(w->c, k->controller);
	int r;

	if (!t)
		return -ENOENT;
	if (streq(k->controller, "memory"))
		r = write_memory(t->path, k);
	else
		r = tree_write(t->path, k->file, k->text);
	if (r == -ENOENT && w->unified && v2_enable(t, k->controller) == 0)
		r = tree_write(t->path, k->file, k->text);
	if (r == -ENOENT && streq(k->controller, "cpuset"))
		r = write_set(t->path, k->file, k->text);
	if (r == -EBUSY && streq(k->file, "memory.limit_in_bytes"))
		return memory_busy(t->path, k, err);
	return r;
}

/*
 * What of `r` belongs to the unified tree: `unified` itself, and what has no v1 hierarchy because
 * its controller was left to v2 (hugetlb on hosts of this kind, or the kernel option cgroup_no_v1).
 */
static void split(struct cgroup *c, struct spec_resources *r, struct spec_resources *unified)
{
#define MOVE(member, controller)                       \
	if (!tree_of(c, controller)) {                 \
		unified->member = r->member;           \
		memset(&r->member, 0, sizeof(r->member)); \
	}
	MOVE(memory, "memory")
	MOVE(pids, "pids")
	MOVE(block_io, "blkio")
	MOVE(hugepage_limits, "hugetlb")
	MOVE(rdma, "rdma")
#undef MOVE
	unified->unified = r->unified;
}

static int apply_unified(struct cgroup *c, const struct spec_resources *r, struct error *err)
{
	struct knobs k = { .arena = c->arena };
	struct v1_write w = { .c = c, .unified = true };
	int ret = v2_knobs(r, &k, err);

	return ret < 0 ? ret : knobs_write(&k, write_row, &w, err);
}

static int v1_apply(struct cgroup *c, const struct spec_resources *r, bool devices,
		    struct error *err)
{
	struct spec_resources here = { 0 }, unified = { 0 };
	struct knobs k = { .arena = c->arena };
	struct v1_write w = { .c = c };
	struct cgroup_tree *t;
	int ret = 0;

	if (devices && (t = tree_of(c, "devices")))
		ret = devices_v1(c->arena, t->path, r, c->rootless, err);
	if (ret < 0 || !r)
		return ret;
	if (r->unified.n && !c->unified)
		return failf(err, EINVAL, "invalid configuration: cannot use unified on cgroup v1: /linux/resources/unified names files "
				     "of cgroup v2, and this host has none");
	here = *r;
	if (c->unified)
		split(c, &here, &unified);
	ret = v1_knobs(&here, &k, err);
	if (ret == 0)
		ret = knobs_write(&k, write_row, &w, err);
	return ret < 0 ? ret : apply_unified(c, &unified, err);
}

/* ---- freezing ---- */

/* On a hybrid host we use the unified tree's freezer, and somebody else may use the other one. */
static int v1_is_frozen(struct cgroup *c)
{
	const struct cgroup_tree *t = tree_of(c, "freezer");
	uint64_t frozen;
	int r = c->unified ? v2_is_frozen(c->unified) : 0;

	if (r != 0 || !t)
		return r;
	r = tree_read_u64(t->path, "freezer.self_freezing", &frozen);
	if (r == -ENOENT || r == -ENODEV)
		return 0;
	return r < 0 ? r : frozen != 0;
}

/* A process that forks just then may miss the order: it is repeated. */
static int freeze_v1(const struct cgroup_tree *t, struct error *err)
{
	int64_t start = clock_ns(), pause = 50000;

	for (;;) {
		auto_str state = STR_INIT;
		int r = tree_write(t->path, "freezer.state", "FROZEN");

		if (r == 0)
			r = tree_read(t->path, "freezer.state", &state);
		if (r < 0)
			return codef(err, r, "freeze cgroup '%s'", t->path);
		if (streq(str_text(&state), "FROZEN"))
			return 0;
		if (clock_ns() - start > FREEZE_TIMEOUT)
			break;
		sleep_ns(pause);
		pause = min_of(pause * 2, INT64_C(10000000));
	}
	(void)tree_write(t->path, "freezer.state", "THAWED");
	return failf(err, ETIMEDOUT, "freeze cgroup '%s': some processes do not stop", t->path);
}

/* What is missing is not frozen. */
static int thaw_v1(const struct cgroup_tree *t, struct error *err)
{
	int r = tree_write(t->path, "freezer.state", "THAWED");

	return r < 0 && r != -ENOENT ? codef(err, r, "thaw cgroup '%s'", t->path) : 0;
}

static int v1_freeze(struct cgroup *c, bool frozen, struct error *err)
{
	const struct cgroup_tree *t = tree_of(c, "freezer");
	int r = 0;

	if (!t && !c->unified)
		return failf(err, ENOTSUP, "no 'freezer' cgroup hierarchy is mounted");
	/* The unified tree's freezer lets frozen processes be killed and traced; v1's does not. */
	if (frozen)
		return c->unified ? v2_freeze(c->unified, true, err) : freeze_v1(t, err);
	if (c->unified)
		r = v2_freeze(c->unified, false, err);
	return r == 0 && t ? thaw_v1(t, err) : r;
}

/* ---- numbers ---- */

static int64_t v1_oom_kills(struct cgroup *c)
{
	const struct cgroup_tree *t = tree_of(c, "memory");
	uint64_t n;

	if (!t || tree_read_key(t->path, "memory.oom_control", "oom_kill", &n) < 0)
		return -1;
	return (int64_t)n;
}

static int64_t v1_memory_usage(struct cgroup *c)
{
	const struct cgroup_tree *t = tree_of(c, "memory");
	uint64_t n;

	if (!t || tree_read_u64(t->path, "memory.usage_in_bytes", &n) < 0)
		return -1;
	return (int64_t)n;
}

const struct cgroup_driver cgroup_v1_driver = {
	.name = "v1",
	.make = v1_make,
	.apply = v1_apply,
	.freeze = v1_freeze,
	.is_frozen = v1_is_frozen,
	.oom_kills = v1_oom_kills,
	.memory_usage = v1_memory_usage,
	.stats = v1_stats,
};
