/* SPDX-License-Identifier: Apache-2.0 */
#include "base/names.h"

#include <string.h>

#include "base/macros.h"

#define NAME_LONGEST 64
#define TOO_FAR 4U

const struct name *names_find(const struct name *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const char *names_of(const struct name *table, size_t n, uint64_t value)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].value == value)
			return table[i].name;
	return NULL;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = min_of(a, b);

	return min_of(ab, c);
}

unsigned name_distance(const char *a, const char *b)
{
	unsigned rows[3][NAME_LONGEST + 1];
	unsigned *above2 = rows[0], *above = rows[1], *row = rows[2];
	size_t na = strlen(a), nb = strlen(b);

	if (na > NAME_LONGEST || nb > NAME_LONGEST)
		return TOO_FAR;
	for (size_t j = 0; j <= nb; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *spare = above2;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
				       above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min_of(row[j], above2[j - 2] + 1);
		}
		above2 = above;
		above = row;
		row = spare;
	}
	return min_of(above[nb], TOO_FAR);
}

const char *names_nearest(const struct name *table, size_t n, const char *name)
{
	size_t length = strlen(name);
	/* Of a word of one or two letters each other one is near. */
	unsigned best = length > 5 ? 3 : length > 2 ? 2 : 1;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned d = name_distance(table[i].name, name);

		if (d < best) {
			best = d;
			found = table[i].name;
		}
	}
	return found;
}
