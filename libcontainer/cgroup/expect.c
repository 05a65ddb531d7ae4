/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/expect.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "cgroup/cgroup_internal.h"
#include "cgroup/files.h"
#include "cgroup/knobs.h"

#define CPUS_MAX 256 /* words */

/* "max", -1 and v1's largest limit are one. */
static bool number(const char *text, uint64_t *ret)
{
	int64_t n;

	if (streq(text, "max") || streq(text, "-1"))
		*ret = UINT64_MAX;
	else if (parse_i64(text, &n) < 0 || n < 0)
		return false;
	else
		*ret = n >= INT64_C(0x7fffffffffff0000) ? UINT64_MAX : (uint64_t)n;
	return true;
}

/* Memory is counted in pages: the kernel cuts what is left over. */
static bool same_number(const char *wanted, const char *found)
{
	uint64_t a, b, page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (!number(wanted, &a) || !number(found, &b))
		return false;
	return a == b || (a != UINT64_MAX && b != UINT64_MAX && a >= page && a / page * page == b);
}

static bool same_list(const char *wanted, const char *found)
{
	uint32_t a[CPUS_MAX] = { 0 }, b[CPUS_MAX] = { 0 };

	return parse_list(wanted, a, CPUS_MAX) == 0 && parse_list(found, b, CPUS_MAX) == 0 &&
		memcmp(a, b, sizeof(a)) == 0;
}

/* Each word of `wanted` stands in the line. */
static bool line_has_words(const char *line, size_t n, const char *wanted)
{
	while (*wanted) {
		size_t len = strcspn(wanted, " ");
		bool has = false;

		for (size_t at = 0; at + len <= n && !has; at++)
			has = strncmp(line + at, wanted, len) == 0 && (at == 0 || line[at - 1] == ' ') &&
				(at + len == n || line[at + len] == ' ');
		if (!has)
			return false;
		wanted += len + (wanted[len] == ' ');
	}
	return true;
}

static bool has_line(const char *wanted, const char *found)
{
	while (*found) {
		size_t n = strcspn(found, "\n");

		if (line_has_words(found, n, wanted))
			return true;
		found += n + (found[n] == '\n');
	}
	return false;
}

/* A quota that was not named is any; so is a period. */
static bool same_cpu_max(const char *wanted, const char *found)
{
	if (starts_with(wanted, KNOB_KEEPS_QUOTA))
		return streq(wanted + strlen(KNOB_KEEPS_QUOTA) + 1, found + strcspn(found, " ") + 1);
	return strchr(wanted, ' ') ? streq(wanted, found)
				   : strlen(wanted) == strcspn(found, " ") && starts_with(found, wanted);
}

static bool same(const char *file, const char *wanted, const char *found)
{
	if (streq(wanted, found) || same_number(wanted, found))
		return true;
	if (streq(file, "cpu.max"))
		return same_cpu_max(wanted, found);
	if (starts_with(file, "cpuset."))
		return same_list(wanted, found);
	return has_line(wanted, found);
}

/* Of one key the last row counts: earlier ones only prepare it. */
static bool is_last(const struct knobs *k, size_t i)
{
	for (size_t j = i + 1; j < k->n; j++)
		if (streq(k->v[j].file, k->v[i].file) && !strchr(k->v[j].text, ':'))
			return false;
	return true;
}

int cgroup_expect(struct cgroup *c, const struct spec_resources *r, cgroup_expect_visit *visit,
		  void *ctx, struct error *err)
{
	struct knobs k = { .arena = c->arena };
	int e = c->kind == CGROUP_V2 ? v2_knobs(r, &k, err) : v1_knobs(r, &k, err);
	bool skip = false;

	for (size_t i = 0; e == 0 && i < k.n; i++) {
		const struct knob *row = &k.v[i];
		auto_str found = STR_INIT;
		struct cgroup_file f;
		bool there = cgroup_file_find(c, row->file, &f, NULL) == 0 && !f.as;
		bool or_next = row->flags & KNOB_OR_NEXT;

		if (skip) {
			skip = row->flags & KNOB_OR_NEXT;
			continue;
		}
		skip = or_next && there;
		if (!there && (or_next || row->flags & (KNOB_OPTIONAL | KNOB_IGNORED)))
			continue;
		if (!is_last(&k, i))
			continue;
		if (!there || cgroup_file_read(&f, &found, NULL) < 0)
			visit(ctx, row->file, row->text, NULL, false);
		else
			visit(ctx, row->file, row->text, str_text(&found),
			      same(row->file, row->text, str_text(&found)));
	}
	foreach_list(pair, &r->unified) {
		auto_str found = STR_INIT;
		struct cgroup_file f;

		if (c->kind == CGROUP_V2)
			break; /* v2_knobs() had them */
		if (cgroup_file_find(c, pair->key, &f, NULL) < 0 || cgroup_file_read(&f, &found, NULL) < 0)
			visit(ctx, pair->key, pair->value, NULL, false);
		else
			visit(ctx, pair->key, pair->value, str_text(&found),
			      same(pair->key, pair->value, str_text(&found)));
	}
	return e;
}
