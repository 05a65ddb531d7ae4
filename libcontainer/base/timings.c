/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/memfd.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_US 1000

struct phase {
	const char *who, *name;
	int64_t end, took; /* ns since the begin; ns */
};

static bool wanted, told;
static int64_t begin;
static page_aligned struct phase runtime[TIMINGS_MAX], stage[TIMINGS_MAX];
static size_t n_runtime, n_stage;
static int stage_file = -1;

static int64_t ns_of(const struct timespec *t)
{
	return t->tv_sec * NS_PER_S + t->tv_nsec;
}

void timings_begin(void)
{
	wanted = true;
	if (!begin)
		begin = clock_ns();
}

void timings_tell(void)
{
	told = true;
	if (!begin)
		begin = clock_ns();
}

int64_t timings_now_us(void)
{
	return begin ? (clock_ns() - begin) / NS_PER_US : -1;
}

bool timings_wanted(void)
{
	return wanted;
}

void timings_mark(const char *phase)
{
	int64_t before;

	if (!(wanted || told) || n_runtime == TIMINGS_MAX)
		return;
	before = n_runtime ? runtime[n_runtime - 1].end : 0;
	runtime[n_runtime] =
		(struct phase){ .who = "runtime", .name = phase, .end = clock_ns() - begin };
	runtime[n_runtime].took = runtime[n_runtime].end - before;
	if (told)
		log_debug("phase '%s' has ended: it took %" PRId64 " us", phase, runtime[n_runtime].took / NS_PER_US);
	n_runtime++;
}

int timings_stage_file(void)
{
	if (stage_file < 0)
		stage_file = memfd_new("timings");
	return stage_file;
}

int timings_stage_phase(const char *phase)
{
	if (n_stage == TIMINGS_MAX)
		return -ENOSPC;
	stage[n_stage] = (struct phase){ .who = "stage", .name = phase };
	return (int)n_stage++;
}

/* The phases that the stage came to see the end of. */
static size_t read_stage(void)
{
	struct timespec t;
	size_t n = 0;

	while (n < n_stage &&
	       pread(stage_file, &t, sizeof(t), (off_t)(n * sizeof(t))) == sizeof(t) && ns_of(&t)) {
		stage[n].end = ns_of(&t) - begin;
		stage[n].took = n ? stage[n].end - stage[n - 1].end : 0;
		n++;
	}
	return n;
}

static int compare(const void *a, const void *b)
{
	const struct phase *p = a, *q = b;

	return p->end < q->end ? -1 : p->end > q->end;
}

static void print_phase(struct str *out, const struct phase *p, bool json, bool first)
{
	if (json)
		str_printf(out,
			   "%s{\"who\":\"%s\",\"phase\":\"%s\",\"took\":%" PRId64
			   ",\"end\":%" PRId64 "}",
			   first ? "" : ",", p->who, p->name, p->took / NS_PER_US,
			   p->end / NS_PER_US);
	else
		str_printf(out, "%10" PRId64 " %10" PRId64 "   %-8s %s\n", p->end / NS_PER_US,
			   p->took / NS_PER_US, p->who, p->name);
}

void timings_print(struct str *out, bool json)
{
	struct phase all[2 * TIMINGS_MAX];
	size_t n = 0, seen = read_stage();

	if (!wanted)
		return;
	/* What had nothing to do is no phase of this command. */
	for (size_t i = 0; i < n_runtime; i++)
		if (runtime[i].took >= NS_PER_US)
			all[n++] = runtime[i];
	for (size_t i = 0; i < seen; i++)
		if (i == 0 || stage[i].took >= NS_PER_US)
			all[n++] = stage[i];
	qsort(all, n, sizeof(*all), compare);
	str_add(out, json ? "{\"timings\":[" : "    end µs    took µs   who      phase\n");
	for (size_t i = 0; i < n; i++)
		print_phase(out, &all[i], json, i == 0);
	str_add(out, json ? "]}\n" : "");
}
