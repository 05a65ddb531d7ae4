/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/parse.h"
#include "cli/command.h"
#include "cli/exit_text.h"
#include "cli/output.h"

#define STATUS_WAIT_FAILED 255 /* apart from what containers end with */

static struct {
	bool any, checkpoint;
	int format;
	pid_t pid, host_pid;
	int64_t timeout;
} values = { .timeout = -1 };

/* clang-format off */
static const struct option_row rows[] = {
	{ "any", 0, OPTION_FLAG, .to.flag = &values.any,
	  .summary = "until the first of them ends, not all" },
	{ "format", 'f', OPTION_CHOICE, .to.choice = &values.format, .value = "text|json",
	  .summary = "how the ends are told [text]",
	  .choices = exit_formats, .n_choices = EXIT_FORMATS },
	{ "pid", 0, OPTION_PID, .to.pid = &values.pid, .value = "PID",
	  .summary = "for this process, as numbered in the container" },
	{ "host-pid", 0, OPTION_PID, .to.pid = &values.host_pid, .value = "PID",
	  .summary = "for this process, as numbered here" },
	{ "checkpoint", 0, OPTION_FLAG, .to.flag = &values.checkpoint,
	  .summary = "until the next checkpoint has ended, not the container" },
	{ "timeout", 0, OPTION_DURATION, .to.duration = &values.timeout, .value = "DURATION",
	  .summary = "fail after that time, like 500ms or 1m" },
};
/* clang-format on */

static struct process_selector target(void)
{
	return (struct process_selector){ .pid = values.pid, .host_pid = values.host_pid };
}

/* Of the last one named, as the shell's wait does; with --any that of the one which ended. */
static int status_of(const struct invocation *inv, const struct container_waiter *w,
		     struct error *err)
{
	size_t at = inv->n_args - 1;

	while (values.any && !w[at].done && at > 0)
		at--;
	if (w[at].exit.known)
		return w[at].exit.code;
	return failf(
		err, ENODATA,
		"container '%s' has ended, and its exit status cannot be known any more: nobody "
		"of 'run', 'stop' or 'wait' was there when its parent reaped it",
		inv->args[at]);
}

static int print_exit(const struct invocation *inv, const struct container_waiter *w, struct error *err)
{
	auto_str out = STR_INIT;
	int r;

	for (size_t i = 0; i < inv->n_args; i++) {
		if (!w[i].done)
			continue;
		exit_add_line(&out, values.format, inv->args[i], &w[i].exit, NULL);
		if (values.any)
			break;
	}
	r = output(&out, err);
	return r < 0 ? r : status_of(inv, w, err);
}

static int wait_checkpoint(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	int r;

	if (inv->n_args > 1 || values.pid || values.host_pid)
		return failf(err, EINVAL, "--checkpoint wants one container");
	r = container_load(inv->rt, inv->args[0], &c, err);
	return r < 0 ? r : container_wait_checkpoint(c, values.timeout < 0 ? -1 : values.timeout / 1000000, err);
}

static int wait_end(const struct invocation *inv, struct error *err)
{
	const struct process_selector one = target();
	struct container_waiter *w = calloc(inv->n_args, sizeof(*w));
	int r = w ? 0 : sysf(err, "wait");

	if ((one.pid || one.host_pid) && inv->n_args > 1)
		r = failf(err, EINVAL, "--pid and --host-pid want one container");
	for (size_t i = 0; r == 0 && i < inv->n_args; i++) {
		w[i].target = &one;
		r = container_load(inv->rt, inv->args[i], &w[i].c, err);
	}
	if (r == 0)
		r = container_wait(w, inv->n_args, values.any,
				   values.timeout < 0 ? -1 : values.timeout / 1000000, err);
	if (r == 0)
		r = print_exit(inv, w, err);
	for (size_t i = 0; w && i < inv->n_args; i++)
		container_free(w[i].c);
	free(w);
	return r;
}

static int run(const struct invocation *inv, struct error *err)
{
	return values.checkpoint ? wait_checkpoint(inv, err) : wait_end(inv, err);
}

const struct command cmd_wait = {
	.name = "wait",
	.operands = "ID...",
	.summary = "wait until containers end, and tell how",
	.about =
		"The exit status is that of the container (the last one named), 128+N if signal N ended\n"
		"it, and 255 if it cannot be known: the kernel tells the end of a process to its parent\n"
		"and to those who watch, and to nobody later. With --checkpoint it is 0 for one that was made.",
	.examples = "  orlop wait demo; echo $?\n"
		    "  orlop wait --any --format json web db cache",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.operand_is_id = true,
	.failure_status = STATUS_WAIT_FAILED,
	.run = run,
};
