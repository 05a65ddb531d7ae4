/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The "data" object of `events --stats`, in the shape that runc's users parse: v1's names, also for
 * v2's numbers. A file that is not there (controller absent or too old a kernel) is 0 or left out.
 */

#include "cgroup/cgroup_internal.h"

void v1_stats(struct cgroup *c, struct json_out *o);
void v2_stats(struct cgroup *c, struct json_out *o);

/* 0 when it cannot be read. */
uint64_t stats_read(const char *dir, const char *file);
uint64_t stats_key(const char *dir, const char *file, const char *key);
/* A number that is left out when 0. */
void stats_some(struct json_out *o, const char *key, uint64_t value);
/* {"limit":..,"usage":..,"max":..,"failcnt":..} */
struct stats_entry {
	uint64_t limit, usage, max, failcnt;
};
void stats_memory_entry(struct json_out *o, const char *key, const struct stats_entry *e);
/* {"some":{"avg10":..},"full":..}, left out where the kernel has no pressure files. */
void stats_psi(struct json_out *o, const char *dir, const char *file);
/* "0-2,5" as [0,1,2,5], left out when empty. */
void stats_cpu_list(struct json_out *o, const char *key, const char *dir, const char *file);
/* A file of lines "key number" as an object. */
void stats_flat(struct json_out *o, const char *key, const char *dir, const char *file);
void stats_blkio_entry(struct json_out *o, uint64_t major, uint64_t minor, const char *op,
		       uint64_t value);
/* Calls each(ctx, dir, "2MB") for the huge page sizes of this machine. */
void stats_page_sizes(void *ctx, const char *dir,
		      void (*each)(void *ctx, const char *dir, const char *size));
/* The same, for a document. */
void stats_each_page_size(struct json_out *o, const char *dir,
			  void (*each)(struct json_out *o, const char *dir, const char *size));
