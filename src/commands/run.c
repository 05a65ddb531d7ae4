/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/timings.h"
#include "cli/foreground.h"
#include "cli/report.h"
#include "commands/create_rows.h"

enum { PASS_ON, END_WELL, RESTART };

static struct {
	struct create_options create;
	bool keep, rm, no_subreaper; /* rm: a habit from engines, and what `run` does anyway */
	int on_reboot, on_halt;
	const char *learn;
} values;

static const struct name ends[] = { { "restart", RESTART }, { "exit", END_WELL } };

/* clang-format off */
static const struct option_row rows[] = {
	{ "detach", 'd', OPTION_FLAG, .to.flag = &values.create.detach,
	  .summary = "return when the process runs" },
	{ "keep", 0, OPTION_FLAG, .to.flag = &values.keep,
	  .summary = "do not delete the container when it ends" },
	{ "rm", 0, OPTION_FLAG, .to.flag = &values.rm },
	{ "no-subreaper", 0, OPTION_FLAG, .to.flag = &values.no_subreaper,
	  .summary = "leave orphans of the container to others" },
	{ "on-reboot", 0, OPTION_CHOICE, .to.choice = &values.on_reboot, .value = "restart|exit",
	  .summary = "when it is ended by reboot(2): run it again, or exit with 0",
	  .choices = ends, .n_choices = ARRAY_SIZE(ends) },
	{ "on-halt", 0, OPTION_CHOICE, .to.choice = &values.on_halt, .value = "restart|exit",
	  .summary = "the same when it halts or powers off",
	  .choices = ends, .n_choices = ARRAY_SIZE(ends) },
	{ "seccomp-learn", 0, OPTION_STRING, .to.string = &values.learn, .value = "FILE",
	  .summary = "write the smallest seccomp profile that this run needs", .completes = COMPLETES_FILE },
	CREATE_ROWS(values.create),
};
/* clang-format on */

/* What the end of init asks for. Without an option its signal is passed on like any other: 129 or 130. */
static int wish_of(const struct container_exit *e)
{
	int wish = PASS_ON;

	if (streq(e->reason, "reboot"))
		wish = values.on_reboot;
	else if (streq(e->reason, "halt"))
		wish = values.on_halt;
	else
		return PASS_ON;
	if (wish == PASS_ON && report_is_for_people())
		log_warn("the container was ended by reboot(2), to %s; --on-%s says what to do then",
			 streq(e->reason, "halt") ? "halt or power off" : "restart", e->reason);
	return wish;
}

/* A bare 137 or 159 sends people looking for who killed it. */
static void explain_end(const struct container_exit *e)
{
	if (!report_is_for_people())
		return;
	if (streq(e->reason, "oom"))
		log_warn("the container was killed by SIGKILL after its memory ran out (status %d): "
			 "linux.resources.memory.limit is what it may have", e->code);
	else if (e->signal == SIGSYS)
		log_warn("the container was killed by its seccomp filter (SIGSYS, status %d): linux.seccomp does "
			 "not allow a system call that it made", e->code);
}

/*
 * The exit status, with the container's last wish in *wish. A container without a pid namespace may outlive its
 * first process: force ends the rest. One that is run again must make room first, --keep or not.
 */
static int attend(struct container *c, const struct container_process *p, int *wish,
		  struct error *err)
{
	struct container_exit how;
	int wait_status = 0;
	int status = foreground_watch(p, &wait_status, err);
	int r;

	timings_mark("the program");
	if (status == 0) {
		status = foreground_status(wait_status);
		r = container_ended(c, wait_status, values.keep, &how, err);
		*wish = wish_of(&how);
		explain_end(&how);
		if (r < 0)
			return r;
	}
	if (values.keep && *wish != RESTART)
		return status;
	r = container_delete(c, true, status < 0 ? NULL : err);
	timings_mark("delete");
	return r < 0 && status >= 0 ? r : status;
}

