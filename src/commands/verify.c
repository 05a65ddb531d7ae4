/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/macros.h"
#include "cli/command.h"
#include "cli/rows.h"

static int format;

/* clang-format off */
static const struct option_row rows[] = {
	ROWS_FORMAT_OPTION(format),
};
/* clang-format on */

static int run_on(struct container *c, const struct invocation *inv, struct error *err)
{
	static const char *const heads[] = { "PROPERTY", "RESULT", "EXPECTED", "FOUND" };
	auto_(container_rows_done) struct container_rows list = { 0 };
	int differs = container_verify(c, &list, err), r;

	(void)inv;
	if (differs < 0)
		return differs;
	r = rows_print(&list, format, heads, err);
	return r < 0 ? r : differs > 0;
}

const struct command cmd_verify = {
	.name = "verify",
	.operands = "ID",
	.summary = "compare a running container with its config",
	.about = "A line a property: ok, differs, or cannot be seen. The exit status is 1 if one differs.\n"
		 "What its program has changed by itself, or 'update' has, differs as well.",
	.examples = "  orlop verify demo | grep differs",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = 1,
	.operand_is_id = true,
	.run_on = run_on,
};
