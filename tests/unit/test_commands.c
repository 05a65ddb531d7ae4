/* SPDX-License-Identifier: Apache-2.0 */

/* The tables of the command line against what is written about them elsewhere. */

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/macros.h"
#include "cli/command.h"
#include "tests/lib/suite.h"

#define LINE_MOST 100U

static const struct {
	const char *shell, *file;
} completions[] = {
	{ "bash", SOURCE_DIR "/contrib/completions/orlop.bash" },
	{ "zsh", SOURCE_DIR "/contrib/completions/_orlop" },
	{ "fish", SOURCE_DIR "/contrib/completions/orlop.fish" },
};

START_TEST(completions_are_fresh)
{
	struct error err = ERROR_INIT;
	auto_str file = STR_INIT;
	auto_str text = STR_INIT;

	ck_assert_int_eq(file_read_at(AT_FDCWD, completions[_i].file, 1 << 20, &file), 0);
	ck_assert_int_eq(completions_text(completions[_i].shell, &text, &err), 0);
	ck_assert_msg(streq(str_text(&file), str_text(&text)),
		      "write '%s' anew: orlop --help-completions %s", completions[_i].file,
		      completions[_i].shell);
}
END_TEST

static void check_rows(const char *page, const struct option_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char word[64];

		ck_assert_ptr_nonnull(rows[i].to.flag);
		ck_assert(rows[i].kind == OPTION_FLAG || rows[i].value);
		ck_assert(rows[i].kind != OPTION_CHOICE || rows[i].n_choices);
		for (size_t j = 0; j < i; j++) {
			ck_assert_str_ne(rows[i].name, rows[j].name);
			ck_assert(!rows[i].letter || rows[i].letter != rows[j].letter);
		}
		snprintf(word, sizeof(word), "--%s", rows[i].name);
		ck_assert_msg(!rows[i].summary || strstr(page, word), "the man page lacks '%s'",
			      word);
	}
}

/* The part of the manual about the command, up to the next of its kind. */
static char *section_of(const char *manual, const char *name)
{
	char heading[64];
	const char *at, *end;

	snprintf(heading, sizeof(heading), "\n## orlop %s", name);
	at = strstr(manual, heading);
	if (!at)
		return NULL;
	end = strstr(at + 1, "\n#");
	return strndup(at, end ? (size_t)(end - at) : strlen(at));
}

START_TEST(manual_knows_everything)
{
	auto_str manual = STR_INIT;

	ck_assert_int_eq(
		file_read_at(AT_FDCWD, SOURCE_DIR "/docs/man/orlop.8.scd", 1 << 20, &manual), 0);
	check_rows(manual.s, global_options, n_global_options);
	for (size_t i = 0; commands[i]; i++) {
		char *section = section_of(manual.s, commands[i]->name);

		ck_assert_msg(section || commands[i]->verbatim, "the man page lacks '%s'",
			      commands[i]->name);
		if (section)
			check_rows(section, commands[i]->options, commands[i]->n_options);
		free(section);
	}
}
END_TEST

static void check_help(const struct command *c)
{
	auto_str text = STR_INIT;

	help_text(c, &text);
	for (const char *line = text.s; *line; line = strchr(line, '\n') + 1) {
		ck_assert_ptr_nonnull(strchr(line, '\n'));
		ck_assert_uint_le(strcspn(line, "\n"), LINE_MOST);
	}
}

START_TEST(help_fits_a_screen)
{
	check_help(NULL);
	for (size_t i = 0; commands[i]; i++)
		check_help(commands[i]);
}
END_TEST

START_TEST(finds)
{
	for (size_t i = 0; commands[i]; i++)
		ck_assert_ptr_eq(command_find(commands[i]->name), commands[i]);
	ck_assert_ptr_null(command_find("frobnicate"));
	ck_assert_ptr_null(command_find(""));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("commands");
	TCase *tcase = tcase_create("commands");

	tcase_add_loop_test(tcase, completions_are_fresh, 0, ARRAY_SIZE(completions));
	tcase_add_test(tcase, manual_knows_everything);
	tcase_add_test(tcase, help_fits_a_screen);
	tcase_add_test(tcase, finds);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
