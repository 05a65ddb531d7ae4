/* SPDX-License-Identifier: Apache-2.0 */

/* The manual pages against the tables of the command line: every option has its text, and no page speaks of another. */

#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/macros.h"
#include "cli/command.h"
#include "tests/lib/suite.h"

#define FOLDER SOURCE_DIR "/docs/man"

static const char *const sections[] = { "NAME",        "SYNOPSIS", "DESCRIPTION", "OPTIONS",
					"EXIT STATUS", "EXAMPLES", "SEE ALSO" };

/* Options that a program has anyway. */
static const struct option_row help_row = { .name = "help", .letter = 'h', .summary = "" };
static const struct option_row version_row = { .name = "version", .letter = 'v', .summary = "" };

/* The text of a line without its marks, as docs/man/page.awk reads them. */
static void add_plain(struct str *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool inner = i > 0 && i + 1 < n && isalnum((unsigned char)text[i - 1]) &&
			isalnum((unsigned char)text[i + 1]);

		if (text[i] == '\\' && i + 1 < n)
			str_addn(out, &text[++i], 1);
		else if (text[i] != '*' && (text[i] != '_' || inner))
			str_addn(out, &text[i], 1);
	}
}

static void read_page(const char *name, struct str *page)
{
	char path[512];

	snprintf(path, sizeof(path), FOLDER "/%s%s%s.8.txt", "orlop", name ? "-" : "",
		 name ? name : "");
	ck_assert_msg(file_read_at(AT_FDCWD, path, 1 << 20, page) == 0, "there is no '%s'", path);
}

/* Where the section begins, after its heading; *end is where the next one does. NULL: there is none. */
static const char *section_of(const char *page, const char *name, const char **end)
{
	char heading[64];
	const char *at;

	snprintf(heading, sizeof(heading), "\n# %s\n\n", name);
	at = strstr(page, heading);
	if (!at)
		return NULL;
	at += strlen(heading);
	*end = strstr(at, "\n# ");
	if (!*end)
		*end = at + strlen(at);
	return at;
}

/* "-b, --bundle DIR", as the help spells it */
static void spell(const struct option_row *row, struct str *out)
{
	if (row->letter)
		str_printf(out, "-%c, ", row->letter);
	str_printf(out, "--%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
}

/* The text of the entry "-b, --bundle DIR" from `at` on, to be freed. NULL: there is none, or it is empty. */
static char *entry_text(const char *at, const char *end, const char *term)
{
	while (at < end) {
		auto_str plain = STR_INIT;
		size_t n = strcspn(at, "\n");

		add_plain(&plain, at, n);
		at += n + 1;
		if (streq(str_text(&plain), term) && *at == '\t') {
			const char *stop = strstr(at, "\n\n");

			return strndup(at, (size_t)((stop && stop < end ? stop : end) - at));
		}
	}
	return NULL;
}

/* Every line that a line with a tab follows is the term of an entry: one of an option begins with '-'. */
static size_t count_options(const char *at, const char *end)
{
	size_t count = 0;

	for (; at < end; at += strcspn(at, "\n") + 1) {
		const char *next = at + strcspn(at, "\n") + 1;

		count += starts_with(at, "*-") && next < end && *next == '\t';
	}
	return count;
}

static size_t check_options(const char *page, const char *at, const char *end,
			    const struct option_row *rows, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		auto_str term = STR_INIT;
		char *text;

		if (!rows[i].summary)
			continue;
		spell(&rows[i], &term);
		text = entry_text(at, end, str_text(&term));
		ck_assert_msg(text != NULL, "the page of '%s' lacks an entry '%s' with a text",
			      page, str_text(&term));
		free(text);
		count++;
	}
	return count;
}

