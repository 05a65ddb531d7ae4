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

static void check_rows(const struct option_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ck_assert_ptr_nonnull(rows[i].to.flag);
		ck_assert(rows[i].kind == OPTION_FLAG || rows[i].value);
		ck_assert(rows[i].kind != OPTION_CHOICE || rows[i].n_choices);
		for (size_t j = 0; j < i; j++) {
			ck_assert_str_ne(rows[i].name, rows[j].name);
			ck_assert(!rows[i].letter || rows[i].letter != rows[j].letter);
		}
	}
}

START_TEST(rows_are_whole)
{
	check_rows(global_options, n_global_options);
	for (size_t i = 0; commands[i]; i++)
		check_rows(commands[i]->options, commands[i]->n_options);
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
	tcase_add_test(tcase, rows_are_whole);
	tcase_add_test(tcase, help_fits_a_screen);
	tcase_add_test(tcase, finds);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
