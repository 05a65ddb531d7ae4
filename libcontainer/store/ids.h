/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The names of all containers of a root. */

#include <stddef.h>

struct ids {
	char **v; /* owned */
	size_t n, room;
};

void ids_done(struct ids *ids);
#define auto_ids __attribute__((cleanup(ids_done))) struct ids
/* A copy of the name is added. */
int ids_add(struct ids *ids, const char *name);
/* In order; 0 or a negative errno. */
int ids_read(int root, struct ids *ids);
