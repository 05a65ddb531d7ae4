/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/str.h"
#include "cgroup/stats.h"

static const char *dir_of(struct cgroup *c, const char *controller)
{
	const struct cgroup_tree *t = tree_of(c, controller);

	return t ? t->path : NULL;
}

/* A column of a file of numbers in rows; the first row may be a heading. */
static void column(struct json_out *o, const char *key, const char *dir, const char *file,
		   size_t wanted, char separator)
{
	auto_str text = STR_INIT;
	char *rest, *line;

	if (!dir || tree_read(dir, file, &text) < 0 || !text.n)
		return;
	rest = text.s;
	json_array_begin(o, key);
	while ((line = strsep(&rest, (char[]){ separator, 0 }))) {
		char *word = NULL;
		uint64_t n;

		for (size_t i = 0; i <= wanted && line; i++)
			word = strsep(&line, " ");
		if (word && parse_u64(word, &n) == 0)
			json_u64(o, NULL, n);
	}
	json_array_end(o);
}

static void cpu(struct cgroup *c, struct json_out *o)
{
	const char *acct = dir_of(c, "cpuacct"), *dir = dir_of(c, "cpu");
	uint64_t tick = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);

	json_object_begin(o, "cpu");
	json_object_begin(o, "usage");
	stats_some(o, "total", stats_read(acct, "cpuacct.usage"));
	column(o, "percpu", acct, "cpuacct.usage_percpu", 0, ' ');
	column(o, "percpu_kernel", acct, "cpuacct.usage_all", 2, '\n');
	column(o, "percpu_user", acct, "cpuacct.usage_all", 1, '\n');
	json_u64(o, "kernel", stats_key(acct, "cpuacct.stat", "system") * tick);
	json_u64(o, "user", stats_key(acct, "cpuacct.stat", "user") * tick);
	json_object_end(o);
	json_object_begin(o, "throttling");
	stats_some(o, "periods", stats_key(dir, "cpu.stat", "nr_periods"));
	stats_some(o, "throttledPeriods", stats_key(dir, "cpu.stat", "nr_throttled"));
	stats_some(o, "throttledTime", stats_key(dir, "cpu.stat", "throttled_time"));
	json_object_end(o);
	json_object_end(o);
}

static void cpuset(struct cgroup *c, struct json_out *o)
{
	/* clang-format off */
	static const struct { const char *key, *file; } rows[] = {
		{ "mem_hardwall",       "cpuset.mem_hardwall" },
		{ "mem_exclusive",      "cpuset.mem_exclusive" },
		{ "memory_migrate",     "cpuset.memory_migrate" },
		{ "memory_spread_page", "cpuset.memory_spread_page" },
		{ "memory_spread_slab", "cpuset.memory_spread_slab" },
		{ "memory_pressure",    "cpuset.memory_pressure" },
		{ "sched_load_balance", "cpuset.sched_load_balance" },
	};
	/* clang-format on */
	const char *dir = dir_of(c, "cpuset");
	auto_str level = STR_INIT;
	int64_t n = 0;

	json_object_begin(o, "cpuset");
	stats_cpu_list(o, "cpus", dir, "cpuset.cpus");
	json_u64(o, "cpu_exclusive", stats_read(dir, "cpuset.cpu_exclusive"));
	stats_cpu_list(o, "mems", dir, "cpuset.mems");
	foreach_array(row, rows)
		json_u64(o, row->key, stats_read(dir, row->file));
	if (dir && tree_read(dir, "cpuset.sched_relax_domain_level", &level) == 0)
		(void)parse_i64(str_text(&level), &n);
	json_i64(o, "sched_relax_domain_level", n);
	json_object_end(o);
}

/* "memory." + infix + "limit_in_bytes" and its three fellows. */
static void memory_entry(struct json_out *o, const char *key, const char *dir, const char *infix)
{
	static const char *const names[] = { "limit_in_bytes", "usage_in_bytes",
					     "max_usage_in_bytes", "failcnt" };
	uint64_t v[ARRAY_SIZE(names)];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char file[64];

		snprintf(file, sizeof(file), "memory.%s%s", infix, names[i]);
		v[i] = stats_read(dir, file);
	}
	stats_memory_entry(o, key,
			   &(struct stats_entry){ .limit = v[0], .usage = v[1], .max = v[2],
						  .failcnt = v[3] });
}

