/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/command.h"

static bool force;

static const struct option_row rows[] = {
	{ "force", 'f', OPTION_FLAG, .to.flag = &force,
	  .summary = "kill it first if it still runs" },
};

static int delete(const struct runtime *rt, const char *id, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	int r = container_load(rt, id, &c, err);

	/* Engines clean up with it after a delete that worked. */
	if (r == -ENOENT && force)
		return 0;
	return r < 0 ? r : container_delete(c, force, err);
}

static int run(const struct invocation *inv, struct error *err)
{
	int r = delete(inv->rt, inv->args[0], err);

	return r == -EBADMSG && force ? container_delete_broken(inv->rt, inv->args[0], err) : r;
}

const struct command cmd_delete = {
	.name = "delete",
	.operands = "ID",
	.summary = "remove a stopped container",
	.about = "What create made is undone: state, cgroup, and the processes left in it.\n"
		 "With --force an unknown ID is no error.",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = 1,
	.operand_is_id = true,
	.run = run,
};
