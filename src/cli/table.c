/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"

#define LEAST_WIDTH 12
#define PADDING     3

void table_done(struct table *t)
{
	free(t->cells);
	arena_free(t->arena);
	str_done(&t->text);
}

static int reserve(struct table *t)
{
	size_t room = t->room ? 2 * t->room : 64;
	char **cells;

	if (t->n < t->room)
		return 0;
	cells = reallocarray(t->cells, room, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	t->cells = cells;
	t->room = room;
	return 0;
}

static char *copy_plain(struct table *t, const char *text)
{
	if (!t->arena)
		t->arena = arena_new();
	t->text.n = 0;
	str_add(&t->text, "");
	output_add_plain(&t->text, text, strlen(text));
	return t->arena && str_ok(&t->text) ? arena_strndup(t->arena, t->text.s, t->text.n) : NULL;
}

void table_add(struct table *t, const char *text)
{
	char *cell = copy_plain(t, text ? text : "");

	if (!cell || reserve(t) < 0)
		t->failed = -ENOMEM;
	else
		t->cells[t->n++] = cell;
}

/* Characters, not bytes: what begins no UTF-8 sequence has no width. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static size_t wider(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t column_width(const struct table *t, size_t column)
{
	size_t width = LEAST_WIDTH;

	for (size_t i = column; i < t->n; i += t->columns)
		width = wider(width, width_of(t->cells[i]) + PADDING);
	return width;
}

static void add_gap(struct str *out, size_t n)
{
	static const char blanks[] = "                ";
	size_t most = sizeof(blanks) - 1;

	for (; n > most; n -= most)
		str_addn(out, blanks, most);
	str_addn(out, blanks, n);
}

int table_print(const struct table *t, struct str *out, struct error *err)
{
	size_t *widths = reallocarray(NULL, t->columns, sizeof(*widths));

	if (!widths || t->failed) {
		free(widths);
		return codef(err, ENOMEM, "table");
	}
	for (size_t i = 0; i < t->columns; i++)
		widths[i] = column_width(t, i);
	for (size_t i = 0; i < t->n; i++) {
		size_t column = i % t->columns;

		str_add(out, t->cells[i]);
		if (column + 1 < t->columns)
			add_gap(out, widths[column] - width_of(t->cells[i]));
		else
			str_add(out, "\n");
	}
	free(widths);
	return 0;
}