static void memory(struct cgroup *c, struct json_out *o)
{
	const char *dir = dir_of(c, "memory");

	json_object_begin(o, "memory");
	stats_some(o, "cache", stats_key(dir, "memory.stat", "cache"));
	memory_entry(o, "usage", dir, "");
	memory_entry(o, "swap", dir, "memsw.");
	memory_entry(o, "kernel", dir, "kmem.");
	memory_entry(o, "kernelTCP", dir, "kmem.tcp.");
	stats_flat(o, "raw", dir, "memory.stat");
	json_object_end(o);
}

static void pids(struct cgroup *c, struct json_out *o)
{
	const char *dir = dir_of(c, "pids");
	uint64_t limit = stats_read(dir, "pids.max");

	json_object_begin(o, "pids");
	stats_some(o, "current", stats_read(dir, "pids.current"));
	stats_some(o, "limit", limit == UINT64_MAX ? 0 : limit);
	json_object_end(o);
}

/* "8:16 Read 4096", with a closing line "Total N" that has no device. */
static void blkio_line(struct json_out *o, char *line)
{
	uint64_t major, minor, value;
	char *device = strsep(&line, " "), *colon = strchr(device, ':'), *op;

	if (!colon || !line || parse_u64n(device, (size_t)(colon - device), 10, &major) < 0 ||
	    parse_u64(colon + 1, &minor) < 0)
		return;
	op = strchr(line, ' ') ? strsep(&line, " ") : NULL;
	if (parse_u64(line, &value) == 0)
		stats_blkio_entry(o, major, minor, op, value);
}

static bool blkio_file(struct json_out *o, const char *key, const char *dir, const char *file)
{
	auto_str text = STR_INIT;
	char *rest, *line;

	if (tree_read(dir, file, &text) < 0)
		return false;
	rest = text.s;
	if (!rest || !strchr(rest, ':'))
		return true;
	json_array_begin(o, key);
	while ((line = strsep(&rest, "\n")))
		blkio_line(o, line);
	json_array_end(o);
	return true;
}

static void blkio(struct cgroup *c, struct json_out *o)
{
	/* clang-format off */
	static const struct { const char *key, *name; bool throttle; } rows[] = {
		{ "ioServiceBytesRecursive", "io_service_bytes_recursive", true },
		{ "ioServicedRecursive",     "io_serviced_recursive",      true },
		{ "ioQueueRecursive",        "io_queued_recursive",        false },
		{ "ioServiceTimeRecursive",  "io_service_time_recursive",  false },
		{ "ioWaitTimeRecursive",     "io_wait_time_recursive",     false },
		{ "ioMergedRecursive",       "io_merged_recursive",        false },
		{ "ioTimeRecursive",         "time_recursive",             false },
		{ "sectorsRecursive",        "sectors_recursive",          false },
	};
	/* clang-format on */
	const char *dir = dir_of(c, "blkio");

	json_object_begin(o, "blkio");
	foreach_array(row, rows) {
		char file[96];

		if (!dir)
			break;
		/* The scheduler's own count, BFQ's or CFQ's; else what passed the throttle. */
		snprintf(file, sizeof(file), "blkio.bfq.%s", row->name);
		if (blkio_file(o, row->key, dir, file))
			continue;
		snprintf(file, sizeof(file), "blkio.%s", row->name);
		if (blkio_file(o, row->key, dir, file) || !row->throttle)
			continue;
		snprintf(file, sizeof(file), "blkio.throttle.%s", row->name);
		(void)blkio_file(o, row->key, dir, file);
	}
	json_object_end(o);
}

static void hugetlb_size(struct json_out *o, const char *dir, const char *size)
{
	static const char *const infixes[] = { ".rsvd", "" };
	char file[64];
	uint64_t usage;

	foreach_array(infix, infixes) {
		snprintf(file, sizeof(file), "hugetlb.%s%s.usage_in_bytes", size, *infix);
		if (tree_read_u64(dir, file, &usage) < 0)
			continue;
		json_object_begin(o, size);
		stats_some(o, "usage", usage);
		snprintf(file, sizeof(file), "hugetlb.%s%s.max_usage_in_bytes", size, *infix);
		stats_some(o, "max", stats_read(dir, file));
		snprintf(file, sizeof(file), "hugetlb.%s%s.failcnt", size, *infix);
		json_u64(o, "failcnt", stats_read(dir, file));
		json_object_end(o);
		return;
	}
}

void v1_stats(struct cgroup *c, struct json_out *o)
{
	const char *huge = dir_of(c, "hugetlb");

	cpu(c, o);
	cpuset(c, o);
	memory(c, o);
	pids(c, o);
	blkio(c, o);
	json_object_begin(o, "hugetlb");
	if (huge)
		stats_each_page_size(o, huge, hugetlb_size);
	json_object_end(o);
}
