/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/globals.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/timings.h"
#include "cli/command.h"
#include "cli/report.h"

enum cgroup_manager { MANAGER_CGROUPFS, MANAGER_SYSTEMD, MANAGER_DISABLED };

static struct {
	const char *root, *log, *criu, *completions;
	int log_format, rootless, manager;
	bool debug, systemd_cgroup, timings, version;
} values = { .rootless = -1 };

static const struct name formats[] = { { "text", REPORT_TEXT }, { "json", REPORT_JSON } };

/* The first three are shown; the others are what Go's boolean flags take. */
static const struct name rootless_words[] = {
	{ "true", 1 }, { "false", 0 }, { "auto", (uint64_t)-1 }, { "1", 1 }, { "0", 0 },
	{ "t", 1 },    { "f", 0 },
};

static const struct name managers[] = {
	{ "cgroupfs", MANAGER_CGROUPFS },
	{ "systemd", MANAGER_SYSTEMD },
	{ "disabled", MANAGER_DISABLED },
};

/* clang-format off */
const struct option_row global_options[] = {
	{ "root", 0, OPTION_STRING, .to.string = &values.root, .value = "DIR",
	  .summary = "where the state of containers is kept [/run/orlop]",
	  .completes = COMPLETES_DIRECTORY },
	{ "log", 0, OPTION_STRING, .to.string = &values.log, .value = "FILE",
	  .summary = "append log records to FILE [standard error]", .completes = COMPLETES_FILE },
	{ "log-format", 0, OPTION_CHOICE, .to.choice = &values.log_format, .value = "text|json",
	  .summary = "how records are written [text]",
	  .choices = formats, .n_choices = ARRAY_SIZE(formats) },
	{ "debug", 0, OPTION_FLAG, .to.flag = &values.debug, .summary = "log what is done and why" },
	{ "timings", 0, OPTION_FLAG, .to.flag = &values.timings,
	  .summary = "say in the end how long each phase took (JSON with --log-format json)" },
	{ "systemd-cgroup", 0, OPTION_FLAG, .to.flag = &values.systemd_cgroup,
	  .summary = "let systemd make the cgroups; cgroupsPath is 'slice:prefix:name'" },
	{ "cgroup-manager", 0, OPTION_CHOICE, .to.choice = &values.manager,
	  .value = "cgroupfs|systemd|disabled", .summary = "who makes the cgroups [cgroupfs]",
	  .choices = managers, .n_choices = ARRAY_SIZE(managers) },
	{ "rootless", 0, OPTION_CHOICE, .to.choice = &values.rootless, .value = "true|false|auto",
	  .summary = "go on where cgroups may not be touched [auto]",
	  .choices = rootless_words, .n_choices = ARRAY_SIZE(rootless_words) },
	/* Older clients still name a criu binary; there is nothing to do with it. */
	{ "criu", 0, OPTION_STRING, .to.string = &values.criu, .value = "FILE" },
	{ "version", 'v', OPTION_FLAG, .to.flag = &values.version },
	{ "help-completions", 0, OPTION_STRING, .to.string = &values.completions, .value = "SHELL" },
};
/* clang-format on */

const size_t n_global_options = ARRAY_SIZE(global_options);

int globals_apply(struct runtime *rt, struct globals *globals, struct error *err)
{
	*rt = (struct runtime){
		.root = values.root,
		.root_given = values.root,
		.systemd_cgroup = values.systemd_cgroup || values.manager == MANAGER_SYSTEMD,
		.no_cgroups = values.manager == MANAGER_DISABLED,
		.rootless = values.rootless,
	};
	*globals = (struct globals){ .version = values.version, .completions = values.completions };
	if (values.timings)
		timings_begin();
	if (values.debug)
		timings_tell();
	return report_to(values.log, (enum report_format)values.log_format, values.debug, err);
}
