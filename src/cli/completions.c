/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Completion scripts for shells, printed from the option tables. The files in contrib/completions are the
 * output of 'orlop --help-completions SHELL'; a unit test compares them.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "cli/command.h"

struct shell {
	const char *name;
	void (*print)(struct str *out);
};

/* "a|b|c" as "a b c". */
static void add_words(struct str *out, const char *alternatives)
{
	for (const char *c = alternatives; *c; c++)
		str_addn(out, *c == '|' ? " " : c, 1);
}

/* Inside single quotes; the bytes of `special` get a backslash. */
static void add_escaped(struct str *out, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'') {
			str_add(out, "'\\''");
			continue;
		}
		if (strchr(special, *text))
			str_add(out, "\\");
		str_addn(out, text, 1);
	}
}

static bool takes_value(const struct option_row *row)
{
	return row->kind != OPTION_FLAG;
}

/* Those that people send; shells know more, and words that are none (EXIT, DEBUG). */
#define SIGNALS "HUP INT QUIT ABRT KILL USR1 USR2 ALRM TERM CONT STOP TSTP TTIN TTOU URG WINCH"

static bool takes_signal(const struct option_row *row)
{
	return row->value && streq(row->value, "SIGNAL");
}

/* "ID...": each operand is a container. */
static bool takes_many_ids(const struct command *c)
{
	return c->operand_is_id && c->operands &&
		(starts_with(c->operands, "ID...") || starts_with(c->operands, "[ID..."));
}

/* What the first operand after a verb is. */
static unsigned id_place(const struct command *c)
{
	return c->verbs ? 1 : 0;
}

/* A name that nobody has yet: there is nothing to offer. */
static bool takes_new_id(const struct command *c)
{
	return !c->operand_is_id && c->operands && streq(c->operands, "ID");
}

/* ---- bash ---- */

/* clang-format off */
static const char bash_begin[] =
	"# bash completion for orlop, printed by: orlop --help-completions bash\n"
	"\n"
	"_orlop()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal command='' options='' root='' words='' at=0 operands=0 i\n"
	"\n"
	"\tCOMPREPLY=()\n"
	"\t[[ $cur == '=' ]] && cur=''\n"
	"\t[[ $prev == '=' ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n";

static const char bash_scan[] =
	"\t\t\t[[ ${COMP_WORDS[i+1]} == '=' ]] && ((i++))\n"
	"\t\t\t[[ ${COMP_WORDS[i]} == --root || ${COMP_WORDS[i-1]} == --root ]] && root=${COMP_WORDS[i+1]}\n"
	"\t\t\t((i++))\n"
	"\t\t\t;;\n"
	"\t\t-* | '=') ;;\n"
	"\t\t*)\n"
	"\t\t\tcommand=${COMP_WORDS[i]}\n"
	"\t\t\tat=$i\n"
	"\t\t\tbreak\n"
	"\t\t\t;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tfor ((i = at + 1; at > 0 && i < COMP_CWORD; i++)); do\n"
	"\t\tcase $command:${COMP_WORDS[i]} in\n"
	"\t\t*:: | *:=) ((i++)) ;;\n";

static const char bash_count[] =
	"\t\t\t[[ ${COMP_WORDS[i+1]} == '=' ]] && ((i++))\n"
	"\t\t\t((i++))\n"
	"\t\t\t;;\n"
	"\t\t*:-?*) ;;\n"
	"\t\t*) ((operands++)) ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\n"
	"\tcase $command:$operands in\n";

static const char bash_before_values[] =
	"\tesac\n"
	"\tcase $command:$prev in\n";

static const char bash_options[] =
	"\tesac\n"
	"\n"
	"\tcase $command in\n";

static const char bash_end[] =
	"\tesac\n"
	"\tif [[ $cur == -* ]]; then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$options --help\" -- \"$cur\")\n"
	"\t\treturn\n"
	"\tfi\n"
	"\n"
	"\tcase $command:$operands in\n";

static const char bash_ids[] =
	"\t\twords=$(\"${COMP_WORDS[0]}\" ${root:+--root \"$root\"} list -q 2>/dev/null)\n"
	"\t\t;;\n";

