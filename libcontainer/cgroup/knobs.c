/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/knobs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "spec/spec.h"

#define EXPECTED_SIZE 128 /* of what a refused value should have been */

static bool reserve(struct knobs *k)
{
	size_t room = k->room ? 2 * k->room : 16;
	struct knob *v;

	if (k->n < k->room)
		return true;
	v = arena_array_of(k->arena, struct knob, room);
	if (!v)
		return false;
	if (k->n)
		memcpy(v, k->v, k->n * sizeof(*v));
	k->v = v;
	k->room = room;
	return true;
}

struct knob *knob_add(struct knobs *k, const char *controller, const char *file,
		      const struct json *json, const char *member, const char *fmt, ...)
{
	auto_(free) char *text = NULL;
	struct knob *row;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		text = NULL;
	k->bad |= n < 0 || !reserve(k);
	if (k->bad)
		return NULL;
	row = &k->v[k->n];
	*row = (struct knob){
		.controller = controller,
		.file = file,
		.text = arena_strndup(k->arena, text, (size_t)n),
		.json = json,
		.member = member,
	};
	k->bad = !row->text;
	if (k->bad)
		return NULL;
	k->n++;
	return row;
}

void knobs_common(const struct spec_resources *r, struct knobs *k)
{
	/*
	 * 0 is a limit, not the lack of one: nothing may fork. 1 says the same, since the
	 * container's own process counts, and is what systemd's TasksMax and other runtimes can
	 * express.
	 */
	if (r->pids && r->pids->limit.set && r->pids->limit.value < 0)
		knob_add(k, "pids", "pids.max", r->pids->json, "limit", "max");
	else if (r->pids && r->pids->limit.set)
		knob_add(k, "pids", "pids.max", r->pids->json, "limit", "%" PRId64,
			 r->pids->limit.value ? r->pids->limit.value : 1);
	foreach_list(d, &r->rdma) {
		char objects[32] = "", handles[32] = "";

		if (d->hca_handles.set)
			snprintf(handles, sizeof(handles), " hca_handle=%" PRIu32,
				 d->hca_handles.value);
		if (d->hca_objects.set)
			snprintf(objects, sizeof(objects), " hca_object=%" PRIu32,
				 d->hca_objects.value);
		knob_add(k, "rdma", "rdma.max", d->json, NULL, "%s%s%s", d->device, handles,
			 objects);
	}
}

/* What the kernel takes, for values about which it says no more than "invalid argument". */
/* clang-format off */
static const struct { const char *file, *words, *list; } expected[] = {
	{ "cpu.cfs_quota_us",  "at least 1000 microseconds, and no more than the parent's share", NULL },
	{ "cpu.cfs_period_us", "1000 to 1000000 microseconds", NULL },
	{ "cpu.max",           "a quota of at least 1000 microseconds, a period of 1000 to 1000000", NULL },
	{ "cpuset.cpus",       "of the CPUs ", "/sys/devices/system/cpu/online" },
	{ "cpuset.mems",       "of the memory nodes ", "/sys/devices/system/node/online" },
};
/* clang-format on */

static const char *expected_of(const char *file, int num, char room[EXPECTED_SIZE])
{
	auto_str list = STR_INIT;

	room[0] = 0;
	foreach_array(e, expected) {
		if (!streq(e->file, file) || (num != -EINVAL && num != -ERANGE && num != -EACCES))
			continue;
		if (e->list)
			(void)file_read_at(AT_FDCWD, e->list, 256, &list);
		snprintf(room, EXPECTED_SIZE, " (expected %s%.*s)", e->words, (int)strcspn(str_text(&list), "\n"),
			 str_text(&list));
	}
	return room;
}

static int refuse(const struct knob *k, int num, struct error *err)
{
	char room[EXPECTED_SIZE];

	if (num == -ENOENT)
		failf(err, ENOENT,
		      "cannot set '%s' to '%s': controller '%s' is not available, or has no such "
		      "file on this kernel",
		      k->file, k->text, k->controller);
	else
		codef(err, num, "write '%s' to '%s'%s", k->text, k->file, expected_of(k->file, num, room));
	(void)spec_error(k->json, k->member, err);
	return num;
}

