/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* mounts.json in the state directory: what `mounts add` has mounted, in that order. */

#include "container/handle.h"
#include "json/json.h"

struct mount_record {
	const char *destination, *type, *source;
	spec_strings options;
	uint64_t mount, unique; /* as of struct inside_place */
};
struct mount_records {
	struct mount_record *v;
	size_t n, room;
};

/* Strings lie in the arena; none when there is no file. */
int mount_records_read(int dir, struct arena *a, struct mount_records *ret, struct error *err);
int mount_records_add(struct mount_records *r, struct arena *a, const struct mount_record *one);
/* The members of a mount as the config has them, into an object that is open. */
void mount_entry_write(struct json_out *o, const struct container_mount *m);
int mount_records_write(int dir, const struct mount_records *r, struct error *err);
