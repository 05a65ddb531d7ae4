/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/usage.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "cgroup/cgroup_internal.h"
#include "cgroup/stats.h"

/* A line "key number" of a file, and where it goes. */
struct keyed {
	char key[24];
	size_t to;
	uint64_t factor; /* 0: 1 */
};

/* A file of one number. */
struct single {
	char controller[8], file[28];
	size_t to;
	bool detail;
};

#define TO(member) offsetof(struct usage, member)

static uint64_t *at(struct usage *u, size_t to)
{
	return (uint64_t *)(void *)((char *)u + to);
}

void usage_init(struct usage *u)
{
	/*
	 * Every number up to the pressures is one of 64 bits. What the counts say is not there stays as it is: of a
	 * thousand containers each page counts.
	 */
	memset(u, 0xff, offsetof(struct usage, n_interfaces));
	u->n_interfaces = u->n_hugetlb = 0;
	u->memory_stat[0] = 0;
}

static const char *dir_of(struct cgroup *c, const char *controller)
{
	const struct cgroup_tree *t = tree_of(c, controller);

	return t ? t->path : NULL;
}

/* Into a buffer of the caller: nothing is allocated for one of a thousand containers. */
static const char *slurp(const char *dir, const char *file, char *buf, size_t size)
{
	char path[1024];
	ssize_t n;
	int fd;

	if (!dir || (size_t)snprintf(path, sizeof(path), "%s/%s", dir, file) >= sizeof(path))
		return NULL;
	fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = read(fd, buf, size - 1);
	close_fd(fd);
	if (n < 0)
		return NULL;
	buf[n] = 0;
	return buf;
}

static bool number(const char *text, size_t n, uint64_t *ret)
{
	if (n == 3 && strncmp(text, "max", 3) == 0) {
		*ret = USAGE_NO_LIMIT;
		return true;
	}
	return parse_u64n(text, n, 10, ret) == 0;
}

static void read_single(const char *dir, const char *file, uint64_t *to)
{
	char buf[64];
	const char *text = slurp(dir, file, buf, sizeof(buf));
	uint64_t n;

	if (text && number(text, strcspn(text, "\n"), &n))
		*to = n;
}

static void take_keys(const char *text, const struct keyed *keys, size_t n, struct usage *u)
{
	while (text && *text) {
		size_t line = strcspn(text, "\n"), word = strcspn(text, " \n");

		for (size_t i = 0; i < n; i++) {
			uint64_t value;

			if (strlen(keys[i].key) != word || strncmp(text, keys[i].key, word) != 0)
				continue;
			if (line > word && number(text + word + 1, line - word - 1, &value))
				*at(u, keys[i].to) = value * (keys[i].factor ? keys[i].factor : 1);
		}
		text += line + (text[line] == '\n');
	}
}

static void read_keys(const char *dir, const char *file, const struct keyed *keys, size_t n,
		      struct usage *u)
{
	char buf[4096];

	take_keys(slurp(dir, file, buf, sizeof(buf)), keys, n, u);
}

/* ---- pressure: the unified tree has it, on a hybrid host as well ---- */