static int run_once(const struct invocation *inv, const struct create_options *o, int *config,
		    int *wish, struct error *err)
{
	struct container_process process = CONTAINER_PROCESS_INIT;
	auto_(container_free) struct container *c = NULL;
	int r = container_run(inv->rt, o, &c, &process, err);

	*wish = PASS_ON;
	if (r < 0)
		container_explain_create(o, err);
	if (r >= 0 && !values.create.detach) {
		if (*config < 0 && (values.on_reboot == RESTART || values.on_halt == RESTART))
			*config = container_open_config(c, err);
		r = *config < 0 && *config != -EBADF ? *config : attend(c, &process, wish, err);
	}
	close_fd(process.console);
	close_fd(process.notify);
	close_fd(process.pidfd);
	return r;
}

/* The same config again, whatever became of the bundle's file meanwhile. */
static int run_repeatedly(const struct invocation *inv, struct error *err)
{
	auto_(close_fd) int config = -EBADF;
	struct create_options o = values.create;
	char path[32];
	int wish, r;

	do {
		r = run_once(inv, &o, &config, &wish, err);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", config);
		o.config = path;
	} while (r >= 0 && wish == RESTART);
	return r >= 0 && wish == END_WELL ? 0 : r;
}

/* ---- --seccomp-learn ---- */

/* Before anything runs: a run may take hours. */
static int check_file(const char *path, struct error *err)
{
	const char *name = path_last(path);
	auto_(free) char *dir = name == path ? strdup(".") : strndup(path, (size_t)(name - path));

	if (!dir)
		return sysf(err, "--seccomp-learn");
	if (!*name)
		return failf(err, EISDIR, "--seccomp-learn: '%s' is a directory", path);
	return faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0 ?
		       sysf(err, "--seccomp-learn: write in '%s'", dir) : 0;
}

static int begin_learning(struct container_learner **ret, struct error *err)
{
	int r;

	if (values.create.detach || values.keep)
		return failf(err, EINVAL, "--seccomp-learn: orlop answers the container's system calls as long as that lives: "
					  "without --detach and --keep");
	r = check_file(values.learn, err);
	if (r == 0)
		r = container_learner_new(ret, err);
	values.create.learner = *ret;
	return r;
}

static void tell_learned(const struct container_learned *l)
{
	if (l->unnamed)
		log_warn("%zu system call%s no name that libseccomp %s knows: the profile cannot allow %s", l->unnamed,
			 l->unnamed > 1 ? "s have" : " has", container_libseccomp_version(),
			 l->unnamed > 1 ? "them" : "it");
	if (l->refused)
		log_warn("the profile of the config would have refused %zu of the %zu system calls of this run: "
			 "'orlop seccomp report %s' shows which", l->refused, l->calls, values.learn);
}

/* What was learned is kept, however the container ended. */
static int end_learning(struct container_learner *l, int status, struct error *err)
{
	struct container_learned learned;
	int r;

	if (!l)
		return status;
	r = container_learner_finish(l, values.create.id, values.learn, &learned, status < 0 ? NULL : err);
	if (r < 0)
		return status < 0 ? status : r;
	if (learned.calls)
		tell_learned(&learned);
	return status;
}

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_learner_free) struct container_learner *learner = NULL;
	int r = 0;

	values.create.id = inv->args[0];
	create_take_lists(&values.create);
	if (values.rm && (values.create.detach || values.keep))
		return failf(err, EINVAL, "--rm: 'run' in the foreground deletes the container when it ends; "
					  "with --detach or --keep 'orlop delete' does it later");
	if (values.create.detach && (values.on_reboot || values.on_halt))
		return failf(err, EINVAL, "--on-reboot and --on-halt need the foreground, not --detach");
	if (values.learn)
		r = begin_learning(&learner, err);
	if (r == 0 && !values.create.detach)
		r = foreground_begin(!values.no_subreaper, err);
	if (!values.create.detach)
		values.create.ready = foreground_ready;
	return r < 0 ? r : end_learning(learner, run_repeatedly(inv, err), err);
}

const struct command cmd_run = {
	.name = "run",
	.operands = "ID",
	.summary = "create and start a container, wait for it, delete it",
	.about =
		"The exit status is that of the container's process, or 128+N if signal N ended it.\n"
		"Signals that orlop gets are passed on. With \"terminal\": true in config.json, your\n"
		"terminal becomes its own.",
	.examples = "  orlop run --bundle /srv/demo demo\n"
		    "  orlop run -d --pid-file demo.pid demo",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = 1,
	.surplus = "the bundle is given by --bundle, the program by process.args in its config.json",
	.failure = "orlop run failed",
	.run = run,
};