static const char bash_nothing[] =
	"\t\tcompopt +o default 2>/dev/null\n"
	"\t\treturn\n"
	"\t\t;;\n"
	"\tesac\n"
	"\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	"}\n"
	"\n"
	"complete -o default -F _orlop orlop\n";
/* clang-format on */

static void bash_patterns(struct str *out, const char *prefix, const struct option_row *row)
{
	str_printf(out, "%s--%s", prefix, row->name);
	if (row->letter)
		str_printf(out, " | %s-%c", prefix, row->letter);
}

static void bash_choices(struct str *out, const char *prefix, const struct option_row *rows,
			 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].kind != OPTION_CHOICE)
			continue;
		str_add(out, "\t");
		bash_patterns(out, prefix, &rows[i]);
		str_add(out, ")\n\t\tmapfile -t COMPREPLY < <(compgen -W \"");
		add_words(out, rows[i].value);
		str_add(out, "\" -- \"$cur\")\n\t\treturn\n\t\t;;\n");
	}
}

typedef bool (*row_filter)(const struct option_row *row);

static bool is_file(const struct option_row *row)
{
	return row->kind != OPTION_CHOICE && row->completes == COMPLETES_FILE;
}

static bool is_directory(const struct option_row *row)
{
	return row->kind != OPTION_CHOICE && row->completes == COMPLETES_DIRECTORY;
}

static bool is_unknown(const struct option_row *row)
{
	return row->kind != OPTION_CHOICE && row->completes == COMPLETES_NOTHING &&
		!takes_signal(row);
}

/* One case for all options of this kind: a line of patterns a command. */
static void bash_kind(struct str *out, const char *prefix, const struct option_row *rows, size_t n,
		      row_filter wanted, bool *any)
{
	bool line = false;

	for (size_t i = 0; i < n; i++) {
		if (!rows[i].summary || !takes_value(&rows[i]) || !wanted(&rows[i]))
			continue;
		str_add(out, line ? " | " : *any ? " | \\\n\t" : "\t");
		bash_patterns(out, prefix, &rows[i]);
		line = true;
		*any = true;
	}
}

static void bash_kinds(struct str *out, row_filter wanted, const char *action)
{
	bool any = false;
	char prefix[32];

	bash_kind(out, ":", global_options, n_global_options, wanted, &any);
	for (size_t i = 0; commands[i]; i++) {
		snprintf(prefix, sizeof(prefix), "%s:", commands[i]->name);
		bash_kind(out, prefix, commands[i]->options, commands[i]->n_options, wanted, &any);
	}
	str_printf(out, ")\n%s", action);
}

static void bash_values(struct str *out)
{
	char prefix[32];

	bash_choices(out, ":", global_options, n_global_options);
	for (size_t i = 0; commands[i]; i++) {
		snprintf(prefix, sizeof(prefix), "%s:", commands[i]->name);
		bash_choices(out, prefix, commands[i]->options, commands[i]->n_options);
	}
	bash_kinds(out, takes_signal,
		   "\t\tmapfile -t COMPREPLY < <(compgen -W \"" SIGNALS
		   "\" -- \"$cur\")\n\t\treturn\n\t\t;;\n");
	bash_kinds(out, is_file,
		   "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n\t\treturn\n\t\t;;\n");
	bash_kinds(out, is_directory,
		   "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n\t\treturn\n\t\t;;\n");
	bash_kinds(out, is_unknown, "\t\tcompopt +o default 2>/dev/null\n\t\treturn\n\t\t;;\n");
}

static void bash_option_words(struct str *out, const char *command, const struct option_row *rows,
			      size_t n)
{
	str_printf(out, "\t%s) options=\"", *command ? command : "''");
	for (size_t i = 0; i < n; i++)
		if (rows[i].summary)
			str_printf(out, "%s--%s", i ? " " : "", rows[i].name);
	str_printf(out, "%s\" ;;\n", *command ? "" : " --version");
}

/* Patterns of the places where this is what follows: "cgroup:1 | wait:*". */
typedef bool (*place_of)(const struct command *c, char *place, size_t size);

static bool place_of_id(const struct command *c, char *place, size_t size)
{
	snprintf(place, size, takes_many_ids(c) ? "*" : "%u", id_place(c));
	return c->operand_is_id;
}

