/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"
#include "cgroup/stats.h"

static void cpu(const char *dir, struct json_out *o)
{
	json_object_begin(o, "cpu");
	json_object_begin(o, "usage");
	stats_some(o, "total", 1000 * stats_key(dir, "cpu.stat", "usage_usec"));
	json_u64(o, "kernel", 1000 * stats_key(dir, "cpu.stat", "system_usec"));
	json_u64(o, "user", 1000 * stats_key(dir, "cpu.stat", "user_usec"));
	json_object_end(o);
	json_object_begin(o, "throttling");
	stats_some(o, "periods", stats_key(dir, "cpu.stat", "nr_periods"));
	stats_some(o, "throttledPeriods", stats_key(dir, "cpu.stat", "nr_throttled"));
	stats_some(o, "throttledTime", 1000 * stats_key(dir, "cpu.stat", "throttled_usec"));
	json_object_end(o);
	stats_psi(o, dir, "cpu.pressure");
	json_object_end(o);
}

static void cpuset(const char *dir, struct json_out *o)
{
	/* v1's switches, which v2 does not have. */
	static const char *const absent[] = { "mem_hardwall",       "mem_exclusive",
					      "memory_migrate",     "memory_spread_page",
					      "memory_spread_slab", "memory_pressure",
					      "sched_load_balance", "sched_relax_domain_level" };

	json_object_begin(o, "cpuset");
	stats_cpu_list(o, "cpus", dir, "cpuset.cpus");
	json_u64(o, "cpu_exclusive", 0);
	stats_cpu_list(o, "mems", dir, "cpuset.mems");
	foreach_array(key, absent)
		json_u64(o, *key, 0);
	json_object_end(o);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a == UINT64_MAX || b == UINT64_MAX ? UINT64_MAX : a + b;
}

static void memory(const char *dir, struct json_out *o)
{
	struct stats_entry usage = {
		.limit = stats_read(dir, "memory.max"),
		.usage = stats_read(dir, "memory.current"),
		.max = stats_read(dir, "memory.peak"),
		.failcnt = stats_key(dir, "memory.events", "max"),
	};
	/* v1 counts memory and swap together. */
	struct stats_entry swap = {
		.limit = sum(usage.limit, stats_read(dir, "memory.swap.max")),
		.usage = usage.usage + stats_read(dir, "memory.swap.current"),
	};
	struct stats_entry none = { 0 };

	json_object_begin(o, "memory");
	stats_some(o, "cache", stats_key(dir, "memory.stat", "file"));
	stats_memory_entry(o, "usage", &usage);
	stats_memory_entry(o, "swap", &swap);
	stats_memory_entry(o, "kernel", &none);
	stats_memory_entry(o, "kernelTCP", &none);
	stats_flat(o, "raw", dir, "memory.stat");
	stats_psi(o, dir, "memory.pressure");
	json_object_end(o);
}

static void pids(const char *dir, struct json_out *o)
{
	uint64_t limit = stats_read(dir, "pids.max");

	json_object_begin(o, "pids");
	stats_some(o, "current", stats_read(dir, "pids.current"));
	stats_some(o, "limit", limit == UINT64_MAX ? 0 : limit);
	json_object_end(o);
}

struct io_key {
	const char *name, *op;
};

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" */
static void io_line(struct json_out *o, char *line, const struct io_key *keys, size_t n)
{
	char *device = strsep(&line, " "), *colon = strchr(device, ':'), *word;
	uint64_t major, minor, value;

	if (!colon || parse_u64n(device, (size_t)(colon - device), 10, &major) < 0 ||
	    parse_u64(colon + 1, &minor) < 0)
		return;
	while ((word = strsep(&line, " "))) {
		char *equal = strchr(word, '=');

		if (!equal || parse_u64(equal + 1, &value) < 0)
			continue;
		*equal = 0;
		for (size_t i = 0; i < n; i++)
			if (strcmp(word, keys[i].name) == 0)
				stats_blkio_entry(o, major, minor, keys[i].op, value);
	}
}

static void io_list(struct json_out *o, const char *key, const char *dir, const struct io_key *keys,
		    size_t n)
{
	auto_str text = STR_INIT;
	char *rest, *line;

	if (tree_read(dir, "io.stat", &text) < 0 || !text.n)
		return;
	rest = text.s;
	json_array_begin(o, key);
	while ((line = strsep(&rest, "\n")))
		io_line(o, line, keys, n);
	json_array_end(o);
}

static void io(const char *dir, struct json_out *o)
{
	static const struct io_key bytes[] = { { "rbytes", "Read" }, { "wbytes", "Write" } };
	static const struct io_key counts[] = { { "rios", "Read" }, { "wios", "Write" } };

	json_object_begin(o, "blkio");
	io_list(o, "ioServiceBytesRecursive", dir, bytes, ARRAY_SIZE(bytes));
	io_list(o, "ioServicedRecursive", dir, counts, ARRAY_SIZE(counts));
	stats_psi(o, dir, "io.pressure");
	json_object_end(o);
}

static void hugetlb_size(struct json_out *o, const char *dir, const char *size)
{
	static const char *const infixes[] = { ".rsvd", "" };
	char file[64];
	uint64_t usage;

	foreach_array(infix, infixes) {
		snprintf(file, sizeof(file), "hugetlb.%s%s.current", size, *infix);
		if (tree_read_u64(dir, file, &usage) < 0)
			continue;
		json_object_begin(o, size);
		stats_some(o, "usage", usage);
		snprintf(file, sizeof(file), "hugetlb.%s.events", size);
		json_u64(o, "failcnt", stats_key(dir, file, "max"));
		json_object_end(o);
		return;
	}
}

void v2_stats(struct cgroup *c, struct json_out *o)
{
	const char *dir = c->unified->path;

	cpu(dir, o);
	cpuset(dir, o);
	memory(dir, o);
	pids(dir, o);
	io(dir, o);
	json_object_begin(o, "hugetlb");
	stats_each_page_size(o, dir, hugetlb_size);
	json_object_end(o);
}
