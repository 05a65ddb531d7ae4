/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

static int run_on(struct container *c, const struct invocation *inv, struct error *err)
{
	(void)inv;
	return container_resume(c, err);
}

const struct command cmd_resume = {
	.name = "resume",
	.operands = "ID",
	.summary = "let a paused container go on",
	.min_operands = 1,
	.max_operands = 1,
	.operand_is_id = true,
	.run_on = run_on,
};