/* After the last operand, and where a new name stands. */
static bool place_of_nothing(const struct command *c, char *place, size_t size)
{
	snprintf(place, size, takes_new_id(c) ? "*" : "%zu", c->max_operands + (c->verbs ? 1 : 0));
	return !takes_many_ids(c) && c->max_operands != OPERANDS_ANY;
}

/* What follows the first operand is another program's, or a signal. */
static bool place_of_foreign(const struct command *c, char *place, size_t size)
{
	snprintf(place, size, "[1-9]*");
	return c->options_first && !c->then_signal;
}

static void bash_places(struct str *out, place_of where)
{
	const char *separator = "\t";

	for (size_t i = 0; commands[i]; i++) {
		char place[16];

		if (commands[i]->verbatim || !where(commands[i], place, sizeof(place)))
			continue;
		str_printf(out, "%s%s:%s", separator, commands[i]->name, place);
		separator = " | ";
	}
	str_add(out, ")\n");
}

static void bash_operands(struct str *out)
{
	str_add(out, "\t:*) words=\"");
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->verbatim)
			str_printf(out, "%s ", commands[i]->name);
	str_add(out, "help\" ;;\n");
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i]->verbs) {
			str_printf(out, "\t%s:0) words=\"", commands[i]->name);
			add_words(out, commands[i]->verbs);
			str_add(out, "\" ;;\n");
		}
		if (commands[i]->then_signal)
			str_printf(out, "\t%s:1) words=\"" SIGNALS "\" ;;\n", commands[i]->name);
	}
	bash_places(out, place_of_id);
	str_add(out, bash_ids);
	bash_places(out, place_of_nothing);
	str_add(out, bash_nothing);
}

static void print_bash(struct str *out)
{
	const char *separator = "\t\t";

	str_add(out, bash_begin);
	for (size_t i = 0; i < n_global_options; i++) {
		if (!takes_value(&global_options[i]))
			continue;
		str_add(out, separator);
		bash_patterns(out, "", &global_options[i]);
		separator = " | ";
	}
	str_add(out, ")\n");
	str_add(out, bash_scan);
	bash_kinds(out, takes_value, bash_count);
	bash_places(out, place_of_foreign);
	str_add(out, "\t\treturn\n\t\t;;\n");
	str_add(out, bash_before_values);
	bash_values(out);
	str_add(out, bash_options);
	bash_option_words(out, "", global_options, n_global_options);
	for (size_t i = 0; commands[i]; i++)
		if (commands[i]->n_options)
			bash_option_words(out, commands[i]->name, commands[i]->options,
					  commands[i]->n_options);
	str_add(out, bash_end);
	bash_operands(out);
}

/* ---- zsh ---- */

/* clang-format off */
static const char zsh_begin[] =
	"#compdef orlop\n"
	"# zsh completion for orlop, printed by: orlop --help-completions zsh\n"
	"\n"
	"_orlop_ids() {\n"
	"\tlocal -a ids\n"
	"\tids=(${(f)\"$(orlop $root list -q 2>/dev/null)\"})\n"
	"\tcompadd -a ids\n"
	"}\n"
	"\n"
	"_orlop_commands() {\n"
	"\tlocal -a commands\n"
	"\tcommands=(\n";

static const char zsh_commands_end[] =
	"\t)\n"
	"\t_describe command commands\n"
	"}\n"
	"\n"
	"_orlop() {\n"
	"\tlocal curcontext=$curcontext state line\n"
	"\ttypeset -A opt_args\n"
	"\n"
	"\t_arguments -C -S \\\n";

static const char zsh_switch[] =
	"\t\t'(-v --version)'{-v,--version}'[show the version]' \\\n"
	"\t\t'(-h --help)'{-h,--help}'[show help]' \\\n"
	"\t\t'1: :_orlop_commands' \\\n"
	"\t\t'*:: :->operands' && return\n"
	"\t[[ $state == operands ]] || return\n"
	"\tlocal -a root\n"
	"\t(( $+opt_args[--root] )) && root=(--root \"${opt_args[--root]}\")\n"
	"\tcase $words[1] in\n";
/* clang-format on */

