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
	bool force, list;
	const char *create, *attach, *delete;
	struct container_trace_options o;
} values;

/* clang-format off */
static const struct option_row rows[] = {
	{ "events", 0, OPTION_STRING, .to.string = &values.o.events, .value = "EVENT[,EVENT]",
	  .summary = "exec, exit, fork, signal, oom, syscall[:NAME,...]" },
	{ "duration", 0, OPTION_DURATION, .to.duration = &values.o.duration, .value = "DURATION",
	  .summary = "end after this time [when the container does]" },
	ROWS_FORMAT_OPTION(values.format),
	{ "create", 0, OPTION_STRING, .to.string = &values.create, .value = "NAME",
	  .summary = "begin a session, which goes on after this command",
	  .group = "Sessions" },
	{ "force", 0, OPTION_FLAG, .to.flag = &values.force,
	  .summary = "--create: replace the session of that name" },
	{ "attach", 0, OPTION_STRING, .to.string = &values.attach, .value = "NAME",
	  .summary = "print what a session has recorded, and what comes" },
	{ "list", 0, OPTION_FLAG, .to.flag = &values.list,
	  .summary = "print which sessions there are" },
	{ "delete", 0, OPTION_STRING, .to.string = &values.delete, .value = "NAME",
	  .summary = "remove a session" },
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

static int trace(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	int r = container_load(inv->rt, inv->args[0], &c, err);

	if (r < 0)
		return r;
	return values.create
		? container_trace_create(c, values.create, values.o.events, values.force, err)
		: container_trace(c, &values.o, err);
}

static int list(struct error *err)
{
	static const char *const heads[] = { "NAME", "CONTAINER", "STATUS" };
	auto_(container_rows_done) struct container_rows all = { 0 };
	int r = container_trace_list(&all, err);

	return r < 0 ? r : rows_print(&all, values.format, heads, err);
}

static int check(const struct invocation *inv, struct error *err)
{
	const char *form = values.attach ? "--attach"
		: values.delete          ? "--delete"
		: values.list            ? "--list"
					 : NULL;
	int forms = !!values.create + !!values.attach + !!values.delete + values.list;

	if (forms > 1)
		return failf(err, EINVAL,
			     "trace: --create, --attach, --list and --delete exclude each other");
	if (form && inv->n_args)
		return failf(err, EINVAL, "trace %s: it takes no container's id: got '%s'", form,
			     inv->args[0]);
	if (!form && !inv->n_args)
		return failf(err, EINVAL, "trace: expected the id of a container");
	if (form && values.o.events)
		return failf(err, EINVAL, "trace %s: --events is said when the session is created",
			     form);
	if (values.force && !values.create)
		return failf(err, EINVAL, "trace: --force is for --create");
	if (values.o.duration && (values.create || values.list || values.delete))
		return failf(err, EINVAL,
			     "trace: --duration is for what is printed: with an id, or --attach");
	return 0;
}

static int run(const struct invocation *inv, struct error *err)
{
	int r = check(inv, err);

	values.o.json = values.format;
	values.o.sink = write_lines;
	values.o.ready = say_ready;
	if (r < 0)
		return r;
	if (values.attach)
		return container_trace_attach(inv->rt, values.attach, &values.o, err);
	if (values.delete)
		return container_trace_delete(values.delete, err);
	return values.list ? list(err) : trace(inv, err);
}

const struct command cmd_trace = {
	.name = "trace",
	.operands = "[ID]",
	.summary = "print what the processes of a container do, as it happens",
	.about =
		"Programs that are executed, processes that are made and end, signals, want of memory, system\n"
		"calls; by the kernel's tracing, with buffers of its own. Times are those since the boot.\n"
		"A session records in the kernel without a command that runs, and is read when it is wanted.",
	.examples = "  orlop trace demo\n"
		    "  orlop trace demo --events syscall:openat,connect --duration 10s\n"
		    "  orlop trace --create crash demo --events exec,exit,signal\n"
		    "  orlop trace --attach crash",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 0,
	.max_operands = 1,
	.operand_is_id = true,
	.run = run,
};
