/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/stats.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"

#define CPUS_MAX 65536

uint64_t stats_read(const char *dir, const char *file)
{
	uint64_t n;

	return dir && tree_read_u64(dir, file, &n) == 0 ? n : 0;
}

uint64_t stats_key(const char *dir, const char *file, const char *key)
{
	uint64_t n;

	return dir && tree_read_key(dir, file, key, &n) == 0 ? n : 0;
}

void stats_some(struct json_out *o, const char *key, uint64_t value)
{
	if (value)
		json_u64(o, key, value);
}

void stats_memory_entry(struct json_out *o, const char *key, const struct stats_entry *e)
{
	json_object_begin(o, key);
	json_u64(o, "limit", e->limit);
	stats_some(o, "usage", e->usage);
	stats_some(o, "max", e->max);
	json_u64(o, "failcnt", e->failcnt);
	json_object_end(o);
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" */
static void psi_line(struct json_out *o, char *line)
{
	char *name = strsep(&line, " "), *word;

	json_object_begin(o, name);
	while ((word = strsep(&line, " "))) {
		char *value = strchr(word, '=');
		struct json number = { .type = JSON_NUMBER };

		if (!value)
			continue;
		*value = 0;
		number.text = value + 1;
		json_node(o, word, &number);
	}
	json_object_end(o);
}

void stats_psi(struct json_out *o, const char *dir, const char *file)
{
	auto_str text = STR_INIT;
	char *rest, *line;

	if (!dir || tree_read(dir, file, &text) < 0 || !text.n)
		return;
	rest = text.s;
	json_object_begin(o, "psi");
	while ((line = strsep(&rest, "\n")))
		psi_line(o, line);
	json_object_end(o);
}

void stats_cpu_list(struct json_out *o, const char *key, const char *dir, const char *file)
{
	auto_str text = STR_INIT;
	struct list_range range;
	const char *at;

	if (!dir || tree_read(dir, file, &text) < 0 || !text.n)
		return;
	at = text.s;
	json_array_begin(o, key);
	while (parse_list_next(&at, &range) > 0)
		for (uint64_t i = range.low; i <= range.high && i < CPUS_MAX; i++)
			json_u64(o, NULL, i);
	json_array_end(o);
}

void stats_flat(struct json_out *o, const char *key, const char *dir, const char *file)
{
	auto_str text = STR_INIT;
	char *rest, *line;

	if (!dir || tree_read(dir, file, &text) < 0 || !text.n)
		return;
	rest = text.s;
	json_object_begin(o, key);
	while ((line = strsep(&rest, "\n"))) {
		char *name = strsep(&line, " ");
		uint64_t n;

		if (line && parse_u64(line, &n) == 0)
			json_u64(o, name, n);
	}
	json_object_end(o);
}

void stats_blkio_entry(struct json_out *o, uint64_t major, uint64_t minor, const char *op,
		       uint64_t value)
{
	json_object_begin(o, NULL);
	stats_some(o, "major", major);
	stats_some(o, "minor", minor);
	if (op)
		json_string(o, "op", op);
	stats_some(o, "value", value);
	json_object_end(o);
}

/* "hugepages-2048kB" is "2MB" in the cgroup's file names. */
static bool page_size(const char *name, char *buf, size_t size)
{
	static const char prefix[] = "hugepages-";
	const char *number = name + strlen(prefix);
	uint64_t kb;

	if (!starts_with(name, prefix) ||
	    parse_u64n(number, strspn(number, "0123456789"), 10, &kb) < 0)
		return false;
	if (kb >= 1 << 20)
		snprintf(buf, size, "%lluGB", (unsigned long long)kb >> 20);
	else if (kb >= 1 << 10)
		snprintf(buf, size, "%lluMB", (unsigned long long)kb >> 10);
	else
		snprintf(buf, size, "%lluKB", (unsigned long long)kb);
	return true;
}

void stats_page_sizes(void *ctx, const char *dir,
		      void (*each)(void *ctx, const char *dir, const char *size))
{
	DIR *d = opendir("/sys/kernel/mm/hugepages");
	struct dirent *e;
	char size[32];

	if (!d)
		return;
	while ((e = readdir(d)))
		if (page_size(e->d_name, size, sizeof(size)))
			each(ctx, dir, size);
	closedir(d);
}

struct page_size_visit {
	struct json_out *o;
	void (*each)(struct json_out *o, const char *dir, const char *size);
};

static void visit_page_size(void *ctx, const char *dir, const char *size)
{
	const struct page_size_visit *v = ctx;

	v->each(v->o, dir, size);
}

void stats_each_page_size(struct json_out *o, const char *dir,
			  void (*each)(struct json_out *o, const char *dir, const char *size))
{
	struct page_size_visit v = { .o = o, .each = each };

	stats_page_sizes(&v, dir, visit_page_size);
}
