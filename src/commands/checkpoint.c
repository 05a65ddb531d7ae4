/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/macros.h"
#include "commands/checkpoint_rows.h"

static struct {
	struct checkpoint_options o;
	unsigned status_fd;
	int empty;
	bool pod;
} values = { .status_fd = UINT_MAX };

/* clang-format off */
static const struct option_row rows[] = {
	CHECKPOINT_ROWS(values.o.common, values.empty),
	{ "leave-running", 0, OPTION_FLAG, .to.flag = &values.o.leave_running,
	  .summary = "go on after the checkpoint" },
	{ "parent-path", 0, OPTION_STRING, .to.string = &values.o.parent_path, .value = "DIR",
	  .summary = "an earlier --pre-dump, relative to the image directory" },
	{ "pre-dump", 0, OPTION_FLAG, .to.flag = &values.o.pre_dump,
	  .summary = "write the memory alone, and go on" },
	{ "tcp-skip-in-flight", 0, OPTION_FLAG, .to.flag = &values.o.tcp_skip_in_flight,
	  .summary = "leave out TCP connections that are being made" },
	{ "link-remap", 0, OPTION_FLAG, .to.flag = &values.o.link_remap,
	  .summary = "open files may have lost their names" },
	{ "page-server", 0, OPTION_STRING, .to.string = &values.o.page_server, .value = "ADDRESS:PORT",
	  .summary = "send the memory to a page server of CRIU" },
	{ "status-fd", 0, OPTION_UNSIGNED, .to.number = &values.status_fd, .value = "N",
	  .summary = "tell the progress to descriptor N as lines of JSON" },
	{ "pre-dump-exec", 0, OPTION_STRING, .to.string = &values.o.pre_dump_exec, .value = "ARGV",
	  .summary = "run this in the container before" },
	{ "post-resume-exec", 0, OPTION_STRING, .to.string = &values.o.post_resume_exec, .value = "ARGV",
	  .summary = "run this in the container after, with --leave-running" },
	{ "pod", 0, OPTION_FLAG, .to.flag = &values.pod,
	  .summary = "all named containers together, a directory for each" },
};
/* clang-format on */

static int checkpoint_pod(const struct invocation *inv, struct error *err)
{
	struct container **c = calloc(inv->n_args, sizeof(struct container *));
	int r = c ? 0 : sysf(err, "checkpoint");

	for (size_t i = 0; r == 0 && i < inv->n_args; i++)
		r = container_load(inv->rt, inv->args[i], &c[i], err);
	if (r == 0)
		r = container_checkpoint_pod(c, inv->n_args, &values.o, err);
	for (size_t i = 0; c && i < inv->n_args; i++)
		container_free(c[i]);
	free(c);
	return r;
}

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	int r;

	values.o.status_fd = values.status_fd > INT_MAX ? -1 : (int)values.status_fd;
	if (inv->n_args > 1 && !values.pod)
		return failf(err, EINVAL, "several containers at once need --pod");
	if (values.o.pre_dump && values.pod)
		return failf(err, EINVAL, "--pre-dump is for one container, not for --pod");
	show_progress(&values.o.common);
	if (values.pod)
		return checkpoint_pod(inv, err);
	r = container_load(inv->rt, inv->args[0], &c, err);
	return r < 0 ? r : container_checkpoint(c, &values.o, err);
}

const struct command cmd_checkpoint = {
	.name = "checkpoint",
	.operands = "ID...",
	.summary = "write a running container to disk, by CRIU",
	.about = "Without --leave-running the container is gone afterwards; 'orlop restore' makes it again.\n"
		 "If anything fails it runs on, and the message says what CRIU's log says of it.\n"
		 "The program of a --*-exec option sees ORLOP_CHECKPOINT_PHASE: save, resume or restore.",
	.examples = "  orlop checkpoint --image-path /srv/images/demo demo\n"
		    "  orlop checkpoint --leave-running --image-path /srv/images/demo demo\n"
		    "  orlop checkpoint --pod --image-path /srv/images/pod infra web cache",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.operand_is_id = true,
	.run = run,
};
