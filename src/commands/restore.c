/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/macros.h"
#include "base/timings.h"
#include "cli/foreground.h"
#include "commands/checkpoint_rows.h"

static struct {
	struct restore_options o;
	bool no_subreaper, pod;
	int empty;
} values;

/* clang-format off */
static const struct option_row rows[] = {
	{ "bundle", 'b', OPTION_STRING, .to.string = &values.o.create.bundle, .value = "DIR",
	  .summary = "the bundle: config.json and root filesystem [.]",
	  .completes = COMPLETES_DIRECTORY },
	CHECKPOINT_ROWS(values.o.common, values.empty),
	{ "detach", 'd', OPTION_FLAG, .to.flag = &values.o.create.detach,
	  .summary = "return when the container runs" },
	{ "pid-file", 0, OPTION_STRING, .to.string = &values.o.create.pid_file, .value = "FILE",
	  .summary = "write the host's process id to FILE", .completes = COMPLETES_FILE },
	{ "console-socket", 0, OPTION_STRING, .to.string = &values.o.create.console_socket,
	  .value = "SOCKET", .summary = "send the terminal's master to this AF_UNIX socket",
	  .completes = COMPLETES_FILE },
	{ "no-subreaper", 0, OPTION_FLAG, .to.flag = &values.no_subreaper,
	  .summary = "leave orphans of the container to others" },
	{ "tcp-close", 0, OPTION_FLAG, .to.flag = &values.o.tcp_close,
	  .summary = "TCP connections are found closed" },
	{ "lsm-profile", 0, OPTION_STRING, .to.string = &values.o.lsm_profile, .value = "TYPE:NAME",
	  .summary = "the label of its processes, selinux:... or apparmor:..." },
	{ "lsm-mount-context", 0, OPTION_STRING, .to.string = &values.o.lsm_mount_context,
	  .value = "CONTEXT", .summary = "the label of its mounts that had one" },
	{ "post-restore-exec", 0, OPTION_STRING, .to.string = &values.o.post_restore_exec, .value = "ARGV",
	  .summary = "run this in the container after" },
	{ "pod", 0, OPTION_FLAG, .to.flag = &values.pod,
	  .summary = "all containers of a checkpoint --pod" },
	/* For those who pass them on to all: the images have what these ask for. */
	{ "no-pivot", 0, OPTION_FLAG, .to.flag = &values.o.create.no_pivot },
	{ "no-new-keyring", 0, OPTION_FLAG, .to.flag = &values.o.create.no_new_keyring },
	{ "preserve-fds", 0, OPTION_UNSIGNED, .to.number = &values.o.create.preserve_fds, .value = "N" },
};
/* clang-format on */

/* As `run` does: the exit status is that of the container, which is deleted. */
static int attend(struct container *c, const struct container_process *p, struct error *err)
{
	struct container_exit how;
	int wait_status = 0, r;
	int status = foreground_watch(p, &wait_status, err);

	timings_mark("the program");
	if (status == 0) {
		status = foreground_status(wait_status);
		r = container_ended(c, wait_status, false, &how, err);
		if (r < 0)
			return r;
	}
	r = container_delete(c, true, status < 0 ? NULL : err);
	return r < 0 && status >= 0 ? r : status;
}

static int restore_one(const struct invocation *inv, struct error *err)
{
	struct container_process process = CONTAINER_PROCESS_INIT;
	auto_(container_free) struct container *c = NULL;
	int r = 0;

	if (!values.o.create.detach) {
		r = foreground_begin(!values.no_subreaper, err);
		values.o.create.ready = foreground_ready;
	}
	values.o.create.id = inv->args[0];
	if (r == 0)
		r = container_restore(inv->rt, &values.o, &c, &process, err);
	if (r == 0 && !values.o.create.detach)
		r = attend(c, &process, err);
	close_fd(process.console);
	close_fd(process.notify);
	close_fd(process.pidfd);
	return r;
}

static int run(const struct invocation *inv, struct error *err)
{
	show_progress(&values.o.common);
	if (values.pod) {
		if (values.o.create.bundle || values.o.create.console_socket || values.o.create.pid_file)
			return failf(err, EINVAL, "--pod takes bundles from the checkpoint: no --bundle, --pid-file or "
				     "--console-socket");
		values.o.create.detach = true;
		return container_restore_pod(inv->rt, &values.o, (const char *const *)inv->args, inv->n_args, err);
	}
	if (inv->n_args != 1)
		return failf(err, EINVAL, "restore wants one ID; several are restored by --pod");
	return restore_one(inv, err);
}

const struct command cmd_restore = {
	.name = "restore",
	.operands = "ID",
	.summary = "make a container from a checkpoint, by CRIU",
	.about = "The bundle's config.json says where cgroups, bind mounts, namespaces by path and streams are now;\n"
		 "the processes are as the checkpoint has them. If anything fails, nothing is left behind.",
	.examples = "  orlop restore --detach --bundle /srv/demo --image-path /srv/images/demo demo\n"
		    "  orlop restore --pod --image-path /srv/images/pod",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 0,
	.max_operands = OPERANDS_ANY,
	.run = run,
};
