/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Text in columns: at least 12 wide, 3 apart, the last one ragged: what users of runc cut and awk. */

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct table {
	size_t columns;
	char **cells; /* row by row; owned, their texts the arena's */
	size_t n, room;
	struct arena *arena;
	struct str text; /* of the cell being added */
	int failed;
};

/* clang-format off */
#define TABLE_INIT(n_columns) { .columns = (n_columns), .text = STR_INIT }
/* clang-format on */

void table_done(struct table *t);
static inline void table_done_auto(struct table *t)
{
	table_done(t);
}

/* The next cell, copied; NULL is an empty one, control bytes become '?'. Failures show in table_print(). */
void table_add(struct table *t, const char *text);
int table_print(const struct table *t, struct str *out, struct error *err);
