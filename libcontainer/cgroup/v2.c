/* SPDX-License-Identifier: Apache-2.0 */

/* The unified tree. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "cgroup/cgroup_internal.h"
#include "cgroup/devices.h"
#include "cgroup/stats.h"
#include "spec/spec.h"

#define FREEZE_TIMEOUT INT64_C(10000000000)

/* ---- controllers ---- */

/* "+cpu +memory" for what `wanted` has and `enabled` lacks. */
static void missing(const char *wanted, const char *enabled, struct str *out)
{
	while (*wanted) {
		size_t n = strcspn(wanted, " \n");
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)n, wanted);
		if (n && n < sizeof(word) && !has_word(enabled, " \n", word))
			str_printf(out, "%s+%s", out->n ? " " : "", word);
		wanted += n + (wanted[n] != 0);
	}
}

/* One write for all; when one controller spoils it, each for itself. */
static void enable_in(const char *dir, const char *words)
{
	if (!*words || tree_write(dir, "cgroup.subtree_control", words) == 0)
		return;
	while (*words) {
		size_t n = strcspn(words, " ");
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)n, words);
		if (tree_write(dir, "cgroup.subtree_control", word) < 0)
			log_debug("cgroup '%s': %s: %s", dir, word, errno_words(errno));
		words += n + (words[n] == ' ');
	}
}

/*
 * Passes controllers down from the mountpoint to the cgroup at t->path: what each level has and its
 * children lack. `only` limits it to one controller. Failures show when a limit is set.
 */
static void enable_down(const struct cgroup_tree *t, const char *only)
{
	char dir[PATH_MAX];
	size_t n = strlen(t->path), at = strlen(t->mount);

	if (n >= sizeof(dir))
		return;
	memcpy(dir, t->path, n + 1);
	while (at < n) {
		char had[256], was[256], missed[256];
		auto_str have = STR_ON(had), enabled = STR_ON(was), words = STR_ON(missed);

		dir[at] = 0;
		if (tree_read(dir, "cgroup.subtree_control", &enabled) == 0) {
			if (only)
				str_add(&have, only);
			else
				(void)tree_read(dir, "cgroup.controllers", &have);
			missing(str_text(&have), str_text(&enabled), &words);
			enable_in(dir, str_text(&words));
		}
		dir[at] = t->path[at];
		at += 1 + strcspn(dir + at + 1, "/");
	}
}

int v2_enable(const struct cgroup_tree *t, const char *controller)
{
	auto_str have = STR_INIT;

	if (streq(controller, "cgroup"))
		return -ENOENT;
	enable_down(t, controller);
	if (tree_read(t->path, "cgroup.controllers", &have) < 0)
		return -ENOENT;
	return has_word(str_text(&have), " \n", controller) ? 0 : -ENOENT;
}

/*
 * All that can be had is enabled, as engines read memory, cpu and pids from every container, and an
 * update may limit anything later. One file tells that a former container's create did so already.
 */
static void enable_all(const struct cgroup_tree *t)
{
	static const char *const usual[] = { "cpuset", "cpu", "io", "memory", "pids" };
	char room[256];
	auto_str have = STR_ON(room);
	bool all = tree_read(t->path, "cgroup.controllers", &have) == 0;

	foreach_array(name, usual)
		all = all && has_word(str_text(&have), " \n", *name);
	if (!all)
		enable_down(t, NULL);
}

/* ---- making ---- */

static int v2_make(struct cgroup *c, const struct cgroup_options *o, struct error *err)
{
	int r;

	if (c->n == 0)
		return o->rootless ? 0 : failf(err, ENOENT, "no v2 place in '%s'", c->host->self);
	r = tree_make(c->unified);
	if ((r == -EACCES || r == -EPERM || r == -EROFS) && o->rootless && !(o->path && *o->path)) {
		log_debug("cgroup '%s': no right to make it: going on without", c->unified->path);
		c->unified = NULL;
		c->n = 0;
		return 0;
	}
	if (r < 0)
		return codef(err, r, "make cgroup '%s'", c->unified->path);
	enable_all(c->unified);
	return 0;
}

