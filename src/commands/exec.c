/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/parse.h"
#include "cli/command.h"
#include "cli/foreground.h"
#include "commands/pass_fds.h"

#define STATUS_EXEC_FAILED 255 /* apart from what processes end with, by convention of runc */

static struct {
	struct exec_options exec;
	struct option_list env, gids, caps, cgroups, pass_fds;
	bool interactive; /* a habit from engines: standard input is passed on always */
} values;

/* clang-format off */
static const struct option_row rows[] = {
	{ "tty", 't', OPTION_FLAG, .to.flag = &values.exec.tty, .group = "The process",
	  .summary = "give the process a terminal" },
	{ "interactive", 'i', OPTION_FLAG, .to.flag = &values.interactive },
	{ "detach", 'd', OPTION_FLAG, .to.flag = &values.exec.detach,
	  .summary = "return when the process runs" },
	{ "process", 'p', OPTION_STRING, .to.string = &values.exec.process_file, .value = "FILE",
	  .summary = "take the whole process object from FILE", .completes = COMPLETES_FILE },
	{ "host-exec", 0, OPTION_STRING, .to.string = &values.exec.host_program, .value = "FILE",
	  .summary = "execute a copy of this host's FILE; what follows ID are its arguments",
	  .completes = COMPLETES_FILE },
	{ "cwd", 0, OPTION_STRING, .to.string = &values.exec.cwd, .value = "DIR",
	  .summary = "working directory in the container" },
	{ "env", 'e', OPTION_LIST, .to.list = &values.env, .value = "NAME=VALUE",
	  .summary = "add to the environment (repeatable)" },
	{ "user", 'u', OPTION_STRING, .to.string = &values.exec.user, .value = "UID[:GID]",
	  .summary = "run as these numeric ids" },
	{ "additional-gids", 'g', OPTION_LIST, .to.list = &values.gids, .value = "GID",
	  .summary = "add a supplementary group (repeatable)" },

	{ "cap", 'c', OPTION_LIST, .to.list = &values.caps, .value = "CAP_NAME", .group = "Security",
	  .summary = "add a capability (repeatable)" },
	{ "no-new-privs", 0, OPTION_FLAG, .to.flag = &values.exec.no_new_privs,
	  .summary = "no privileges by set-user-ID programs" },
	{ "apparmor", 0, OPTION_STRING, .to.string = &values.exec.apparmor, .value = "PROFILE",
	  .summary = "AppArmor profile of the process" },
	{ "process-label", 0, OPTION_STRING, .to.string = &values.exec.process_label, .value = "LABEL",
	  .summary = "SELinux label of the process" },
	{ "cgroup", 0, OPTION_LIST, .to.list = &values.cgroups, .value = "[CTRL[,CTRL]:]PATH",
	  .summary = "run in a cgroup below the container's (repeatable)" },

	{ "pid-file", 0, OPTION_STRING, .to.string = &values.exec.pid_file, .value = "FILE",
	  .group = "Around it",
	  .summary = "write the host's process id to FILE", .completes = COMPLETES_FILE },
	{ "console-socket", 0, OPTION_STRING, .to.string = &values.exec.console_socket,
	  .value = "SOCKET", .summary = "send the terminal's master to this AF_UNIX socket",
	  .completes = COMPLETES_FILE },
	{ "pidfd-socket", 0, OPTION_STRING, .to.string = &values.exec.pidfd_socket, .value = "SOCKET",
	  .summary = "send a pidfd of the process to this AF_UNIX socket",
	  .completes = COMPLETES_FILE },
	{ "internal-pid-file", 0, OPTION_STRING, .to.string = &values.exec.internal_pid_file,
	  .value = "FILE", .summary = "write the process id that the container sees to FILE",
	  .completes = COMPLETES_FILE },
	{ "ns", 0, OPTION_STRING, .to.string = &values.exec.namespaces, .value = "NS[,NS]",
	  .summary = "enter only these of the container's namespaces" },
	{ "pass-fd", 0, OPTION_LIST, .to.list = &values.pass_fds, .value = "M:N",
	  .summary = "pass our descriptor M on as number N (repeatable)" },
	{ "preserve-fds", 0, OPTION_UNSIGNED, .to.number = &values.exec.preserve_fds, .value = "N",
	  .summary = "pass the descriptors 3 to 3+N-1 on to the process" },
	{ "ignore-paused", 0, OPTION_FLAG, .to.flag = &values.exec.ignore_paused,
	  .summary = "wait for a paused container instead of failing" },
};
/* clang-format on */

/* The array stays for as long as the program. */
static int parse_gids(const struct option_list *given, struct exec_options *o, struct error *err)
{
	uint32_t *gids = reallocarray(NULL, given->n + 1, sizeof(*gids));

	if (!gids)
		return sysf(err, "additional gids");
	o->additional_gids = gids;
	for (size_t i = 0; i < given->n; i++) {
		if (parse_u32(given->v[i], &gids[i]) < 0)
			return failf(err, EINVAL, "invalid additional gid '%s': not a number",
				     given->v[i]);
	}
	o->n_additional_gids = given->n;
	return 0;
}

static int fill(const struct invocation *inv, struct exec_options *o, struct error *err)
{
	if (o->process_file && o->host_program)
		return failf(err, EINVAL, "--process and --host-exec exclude each other");
	if (!o->process_file && !o->host_program && inv->n_args < 2)
		return failf(err, EINVAL, "exec args cannot be empty: the command stands after the container's id");
	o->args = (const char *const *)inv->args + 1;
	o->env = values.env.v;
	o->n_env = values.env.n;
	o->caps = values.caps.v;
	o->n_caps = values.caps.n;
	o->cgroups = values.cgroups.v;
	o->n_cgroups = values.cgroups.n;
	return values.gids.n ? parse_gids(&values.gids, o, err) : 0;
}

static int execute(struct container *c, struct error *err)
{
	struct container_process process = CONTAINER_PROCESS_INIT;
	int r;

	if (!values.exec.detach)
		values.exec.ready = foreground_ready;
	r = container_exec(c, &values.exec, &process, err);
	if (r >= 0)
		r = values.exec.detach ? 0 : foreground_wait(&process, err);
	close_fd(process.console);
	close_fd(process.pidfd);
	return r;
}

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	int r;

	r = fill(inv, &values.exec, err);
	if (r == 0 && values.pass_fds.n)
		r = pass_fds(&values.pass_fds, &values.exec.preserve_fds, err);
	if (r < 0)
		return r;
	r = container_load(inv->rt, inv->args[0], &c, err);
	if (r < 0)
		return r;
	return execute(c, err);
}

const struct command cmd_exec = {
	.name = "exec",
	.operands = "ID [COMMAND [ARG...]]",
	.summary = "run one more process in a running container",
	.about =
		"Options come before ID. The exit status is that of the process, 128+N if signal N\n"
		"ended it, and 255 if orlop itself could not run it. What is not given here is as\n"
		"in config.json's process.",
	.examples = "  orlop exec -t demo sh\n"
		    "  orlop exec -u 1000:1000 -e LANG=C demo id\n"
		    "  orlop exec -d --process process.json demo",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.operand_is_id = true,
	.options_first = true,
	.failure = "exec failed",
	.failure_status = STATUS_EXEC_FAILED,
	.run = run,
};
