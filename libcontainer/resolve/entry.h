/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An entry of mounts[] on its way to what it means. */

#include "base/str.h"
#include "fs/mount_options.h"
#include "resolve/part.h"

struct entry {
	const struct resolver *r;
	const struct spec_mount *m;
	const char *destination; /* in the container */
	struct mount_options o;
	struct mount_idmap idmap;
	struct resolved_mount *out;
};

/* Whether the type that the config names is this one. */
static inline bool is_type(const struct spec_mount *m, const char *type)
{
	return m->type && streq(m->type, type);
}

/* resolve/fs_options.c: fills e->out->options, or page, by the kind of e->out. */
int entry_options(struct entry *e);
/* resolve/idmap.c: fills e->idmap. As a resolve_part it returns 0 past problems that went to the report. */
int entry_idmap(struct entry *e);
