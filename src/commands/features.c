/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/output.h"

static int run(const struct invocation *inv, struct error *err)
{
	auto_str json = STR_INIT;
	int r;

	(void)inv;
	r = container_features(&json, err);
	if (r < 0)
		return r;
	str_add(&json, "\n");
	return output(&json, err);
}

const struct command cmd_features = {
	.name = "features",
	.summary = "print what this runtime can do as JSON",
	.run = run,
};
