/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Words and the numbers they stand for: enums, flags, modes. One table serves parsing and printing. */

#include <stddef.h>
#include <stdint.h>

/* The word lies in the row: a table of pointers would be written by the loader at each start of the program. */
struct name {
	char name[40];
	uint64_t value;
};

/* The row, or NULL. */
const struct name *names_find(const struct name *table, size_t n, const char *name);
/* The first name with that value, or NULL. */
const char *names_of(const struct name *table, size_t n, uint64_t value);
/* The nearest known name at a small edit distance, for "did you mean"; or NULL. */
const char *names_nearest(const struct name *table, size_t n, const char *name);
/* Edit distance with transpositions, cut off above 3. */
unsigned name_distance(const char *a, const char *b);
