/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/output.h"

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	char room[4096];
	auto_str json = STR_ON(room);
	int r;

	r = container_load(inv->rt, inv->args[0], &c, err);
	if (r < 0)
		return r;
	r = container_state_json(c, &json, err);
	if (r < 0)
		return r;
	return output(&json, err);
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
	.run = run,
};
