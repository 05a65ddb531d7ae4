/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string.h>
#include <unistd.h>

#include "base/calls.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/timings.h"
#include "cli/command.h"
#include "cli/globals.h"
#include "cli/output.h"
#include "cli/report.h"

#ifndef ORLOP_VERSION
#define ORLOP_VERSION "0.0.0"
#endif
#ifndef ORLOP_COMMIT
#define ORLOP_COMMIT "unknown"
#endif

#define STATUS_UNKNOWN_COMMAND 3

/* A descriptor opened later must never become standard output or error by being the lowest free one. */
static int fill_standard_descriptors(struct error *err)
{
	struct pollfd fds[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };
	int n = poll(fds, ARRAY_SIZE(fds), 0);

	if (n < 0)
		return sysf(err, "poll standard descriptors");
	for (size_t i = 0; n > 0 && i < ARRAY_SIZE(fds); i++)
		if (fds[i].revents & POLLNVAL && openat(AT_FDCWD, "/dev/null", O_RDWR | O_NOCTTY) < 0)
			return sysf(err, "open '/dev/null'");
	return 0;
}

static int print(struct str *text, struct error *err)
{
	int r = output(text, err);

	str_done(text);
	return r;
}

static int print_help(const struct command *command, struct error *err)
{
	struct str text = STR_INIT;

	help_text(command, &text);
	return print(&text, err);
}

static int print_version(struct error *err)
{
	struct str text = STR_INIT;

	str_printf(&text, "orlop version %s\ncommit: %s\nspec: 1.3.0\nlibseccomp: %s\n",
		   ORLOP_VERSION, ORLOP_COMMIT, container_libseccomp_version());
	return print(&text, err);
}

static int print_completions(const char *shell, struct error *err)
{
	auto_str text = STR_INIT;
	int r;

	r = completions_text(shell, &text, err);
	if (r < 0)
		return r;
	return output(&text, err);
}

/* The reason in one line, with how it is called. Standard output is for those who asked for help. */
static int incorrect_usage(const struct command *c, struct error *why)
{
	auto_str text = STR_INIT;

	str_add(&text, why->msg);
	if (c)
		str_printf(&text, "; usage: orlop %s%s%s%s; 'orlop %s --help' explains it", c->name,
			   c->n_options ? " [options]" : "", c->operands ? " " : "",
			   c->operands ? c->operands : "", c->name);
	else
		str_add(&text, "; 'orlop --help' names all");
	return failf(why, why->num, "%s", str_text(&text));
}

static int check_operands(const struct command *c, const struct invocation *inv, struct error *err)
{
	const char *kind = "exactly";
	size_t wanted = c->min_operands;

	if (inv->n_args >= c->min_operands && inv->n_args <= c->max_operands)
		return 0;
	if (c->min_operands != c->max_operands) {
		kind = inv->n_args < c->min_operands ? "a minimum of" : "a maximum of";
		wanted = inv->n_args < c->min_operands ? c->min_operands : c->max_operands;
	}
	if (inv->n_args > c->max_operands)
		return failf(err, EINVAL, "%s: \"%s\" requires %s %zu argument(s), found one more: '%.80s'%s%s",
			     inv->program, c->name, kind, wanted, inv->args[c->max_operands],
			     c->surplus ? ": " : "", c->surplus ? c->surplus : "");
	return failf(err, EINVAL, "%s: \"%s\" requires %s %zu argument(s)", inv->program, c->name, kind, wanted);
}

/* Takes the verb out of the operands. */
static int take_verb(const struct command *c, struct invocation *inv, struct error *err)
{
	const char *word = inv->n_args ? inv->args[0] : "";
	size_t n = strlen(word);

	if (!c->verbs)
		return 0;
	for (const char *at = c->verbs; *at; at += strcspn(at, "|"), at += *at == '|') {
		if (!n || strcspn(at, "|") != n || strncmp(at, word, n) != 0)
			continue;
		inv->verb = word;
		inv->args++;
		inv->n_args--;
		return 0;
	}
	return failf(err, EINVAL, "%s: \"%s\" wants one of %s, found '%s'", inv->program, c->name,
		     c->verbs, word);
}

