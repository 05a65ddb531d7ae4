/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/create_rows.h"

static struct create_options values;

/* clang-format off */
static const struct option_row rows[] = {
	CREATE_ROWS(values),
};
/* clang-format on */

static int run(const struct invocation *inv, struct error *err)
{
	int r;

	values.id = inv->args[0];
	create_take_lists(&values);
	r = container_create(inv->rt, &values, err);
	if (r < 0)
		container_explain_create(&values, err);
	return r;
}

const struct command cmd_create = {
	.name = "create",
	.operands = "ID",
	.summary = "create a container; 'start' then runs its process",
	.about = "All of the bundle's config.json is set up; the process waits for 'orlop start'.\n"
		 "If anything fails, nothing is left behind.",
	.examples = "  orlop create --bundle /srv/demo --pid-file demo.pid demo\n"
		    "  orlop start demo",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = 1,
	.surplus = "the bundle is given by --bundle, the program by process.args in its config.json",
	.failure = "orlop create failed",
	.run = run,
};