/* 0, or what the kernel said after the row's own rules; *skip: the next row is not needed. */
static int write_row(const struct knob *k, knob_writer write, void *ctx, bool *skip,
		     struct error *err)
{
	struct error own = ERROR_INIT;
	int r = write(ctx, k, &own);

	*skip = r == 0 && (k->flags & KNOB_OR_NEXT);
	if (r == 0 || (r == -ENOENT && (k->flags & (KNOB_OPTIONAL | KNOB_OR_NEXT))))
		return 0;
	if ((k->flags & KNOB_IGNORED) && (r == -ENOENT || r == -EOPNOTSUPP)) {
		log_warn("cgroup: '%s' is not supported by this kernel, '%s' is ignored", k->file,
			 k->text);
		return 0;
	}
	if (!own.num)
		return refuse(k, r, err);
	if (err)
		*err = own;
	(void)spec_error(k->json, k->member, err);
	return r;
}

/* The rows of one group in rounds, until all are written or a round changes nothing. */
static int write_group(const struct knob *k, size_t n, knob_writer write, void *ctx,
		       struct error *err)
{
	struct error refusal = ERROR_INIT;
	uint64_t done = 0;
	size_t left = n, before;
	int failed = 0;

	do {
		before = left;
		for (size_t i = 0; i < n && (!failed || failed == -EINVAL); i++) {
			struct error e = ERROR_INIT;
			bool skip;
			int r;

			if (done & (UINT64_C(1) << i))
				continue;
			r = write_row(&k[i], write, ctx, &skip, &e);
			if (r < 0) {
				failed = r;
				refusal = e;
				continue;
			}
			done |= UINT64_C(1) << i;
			left--;
		}
	} while (left && left < before && failed == -EINVAL);
	if (left && err)
		*err = refusal;
	return left ? failed : 0;
}

int knobs_write(const struct knobs *k, knob_writer write, void *ctx, struct error *err)
{
	size_t i = 0;

	while (i < k->n) {
		size_t n = 1;
		bool skip = false;
		int r;

		while (k->v[i].group && i + n < k->n && k->v[i + n].group == k->v[i].group)
			n++;
		r = n > 1 ? write_group(&k->v[i], n, write, ctx, err)
			  : write_row(&k->v[i], write, ctx, &skip, err);
		if (r < 0)
			return r;
		i += n + skip;
	}
	return 0;
}

/*
 * log2 and 10^x to 13 digits, by series: enough for a result that is rounded to an integer, and no
 * libm in the binary, whose start-up is mostly the dynamic linker.
 */
static double log2_of(double x)
{
	double whole = 0, sum = 0, z, power;

	for (; x >= 2; x /= 2)
		whole++;
	z = (x - 1) / (x + 1);
	power = z;
	for (int i = 1; i < 60; i += 2, power *= z * z)
		sum += power / i;
	return whole + 2 * sum / 0.693147180559945309417;
}

static double pow10_of(double x)
{
	double scale = 1, term = 1, sum = 1, y;

	for (; x >= 1; x--)
		scale *= 10;
	y = x * 2.302585092994045684018;
	for (int i = 1; i < 40; i++) {
		term *= y / i;
		sum += term;
	}
	return scale * sum;
}

/*
 * A curve through both ends and both defaults: 2 -> 1, 1024 -> 100, 262144 -> 10000. The older
 * linear formula, (shares - 2) * 9999 / 262142 + 1, made the default of 1024 a weight of 39 against
 * the 100 of everything outside containers, and left no room below it (kubernetes issue 131216).
 */
uint64_t cpu_weight_of_shares(uint64_t shares)
{
	double l, y;
	uint64_t whole;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2_of((double)shares);
	y = pow10_of((l * l + 125 * l) / 612 - 7.0 / 34);
	/* Rounded up, but for what is an integer up to the last digits of a double. */
	whole = (uint64_t)(y + 1e-9);
	return (double)whole + 1e-9 >= y ? whole : whole + 1;
}

uint64_t io_weight_of_blkio(uint16_t weight)
{
	return weight < 10 ? 1 : 1 + (uint64_t)(weight - 10) * 9999 / 990;
}
