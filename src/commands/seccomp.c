/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/rows.h"

static int format;

/* clang-format off */
static const struct option_row rows[] = {
	ROWS_FORMAT_OPTION(format),
};
/* clang-format on */

static int run(const struct invocation *inv, struct error *err)
{
	static const char *const heads[] = { "SYSCALL", "ARCHITECTURE", "COUNT",
					     "PROFILE", "REFUSED",      "PROCESSES" };
	auto_(container_rows_done) struct container_rows list = { 0 };
	int r = container_seccomp_report(inv->args[0], &list, err);

	return r < 0 ? r : rows_print(&list, format, heads, err);
}

const struct command cmd_seccomp = {
	.name = "seccomp",
	.operands = "report FILE",
	.summary = "show what 'run --seccomp-learn' has written",
	.about =
		"For each system call of the run how often it was made, by which processes, and what the\n"
		"config's own profile, which was not in force then, would have answered.",
	.examples = "  orlop run --seccomp-learn demo.json demo\n"
		    "  orlop seccomp report demo.json\n"
		    "  jq --slurpfile s demo.json '.linux.seccomp = $s[0]' config.json",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.verbs = "report",
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
