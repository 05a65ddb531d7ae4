/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * linux.intelRdt: the container's group in the resctrl filesystem (Documentation/filesystems/resctrl.rst),
 * which shares out caches and memory bandwidth. A group is a directory there: making it allocates a class
 * of service, writing `schemata` gives it its part, writing a pid to `tasks` puts a process into it.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "spec/types.h"

struct resctrl {
	int fd; /* of the mounted filesystem, owned */
	/* For tests on a plain directory: fills a new group with the files the kernel would make. */
	void (*on_mkdir)(int fd, const char *group);
};

#define RESCTRL_INIT         \
	{                    \
		.fd = -EBADF \
	}

/* Where it is mounted; no mount is -ENODEV. */
int resctrl_open(struct resctrl *ret, struct error *err);
void resctrl_close(struct resctrl *fs);

/* What a create has made. */
struct resctrl_made {
	bool group, monitor;
};

/* Makes the groups that are to be made and puts the process there. A failure leaves nothing behind. */
int resctrl_create(const struct resctrl *fs, const struct spec_intel_rdt *r, const char *id,
		   pid_t pid, struct resctrl_made *made, struct error *err);
/* A further process of the container. */
int resctrl_join(const struct resctrl *fs, const struct spec_intel_rdt *r, const char *id,
		 pid_t pid, struct error *err);
/* Other schemata for the container's group, a line each; NULL: stays. */
int resctrl_update(const struct resctrl *fs, const struct spec_intel_rdt *r, const char *id,
		   const char *l3_cache, const char *mem_bw, struct error *err);
/* For a create that fails later. A group with closID goes only if nobody else has come to use it. */
void resctrl_undo(const struct resctrl *fs, const struct spec_intel_rdt *r, const char *id,
		  const struct resctrl_made *made);

/* After a create that was killed before its record was on disk: what has no process. */
void resctrl_sweep(const struct resctrl *fs, const struct spec_intel_rdt *r, const char *id);

/* Paths below the filesystem, for resctrl_remove() by a later `delete`; "" for none. */
struct resctrl_paths {
	char group[512], monitor[1100];
};
void resctrl_paths(const struct spec_intel_rdt *r, const char *id, struct resctrl_paths *ret);
/* NULL and "": nothing. What is gone already is no failure. */
int resctrl_remove(const struct resctrl *fs, const char *group, const char *monitor,
		   struct error *err);
