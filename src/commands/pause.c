/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

static int run_on(struct container *c, const struct invocation *inv, struct error *err)
{
	(void)inv;
	return container_pause(c, err);
}

const struct command cmd_pause = {
	.name = "pause",
	.operands = "ID",
	.summary = "freeze all processes of a container",
	.min_operands = 1,
	.max_operands = 1,
	.operand_is_id = true,
	.run_on = run_on,
};
