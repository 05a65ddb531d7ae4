/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/counterparts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "cgroup/cgroup_internal.h"

/* How v1 shows a memory limit that is none: LONG_MAX rounded down to pages. */
#define V1_NO_LIMIT UINT64_C(0x7ffffffffffff000)

/* What a conversion may look at. */
struct view {
	const char *dir;
	const char *word; /* of the row */
};

typedef int convert(const struct view *v, const char *text, struct str *out);

/* Of each direction NULL: it cannot be had. */
struct conversion {
	convert *show_v1, *value_v1; /* a name of v1 was asked for, on v2 */
	convert *show_v2, *value_v2; /* a name of v2, on v1               */
};

static int same(const struct view *v, const char *text, struct str *out)
{
	(void)v;
	str_add(out, text);
	return 0;
}

/* ---- limits: -1 and max ---- */

static int show_limit_v1(const struct view *v, const char *text, struct str *out)
{
	(void)v;
	if (streq(text, "max"))
		str_printf(out, "%" PRIu64, V1_NO_LIMIT);
	else
		str_add(out, text);
	return 0;
}

static int value_limit_v1(const struct view *v, const char *text, struct str *out)
{
	(void)v;
	str_add(out, streq(text, "-1") ? "max" : text);
	return 0;
}

static int show_limit_v2(const struct view *v, const char *text, struct str *out)
{
	uint64_t n;

	(void)v;
	str_add(out, parse_u64(text, &n) == 0 && n >= V1_NO_LIMIT ? "max" : text);
	return 0;
}

static int value_limit_v2(const struct view *v, const char *text, struct str *out)
{
	(void)v;
	str_add(out, streq(text, "max") ? "-1" : text);
	return 0;
}

/* v1 limits memory and swap together. */
static int show_memsw(const struct view *v, const char *text, struct str *out)
{
	uint64_t memory, swap;
	int r = tree_read_u64(v->dir, v->word, &memory);

	if (r < 0)
		return r;
	if (streq(text, "max") || parse_u64(text, &swap) < 0 || memory == UINT64_MAX)
		return show_limit_v1(v, "max", out);
	str_printf(out, "%" PRIu64, memory + swap);
	return 0;
}

static int value_memsw(const struct view *v, const char *text, struct str *out)
{
	uint64_t memory;
	int64_t both;
	int r = parse_size(text, &both);

	if (r < 0)
		return r;
	if (both < 0)
		return value_limit_v1(v, "-1", out);
	r = tree_read_u64(v->dir, v->word, &memory);
	if (r < 0)
		return r;
	if (memory == UINT64_MAX || (uint64_t)both < memory)
		return -EINVAL;
	str_printf(out, "%" PRIu64, (uint64_t)both - memory);
	return 0;
}

/* ---- CPU ---- */

static int show_shares(const struct view *v, const char *text, struct str *out)
{
	uint64_t weight, low = 2, high = 262144;
	int r = parse_u64(text, &weight);

	(void)v;
	if (r < 0)
		return r;
	/* The most shares that give this weight: weights are rounded up. */
	while (low < high) {
		uint64_t middle = (low + high + 1) / 2;

		if (cpu_weight_of_shares(middle) > weight)
			high = middle - 1;
		else
			low = middle;
	}
	str_printf(out, "%" PRIu64, low);
	return 0;
}

static int value_shares(const struct view *v, const char *text, struct str *out)
{
	uint64_t shares;
	int r = parse_u64(text, &shares);

	(void)v;
	if (r == 0)
		str_printf(out, "%" PRIu64, cpu_weight_of_shares(shares));
	return r;
}

/* "max 100000" */
static int show_quota(const struct view *v, const char *text, struct str *out)
{
	size_t n = strcspn(text, " ");

	(void)v;
	if (n == 3 && strncmp(text, "max", 3) == 0)
		str_add(out, "-1");
	else
		str_addn(out, text, n);
	return 0;
}

/* The kernel keeps the period when it is not given. */
static int value_quota(const struct view *v, const char *text, struct str *out)
{
	return value_limit_v1(v, text, out);
}

static int show_period(const struct view *v, const char *text, struct str *out)
{
	size_t n = strcspn(text, " ");

	(void)v;
	if (!text[n])
		return -EIO;
	str_add(out, text + n + 1);
	return 0;
}

