/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of `verify` share. A check has a property, what the config asks for, and what is. */

#include "container/rows.h"
#include "observe/proc_dir.h"
#include "resolve/resolve.h"

struct verification {
	struct container *c;
	struct arena *arena;
	const struct spec *spec;
	const struct resolved *config;
	struct json_out *o;
	struct container_rows *rows;
	int init;          /* its folder in /proc */
	bool started;      /* else its process is not that of the config yet */
	unsigned differs;
};

enum verdict { VERDICT_OK, VERDICT_DIFFERS, VERDICT_UNSEEN };

void verify_add(struct verification *v, const char *property, enum verdict verdict,
		const char *wanted, const char *found);
/* By comparing the texts; found NULL: it cannot be seen. */
void verify_text(struct verification *v, const char *property, const char *wanted,
		 const char *found);
void verify_number(struct verification *v, const char *property, int64_t wanted,
		   const char *found);

void verify_process(struct verification *v);    /* verify_process.c */
void verify_kernel(struct verification *v);     /* verify_kernel.c: namespaces, host name, sysctls, maps */
void verify_mounts(struct verification *v); /* verify_mounts.c: and devices, paths */
