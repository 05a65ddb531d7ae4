/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/table.h"

enum { FORMAT_TABLE, FORMAT_JSON };

static struct {
	int format;
	bool quiet;
} values;

static const struct name formats[] = { { "table", FORMAT_TABLE }, { "json", FORMAT_JSON } };

/* clang-format off */
static const struct option_row rows[] = {
	{ "format", 'f', OPTION_CHOICE, .to.choice = &values.format, .value = "table|json",
	  .summary = "how to print it [table]", .choices = formats, .n_choices = ARRAY_SIZE(formats) },
	{ "quiet", 'q', OPTION_FLAG, .to.flag = &values.quiet, .summary = "only the ids" },
};
/* clang-format on */

static void add_ids(const struct container_list *l, struct str *out)
{
	for (size_t i = 0; i < l->n; i++)
		str_printf(out, "%s\n", l->rows[i].id);
}

static int add_table(const struct container_list *l, struct str *out, struct error *err)
{
	static const char *const head[] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" };
	auto_(table_done) struct table t = TABLE_INIT(ARRAY_SIZE(head));

	foreach_array(cell, head)
		table_add(&t, *cell);
	for (size_t i = 0; i < l->n; i++) {
		const struct container_info *row = &l->rows[i];
		char pid[16];

		snprintf(pid, sizeof(pid), "%d", (int)row->pid);
		table_add(&t, row->id);
		table_add(&t, pid);
		table_add(&t, row->status);
		table_add(&t, row->bundle);
		table_add(&t, row->created);
		table_add(&t, row->owner);
	}
	return table_print(&t, out, err);
}

static int print(const struct container_list *l, struct error *err)
{
	auto_str out = STR_INIT;
	int r = 0;

	if (values.quiet)
		add_ids(l, &out);
	else if (values.format == FORMAT_JSON)
		str_printf(&out, "%s\n", str_text(&l->json));
	else
		r = add_table(l, &out, err);
	return r < 0 ? r : output(&out, err);
}

static int run(const struct invocation *inv, struct error *err)
{
	struct container_list l = { 0 };
	int r;

	r = container_list(inv->rt, !values.quiet && values.format == FORMAT_JSON, &l, err);
	if (r < 0)
		return r;
	r = print(&l, err);
	container_list_done(&l);
	return r;
}

const struct command cmd_list = {
	.name = "list",
	.summary = "list the containers below --root",
	.examples = "  orlop list\n"
		    "  orlop list -q | xargs -r -n1 orlop delete --force",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.run = run,
};
