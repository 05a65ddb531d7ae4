/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/macros.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/rows.h"
#include "cli/table.h"

static int format;

/* clang-format off */
static const struct option_row rows[] = {
	ROWS_FORMAT_OPTION(format),
};

static const char *const kinds[] = {
	[OPTION_FLAG] = "flag",         [OPTION_STRING] = "string", [OPTION_LIST] = "list",
	[OPTION_UNSIGNED] = "unsigned", [OPTION_PID] = "pid",       [OPTION_DURATION] = "duration",
	[OPTION_CHOICE] = "choice",     [OPTION_SIGNAL] = "signal",
};
/* clang-format on */

/* ---- JSON: our own texts are ASCII, and have of what needs an escape quotes and newlines ---- */

static void add_string(struct str *out, const char *text)
{
	str_add(out, "\"");
	str_add_escaped(out, text);
	str_add(out, "\"");
}

static void add_member(struct str *out, const char *key, const char *text)
{
	if (!text)
		return;
	str_printf(out, ",\"%s\":", key);
	add_string(out, text);
}

/* "a|b" as ["a","b"] */
static void add_words(struct str *out, const char *words)
{
	str_add(out, "[");
	for (const char *at = words ? words : ""; *at;) {
		size_t n = strcspn(at, "|");

		str_printf(out, "%s\"%.*s\"", at == words ? "" : ",", (int)n, at);
		at += n + (at[n] == '|');
	}
	str_add(out, "]");
}

/* Those without a summary are for engines' habits, and of no use to anybody else. */
static void add_options(struct str *out, const struct option_row *options, size_t n)
{
	const char *comma = "";

	str_add(out, "[");
	for (size_t i = 0; i < n; i++) {
		const struct option_row *o = &options[i];

		if (!o->summary)
			continue;
		str_printf(out, "%s{\"name\":\"%s\"", comma, o->name);
		comma = ",";
		if (o->letter)
			str_printf(out, ",\"letter\":\"%c\"", o->letter);
		str_printf(out, ",\"kind\":\"%s\",\"repeatable\":%s", kinds[o->kind],
			   o->kind == OPTION_LIST ? "true" : "false");
		add_member(out, "value", o->value);
		add_member(out, "summary", o->summary);
		if (o->n_choices) {
			str_add(out, ",\"choices\":[");
			for (size_t c = 0; c < o->n_choices; c++)
				str_printf(out, "%s\"%s\"", c ? "," : "", o->choices[c].name);
			str_add(out, "]");
		}
		str_add(out, "}");
	}
	str_add(out, "]");
}

static void add_command(struct str *out, const struct command *c)
{
	str_printf(out, "{\"name\":\"%s\"", c->name);
	add_member(out, "summary", c->summary);
	add_member(out, "about", c->about);
	add_member(out, "operands", c->operands);
	add_member(out, "examples", c->examples);
	str_add(out, ",\"verbs\":");
	add_words(out, c->verbs);
	str_printf(out, ",\"minOperands\":%zu", c->min_operands);
	if (c->max_operands != OPERANDS_ANY)
		str_printf(out, ",\"maxOperands\":%zu", c->max_operands);
	str_printf(out, ",\"operandIsId\":%s,\"optionsFirst\":%s,\"failureStatus\":%d,\"options\":",
		   c->operand_is_id ? "true" : "false", c->options_first ? "true" : "false",
		   c->failure_status ? c->failure_status : 1);
	add_options(out, c->options, c->n_options);
	str_add(out, "}");
}

static void add_json(struct str *out)
{
	const char *comma = "";

	str_add(out, "{\"program\":\"orlop\",\"globalOptions\":");
	add_options(out, global_options, n_global_options);
	str_add(out, ",\"commands\":[");
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i]->verbatim)
			continue;
		str_add(out, comma);
		add_command(out, commands[i]);
		comma = ",";
	}
	str_add(out, "]}\n");
}

/* ---- the table ---- */

static int add_table(struct str *out, struct error *err)
{
	auto_(table_done) struct table t = TABLE_INIT(3);

	table_add(&t, "COMMAND");
	table_add(&t, "OPERANDS");
	table_add(&t, "SUMMARY");
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i]->verbatim)
			continue;
		table_add(&t, commands[i]->name);
		table_add(&t, commands[i]->operands);
		table_add(&t, commands[i]->summary);
	}
	return table_print(&t, out, err);
}

static int run(const struct invocation *inv, struct error *err)
{
	auto_str out = STR_INIT;
	int r = 0;

	(void)inv;
	if (format == ROWS_JSON)
		add_json(&out);
	else
		r = add_table(&out, err);
	return r < 0 ? r : output(&out, err);
}

const struct command cmd_commands = {
	.name = "commands",
	.summary = "list the commands and their options, for programs too",
	.about = "With --format json all that the help says, from the same tables: names, kinds and choices\n"
		 "of options, verbs, how many operands.",
	.examples = "  orlop commands --format json | jq -r '.commands[].name'",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.run = run,
};
