/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/macros.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/table.h"
#include "commands/ps_filter.h"

#define LISTING_MOST (64U << 20)
#define PS_SECONDS   10 /* it hangs where a process does that holds its memory map */

enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_FULL };

static int format;

static const struct name formats[] = { { "table", FORMAT_TABLE }, { "json", FORMAT_JSON },
				       { "full", FORMAT_FULL } };

/* clang-format off */
static const struct option_row rows[] = {
	{ "format", 'f', OPTION_CHOICE, .to.choice = &format, .value = "table|json|full",
	  .summary = "a table, the host's process ids, or what orlop knows of them [table]",
	  .choices = formats, .n_choices = ARRAY_SIZE(formats) },
};
/* clang-format on */

static int spawn_ps(char *const argv[], int out, pid_t *pid, struct error *err)
{
	posix_spawn_file_actions_t actions;
	int num = posix_spawn_file_actions_init(&actions);

	if (num != 0)
		return codef(err, num, "run 'ps'");
	num = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (num == 0)
		num = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return num ? codef(err, num, "run 'ps'") : 0;
}

static int finish_ps(pid_t pid, struct error *err)
{
	int status, r = child_wait(pid, PS_SECONDS, &status);

	if (r < 0)
		return codef(err, r, "wait for 'ps'");
	if (WIFSIGNALED(status))
		return failf(err, EIO, "ps was ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return failf(err, EIO, "ps ended with status %d", WEXITSTATUS(status));
	return 0;
}

static int read_listing(int fd, struct str *listing)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[4096];

	for (;;) {
		int ready = poll(&p, 1, PS_SECONDS * 1000);
		ssize_t n = ready > 0 ? read(fd, buf, sizeof(buf)) : -1;

		if (ready == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return str_ok(listing) ? 0 : -ENOMEM;
		if (n > 0)
			str_addn(listing, buf, (size_t)n);
		if (listing->n > LISTING_MOST)
			return -EFBIG;
	}
}

static int read_ps(char *const argv[], struct str *listing, struct error *err)
{
	int ends[2], r, ended;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return sysf(err, "pipe");
	r = spawn_ps(argv, ends[1], &pid, err);
	close_fd(ends[1]);
	if (r < 0) {
		close_fd(ends[0]);
		return r;
	}
	r = read_listing(ends[0], listing);
	close_fd(ends[0]);
	ended = finish_ps(pid, r < 0 ? NULL : err);
	return r < 0 ? codef(err, r, "read the output of 'ps'") : ended;
}

static int add_table(const struct invocation *inv, const pid_t *pids, size_t n, struct str *out,
		     struct error *err)
{
	static char ps[] = "ps", all[] = "-ef";
	auto_str listing = STR_INIT;
	char **argv = reallocarray(NULL, inv->n_args + 2, sizeof(*argv));
	int r;

	if (!argv)
		return sysf(err, "run 'ps'");
	argv[0] = ps;
	argv[1] = all;
	argv[2] = NULL;
	/* Including the NULL at the end. */
	for (size_t i = 1; inv->n_args > 1 && i <= inv->n_args; i++)
		argv[i] = inv->args[i];
	r = read_ps(argv, &listing, err);
	free(argv);
	return r < 0 ? r : ps_filter(str_text(&listing), pids, n, out, err);
}

static void add_json(const pid_t *pids, size_t n, struct str *out)
{
	str_add(out, "[");
	for (size_t i = 0; i < n; i++)
		str_printf(out, "%s%d", i ? "," : "", (int)pids[i]);
	str_add(out, "]\n");
}

static void add_number(struct table *t, pid_t number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", (int)number);
	table_add(t, number > 0 ? text : "-");
}

/* Not by ps(1): it does not know the container's numbers, and a zombie is in no list of a cgroup. */
static int add_full(struct container *c, struct str *out, struct error *err)
{
	static const char *const heads[] = { "PID", "INSIDE", "PARENT", "STATE", "COMMAND" };
	__attribute__((cleanup(table_done_auto))) struct table t = TABLE_INIT(ARRAY_SIZE(heads));
	struct process_table_row *all = NULL;
	size_t n = 0;
	int r = container_process_table(c, &all, &n, err);

	if (r < 0)
		return r;
	foreach_array(head, heads)
		table_add(&t, *head);
	for (size_t i = 0; i < n; i++) {
		add_number(&t, all[i].pid);
		add_number(&t, all[i].inside);
		add_number(&t, all[i].parent);
		table_add(&t, all[i].state);
		table_add(&t, all[i].name);
	}
	free(all);
	return table_print(&t, out, err);
}

static int run_on(struct container *c, const struct invocation *inv, struct error *err)
{
	auto_str out = STR_INIT;
	pid_t *pids = NULL;
	size_t n = 0;
	int r;

	r = format == FORMAT_FULL ? add_full(c, &out, err) : container_pids(c, &pids, &n, err);
	if (r < 0)
		return r;
	if (format == FORMAT_FULL)
		return output(&out, err);
	if (format == FORMAT_JSON)
		add_json(pids, n, &out);
	else
		r = add_table(inv, pids, n, &out, err);
	free(pids);
	return r < 0 ? r : output(&out, err);
}

const struct command cmd_ps = {
	.name = "ps",
	.operands = "ID [PS-OPTION...]",
	.summary = "list the processes of a container",
	.about = "The table is what the host's ps prints with the given options [-ef], which must\n"
		 "keep a PID column. --format full shows each process's number in the container and\n"
		 "its state, zombies included.",
	.examples = "  orlop ps demo\n"
		    "  orlop ps demo -o pid,rss,args\n"
		    "  orlop ps --format json demo\n"
		    "  orlop ps --format full demo",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.operand_is_id = true,
	.options_first = true,
	.run_on = run_on,
};