static int value_period(const struct view *v, const char *text, struct str *out)
{
	auto_str now = STR_INIT;
	int r = tree_read(v->dir, "cpu.max", &now);

	if (r == 0)
		str_printf(out, "%.*s %s", (int)strcspn(str_text(&now), " "), str_text(&now), text);
	return r;
}

static int show_cpu_max(const struct view *v, const char *text, struct str *out)
{
	uint64_t period;
	int r = tree_read_u64(v->dir, "cpu.cfs_period_us", &period);

	if (r == 0)
		str_printf(out, "%s %" PRIu64, streq(text, "-1") ? "max" : text, period);
	return r;
}

static int value_cpu_max(const struct view *v, const char *text, struct str *out)
{
	size_t n = strcspn(text, " ");
	int r = text[n] ? tree_write(v->dir, "cpu.cfs_period_us", text + n + 1) : 0;

	if (r == 0)
		(void)show_quota(v, text, out);
	return r;
}

/* ---- one number out of several ---- */

static int show_key(const char *text, const char *key, uint64_t factor, struct str *out)
{
	size_t len = strlen(key);

	for (const char *at = text; *at;) {
		size_t n = strcspn(at, "\n");
		uint64_t number;

		if (n > len && at[len] == ' ' && strncmp(at, key, len) == 0 &&
		    parse_u64n(at + len + 1, n - len - 1, 10, &number) == 0) {
			str_printf(out, "%" PRIu64, factor * number);
			return 0;
		}
		at += n + (at[n] == '\n');
	}
	return -ENOENT;
}

static int show_usec(const struct view *v, const char *text, struct str *out)
{
	return show_key(text, v->word, 1000, out);
}

static int show_count(const struct view *v, const char *text, struct str *out)
{
	return show_key(text, v->word, 1, out);
}

/* ---- block devices ---- */

/* "8:0 rbps=1048576 wbps=max riops=max wiops=max": one of them. */
static int show_throttle(const struct view *v, const char *text, struct str *out)
{
	size_t len = strlen(v->word);

	for (const char *at = text; *at;) {
		size_t n = strcspn(at, "\n"), device = strcspn(at, " \n");

		for (const char *word = at + device; word < at + n;) {
			size_t size = strcspn(++word, " \n");

			if (size > len && strncmp(word, v->word, len) == 0 && word[len] == '=' &&
			    strncmp(word + len + 1, "max", 3) != 0)
				str_printf(out, "%s%.*s %.*s", out->n ? "\n" : "", (int)device, at,
					   (int)(size - len - 1), word + len + 1);
			word += size;
		}
		at += n + (at[n] == '\n');
	}
	return 0;
}

static int value_throttle(const struct view *v, const char *text, struct str *out)
{
	size_t n = strcspn(text, " ");

	if (!text[n] || !text[n + 1])
		return -EINVAL;
	str_printf(out, "%.*s %s=%s", (int)n, text, v->word,
		   streq(text + n + 1, "0") ? "max" : text + n + 1);
	return 0;
}

/* "default 100", and a line for each device that has a weight of its own. */
static int show_weight_v1(const struct view *v, const char *text, struct str *out)
{
	const char *number = starts_with(text, "default ") ? text + strlen("default ") : text;

	(void)v;
	str_addn(out, number, strcspn(number, "\n"));
	return 0;
}

static int show_weight_v2(const struct view *v, const char *text, struct str *out)
{
	(void)v;
	str_printf(out, "default %s", text);
	return 0;
}

static int value_weight_v2(const struct view *v, const char *text, struct str *out)
{
	return show_weight_v1(v, text, out);
}

/* ---- frozen ---- */

static int show_freezer(const struct view *v, const char *text, struct str *out)
{
	(void)v;
	str_add(out, streq(text, "1") ? "FROZEN" : "THAWED");
	return 0;
}

static int value_freezer(const struct view *v, const char *text, struct str *out)
{
	(void)v;
	if (!streq(text, "FROZEN") && !streq(text, "THAWED"))
		return -EINVAL;
	str_add(out, streq(text, "FROZEN") ? "1" : "0");
	return 0;
}

static int show_freeze(const struct view *v, const char *text, struct str *out)
{
	(void)v;
	str_add(out, streq(text, "THAWED") ? "0" : "1");
	return 0;
}

