/* SPDX-License-Identifier: Apache-2.0 */
#include "container/rows.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void container_rows_done(struct container_rows *r)
{
	free(r->cells);
	free(r->failures);
	str_done(&r->json);
	arena_free(r->arena);
	*r = (struct container_rows){ 0 };
}

void rows_begin(struct container_rows *r, size_t columns)
{
	*r = (struct container_rows){ .columns = columns, .arena = arena_new() };
	r->bad = !r->arena;
}

static bool grow(const char ***v, size_t n, size_t *room)
{
	size_t more = *room ? 2 * *room : 64;
	const char **new;

	if (n < *room)
		return true;
	new = reallocarray(*v, more, sizeof(*new));
	if (!new)
		return false;
	*v = new;
	*room = more;
	return true;
}

static void take_cell(struct container_rows *r, const char *text)
{
	if (text && grow(&r->cells, r->n_cells, &r->room))
		r->cells[r->n_cells++] = text;
	else
		r->bad = true;
}

void rows_add(struct container_rows *r, const char *text)
{
	if (!r->bad)
		take_cell(r, arena_strdup(r->arena, text ? text : ""));
}

void rows_addn(struct container_rows *r, const char *text, size_t n)
{
	if (!r->bad)
		take_cell(r, arena_strndup(r->arena, text, n));
}

void rows_printf(struct container_rows *r, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	rows_add(r, text);
}

void rows_fail(struct container_rows *r, const struct error *why)
{
	const char *text = r->bad ? NULL : arena_strdup(r->arena, why->msg);

	if (text && grow(&r->failures, r->n_failures, &r->failures_room))
		r->failures[r->n_failures++] = text;
	else
		r->bad = true;
}

int rows_end(struct container_rows *r, struct json_out *o, struct error *err)
{
	const char *text = o ? json_out_text(o) : NULL;

	if (text)
		str_add(&r->json, text);
	if (!text || !str_ok(&r->json) || r->bad)
		return codef(err, ENOMEM, "list");
	return 0;
}
