/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve/resolve.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "spec/spec.h"
#include "tests/lib/suite.h"

/* The text stands between these two, on line 2. */
#define BEFORE "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\n"
#define AFTER "}"

/* clang-format off */
static const struct {
	const char *text;
	unsigned line;
	const char *at, *msg;
} refused[] = {
	{ "\"linux\":{\"readonlyPaths\":[\"/a\"]}", 2, "/linux/readonlyPaths",
	  "unable to restrict sys entries without a private mount namespace" },
};
/* clang-format on */

START_TEST(refuses)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct resolve_input in = { .bundle = AT_FDCWD };
	const struct resolved *resolved = NULL;
	struct error e = ERROR_INIT;
	char text[2048];

	snprintf(text, sizeof(text), "%s%s%s", BEFORE, refused[_i].text, AFTER);
	ck_assert_msg(spec_parse_config(text, strlen(text), "config.json", &doc, &e) == 0, "%s: %s",
		      e.msg, text);
	in.spec = doc->spec;
	ck_assert_msg(resolve_config(&in, doc->arena, &resolved, &e) == -EINVAL, "accepted: %s", text);
	ck_assert_ptr_null(resolved);
	ck_assert_str_eq(e.msg, refused[_i].msg);
	ck_assert_str_eq(e.at, refused[_i].at);
	ck_assert_str_eq(e.file, "config.json");
	ck_assert_uint_eq(e.line, refused[_i].line);
	/* Without a place for the message the code is the same. */
	ck_assert_int_eq(resolve_config(&in, doc->arena, &resolved, NULL), -EINVAL);
}
END_TEST

/* The same with a report: it goes on, and the report has the same words at the same place. */
START_TEST(reports)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_problems report = { 0 };
	struct resolve_input in = { .bundle = AT_FDCWD, .report = &report };
	const struct resolved *resolved = NULL;
	struct error e = ERROR_INIT;
	char text[2048], pointer[512];

	snprintf(text, sizeof(text), "%s%s%s", BEFORE, refused[_i].text, AFTER);
	ck_assert_int_eq(problems_init(&report, &e), 0);
	ck_assert_int_eq(spec_examine_config(text, strlen(text), "config.json", &report, &doc, &e), 0);
	in.spec = doc->spec;
	ck_assert_msg(resolve_config(&in, doc->arena, &resolved, &e) == 0, "%s", e.msg);
	ck_assert_ptr_nonnull(resolved);
	ck_assert_int_eq(problems_sort(&report, &e), 0);
	ck_assert_uint_ge(report.n, 1);
	ck_assert_int_eq(report.v[0].severity, PROBLEM_ERROR);
	ck_assert_str_eq(report.v[0].message, refused[_i].msg);
	ck_assert_str_eq(json_pointer(report.v[0].json, pointer, sizeof(pointer)), refused[_i].at);
	ck_assert_uint_eq(report.v[0].line, refused[_i].line);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("resolve");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, refuses, 0, (int)ARRAY_SIZE(refused));
	tcase_add_loop_test(t, reports, 0, (int)ARRAY_SIZE(refused));
	suite_add_tcase(s, t);
	return run_suite(s);
}
