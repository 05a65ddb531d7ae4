/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	int r;

	r = container_load(inv->rt, inv->args[0], &c, err);
	if (r < 0)
		return r;
	r = container_start(c, err);
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
	.run = run,
};