static void zsh_option(struct str *out, const struct option_row *row)
{
	if (!row->summary)
		return;
	str_add(out, "\t\t");
	if (row->kind == OPTION_LIST)
		str_add(out, "'*'");
	else if (row->letter)
		str_printf(out, "'(-%c --%s)'", row->letter, row->name);
	/* '--name=' takes a value after '=' as well, '-n+' one that follows at once. */
	if (row->letter)
		str_printf(out, "{-%c%s,--%s%s}'[", row->letter, takes_value(row) ? "+" : "",
			   row->name, takes_value(row) ? "=" : "");
	else
		str_printf(out, "'--%s%s[", row->name, takes_value(row) ? "=" : "");
	add_escaped(out, row->summary, "[]:");
	str_add(out, "]");
	if (takes_value(row)) {
		str_add(out, ":");
		add_escaped(out, row->value, "[]:");
		str_add(out, ":");
		if (row->kind == OPTION_CHOICE) {
			str_add(out, "(");
			add_words(out, row->value);
			str_add(out, ")");
		} else if (takes_signal(row)) {
			str_add(out, "(" SIGNALS ")");
		} else if (row->completes != COMPLETES_NOTHING) {
			str_add(out, row->completes == COMPLETES_FILE ? "_files" : "_directories");
		}
	}
	str_add(out, "' \\\n");
}

static void zsh_command(struct str *out, const struct command *c)
{
	str_printf(out, "\t%s)\n\t\t_arguments -S %s\\\n", c->name,
		   c->options_first ? "-A '-*' " : "");
	for (size_t i = 0; i < c->n_options; i++)
		zsh_option(out, &c->options[i]);
	if (c->verbs) {
		str_add(out, "\t\t'1:verb:(");
		add_words(out, c->verbs);
		str_add(out, ")' \\\n");
	}
	if (takes_many_ids(c))
		str_add(out, "\t\t'*:container:_orlop_ids' \\\n");
	else if (c->operand_is_id)
		str_printf(out, "\t\t'%u:container:_orlop_ids' \\\n", id_place(c) + 1);
	else if (c->max_operands && !takes_new_id(c))
		str_add(out, "\t\t'1:file:_files' \\\n");
	if (c->then_signal)
		str_add(out, "\t\t'2:signal:(" SIGNALS ")' \\\n");
	str_add(out, "\t\t'(-h --help)'{-h,--help}'[show help]'\n\t\t;;\n");
}

static void print_zsh(struct str *out)
{
	str_add(out, zsh_begin);
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i]->verbatim)
			continue;
		str_printf(out, "\t\t'%s:", commands[i]->name);
		add_escaped(out, commands[i]->summary, "");
		str_add(out, "'\n");
	}
	str_add(out, zsh_commands_end);
	for (size_t i = 0; i < n_global_options; i++)
		zsh_option(out, &global_options[i]);
	str_add(out, zsh_switch);
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->verbatim)
			zsh_command(out, commands[i]);
	str_add(out, "\tesac\n}\n\n_orlop \"$@\"\n");
}

/* ---- fish ---- */

static void fish_option(struct str *out, const char *condition, const struct option_row *row)
{
	if (!row->summary)
		return;
	str_printf(out, "complete -c orlop -n '%s' -l %s", condition, row->name);
	if (row->letter)
		str_printf(out, " -s %c", row->letter);
	if (row->kind == OPTION_CHOICE) {
		str_add(out, " -x -a '");
		add_words(out, row->value);
		str_add(out, "'");
	} else if (takes_signal(row)) {
		str_add(out, " -x -a '" SIGNALS "'");
	} else if (row->completes == COMPLETES_DIRECTORY) {
		str_add(out, " -x -a '(__fish_complete_directories)'");
	} else if (takes_value(row)) {
		str_add(out, row->completes == COMPLETES_FILE ? " -r -F" : " -x");
	}
	str_add(out, " -d '");
	add_escaped(out, row->summary, "");
	str_add(out, "'\n");
}

