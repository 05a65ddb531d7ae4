/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	int r;

	r = container_load(inv->rt, inv->args[0], &c, err);
	if (r < 0)
		return r;
	return container_resume(c, err);
}

const struct command cmd_resume = {
	.name = "resume",
	.operands = "ID",
	.summary = "let a paused container go on",
	.min_operands = 1,
	.max_operands = 1,
	.operand_is_id = true,
	.run = run,
};
