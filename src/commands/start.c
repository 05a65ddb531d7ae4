/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

static int run_on(struct container *c, const struct invocation *inv, struct error *err)
{
	int r = container_start(c, err);

	(void)inv;
	if (r < 0)
		container_explain_start(c, err);
	return r;
}

const struct command cmd_start = {
	.name = "start",
	.operands = "ID",
	.summary = "run the process of a created container",
	.about = "Returns when the process runs, or with the reason why it could not be executed.",
	.min_operands = 1,
	.max_operands = 1,
	.operand_is_id = true,
	.run_on = run_on,
};
