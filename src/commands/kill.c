/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/signals.h"
#include "cli/command.h"
#include "cli/report.h"

static struct {
	bool all, pgid;
	pid_t pid, host_pid;
	const char *signal;
} values;

/* clang-format off */
static const struct option_row rows[] = {
	{ "all", 'a', OPTION_FLAG, .to.flag = &values.all,
	  .summary = "to every process; no error if there is none" },
	{ "signal", 's', OPTION_SIGNAL, .to.string = &values.signal, .value = "SIGNAL",
	  .summary = "the same as the operand; -9 and -KILL are short for it" },
	{ "pid", 0, OPTION_PID, .to.pid = &values.pid, .value = "PID",
	  .summary = "to this process, as numbered in the container" },
	{ "host-pid", 0, OPTION_PID, .to.pid = &values.host_pid, .value = "PID",
	  .summary = "to this process of the container, as numbered here" },
	{ "pgid", 0, OPTION_FLAG, .to.flag = &values.pgid,
	  .summary = "to the foreground process group of its terminal" },
};
/* clang-format on */

/* Only where a person reads: engines show what they find on standard error, or take it for part of the answer. */
static void warn_if_discarded(struct container *c, int sig)
{
	auto_str why = STR_INIT;

	if (sig != SIGKILL && report_is_for_people() && isatty(STDERR_FILENO) && container_discards_signal(c, sig, &why) == 1)
		log_warn("%s; 'stop' escalates", str_text(&why));
}

static int send(struct container *c, int sig, struct error *err)
{
	const struct process_selector target = {
		.pid = values.pid,
		.host_pid = values.host_pid,
		.foreground = values.pgid,
	};

	if (target.pid || target.host_pid || target.foreground)
		return container_kill_process(c, &target, sig, err);
	warn_if_discarded(c, sig);
	return container_kill(c, sig, values.all, err);
}

/* An empty one is none, as in runc and crun: clients hand on a variable that is not set. */
static const char *named_signal(const struct invocation *inv)
{
	const char *name = inv->n_args > 1 ? inv->args[1] : values.signal;

	return name && *name ? name : "SIGTERM";
}

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	const char *name = named_signal(inv);
	int sig = signal_number(name);
	int r;

	if (inv->n_args > 1 && values.signal)
		return failf(err, EINVAL, "two signals are named: '%s' and '%s'", values.signal, name);
	if (sig < 0)
		return failf(err, EINVAL, "unknown signal \"%s\"", name);
	if (values.all + (values.pid > 0) + (values.host_pid > 0) > 1 ||
	    (values.all && values.pgid))
		return failf(err, EINVAL, "--all, --pid and --host-pid exclude each other");
	r = container_load(inv->rt, inv->args[0], &c, err);
	return r < 0 ? r : send(c, sig, err);
}

const struct command cmd_kill = {
	.name = "kill",
	.operands = "ID [SIGNAL]",
	.summary = "send a signal to a container [SIGTERM]",
	.about =
		"SIGNAL is a number or a name with or without SIG, in any case. The kernel discards\n"
		"what pid 1 has no handler for, and kill says so; 'stop' goes on to SIGKILL.",
	.examples = "  orlop kill demo\n"
		    "  orlop kill demo KILL\n"
		    "  orlop kill --pgid demo INT",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = 2,
	.operand_is_id = true,
	.then_signal = true,
	.options_first = true,
	.run = run,
};
