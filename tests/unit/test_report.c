/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "cli/report.h"
#include "tests/lib/suite.h"

#define WHEN      "2024-05-01T10:20:30Z"
#define TEXT(msg) "time=\"2024-05-01T10:20:30Z\" level=error msg=\"" msg "\"\n"
#define JSON(msg) "{\"level\":\"error\",\"msg\":\"" msg "\",\"time\":\"2024-05-01T10:20:30Z\"}\n"

/* clang-format off */
static const struct {
	const char *message, *text, *json;
} cases[] = {
	{ "plain",                  TEXT("plain"),                   JSON("plain") },
	{ "",                       TEXT(""),                        JSON("") },
	{ "a \"b\" \\ c",           TEXT("a \\\"b\\\" \\\\ c"),      JSON("a \\\"b\\\" \\\\ c") },
	{ "two\nlines\r\t",         TEXT("two\\nlines\\r\\t"),       JSON("two\\nlines\\r\\t") },
	{ "\x1b[31m\x7f\x01",       TEXT("\\x1b[31m\\x7f\\x01"),     JSON("\\u001b[31m\\u007f\\u0001") },
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x8b", TEXT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x8b"),
	  JSON("\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x8b") },
	/* a C1 control, which some terminals obey */
	{ "\xc2\x9b" "1m",          TEXT("\\u009b1m"),               JSON("\\u009b1m") },
	/* what is not UTF-8: a lone byte, a cut sequence, an overlong one, a surrogate, above U+10FFFF */
	{ "\xff.",                  TEXT("\\xff."),                  JSON("\\ufffd.") },
	{ "\xe2\x82",               TEXT("\\xe2\\x82"),              JSON("\\ufffd\\ufffd") },
	{ "\xc0\xaf",               TEXT("\\xc0\\xaf"),              JSON("\\ufffd\\ufffd") },
	{ "\xe0\x80\xaf",           TEXT("\\xe0\\x80\\xaf"),         JSON("\\ufffd\\ufffd\\ufffd") },
	{ "\xed\xa0\x80",           TEXT("\\xed\\xa0\\x80"),         JSON("\\ufffd\\ufffd\\ufffd") },
	{ "\xf4\x90\x80\x80",       TEXT("\\xf4\\x90\\x80\\x80"),    JSON("\\ufffd\\ufffd\\ufffd\\ufffd") },
};
/* clang-format on */

START_TEST(shapes)
{
	auto_str text = STR_INIT;
	auto_str json = STR_INIT;

	report_add_text(&text, WHEN, LOG_ERROR, cases[_i].message);
	report_add_json(&json, WHEN, LOG_ERROR, cases[_i].message);
	ck_assert_str_eq(text.s, cases[_i].text);
	ck_assert_str_eq(json.s, cases[_i].json);
}
END_TEST

START_TEST(levels)
{
	auto_str out = STR_INIT;

	report_add_text(&out, WHEN, LOG_WARN, "w");
	report_add_json(&out, WHEN, LOG_DEBUG, "d");
	ck_assert_str_eq(out.s,
			 "time=\"2024-05-01T10:20:30Z\" level=warning msg=\"w\"\n"
			 "{\"level\":\"debug\",\"msg\":\"d\",\"time\":\"2024-05-01T10:20:30Z\"}\n");
}
END_TEST

/* Everything below runs in a process of its own, which Check forks. */
static char dir[] = "/tmp/orlop-test-report-XXXXXX";

static void into_directory(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void capture_stderr(void)
{
	int fd = open("stderr", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	close_fd(fd);
}

static void check_file(const char *name, const char *want)
{
	auto_str got = STR_INIT;

	ck_assert_int_eq(file_read_at(AT_FDCWD, name, 1 << 20, &got), 0);
	if (*want)
		ck_assert_ptr_nonnull(strstr(str_text(&got), want));
	else
		ck_assert_uint_eq(got.n, 0);
}

static void remove_directory(void)
{
	ck_assert_int_eq(chdir(dir), 0);
	(void)unlink("log");
	(void)unlink("stderr");
	ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(failure_goes_to_log_and_stderr)
{
	struct error err = ERROR_INIT;
	struct stat st;

	into_directory();
	capture_stderr();
	ck_assert_int_eq(report_to("log", REPORT_JSON, false, &err), 0);
	/* Not before there is something to say; and a relative path is the caller's. */
	ck_assert_int_lt(stat("log", &st), 0);
	ck_assert_int_eq(chdir("/"), 0);
	failf(&err, EINVAL, "no\x1b '%s'", "x");
	error_place(&err, "config.json", 41, "/mounts/3");
	report_failure("orlop create failed", &err);
	ck_assert_int_eq(chdir(dir), 0);
	check_file("log",
		   "\"msg\":\"orlop create failed: config.json:41 /mounts/3: no\\u001b 'x'\"");
	check_file("stderr", "orlop create failed: config.json:41 /mounts/3: no? 'x'\n");
	ck_assert_int_eq(stat("log", &st), 0);
	ck_assert_uint_eq(st.st_mode & 0133, 0);
	remove_directory();
}
END_TEST

START_TEST(debug_only_when_wanted)
{
	struct error err = ERROR_INIT;

	into_directory();
	capture_stderr();
	ck_assert_int_eq(report_to(NULL, REPORT_TEXT, false, &err), 0);
	log_debug("quiet");
	check_file("stderr", "");
	log_warn("heard");
	check_file("stderr", "level=warning msg=\"heard\"\n");
	ck_assert_int_eq(report_to("", REPORT_TEXT, true, &err), 0);
	log_debug("now");
	check_file("stderr", "level=debug msg=\"now\"\n");
	remove_directory();
}
END_TEST

START_TEST(a_log_that_cannot_be_opened_is_told)
{
	struct error err = ERROR_INIT;

	into_directory();
	capture_stderr();
	ck_assert_int_eq(report_to("missing/log", REPORT_TEXT, false, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.msg, "missing/log': no such file or directory"));
	ck_assert_int_eq(report_to(".", REPORT_TEXT, false, &err), -EISDIR);
	remove_directory();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = tcase_create("report");

	tcase_add_loop_test(tcase, shapes, 0, ARRAY_SIZE(cases));
	tcase_add_test(tcase, levels);
	tcase_add_test(tcase, failure_goes_to_log_and_stderr);
	tcase_add_test(tcase, debug_only_when_wanted);
	tcase_add_test(tcase, a_log_that_cannot_be_opened_is_told);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
