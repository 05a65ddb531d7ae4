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

/* ---- bash ---- */

/* clang-format off */
static const char bash_begin[] =
	"# bash completion for orlop, printed by: orlop --help-completions bash\n"
	"\n"
	"_orlop()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal command='' options='' root='' at=0 i\n"
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
	"\n"
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
	"\tcase $command in\n";

static const char bash_ids[] =
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$(\"${COMP_WORDS[0]}\" ${root:+--root \"$root\"} "
	"list -q 2>/dev/null)\" -- \"$cur\")\n"
	"\t\t;;\n"
	"\tesac\n"
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

/* One case for all options of this kind: a line of patterns a command. */
static void bash_kind(struct str *out, const char *prefix, const struct option_row *rows, size_t n,
		      enum option_completes completes, bool *any)
{
	bool line = false;

	for (size_t i = 0; i < n; i++) {
		if (!rows[i].summary || !takes_value(&rows[i]) || rows[i].kind == OPTION_CHOICE ||
		    rows[i].completes != completes)
			continue;
		str_add(out, line ? " | " : *any ? " | \\\n\t" : "\t");
		bash_patterns(out, prefix, &rows[i]);
		line = true;
		*any = true;
	}
}

static void bash_kinds(struct str *out, enum option_completes completes, const char *action)
{
	bool any = false;
	char prefix[32];

	bash_kind(out, ":", global_options, n_global_options, completes, &any);
	for (size_t i = 0; commands[i]; i++) {
		snprintf(prefix, sizeof(prefix), "%s:", commands[i]->name);
		bash_kind(out, prefix, commands[i]->options, commands[i]->n_options, completes,
			  &any);
	}
	str_printf(out, ")\n%s\t\treturn\n\t\t;;\n", action);
}

static void bash_values(struct str *out)
{
	char prefix[32];

	bash_choices(out, ":", global_options, n_global_options);
	for (size_t i = 0; commands[i]; i++) {
		snprintf(prefix, sizeof(prefix), "%s:", commands[i]->name);
		bash_choices(out, prefix, commands[i]->options, commands[i]->n_options);
	}
	bash_kinds(out, COMPLETES_FILE, "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n");
	bash_kinds(out, COMPLETES_DIRECTORY,
		   "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n");
	bash_kinds(out, COMPLETES_NOTHING, "");
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

static void bash_operands(struct str *out)
{
	const char *separator = "\t";

	str_add(out, "\t'')\n\t\tmapfile -t COMPREPLY < <(compgen -W \"");
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->verbatim)
			str_printf(out, "%s ", commands[i]->name);
	str_add(out, "help\" -- \"$cur\")\n\t\t;;\n");
	for (size_t i = 0; commands[i]; i++) {
		if (!commands[i]->operand_is_id)
			continue;
		str_printf(out, "%s%s", separator, commands[i]->name);
		separator = " | ";
	}
	str_add(out, ")\n");
	for (size_t i = 0; commands[i]; i++) {
		if (!commands[i]->verbs)
			continue;
		str_printf(out,
			   "\t\tif [[ $command == %s && $prev == %s ]]; then\n"
			   "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"",
			   commands[i]->name, commands[i]->name);
		add_words(out, commands[i]->verbs);
		str_add(out, "\" -- \"$cur\")\n\t\t\treturn\n\t\tfi\n");
	}
	for (size_t i = 0; commands[i]; i++)
		if (commands[i]->then_signal)
			str_printf(
				out,
				"\t\tif [[ $command == %s && $prev != -* ]] && ((COMP_CWORD > at + 1)); then\n"
				"\t\t\tmapfile -t COMPREPLY < <(compgen -A signal -- \"$cur\")\n"
				"\t\t\treturn\n"
				"\t\tfi\n",
				commands[i]->name);
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
	bash_values(out);
	str_add(out, bash_options);
	bash_option_words(out, "", global_options, n_global_options);
	for (size_t i = 0; commands[i]; i++)
		if (commands[i]->n_options)
			bash_option_words(out, commands[i]->name, commands[i]->options,
					  commands[i]->n_options);
	str_add(out, bash_end);
	bash_operands(out);
	str_add(out, bash_ids);
}

/* ---- zsh ---- */

/* clang-format off */
static const char zsh_begin[] =
	"#compdef orlop\n"
	"# zsh completion for orlop, printed by: orlop --help-completions zsh\n"
	"\n"
	"_orlop_ids() {\n"
	"\tlocal -a ids\n"
	"\tids=(${(f)\"$(orlop ${opt_args[--root]:+--root ${opt_args[--root]}} list -q 2>/dev/null)\"})\n"
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
	if (row->letter)
		str_printf(out, "{-%c,--%s}'[", row->letter, row->name);
	else
		str_printf(out, "'--%s[", row->name);
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
		} else if (row->completes != COMPLETES_NOTHING) {
			str_add(out, row->completes == COMPLETES_FILE ? "_files" : "_directories");
		}
	}
	str_add(out, "' \\\n");
}

static void zsh_command(struct str *out, const struct command *c)
{
	str_printf(out, "\t%s)\n\t\t_arguments -S \\\n", c->name);
	for (size_t i = 0; i < c->n_options; i++)
		zsh_option(out, &c->options[i]);
	if (c->verbs) {
		str_add(out, "\t\t'1:verb:(");
		add_words(out, c->verbs);
		str_add(out, ")' \\\n");
	}
	if (c->operand_is_id)
		str_printf(out, "\t\t'%d:container:_orlop_ids' \\\n", c->verbs ? 2 : 1);
	if (c->then_signal)
		str_add(out, "\t\t'2:signal:_signals' \\\n");
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
	} else if (row->completes == COMPLETES_DIRECTORY) {
		str_add(out, " -x -a '(__fish_complete_directories)'");
	} else if (takes_value(row)) {
		str_add(out, row->completes == COMPLETES_FILE ? " -r -F" : " -x");
	}
	str_add(out, " -d '");
	add_escaped(out, row->summary, "");
	str_add(out, "'\n");
}

static void fish_command(struct str *out, const struct command *c)
{
	char condition[64];

	str_printf(out, "\ncomplete -c orlop -n __fish_use_subcommand -a %s -d '", c->name);
	add_escaped(out, c->summary, "");
	str_add(out, "'\n");
	snprintf(condition, sizeof(condition), "__fish_seen_subcommand_from %s", c->name);
	for (size_t i = 0; i < c->n_options; i++)
		fish_option(out, condition, &c->options[i]);
	if (c->verbs) {
		str_printf(out, "complete -c orlop -n '%s' -a '", condition);
		add_words(out, c->verbs);
		str_add(out, "'\n");
	}
	if (c->operand_is_id)
		str_printf(out, "complete -c orlop -n '%s' -a '(orlop list -q 2>/dev/null)'\n",
			   condition);
	if (c->then_signal)
		str_printf(
			out,
			"complete -c orlop -n '%s' -a 'HUP INT QUIT KILL USR1 USR2 TERM WINCH'\n",
			condition);
}

static void print_fish(struct str *out)
{
	str_add(out,
		"# fish completion for orlop, printed by: orlop --help-completions fish\n\n"
		"complete -c orlop -f\n"
		"complete -c orlop -s h -l help -d 'show help'\n"
		"complete -c orlop -n __fish_use_subcommand -s v -l version -d 'show the version'\n");
	for (size_t i = 0; i < n_global_options; i++)
		fish_option(out, "__fish_use_subcommand", &global_options[i]);
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