/* ---- below a threaded cgroup ---- */

#define TYPE "cgroup.type"

/* cgroups(7): a new cgroup there is "domain invalid" and takes no process until it is threaded too. */
static int make_threaded(const char *dir)
{
	char room[32];
	auto_str type = STR_ON(room);
	int r = tree_read(dir, TYPE, &type);

	if (r < 0 || !streq(str_text(&type), "domain invalid"))
		return r == -ENOENT ? 0 : r; /* the root has no type */
	r = tree_write(dir, TYPE, "threaded");
	return r < 0 ? r : 1;
}

/* These count for a whole threaded domain and not for a cgroup in it. */
static bool wants_domain(const struct spec_resources *r)
{
	return r && (r->memory || r->block_io || r->hugepage_limits.n || r->rdma.n);
}

int cgroup_become_threaded(struct cgroup *c, const struct spec_resources *resources, struct error *err)
{
	const struct cgroup_tree *t = c->unified;
	int ret = 0, r = 0;
	char dir[PATH_MAX];
	size_t n, at;

	if (!t || (n = strlen(t->path)) >= sizeof(dir))
		return 0;
	memcpy(dir, t->path, n + 1);
	for (at = strlen(t->mount); r >= 0 && at < n; ret |= r) {
		at += 1 + strcspn(dir + at + 1, "/");
		dir[at] = 0;
		r = make_threaded(dir);
		if (r >= 0)
			dir[at] = t->path[at];
	}
	if (r < 0)
		return codef(err, r, "cgroup '%s' lies below a threaded one: make it threaded", dir);
	if (ret > 0 && c->kind == CGROUP_V2 && wants_domain(resources))
		return failf(err, EOPNOTSUPP,
			     "cgroup '%s' lies below a threaded one: limits of memory, block I/O, huge pages "
			     "and RDMA cannot be set there",
			     t->path);
	return ret;
}

/* ---- limits ---- */

static int keep_quota(const char *dir, const char *text, char *buf, size_t size)
{
	auto_str old = STR_INIT;
	int r = tree_read(dir, "cpu.max", &old);

	if (r == 0)
		snprintf(buf, size, "%.*s%s", (int)strcspn(str_text(&old), " "), str_text(&old),
			 text + strlen(KNOB_KEEPS_QUOTA));
	return r;
}

static int write_row(void *ctx, const struct knob *k, struct error *err)
{
	struct cgroup *c = ctx;
	const char *dir = c->unified->path, *text = k->text;
	char completed[64];
	int r = 0;

	if (streq(k->file, "cpu.max") && starts_with(text, KNOB_KEEPS_QUOTA)) {
		r = keep_quota(dir, text, completed, sizeof(completed));
		text = completed;
	}
	if (r == 0)
		r = tree_write(dir, k->file, text);
	if (r != -ENOENT || v2_enable(c->unified, k->controller) < 0)
		return r;
	if (text == completed)
		r = keep_quota(dir, k->text, completed, sizeof(completed));
	else
		r = 0;
	(void)err;
	return r < 0 ? r : tree_write(dir, k->file, text);
}

/* A limit below what is in use would kill: refused when the config asks for the check. */
static int check_usage(struct cgroup *c, const struct spec_memory *m, struct error *err)
{
	uint64_t usage;
	const char *what = NULL;
	int64_t limit = 0;

	if (!m || !m->check_before_update.set || !m->check_before_update.value ||
	    tree_read_u64(c->unified->path, "memory.current", &usage) < 0)
		return 0;
	if (m->swap.set && m->swap.value > 0 && (uint64_t)m->swap.value <= usage)
		what = "memory+swap", limit = m->swap.value;
	else if (m->limit.set && m->limit.value > 0 && (uint64_t)m->limit.value <= usage)
		what = "memory", limit = m->limit.value;
	if (!what)
		return 0;
	failf(err, EBUSY, "rejecting %s limit %lld <= usage %llu", what, (long long)limit,
	      (unsigned long long)usage);
	(void)spec_error(m->json, limit == m->limit.value ? "limit" : "swap", err);
	return -EBUSY;
}

