/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/command.h"

static int run(const struct invocation *inv, struct error *err)
{
	(void)inv;
	return failf(err, ENOTSUP, "restore is not supported by this version of orlop");
}

const struct command cmd_restore = {
	.name = "restore",
	.summary = "not supported by this version",
	.max_operands = OPERANDS_ANY,
	.verbatim = true,
	.run = run,
};