/* A refused system call looks like a missing right: say which one it was. */
static void explain(struct error *err)
{
	auto_str why = STR_INIT;
	size_t n = strlen(err->msg);

	if (err->alone || (err->num != EPERM && err->num != ENOSYS && err->num != EACCES))
		return;
	calls_refused(&why);
	if (why.n)
		(void)snprintf(err->msg + n, sizeof(err->msg) - n, " (%s)", str_text(&why));
}

static int execute(const struct command *c, const struct invocation *inv)
{
	struct error err = ERROR_INIT;
	int r;

	log_debug("orlop %s (%s): %s %s", ORLOP_VERSION, ORLOP_COMMIT, c->name,
		  inv->n_args ? inv->args[0] : "");
	timings_mark("command line");
	r = command_run(c, inv, &err);
	timings_mark("the rest");
	if (r >= 0)
		return r;
	explain(&err);
	report_failure(c->failure, &err);
	return c->failure_status ? c->failure_status : EXIT_FAILURE;
}

/* The exit status, or a negative errno when the command was not called as it wants to be. */
static int run_command(const struct command *c, struct invocation *inv, struct operands *words,
		       struct error *err)
{
	struct operands operands = *words;
	int r = 0;

	report_phase(c->name);
	if (!c->verbatim)
		r = options_parse(c->options, c->n_options, c->options_first, words->v, words->n,
				  &operands, err);
	if (r < 0)
		return incorrect_usage(c, err);
	if (operands.help)
		return print_help(c, err);
	inv->args = operands.v;
	inv->n_args = operands.n;
	if (take_verb(c, inv, err) < 0 || check_operands(c, inv, err) < 0)
		return incorrect_usage(c, err);
	return execute(c, inv);
}

static int no_such_command(const char *name)
{
	const char *advice = habit_advice(name), *nearest = command_nearest(name);
	struct error err = ERROR_INIT;

	if (advice)
		failf(&err, EINVAL, "No help topic for '%s': %s", name, advice);
	else if (nearest)
		failf(&err, EINVAL, "No help topic for '%s', did you mean '%s'", name, nearest);
	else
		failf(&err, EINVAL, "No help topic for '%s'; 'orlop --help' names all commands", name);
	report_failure(NULL, &err);
	return STATUS_UNKNOWN_COMMAND;
}

/* `help [COMMAND]`, `--help [COMMAND]` and no command at all. */
static int help(const char *name, struct error *err)
{
	const struct command *command = name ? command_find(name) : NULL;

	if (name && !command)
		return no_such_command(name);
	return print_help(command, err);
}

static int dispatch(struct invocation *inv, const struct globals *globals, struct operands *words,
		    struct error *err)
{
	const struct command *command;
	struct operands rest = { .v = words->v + 1, .n = words->n - 1 };

	if (globals->version)
		return print_version(err);
	if (globals->completions)
		return print_completions(globals->completions, err);
	if (words->help || words->n == 0)
		return help(NULL, err);
	if (streq(words->v[0], "help"))
		return help(rest.n ? rest.v[0] : NULL, err);
	command = command_find(words->v[0]);
	if (!command)
		return no_such_command(words->v[0]);
	return run_command(command, inv, &rest, err);
}

static int start(int argc, char **argv, struct error *err)
{
	struct operands words = { 0 };
	struct runtime rt = { 0 };
	struct globals globals;
	struct invocation inv = { .program = argc > 0 ? argv[0] : "orlop", .rt = &rt };
	int r;

	r = fill_standard_descriptors(err);
	if (r < 0)
		return r;
	/* An inherited SIG_IGN would make the kernel reap our children and lose their status. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		return sysf(err, "signal SIGCHLD");
	r = options_parse(global_options, n_global_options, true, argv + (argc > 0),
			  (size_t)(argc > 0 ? argc - 1 : 0), &words, err);
	if (r < 0)
		return incorrect_usage(NULL, err);
	r = globals_apply(&rt, &globals, err);
	if (r < 0)
		return r;
	return dispatch(&inv, &globals, &words, err);
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	int r = start(argc, argv, &err);

	if (r < 0)
		report_failure(NULL, &err);
	report_timings();
	if (r != 0)
		interrupt_die();
	return r < 0 ? EXIT_FAILURE : r;
}
