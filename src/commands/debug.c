/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/macros.h"
#include "cli/command.h"
#include "cli/foreground.h"

#define STATUS_EXEC_FAILED 255 /* as exec's */
#define CWD                "/container"

static struct {
	struct exec_options exec;
	struct option_list env, caps;
} values;

/* clang-format off */
static const struct option_row rows[] = {
	{ "tools", 0, OPTION_STRING, .to.string = &values.exec.tools, .value = "DIR|ID",
	  .summary = "tools of a folder (with a slash) or a container [this host's]",
	  .completes = COMPLETES_FILE },
	{ "tty", 0, OPTION_FLAG, .to.flag = &values.exec.tty,
	  .summary = "give COMMAND a terminal; a shell has one where we have" },
	{ "cwd", 0, OPTION_STRING, .to.string = &values.exec.cwd, .value = "DIR",
	  .summary = "working directory [" CWD "]" },
	{ "env", 0, OPTION_LIST, .to.list = &values.env, .value = "NAME=VALUE",
	  .summary = "add to the environment (repeatable)" },
	{ "user", 0, OPTION_STRING, .to.string = &values.exec.user, .value = "UID[:GID]",
	  .summary = "run as these numeric ids" },
	{ "cap", 0, OPTION_LIST, .to.list = &values.caps, .value = "CAP_NAME",
	  .summary = "add a capability, as CAP_SYS_PTRACE (repeatable)" },
};
/* clang-format on */

/* Tools are looked for where tools are, whatever PATH the container's program has. */
static const char *const tool_env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"LD_LIBRARY_PATH=",
	"LD_PRELOAD=",
};

static int environment(struct exec_options *o, struct error *err)
{
	size_t n = ARRAY_SIZE(tool_env), room = n + 1 + values.env.n;
	const char *term = getenv("TERM");
	const char **v = calloc(room, sizeof(*v));
	static char term_pair[80];

	if (!v)
		return sysf(err, "environment");
	for (size_t i = 0; i < n; i++)
		v[i] = tool_env[i];
	if (term &&
	    snprintf(term_pair, sizeof(term_pair), "TERM=%s", term) < (int)sizeof(term_pair))
		v[n++] = term_pair;
	for (size_t i = 0; i < values.env.n; i++)
		v[n++] = values.env.v[i];
	/* It stays for as long as the program. */
	o->env = v;
	o->n_env = n;
	return 0;
}

static int execute(struct container *c, struct error *err)
{
	struct container_process process = CONTAINER_PROCESS_INIT;
	int r;

	values.exec.ready = foreground_ready;
	r = container_exec(c, &values.exec, &process, err);
	if (r >= 0)
		r = foreground_wait(&process, err);
	close_fd(process.console);
	close_fd(process.pidfd);
	return r;
}

static int run(const struct invocation *inv, struct error *err)
{
	static const char *const shell[] = { "sh", NULL };
	auto_(container_free) struct container *c = NULL;
	struct exec_options *o = &values.exec;
	int r = environment(o, err);

	o->args = (const char *const *)inv->args + 1;
	if (!o->args[0]) {
		o->args = shell;
		o->tty = isatty(0);
	}
	if (!o->cwd)
		o->cwd = CWD;
	o->with_tools = true;
	o->caps = values.caps.v;
	o->n_caps = values.caps.n;
	if (r == 0)
		r = container_load(inv->rt, inv->args[0], &c, err);
	return r < 0 ? r : execute(c, err);
}

const struct command cmd_debug = {
	.name = "debug",
	.operands = "ID [-- COMMAND [ARG...]]",
	.summary = "a shell with this host's tools in a running container",
	.about =
		"For images that have no tools. The root is that of the tools, read-only, and the container's\n"
		"root is /container; processes, network, /proc, /dev and the rights are the container's. The\n"
		"container's processes do not see the tools among their mounts. After -- nothing is an option of\n"
		"orlop's.",
	.examples = "  orlop debug demo\n"
		    "  orlop debug demo -- ls -l /container\n"
		    "  orlop debug demo --cap CAP_SYS_PTRACE -- strace -f -p 1\n"
		    "  orlop debug demo --tools ./alpine-rootfs",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.operand_is_id = true,
	.failure = "debug failed",
	.failure_status = STATUS_EXEC_FAILED,
	.run = run,
};
