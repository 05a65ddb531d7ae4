/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "cli/command.h"

/*
 * Headings as runc has them: its users and their scripts look for NAME:, USAGE: and OPTIONS:.
 */

#define COLUMN 30 /* where the summaries begin */

static void add_option(struct str *out, const struct option_row *row)
{
	char spelled[96];
	char letter[5] = "    ";

	if (!row->summary)
		return;
	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	snprintf(spelled, sizeof(spelled), "  %s--%s%s%s", letter, row->name, row->value ? " " : "",
		 row->value ? row->value : "");
	if (strlen(spelled) > COLUMN - 2)
		str_printf(out, "%s\n%*s%s\n", spelled, COLUMN, "", row->summary);
	else
		str_printf(out, "%-*s%s\n", COLUMN, spelled, row->summary);
}

static void add_options(struct str *out, const struct option_row *rows, size_t n,
			const char *heading)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].group || i == 0)
			str_printf(out, "\n%s:\n", rows[i].group ? rows[i].group : heading);
		add_option(out, &rows[i]);
	}
	if (n == 0)
		str_printf(out, "\n%s:\n", heading);
	str_printf(out, "%-*s%s\n", COLUMN, "  -h, --help", "show this help");
}

static void command_help(const struct command *c, struct str *out)
{
	str_printf(out, "NAME:\n   orlop %s - %s\n\nUSAGE:\n   orlop [global options] %s%s%s%s\n",
		   c->name, c->summary, c->name, c->n_options ? " [command options]" : "",
		   c->operands ? " " : "", c->operands ? c->operands : "");
	if (c->about)
		str_printf(out, "\n%s\n", c->about);
	add_options(out, c->options, c->n_options, "OPTIONS");
	if (c->examples)
		str_printf(out, "\nEXAMPLES:\n%s\n", c->examples);
}

static void overview(struct str *out)
{
	str_add(out,
		"NAME:\n   orlop - run OCI containers\n\n"
		"USAGE:\n   orlop [global options] COMMAND [command options] [arguments]\n\nCOMMANDS:\n");
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->verbatim)
			str_printf(out, "  %-14s%s\n", commands[i]->name, commands[i]->summary);
	add_options(out, global_options, n_global_options, "GLOBAL OPTIONS");
	str_printf(out, "%-*s%s\n", COLUMN, "  -v, --version", "show the version");
	str_add(out,
		"\nEXAMPLES:\n"
		"  orlop spec                  write a config.json for the root filesystem in ./rootfs\n"
		"  orlop run demo              run it here and now\n"
		"  orlop exec -t demo sh       one more process in it\n"
		"\n'orlop COMMAND --help' explains a command; 'man orlop' explains all of it.\n");
}

void help_text(const struct command *command, struct str *out)
{
	if (command)
		command_help(command, out);
	else
		overview(out);
}