static int value_freeze(const struct view *v, const char *text, struct str *out)
{
	(void)v;
	if (!streq(text, "0") && !streq(text, "1"))
		return -EINVAL;
	str_add(out, streq(text, "1") ? "FROZEN" : "THAWED");
	return 0;
}

/* ---- the table ---- */

/* clang-format off */
enum how {
	NONE, /* it cannot be had */
	AS_IS, LIMIT, MEMSW, SHARES, QUOTA, PERIOD, USEC, COUNT, THROTTLE, WEIGHT, FROZEN,
};

static const struct conversion conversions[] = {
	[AS_IS]    = { same, same, same, same },
	[LIMIT]    = { show_limit_v1, value_limit_v1, show_limit_v2, value_limit_v2 },
	[MEMSW]    = { show_memsw, value_memsw, NULL, NULL },
	[SHARES]   = { show_shares, value_shares, NULL, NULL },
	[QUOTA]    = { show_quota, value_quota, show_cpu_max, value_cpu_max },
	[PERIOD]   = { show_period, value_period, NULL, NULL },
	[USEC]     = { show_usec, NULL, NULL, NULL },
	[COUNT]    = { show_count, NULL, NULL, NULL },
	[THROTTLE] = { show_throttle, value_throttle, NULL, NULL },
	[WEIGHT]   = { show_weight_v1, same, show_weight_v2, value_weight_v2 },
	[FROZEN]   = { show_freezer, value_freezer, show_freeze, value_freeze },
};

/* "*" stands for the same text in both. */
struct counterpart {
	char v1[36], v2[24]; /* "": there is none */
	enum how how;
	char word[16];
};

static const struct counterpart table[] = {
	{ "tasks",                            "cgroup.threads",        AS_IS,     "" },
	{ "freezer.state",                    "cgroup.freeze",         FROZEN,    "" },
	{ "memory.limit_in_bytes",            "memory.max",            LIMIT,     "" },
	{ "memory.soft_limit_in_bytes",       "memory.low",            LIMIT,     "" },
	{ "memory.usage_in_bytes",            "memory.current",        AS_IS,     "" },
	{ "memory.max_usage_in_bytes",        "memory.peak",           AS_IS,     "" },
	{ "memory.memsw.limit_in_bytes",      "memory.swap.max",       MEMSW,     "memory.max" },
	{ "memory.memsw.usage_in_bytes",      "memory.swap.current",   MEMSW,     "memory.current" },
	{ "memory.failcnt",                   "memory.events",         COUNT,     "max" },
	{ "memory.force_empty",               "memory.reclaim",        NONE,      "" },
	{ "cpu.shares",                       "cpu.weight",            SHARES,    "" },
	{ "cpu.cfs_quota_us",                 "cpu.max",               QUOTA,     "" },
	{ "cpu.cfs_period_us",                "cpu.max",               PERIOD,    "" },
	{ "cpu.cfs_burst_us",                 "cpu.max.burst",         AS_IS,     "" },
	{ "cpuacct.usage",                    "cpu.stat",              USEC,      "usage_usec" },
	{ "cpuacct.usage_user",               "cpu.stat",              USEC,      "user_usec" },
	{ "cpuacct.usage_sys",                "cpu.stat",              USEC,      "system_usec" },
	{ "cpuset.effective_cpus",            "cpuset.cpus.effective", AS_IS,     "" },
	{ "cpuset.effective_mems",            "cpuset.mems.effective", AS_IS,     "" },
	{ "blkio.weight",                     "io.bfq.weight",         WEIGHT,    "" },
	{ "blkio.bfq.weight",                 "io.bfq.weight",         WEIGHT,    "" },
	{ "blkio.throttle.read_bps_device",   "io.max",                THROTTLE,  "rbps" },
	{ "blkio.throttle.write_bps_device",  "io.max",                THROTTLE,  "wbps" },
	{ "blkio.throttle.read_iops_device",  "io.max",                THROTTLE,  "riops" },
	{ "blkio.throttle.write_iops_device", "io.max",                THROTTLE,  "wiops" },
	{ "hugetlb.*.limit_in_bytes",         "hugetlb.*.max",         LIMIT,     "" },
	{ "hugetlb.*.usage_in_bytes",         "hugetlb.*.current",     AS_IS,     "" },
	{ "memory.swappiness",                "",                      NONE,      "" },
	{ "memory.oom_control",               "",                      NONE,      "" },
	{ "memory.kmem.limit_in_bytes",       "",                      NONE,      "" },
	{ "memory.use_hierarchy",             "",                      NONE,      "" },
	{ "cpu.rt_period_us",                 "",                      NONE,      "" },
	{ "cpu.rt_runtime_us",                "",                      NONE,      "" },
	{ "devices.allow",                    "",                      NONE,      "" },
	{ "devices.deny",                     "",                      NONE,      "" },
	{ "devices.list",                     "",                      NONE,      "" },
	{ "net_cls.classid",                  "",                      NONE,      "" },
	{ "net_prio.ifpriomap",               "",                      NONE,      "" },
	{ "notify_on_release",                "",                      NONE,      "" },
	{ "",                                 "memory.high",           NONE,      "" },
	{ "",                                 "memory.min",            NONE,      "" },
	{ "",                                 "memory.oom.group",      NONE,      "" },
	{ "",                                 "memory.zswap.max",      NONE,      "" },
	{ "",                                 "io.latency",            NONE,      "" },
	{ "",                                 "io.weight",             NONE,      "" },
	{ "",                                 "cpu.weight.nice",       NONE,      "" },
	{ "",                                 "cpu.uclamp.min",        NONE,      "" },
	{ "",                                 "cpu.uclamp.max",        NONE,      "" },
	{ "",                                 "cpuset.cpus.partition", NONE,      "" },
};
/* clang-format on */

