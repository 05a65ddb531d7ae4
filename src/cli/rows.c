/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rows.h"

#include "base/log.h"
#include "cli/output.h"
#include "cli/table.h"

const struct name rows_formats[2] = { { "table", ROWS_TABLE }, { "json", ROWS_JSON } };

int rows_failures(const struct container_rows *r)
{
	for (size_t i = 0; i < r->n_failures; i++)
		log_write(LOG_ERROR, "%s", r->failures[i]);
	return r->n_failures > 0;
}

static int add_table(const struct container_rows *r, const char *const *heads, struct str *out,
		     struct error *err)
{
	auto_(table_done) struct table t = TABLE_INIT(r->columns);

	for (size_t i = 0; heads && i < r->columns; i++)
		table_add(&t, heads[i]);
	for (size_t i = 0; i < r->n_cells; i++)
		table_add(&t, r->cells[i]);
	return table_print(&t, out, err);
}

int rows_print(const struct container_rows *r, int format, const char *const *heads,
	       struct error *err)
{
	auto_str out = STR_INIT;
	int e = 0;

	if (format == ROWS_JSON)
		str_printf(&out, "%s\n", str_text(&r->json));
	else if (r->n_cells || heads)
		e = add_table(r, heads, &out, err);
	if (e == 0)
		e = output(&out, err);
	return e < 0 ? e : rows_failures(r);
}