static bool has_programs(const struct cgroup *c)
{
	return c->existed || c->filled;
}

/* A failure is met again, and told, when the rules are set. */
static void v2_prepare(struct cgroup *c, const struct spec_resources *r)
{
	c->program = devices_v2_load(c->arena, r, has_programs(c), NULL);
}

static int v2_apply(struct cgroup *c, const struct spec_resources *r, bool devices,
		    struct error *err)
{
	struct knobs k = { .arena = c->arena };
	int ret = 0;

	if (devices) {
		ret = devices_v2(c->arena, c->unified->path, r, take_fd(c->program),
				 has_programs(c), c->rootless, err);
		c->filled = true;
	}
	if (ret < 0 || !r)
		return ret;
	ret = check_usage(c, r->memory, err);
	if (ret == 0)
		ret = v2_knobs(r, &k, err);
	return ret < 0 ? ret : knobs_write(&k, write_row, c, err);
}

/* ---- freezing ---- */

int v2_is_frozen(const struct cgroup_tree *t)
{
	uint64_t frozen;
	int r = tree_read_u64(t->path, "cgroup.freeze", &frozen);

	if (r == -ENOENT || r == -ENODEV)
		return 0;
	return r < 0 ? r : frozen != 0;
}

static bool is_frozen_now(int events)
{
	char text[256];
	ssize_t n = pread(events, text, sizeof(text) - 1, 0);

	if (n < 0)
		return false;
	text[n] = 0;
	return strstr(text, "frozen 1");
}

int v2_freeze(const struct cgroup_tree *t, bool frozen, struct error *err)
{
	auto_(close_fd) int events = -EBADF;
	int64_t deadline = clock_ns() + FREEZE_TIMEOUT, pause = 20000;
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/cgroup.events", t->path);
	events = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (events < 0)
		return sysf(err, "open '%s'", path);
	r = tree_write(t->path, "cgroup.freeze", frozen ? "1" : "0");
	if (r < 0)
		return codef(err, r, "%s cgroup '%s'", frozen ? "freeze" : "thaw", t->path);
	/*
	 * Not by poll(): the kernel sends at most one notice in 10 ms. Thawing is not waited for: a
	 * cgroup above may be frozen too, and then this file shows no change.
	 */
	for (; frozen && !is_frozen_now(events); pause = min_of(pause * 2, INT64_C(10000000))) {
		if (clock_ns() >= deadline) {
			(void)tree_write(t->path, "cgroup.freeze", "0");
			return failf(err, ETIMEDOUT,
				     "freeze cgroup '%s': some processes do not stop", t->path);
		}
		sleep_ns(pause);
	}
	return 0;
}

static int unified_freeze(struct cgroup *c, bool frozen, struct error *err)
{
	return v2_freeze(c->unified, frozen, err);
}

static int unified_is_frozen(struct cgroup *c)
{
	return v2_is_frozen(c->unified);
}

/* ---- numbers ---- */

static int64_t v2_oom_kills(struct cgroup *c)
{
	uint64_t n;

	if (tree_read_key(c->unified->path, "memory.events", "oom_kill", &n) < 0)
		return -1;
	return (int64_t)n;
}

static int64_t v2_memory_usage(struct cgroup *c)
{
	uint64_t n;

	return tree_read_u64(c->unified->path, "memory.current", &n) == 0 ? (int64_t)n : -1;
}

const struct cgroup_driver cgroup_v2_driver = {
	.name = "v2",
	.make = v2_make,
	.prepare = v2_prepare,
	.apply = v2_apply,
	.freeze = unified_freeze,
	.is_frozen = unified_is_frozen,
	.oom_kills = v2_oom_kills,
	.memory_usage = v2_memory_usage,
	.stats = v2_stats,
};