/* clang-format off */
static const char fish_begin[] =
	"# fish completion for orlop, printed by: orlop --help-completions fish\n\n"
	"# The command and how many operands follow it: 'kill 1'\n"
	"function __orlop_at\n"
	"    set -l command ''\n"
	"    set -l operands 0\n"
	"    set -l skip 0\n"
	"    for word in (commandline -opc)[2..-1]\n"
	"        if test $skip -eq 1\n"
	"            set skip 0\n"
	"            continue\n"
	"        end\n"
	"        switch \"$command:$word\"\n"
	"            case";

static const char fish_functions[] =
	"\n"
	"                set skip 1\n"
	"            case '*:-*'\n"
	"            case ':*'\n"
	"                set command $word\n"
	"            case '*'\n"
	"                set operands (math $operands + 1)\n"
	"        end\n"
	"    end\n"
	"    echo \"$command $operands\"\n"
	"end\n\n"
	"function __orlop_ids\n"
	"    set -l words (commandline -opc)\n"
	"    set -l root\n"
	"    for i in (seq 2 (count $words))\n"
	"        switch $words[$i]\n"
	"            case --root\n"
	"                set root --root $words[(math $i + 1)]\n"
	"            case '--root=*'\n"
	"                set root $words[$i]\n"
	"        end\n"
	"    end\n"
	"    $words[1] $root list -q 2>/dev/null\n"
	"end\n\n"
	"complete -c orlop -f\n"
	"complete -c orlop -s h -l help -d 'show help'\n";
/* clang-format on */

#define FISH_NO_COMMAND "test (__orlop_at) = \" 0\""

static void fish_valued(struct str *out, const char *command, const struct option_row *rows,
			size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!takes_value(&rows[i]))
			continue;
		str_printf(out, " %s:--%s", command, rows[i].name);
		if (rows[i].letter)
			str_printf(out, " %s:-%c", command, rows[i].letter);
	}
}

static void fish_offer(struct str *out, const struct command *c, unsigned place, const char *words)
{
	str_printf(out, "complete -c orlop -n 'test (__orlop_at) = \"%s %u\"' -a '", c->name,
		   place);
	add_words(out, words);
	str_add(out, "'\n");
}

static void fish_command(struct str *out, const struct command *c)
{
	char condition[80];

	str_printf(out, "\ncomplete -c orlop -n '" FISH_NO_COMMAND "' -a %s -d '", c->name);
	add_escaped(out, c->summary, "");
	str_add(out, "'\n");
	snprintf(condition, sizeof(condition),
		 c->options_first ? "test (__orlop_at) = \"%s 0\""
				  : "string match -q \"%s *\" (__orlop_at)",
		 c->name);
	for (size_t i = 0; i < c->n_options; i++)
		fish_option(out, condition, &c->options[i]);
	if (c->verbs)
		fish_offer(out, c, 0, c->verbs);
	if (takes_many_ids(c))
		str_printf(out, "complete -c orlop -n '%s' -a '(__orlop_ids)'\n", condition);
	else if (c->operand_is_id)
		fish_offer(out, c, id_place(c), "(__orlop_ids)");
	else if (c->max_operands && !takes_new_id(c))
		str_printf(out, "complete -c orlop -n '%s' -F\n", condition);
	if (c->then_signal)
		fish_offer(out, c, 1, SIGNALS);
}

static void print_fish(struct str *out)
{
	str_add(out, fish_begin);
	fish_valued(out, "", global_options, n_global_options);
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->verbatim)
			fish_valued(out, commands[i]->name, commands[i]->options,
				    commands[i]->n_options);
	str_add(out, fish_functions);
	str_add(out,
		"complete -c orlop -n '" FISH_NO_COMMAND
		"' -s v -l version -d 'show the version'\n");
	for (size_t i = 0; i < n_global_options; i++)
		fish_option(out, FISH_NO_COMMAND, &global_options[i]);
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->verbatim)
			fish_command(out, commands[i]);
}

static const struct shell shells[] = {
	{ "bash", print_bash },
	{ "zsh", print_zsh },
	{ "fish", print_fish },
};

int completions_text(const char *shell, struct str *out, struct error *err)
{
	foreach_array(known, shells) {
		if (!streq(known->name, shell))
			continue;
		known->print(out);
		return 0;
	}
	return failf(err, EINVAL,
		     "no completions for the shell '%s' (expected one of: bash, zsh, fish)", shell);
}
