/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/output.h"

static int run_on(struct container *c, const struct invocation *inv, struct error *err)
{
	char room[4096];
	auto_str json = STR_ON(room);
	int r = container_state_json(c, &json, err);

	(void)inv;
	return r < 0 ? r : output(&json, err);
}

const struct command cmd_state = {
	.name = "state",
	.operands = "ID",
	.summary = "print the state of a container as JSON",
	.about =
		"The status is creating, created, running, paused or stopped; a stopped container\n"
		"has pid 0.",
	.min_operands = 1,
	.max_operands = 1,
	.operand_is_id = true,
	.run_on = run_on,
};
