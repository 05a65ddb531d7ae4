/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "cli/command.h"
#include "cli/rows.h"

static struct {
	int format;
	struct container_trace_options o;
} values;

/* clang-format off */
static const struct option_row rows[] = {
	{ "events", 0, OPTION_STRING, .to.string = &values.o.events, .value = "EVENT[,EVENT]",
	  .summary = "exec, exit, fork, signal, oom, syscall[:NAME,...]" },
	{ "duration", 0, OPTION_DURATION, .to.duration = &values.o.duration, .value = "DURATION",
	  .summary = "end after this time [when the container does]" },
	ROWS_FORMAT_OPTION(values.format),
};
/* clang-format on */

static int write_lines(struct str *lines, struct error *err)
{
	int r = write_all(1, str_text(lines), lines->n);

	lines->n = 0;
	return r < 0 ? codef(err, r, "write to standard output") : 0;
}

/* For who starts something to be traced. */
static int say_ready(struct error *err)
{
	(void)err;
	if (isatty(2))
		(void)fputs("tracing; Ctrl-C ends it\n", stderr);
	return 0;
}

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	int r = container_load(inv->rt, inv->args[0], &c, err);

	values.o.json = values.format;
	values.o.sink = write_lines;
	values.o.ready = say_ready;
	return r < 0 ? r : container_trace(c, &values.o, err);
}

const struct command cmd_trace = {
	.name = "trace",
	.operands = "ID",
	.summary = "print what the processes of a container do, as it happens",
	.about =
		"Programs that are executed, processes that are made and end, signals, want of memory, system\n"
		"calls; by the kernel's tracing, with buffers of its own. Times are those since the boot.",
	.examples = "  orlop trace demo\n"
		    "  orlop trace demo --events syscall:openat,connect --duration 10s",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = 1,
	.operand_is_id = true,
	.run = run,
};
