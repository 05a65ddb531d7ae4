/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A command of the command line is one row: the same row parses its options, prints its help, completes
 * it in shells and runs it. To add a flag, add a row to the `options` of its cmd_*.c, and a line to the
 * man page; a test notices when one of them is forgotten.
 */

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "container.h"

#define OPERANDS_ANY SIZE_MAX

/* What the user typed, after the options were taken out. */
struct invocation {
	const char *program; /* argv[0] */
	const struct runtime *rt;
	const char *verb;  /* one of the command's `verbs`, taken out of the operands; NULL: it has none */
	char *const *args; /* the operands, NULL-terminated */
	size_t n_args;
};

struct command {
	const char *name;
	const char *operands; /* for the usage line: "ID [SIGNAL]"; NULL: none */
	const char *summary;  /* one line, lower case                         */
	const char *about;    /* a paragraph of help; or NULL                 */
	const char *examples; /* lines for the help; or NULL                  */
	const struct option_row *options;
	size_t n_options;
	const char *verbs; /* "get|set": the word that comes before the operands; or NULL */
	size_t min_operands, max_operands;
	const char *surplus; /* of an operand too many: what it was meant for, and how that is said; or NULL */
	bool operand_is_id;  /* shells complete the first operand with the ids of `list` */
	bool then_signal;    /* and the second with the names of signals                 */
	bool options_first;  /* what follows the first operand is not ours               */
	bool verbatim;       /* nothing is parsed: the command only refuses              */
	const char *failure; /* what error messages begin with; or NULL                 */
	int failure_status;  /* exit status of errors when it is not 1                  */

	/*
	 * One of the two, which returns the exit status (0 to 255), or a negative errno with err filled. run_on is for
	 * a command about one container: it gets that of the first operand, which it does not own.
	 */
	int (*run)(const struct invocation *inv, struct error *err);
	int (*run_on)(struct container *c, const struct invocation *inv, struct error *err);
};

/* What a command with `verbs` does for one of them. */
struct verb {
	const char *name;
	int (*run_on)(struct container *c, const struct invocation *inv, struct error *err);
};
/* That of inv->verb, which is one of the n. */
int verb_run(const struct verb *v, size_t n, struct container *c, const struct invocation *inv,
	     struct error *err);

/* run or run_on, as above. */
int command_run(const struct command *command, const struct invocation *inv, struct error *err);

/* All commands in the order of the help, NULL-terminated. */
extern const struct command *const commands[];
/* The options before the command. */
extern const struct option_row global_options[];
extern const size_t n_global_options;

/* NULL when there is none. */
const struct command *command_find(const char *name);
/* habits.c: the name that is nearest to a mistyped one, or NULL. */
const char *command_nearest(const char *word);
/* What to do instead of a command that others have and we do not; or NULL. */
const char *habit_advice(const char *word);

/* The text of --help: of everything when command is NULL. */
void help_text(const struct command *command, struct str *out);
/* A completion script for "bash", "zsh" or "fish"; -EINVAL for another shell. */
int completions_text(const char *shell, struct str *out, struct error *err);

extern const struct command cmd_cgroup, cmd_checkpoint, cmd_commands, cmd_create, cmd_delete, cmd_events, cmd_exec,
	cmd_features, cmd_inspect, cmd_kill, cmd_list, cmd_mounts, cmd_pause, cmd_port_forward, cmd_ps, cmd_restore, cmd_resume, cmd_run,
	cmd_debug, cmd_trace,
	cmd_seccomp,
	cmd_spec, cmd_stacks, cmd_start, cmd_state, cmd_stats, cmd_stop, cmd_tty, cmd_update, cmd_validate, cmd_verify, cmd_wait;