static uint32_t per_10000(const char *text)
{
	uint64_t whole = 0, part = 0;
	size_t n = strcspn(text, ".");

	(void)parse_u64n(text, n, 10, &whole);
	if (text[n])
		(void)parse_u64n(text + n + 1, 2, 10, &part);
	return (uint32_t)(100 * whole + part);
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" */
static void pressure_line(const char *line, uint32_t avg[3], uint64_t *total)
{
	static const char *const names[] = { "avg10=", "avg60=", "avg300=" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *word = strstr(line, names[i]);

		avg[i] = word ? per_10000(word + strlen(names[i])) : 0;
	}
	line = strstr(line, "total=");
	if (line)
		(void)parse_u64n(line + 6, strspn(line + 6, "0123456789"), 10, total);
}

static void pressure(struct cgroup *c, const char *file, struct usage_pressure *p)
{
	char buf[512];
	const char *text = c->unified ? slurp(c->unified->path, file, buf, sizeof(buf)) : NULL;
	const char *full = text ? strstr(text, "full ") : NULL;

	if (!text || !starts_with(text, "some "))
		return;
	pressure_line(text, p->some_avg, &p->some_us);
	if (full)
		pressure_line(full, p->full_avg, &p->full_us);
}

/* ---- memory.stat: as it is, and some of it ---- */

static void memory_stat(const char *dir, const struct keyed *keys, size_t n, bool keep,
			struct usage *u)
{
	size_t room = sizeof(u->memory_stat), used;

	if (!slurp(dir, "memory.stat", u->memory_stat, room))
		return;
	used = strlen(u->memory_stat);
	while (used == room - 1 && u->memory_stat[used - 1] != '\n')
		u->memory_stat[--used] = 0, room = used + 1;
	take_keys(u->memory_stat, keys, n, u);
	if (!keep)
		u->memory_stat[0] = 0;
}

/* ---- huge pages ---- */

struct huge {
	struct usage *u;
	bool v2;
};

static void huge_size(struct huge *h, const char *dir, const char *size)
{
	struct usage_hugetlb *t = &h->u->hugetlb[h->u->n_hugetlb];
	char file[64];

	if (h->u->n_hugetlb == USAGE_HUGETLB_MAX)
		return;
	*t = (struct usage_hugetlb){ .usage = USAGE_UNKNOWN, .limit = USAGE_UNKNOWN };
	snprintf(t->size, sizeof(t->size), "%s", size);
	snprintf(file, sizeof(file), "hugetlb.%s.%s", size, h->v2 ? "current" : "usage_in_bytes");
	read_single(dir, file, &t->usage);
	snprintf(file, sizeof(file), "hugetlb.%s.%s", size, h->v2 ? "max" : "limit_in_bytes");
	read_single(dir, file, &t->limit);
	snprintf(file, sizeof(file), "hugetlb.%s.%s", size, h->v2 ? "events" : "failcnt");
	t->failures = h->v2 ? stats_key(dir, file, "max") : stats_read(dir, file);
	h->u->n_hugetlb += t->usage != USAGE_UNKNOWN;
}

static void huge_page(void *ctx, const char *dir, const char *size)
{
	huge_size(ctx, dir, size);
}

/* ---- v2 ---- */

/* clang-format off */
static const struct keyed cpu_v2[] = {
	{ "usage_usec", TO(cpu_ns), 1000 }, { "user_usec", TO(cpu_user_ns), 1000 },
	{ "system_usec", TO(cpu_system_ns), 1000 },
	{ "nr_periods", TO(cpu_periods), 0 }, { "nr_throttled", TO(cpu_throttled_periods), 0 },
	{ "throttled_usec", TO(cpu_throttled_ns), 1000 },
}, memory_events_v2[] = {
	{ "max", TO(memory_limit_hits), 0 }, { "oom_kill", TO(oom_kills), 0 },
}, memory_stat_v2[] = {
	{ "anon", TO(memory_anon), 0 }, { "file", TO(memory_file), 0 }, { "shmem", TO(memory_shmem), 0 },
	{ "inactive_file", TO(memory_inactive_file), 0 },
	{ "pgfault", TO(memory_faults), 0 }, { "pgmajfault", TO(memory_major_faults), 0 },
};

static const struct single singles_v2[] = {
	{ "memory", "memory.current",      TO(memory),       false },
	{ "memory", "memory.max",          TO(memory_limit), false },
	{ "memory", "memory.peak",         TO(memory_peak),  true },
	{ "memory", "memory.swap.current", TO(swap),         true },
	{ "memory", "memory.swap.max",     TO(swap_limit),   true },
	{ "pids",   "pids.current",        TO(pids),         false },
	{ "pids",   "pids.max",            TO(pids_limit),   true },
};

static const struct keyed cpuacct_v1[] = {
	{ "user", TO(cpu_user_ns), 10000000 }, { "system", TO(cpu_system_ns), 10000000 },
}, cpu_v1[] = {
	{ "nr_periods", TO(cpu_periods), 0 }, { "nr_throttled", TO(cpu_throttled_periods), 0 },
	{ "throttled_time", TO(cpu_throttled_ns), 0 },
}, oom_v1[] = {
	{ "oom_kill", TO(oom_kills), 0 },
}, memory_stat_v1[] = {
	{ "total_rss", TO(memory_anon), 0 }, { "total_cache", TO(memory_file), 0 },
	{ "total_shmem", TO(memory_shmem), 0 }, { "total_inactive_file", TO(memory_inactive_file), 0 },
	{ "total_pgfault", TO(memory_faults), 0 }, { "total_pgmajfault", TO(memory_major_faults), 0 },
};

static const struct single singles_v1[] = {
	{ "cpuacct", "cpuacct.usage",               TO(cpu_ns),            false },
	{ "memory",  "memory.usage_in_bytes",       TO(memory),            false },
	{ "memory",  "memory.limit_in_bytes",       TO(memory_limit),      false },
	{ "memory",  "memory.max_usage_in_bytes",   TO(memory_peak),       true },
	{ "memory",  "memory.memsw.usage_in_bytes", TO(swap),              true },
	{ "memory",  "memory.memsw.limit_in_bytes", TO(swap_limit),        true },
	{ "memory",  "memory.failcnt",              TO(memory_limit_hits), true },
	{ "pids",    "pids.current",                TO(pids),              false },
	{ "pids",    "pids.max",                    TO(pids_limit),        true },
};
/* clang-format on */

static void read_singles(struct cgroup *c, const struct single *s, size_t n, bool detail,
			 struct usage *u)
{
	for (size_t i = 0; i < n; i++)
		if (detail || !s[i].detail)
			read_single(dir_of(c, s[i].controller), s[i].file, at(u, s[i].to));
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6", all devices together. */
static void io_v2(const char *dir, struct usage *u)
{
	static const struct keyed keys[] = { { "rbytes=", TO(io_read_bytes), 0 },
					     { "wbytes=", TO(io_write_bytes), 0 },
					     { "rios=", TO(io_reads), 0 },
					     { "wios=", TO(io_writes), 0 } };
	char buf[8192];
	const char *text = slurp(dir, "io.stat", buf, sizeof(buf));

	if (!text)
		return;
	foreach_array(key, keys) {
		uint64_t sum = 0, n;

		for (const char *word = text; (word = strstr(word, key->key));) {
			word += strlen(key->key);
			if (parse_u64n(word, strspn(word, "0123456789"), 10, &n) == 0)
				sum += n;
		}
		*at(u, key->to) = sum;
	}
}

static void usage_v2(struct cgroup *c, bool detail, struct usage *u)
{
	const char *dir = c->unified->path;
	struct huge h = { .u = u, .v2 = true };

	read_keys(dir, "cpu.stat", cpu_v2, ARRAY_SIZE(cpu_v2), u);
	read_singles(c, singles_v2, ARRAY_SIZE(singles_v2), detail, u);
	read_keys(dir, "memory.events", memory_events_v2, ARRAY_SIZE(memory_events_v2), u);
	io_v2(dir, u);
	if (!detail)
		return;
	memory_stat(dir, memory_stat_v2, ARRAY_SIZE(memory_stat_v2), true, u);
	stats_page_sizes(&h, dir, huge_page);
}

/* ---- v1 ---- */

/* "8:16 Read 4096": all devices together. */
static bool blkio(const char *dir, const char *file, uint64_t *reads, uint64_t *writes)
{
	static const char *const ops[] = { " Read ", " Write " };
	uint64_t *to[] = { reads, writes };
	char buf[8192];
	const char *text = slurp(dir, file, buf, sizeof(buf));

	for (size_t i = 0; text && i < ARRAY_SIZE(ops); i++) {
		*to[i] = 0;
		for (const char *word = text; (word = strstr(word, ops[i]));) {
			uint64_t n;

			word += strlen(ops[i]);
			if (parse_u64n(word, strcspn(word, "\n"), 10, &n) == 0)
				*to[i] += n;
		}
	}
	return text;
}

/* What passed the throttle, in cgroups below as well: the count that every scheduler leaves alone. */
static void io_v1(const char *dir, bool detail, struct usage *u)
{
	if (!blkio(dir, "blkio.throttle.io_service_bytes_recursive", &u->io_read_bytes,
		   &u->io_write_bytes))
		(void)blkio(dir, "blkio.throttle.io_service_bytes", &u->io_read_bytes,
			    &u->io_write_bytes);
	if (detail && !blkio(dir, "blkio.throttle.io_serviced_recursive", &u->io_reads, &u->io_writes))
		(void)blkio(dir, "blkio.throttle.io_serviced", &u->io_reads, &u->io_writes);
}

/* LONG_MAX rounded down to pages is no limit; and what is swap alone. */
static void of_v1(struct usage *u)
{
	uint64_t *limits[] = { &u->memory_limit, &u->swap_limit };

	foreach_array(l, limits)
		if (**l != USAGE_UNKNOWN && **l >= UINT64_C(0x7fffffffffff0000))
			**l = USAGE_NO_LIMIT;
	if (u->swap != USAGE_UNKNOWN && u->memory != USAGE_UNKNOWN)
		u->swap = u->swap > u->memory ? u->swap - u->memory : 0;
	if (u->swap_limit < USAGE_NO_LIMIT && u->memory_limit < USAGE_NO_LIMIT)
		u->swap_limit -= min_of(u->swap_limit, u->memory_limit);
}

static void usage_v1(struct cgroup *c, bool detail, struct usage *u)
{
	const char *memory = dir_of(c, "memory"), *huge = dir_of(c, "hugetlb");
	struct huge h = { .u = u };

	read_singles(c, singles_v1, ARRAY_SIZE(singles_v1), detail, u);
	read_keys(dir_of(c, "cpu"), "cpu.stat", cpu_v1, ARRAY_SIZE(cpu_v1), u);
	read_keys(memory, "memory.oom_control", oom_v1, ARRAY_SIZE(oom_v1), u);
	io_v1(dir_of(c, "blkio"), detail, u);
	if (detail) {
		read_keys(dir_of(c, "cpuacct"), "cpuacct.stat", cpuacct_v1, ARRAY_SIZE(cpuacct_v1), u);
		memory_stat(memory, memory_stat_v1, ARRAY_SIZE(memory_stat_v1), true, u);
		if (huge)
			stats_page_sizes(&h, huge, huge_page);
	}
	of_v1(u);
}

void cgroup_usage(struct cgroup *c, bool detail, struct usage *u)
{
	if (cgroup_is_none(c))
		return;
	if (c->kind == CGROUP_V2)
		usage_v2(c, detail, u);
	else
		usage_v1(c, detail, u);
	if (!detail)
		return;
	pressure(c, "cpu.pressure", &u->cpu_pressure);
	pressure(c, "memory.pressure", &u->memory_pressure);
	pressure(c, "io.pressure", &u->io_pressure);
}
