/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Resources as a list of writes: "this text into that file of this controller". Making the list is
 * pure (no file is read), so units test the conversions; writing it is the driver's work.
 *
 * A value of 0 stands for "not set" in memory limits, cpu shares, quota and period, and block io
 * weights, as engines send 0 for everything a user did not touch in an update. pids.limit is
 * different: there 0 is a limit.
 */

#include "base/arena.h"
#include "base/error.h"
#include "spec/types.h"

/* At the begin of a text for cpu.max: to be replaced by the quota the file holds. */
#define KNOB_KEEPS_QUOTA "?"

enum knob_flags {
	KNOB_OPTIONAL = 1, /* an absent file is no failure: the kernel does so anyway           */
	KNOB_OR_NEXT = 2,  /* if the file is absent write the next row instead; else skip that  */
	KNOB_IGNORED = 4,  /* KNOB_OPTIONAL, but with a warning: kernels dropped the feature    */
};

struct knob {
	const char *controller; /* "memory"                                                     */
	const char *file;       /* "memory.max"                                                 */
	const char *text;
	const struct json *json; /* with member: where in the config the value stands           */
	const char *member;
	/*
	 * Writes of one group (not 0) depend on each other and on the old values: burst must not
	 * exceed quota, memory not memory+swap. Those refused with EINVAL are tried again after the
	 * others.
	 */
	int group;
	unsigned flags;
};

struct knobs {
	struct arena *arena;
	struct knob *v;
	size_t n, room;
	bool bad; /* memory was short */
};

/* Appends a write; fmt makes the text. Returns the row to adjust, or NULL when memory is short. */
struct knob *knob_add(struct knobs *k, const char *controller, const char *file,
		      const struct json *json, const char *member, const char *fmt, ...)
	printf_like(6, 7);

/* The lists for `r`; refused values fill err with the place. */
int v1_knobs(const struct spec_resources *r, struct knobs *k, struct error *err);
int v2_knobs(const struct spec_resources *r, struct knobs *k, struct error *err);
/* What is the same on v1 and v2: pids, rdma. */
void knobs_common(const struct spec_resources *r, struct knobs *k);

/* cgroup v2 has weights 1..10000 (default 100) where v1 has shares 2..262144 (default 1024). */
uint64_t cpu_weight_of_shares(uint64_t shares);
/* io.weight 1..10000 for blkio.weight 10..1000. */
uint64_t io_weight_of_blkio(uint16_t weight);

/*
 * How one row is written: 0 or -errno, -ENOENT when there is no such file. A writer that knows more
 * than the errno says fills err.
 */
typedef int (*knob_writer)(void *ctx, const struct knob *k, struct error *err);
/* Writes all rows in order; the first failure ends it, with err filled and placed. */
int knobs_write(const struct knobs *k, knob_writer write, void *ctx, struct error *err);