static void check_page(const struct command *c)
{
	auto_str page = STR_INIT, line = STR_INIT, usage = STR_INIT, plain = STR_INIT;
	const char *at, *end = NULL, *last = NULL;

	read_page(c->name, &page);
	foreach_array(section, sections) {
		at = section_of(page.s, *section, &end);
		ck_assert_msg(at && at > last && end > at,
			      "the page of '%s' lacks '# %s' in its place", c->name, *section);
		last = at;
	}
	str_printf(&line, "orlop-%s - %s\n", c->name, c->summary);
	at = section_of(page.s, "NAME", &end);
	ck_assert_msg(starts_with(at, str_text(&line)), "NAME of '%s' is not '%s'", c->name,
		      str_text(&line));
	str_printf(&usage, "orlop [global options] %s%s%s%s\n", c->name,
		   c->n_options ? " [command options]" : "", c->operands ? " " : "",
		   c->operands ? c->operands : "");
	at = section_of(page.s, "SYNOPSIS", &end);
	add_plain(&plain, at, (size_t)(end - at));
	ck_assert_str_eq(str_text(&plain), str_text(&usage));
	at = section_of(page.s, "OPTIONS", &end);
	ck_assert_msg(count_options(at, end) ==
			      check_options(c->name, at, end, c->options, c->n_options) +
				      check_options(c->name, at, end, &help_row, 1),
		      "the page of '%s' has options that it does not know", c->name);
}

START_TEST(each_command_has_its_page)
{
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->verbatim)
			check_page(commands[i]);
}
END_TEST

START_TEST(no_page_without_a_command)
{
	DIR *dir = opendir(FOLDER);
	const struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir))) {
		char name[64];

		if (sscanf(entry->d_name, "orlop-%63[^.].8.txt", name) != 1)
			continue;
		ck_assert_msg(command_find(name) && !command_find(name)->verbatim,
			      "there is no command '%s'", name);
	}
	closedir(dir);
}
END_TEST

START_TEST(overview_knows_all)
{
	auto_str page = STR_INIT;
	const char *at, *end = NULL;
	size_t known;

	read_page(NULL, &page);
	at = section_of(page.s, "GLOBAL OPTIONS", &end);
	ck_assert_ptr_nonnull(at);
	known = check_options("orlop", at, end, global_options, n_global_options) +
		check_options("orlop", at, end, &help_row, 1) +
		check_options("orlop", at, end, &version_row, 1);
	ck_assert_uint_eq(count_options(at, end), known);
	at = section_of(page.s, "COMMANDS", &end);
	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; commands[i]; i++) {
		auto_str entry = STR_INIT;

		if (commands[i]->verbatim)
			continue;
		str_printf(&entry, "\n*orlop-%s*(8)\n\t%c%s.\n", commands[i]->name,
			   toupper(commands[i]->summary[0]), commands[i]->summary + 1);
		ck_assert_msg(strstr(at, str_text(&entry)) != NULL, "orlop.8.txt lacks '%s'",
			      str_text(&entry));
	}
}
END_TEST

static const struct option_row *row_like(const struct command *c, const struct option_row *row)
{
	for (size_t i = 0; i < c->n_options; i++)
		if (c->options[i].summary && streq(c->options[i].name, row->name) &&
		    streq(c->options[i].summary, row->summary))
			return &c->options[i];
	return NULL;
}

/* Rows that two commands share are described in the same words. */
START_TEST(shared_options_have_one_text)
{
	static const struct {
		const struct command *of, *and;
	} pairs[] = { { &cmd_create, &cmd_run }, { &cmd_checkpoint, &cmd_restore } };

	foreach_array(pair, pairs) {
		auto_str one = STR_INIT, other = STR_INIT;
		size_t shared = 0;

		read_page(pair->of->name, &one);
		read_page(pair->and->name, &other);
		for (size_t i = 0; i < pair->of->n_options; i++) {
			const struct option_row *row = &pair->of->options[i];
			auto_str term = STR_INIT;
			char *a, *b;

			if (!row->summary || !row_like(pair->and, row) ||
			    streq(row->name, "image-path"))
				continue;
			spell(row, &term);
			a = entry_text(one.s, one.s + one.n, str_text(&term));
			b = entry_text(other.s, other.s + other.n, str_text(&term));
			ck_assert_str_eq(a, b);
			free(a);
			free(b);
			shared++;
		}
		ck_assert_uint_gt(shared, 4);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manual");
	TCase *tcase = tcase_create("manual");

	tcase_add_test(tcase, each_command_has_its_page);
	tcase_add_test(tcase, no_page_without_a_command);
	tcase_add_test(tcase, overview_knows_all);
	tcase_add_test(tcase, shared_options_have_one_text);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
