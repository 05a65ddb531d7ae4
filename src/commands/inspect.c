/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/log.h"
#include "base/macros.h"
#include "cli/command.h"
#include "cli/rows.h"

static struct {
	int format;
	bool procs, env, ports;
} values;

/* clang-format off */
static const struct option_row rows[] = {
	{ "env", 0, OPTION_FLAG, .to.flag = &values.env,
	  .summary = "values of environments as well: they often hold secrets" },
	ROWS_FORMAT_OPTION(values.format),
	{ "ports", 0, OPTION_FLAG, .to.flag = &values.ports, .summary = "sockets that listen, and whose they are" },
	{ "procs", 'p', OPTION_FLAG, .to.flag = &values.procs,
	  .summary = "each process: what it executes, has open, and may use" },
};
/* clang-format on */

static int run_on(struct container *c, const struct invocation *inv, struct error *err)
{
	static const char *const heads[] = { "PROPERTY", "VALUE" };
	auto_(container_rows_done) struct container_rows list = { 0 };
	unsigned flags = (values.procs ? INSPECT_PROCS : 0U) | (values.env ? INSPECT_ENV : 0U) |
		(values.ports ? INSPECT_PORTS : 0U);
	unsigned vanished = 0;
	int r = container_inspect(c, flags, &list, &vanished, err);

	(void)inv;
	if (r < 0)
		return r;
	if (vanished)
		log_warn("%u process(es) ended while they were looked at, and are left out", vanished);
	return rows_print(&list, values.format, heads, err);
}

const struct command cmd_inspect = {
	.name = "inspect",
	.operands = "ID",
	.summary = "show all that is known of a container",
	.about = "State, namespaces and who shares them, mounts, cgroup and limits in force, rights of its\n"
		 "process. With --format json also the config as it was at create; values of environments\n"
		 "are left out of it, but for --env.",
	.examples = "  orlop inspect demo\n"
		    "  orlop inspect --procs --ports --format json demo | jq '.processes[].fds'",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = 1,
	.operand_is_id = true,
	.run_on = run_on,
};
