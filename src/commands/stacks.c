/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/macros.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/rows.h"

static struct {
	int format;
	bool user;
} values;

/* clang-format off */
static const struct option_row rows[] = {
	ROWS_FORMAT_OPTION(values.format),
	{ "user", 'u', OPTION_FLAG, .to.flag = &values.user,
	  .summary = "frames of the programs as well: they are stopped for a moment" },
};
/* clang-format on */

static int run(const struct invocation *inv, struct error *err)
{
	static const char *const heads[] = { "PID", "THREAD", "WHAT", "VALUE" };
	auto_(container_free) struct container *c = NULL;
	auto_(container_rows_done) struct container_rows list = { 0 };
	size_t n = inv->n_args - 1;
	auto_(free_ptr) void *memory = calloc(n + 1, sizeof(pid_t));
	pid_t *pids = memory;
	int r = pids ? 0 : sysf(err, "stacks");

	for (size_t i = 0; r == 0 && i < n; i++) {
		int32_t pid;

		if (parse_i32(inv->args[i + 1], &pid) < 0 || pid <= 0)
			return failf(err, EINVAL, "process '%s': expected a number above 0", inv->args[i + 1]);
		pids[i] = pid;
	}
	if (r == 0)
		r = container_load(inv->rt, inv->args[0], &c, err);
	if (r == 0)
		r = container_stacks(c, pids, n, values.user, &list, err);
	return r < 0 ? r : rows_print(&list, values.format, heads, err);
}

const struct command cmd_stacks = {
	.name = "stacks",
	.operands = "ID [PID...]",
	.summary = "show what each thread does, or waits for",
	.about = "Its system call with the arguments, where it sleeps in the kernel, and the kernel's stack; with\n"
		 "--user the frames of the program too. PID is the container's number; the default is all.",
	.examples = "  orlop stacks demo\n"
		    "  orlop stacks --user demo 7",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.operand_is_id = true,
	.run = run,
};