/* The text that the "*" of a pattern stands for: its length, or -1 when the name is another. */
static int match(const char *pattern, const char *name, const char **star)
{
	const char *at = strchr(pattern, '*');
	size_t before, after, n = strlen(name);

	*star = name;
	if (!at)
		return streq(pattern, name) ? 0 : -1;
	before = (size_t)(at - pattern);
	after = strlen(at + 1);
	if (n <= before + after || strncmp(pattern, name, before) != 0 ||
	    !streq(name + n - after, at + 1))
		return -1;
	*star = name + before;
	return (int)(n - before - after);
}

static const char *fill(struct arena *a, const char *pattern, const char *star, int n)
{
	const char *at = strchr(pattern, '*');

	return at ? arena_printf(a, "%.*s%.*s%s", (int)(at - pattern), pattern, n, star, at + 1)
		  : pattern;
}

static bool can(const struct counterpart *c, bool of_v1)
{
	return of_v1 ? conversions[c->how].show_v1 : conversions[c->how].show_v2;
}

const struct counterpart *counterpart_find(struct arena *a, const char *name, bool of_v1,
					   const char **ret)
{
	const char *star;

	foreach_array(row, table) {
		const char *own = of_v1 ? row->v1 : row->v2, *other = of_v1 ? row->v2 : row->v1;
		int n = *own ? match(own, name, &star) : -1;

		if (n < 0)
			continue;
		*ret = *other && can(row, of_v1) ? fill(a, other, star, n) : NULL;
		return row;
	}
	return NULL;
}

static int run(convert *f, const struct counterpart *c, const char *dir, const char *text,
	       struct str *out)
{
	const struct view v = { .dir = dir, .word = c->word };

	return f(&v, text, out);
}

int counterpart_show(const struct counterpart *c, bool as_v1, const char *dir, const char *text,
		     struct str *out, struct error *err)
{
	convert *f = as_v1 ? conversions[c->how].show_v1 : conversions[c->how].show_v2;
	int r = run(f, c, dir, text, out);

	return r < 0 ? codef(err, r, "show '%s' as '%s'", as_v1 ? c->v2 : c->v1,
			     as_v1 ? c->v1 : c->v2)
		     : 0;
}

int counterpart_value(const struct counterpart *c, bool as_v1, const char *dir, const char *value,
		      struct str *out, struct error *err)
{
	const char *asked = as_v1 ? c->v1 : c->v2, *there = as_v1 ? c->v2 : c->v1;
	convert *f = as_v1 ? conversions[c->how].value_v1 : conversions[c->how].value_v2;
	int r;

	if (!f)
		return failf(err, EROFS, "cgroup file '%s' (here '%s') is read-only", asked, there);
	r = run(f, c, dir, value, out);
	return r < 0 ? codef(err, r, "'%s' for cgroup file '%s', here '%s'", value, asked, there)
		     : 0;
}
