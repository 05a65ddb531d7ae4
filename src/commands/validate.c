/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/report.h"

#define STATUS_UNREADABLE 2 /* nothing is known of the config */

enum { FORMAT_TEXT, FORMAT_JSON };

static int format;
static bool spec_only;
static const char *bundle;

static const struct name formats[] = { { "text", FORMAT_TEXT }, { "json", FORMAT_JSON } };

/* clang-format off */
static const struct option_row rows[] = {
	{ "bundle", 'b', OPTION_STRING, .to.string = &bundle, .value = "DIR",
	  .summary = "the same as the operand", .completes = COMPLETES_DIRECTORY },
	{ "format", 'f', OPTION_CHOICE, .to.choice = &format, .value = "text|json",
	  .summary = "lines for people and editors, or an object for tools [text]",
	  .choices = formats, .n_choices = ARRAY_SIZE(formats) },
	{ "spec-only", 0, OPTION_FLAG, .to.flag = &spec_only,
	  .summary = "do not look at this kernel and this host" },
};
/* clang-format on */

static int run(const struct invocation *inv, struct error *err)
{
	unsigned flags = (format == FORMAT_JSON ? VALIDATE_JSON : 0) |
			 (spec_only ? VALIDATE_SPEC_ONLY : 0);
	auto_str text = STR_INIT;
	const char *what = inv->n_args ? inv->args[0] : bundle;
	int errors, r;

	if (inv->n_args && bundle)
		return failf(err, EINVAL, "two configs are named: '%s' and '%s'", inv->args[0], bundle);
	/* What create warns of stands in the report. */
	if (!log_wants(LOG_DEBUG))
		log_to(NULL, LOG_ERROR);
	errors = container_validate(what, flags, &text, err);
	if (errors < 0) {
		report_failure(NULL, err);
		return STATUS_UNREADABLE;
	}
	r = output(&text, err);
	return r < 0 ? r : errors > 0;
}

const struct command cmd_validate = {
	.name = "validate",
	.operands = "[BUNDLE|CONFIG]",
	.summary = "list everything that is wrong with a config, without running it",
	.about = "Each problem has its place, what was found, what was expected, and whether the\n"
		 "specification [spec] or this host [host] forbids it. The exit status is 1 if there\n"
		 "are errors, 2 if the config cannot be read; warnings and notes are about what create\n"
		 "goes on without. The default is config.json here; '-' is standard input.",
	.examples = "  orlop validate demo\n"
		    "  orlop validate --spec-only --format json demo/config.json",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_operands = 1,
	.run = run,
};
