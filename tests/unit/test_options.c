/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/str.h"
#include "cli/options.h"

#define WORDS_MOST 12

static struct values {
	bool force, detach, tty, no_subreaper;
	const char *bundle;
	struct option_list env;
	unsigned fds;
	int64_t interval;
	int format;
} values;

static const struct name formats[] = { { "text", 10 }, { "json", 20 } };

/* clang-format off */
static const struct option_row rows[] = {
	{ "force", 'f', OPTION_FLAG, .to.flag = &values.force, .summary = "" },
	{ "detach", 'd', OPTION_FLAG, .to.flag = &values.detach, .summary = "" },
	{ "tty", 't', OPTION_FLAG, .to.flag = &values.tty, .summary = "" },
	{ "no-subreaper", 0, OPTION_FLAG, .to.flag = &values.no_subreaper, .summary = "" },
	{ "bundle", 'b', OPTION_STRING, .to.string = &values.bundle, .value = "DIR", .summary = "" },
	{ "env", 'e', OPTION_LIST, .to.list = &values.env, .summary = "" },
	{ "preserve-fds", 0, OPTION_UNSIGNED, .to.number = &values.fds, .summary = "" },
	{ "interval", 0, OPTION_DURATION, .to.duration = &values.interval, .summary = "" },
	{ "log-format", 0, OPTION_CHOICE, .to.choice = &values.format, .summary = "",
	  .choices = formats, .n_choices = ARRAY_SIZE(formats) },
	{ "secret", 0, OPTION_FLAG, .to.flag = &values.force },
};

/* Everything that was set and what was left, in one line. */
static const struct {
	bool options_first;
	const char *words[WORDS_MOST];
	const char *want;
} accepted[] = {
	{ false, { NULL },                                        "[]" },
	{ false, { "id" },                                        "[id]" },
	{ false, { "--bundle", "/b", "id" },                      "bundle=/b [id]" },
	{ false, { "--bundle=/b", "id" },                         "bundle=/b [id]" },
	{ false, { "-bundle", "/b", "id" },                       "bundle=/b [id]" },
	{ false, { "-bundle=/b", "id" },                          "bundle=/b [id]" },
	{ false, { "-b", "/b", "id" },                            "bundle=/b [id]" },
	{ false, { "-b=/b", "id" },                               "bundle=/b [id]" },
	{ false, { "--b", "/b", "id" },                           "bundle=/b [id]" },
	{ false, { "-no-subreaper", "id" },                       "no-subreaper [id]" },
	/* after the operand */
	{ false, { "id", "--force" },                             "force [id]" },
	{ false, { "id", "-b", "/b", "-f" },                      "force bundle=/b [id]" },
	{ true,  { "id", "--force" },                             "[id --force]" },
	{ true,  { "-f", "id", "sh", "-c", "--", "-f" },          "force [id sh -c -- -f]" },
	/* the end of options */
	{ false, { "--", "-f" },                                  "[-f]" },
	{ false, { "-f", "--", "--", "x" },                       "force [-- x]" },
	{ true,  { "--", "id", "--", "x" },                       "[id -- x]" },
	{ false, { "-", "-f" },                                   "force [-]" },
	/* a value is taken whatever it looks like; the last one counts */
	{ false, { "--bundle", "--force", "id" },                 "bundle=--force [id]" },
	{ false, { "--bundle", "--", "id" },                      "bundle=-- [id]" },
	{ false, { "--bundle=", "id" },                           "[id]" },
	{ false, { "--bundle=a=b", "id" },                        "bundle=a=b [id]" },
	{ false, { "-b", "1", "-b", "2" },                        "bundle=2 []" },
	/* lists are not split */
	{ false, { "-e", "A=1,2", "--env=B", "-e=C=3", "id" },    "env=A=1,2 env=B env=C=3 [id]" },
	/* booleans */
	{ false, { "--force=true", "id" },                        "force [id]" },
	{ false, { "-f", "--force=false", "id" },                 "[id]" },
	{ false, { "-f=1", "id" },                                "force [id]" },
	{ false, { "--force", "false" },                          "force [false]" },
	{ false, { "-dt", "id" },                                 "detach tty [id]" },
	{ false, { "--preserve-fds=3" },                          "fds=3 []" },
	{ false, { "--interval", "1m0s500ms" },                   "interval=60500000000 []" },
	{ false, { "--log-format", "json" },                      "format=20 []" },
	{ false, { "--secret" },                                  "force []" },
	/* help ends everything */
	{ false, { "--help", "--nonsense" },                      "help []" },
	{ false, { "id", "-h" },                                  "help [id]" },
	{ true,  { "id", "-h" },                                  "[id -h]" },
	{ true,  { "-help", "id" },                               "help []" },
};

static const struct {
	const char *words[WORDS_MOST], *message;
} refused[] = {
	{ { "--nonsense" },            "unknown option '--nonsense'" },
	{ { "-x", "id" },              "unknown option '-x'" },
	{ { "--bundel=/b" },           "unknown option '--bundel', did you mean '--bundle'" },
	{ { "id", "-no-subreeper" },   "unknown option '-no-subreeper', did you mean '--no-subreaper'" },
	{ { "--sekret" },              "unknown option '--sekret'" },
	{ { "--dt" },                  "unknown option '--dt'" },
	{ { "-db" },                   "unknown option '-db'" },
	{ { "-dt=true" },              "unknown option '-dt'" },
	{ { "--=x" },                  "unknown option '--'" },
	{ { "-=" },                    "unknown option '-'" },
	{ { "id", "--bundle" },        "flag needs an argument: --bundle DIR" },
	{ { "-e" },                    "flag needs an argument: -e VALUE" },
	{ { "--force=maybe" },         "invalid force: maybe (expected true or false)" },
	{ { "--preserve-fds", "-1" },  "invalid preserve-fds: -1 (expected a number from 0 to 4294967295)" },
	{ { "--preserve-fds=4294967296" }, "invalid preserve-fds: 4294967296 (expected a number from 0 to 4294967295)" },
	{ { "--interval=5" },          "invalid interval: 5 (expected a duration like 5s or 500ms)" },
	{ { "--log-format", "xml" },   "invalid log-format: xml (expected one of: text, json)" },
	{ { "--log-format=" },         "invalid log-format:  (expected one of: text, json)" },
};
/* clang-format on */

static int parse(const char *const words[WORDS_MOST], bool options_first, struct operands *ret,
		 struct error *err)
{
	static char *argv[WORDS_MOST + 1];
	size_t n = 0;

	free(values.env.v);
	values = (struct values){ 0 };
	for (; n < WORDS_MOST && words[n]; n++)
		argv[n] = (char *)(uintptr_t)words[n];
	argv[n] = NULL;
	return options_parse(rows, ARRAY_SIZE(rows), options_first, argv, n, ret, err);
}

static void describe(const struct operands *operands, struct str *out)
{
	static const struct {
		const char *name;
		const bool *flag;
	} flags[] = {
		{ "force ", &values.force },
		{ "detach ", &values.detach },
		{ "tty ", &values.tty },
		{ "no-subreaper ", &values.no_subreaper },
	};

	foreach_array(f, flags)
		str_add(out, *f->flag ? f->name : "");
	str_add(out, operands->help ? "help " : "");
	if (values.bundle)
		str_printf(out, "bundle=%s ", values.bundle);
	for (size_t i = 0; i < values.env.n; i++)
		str_printf(out, "env=%s ", values.env.v[i]);
	if (values.fds)
		str_printf(out, "fds=%u ", values.fds);
	if (values.interval)
		str_printf(out, "interval=%lld ", (long long)values.interval);
	if (values.format)
		str_printf(out, "format=%d ", values.format);
	str_add(out, "[");
	for (size_t i = 0; i < operands->n; i++)
		str_printf(out, "%s%s", i ? " " : "", operands->v[i]);
	str_add(out, "]");
}

START_TEST(accepts)
{
	struct error err = ERROR_INIT;
	struct operands operands;
	auto_str got = STR_INIT;

	ck_assert_int_eq(parse(accepted[_i].words, accepted[_i].options_first, &operands, &err), 0);
	describe(&operands, &got);
	ck_assert_str_eq(got.s, accepted[_i].want);
	ck_assert_ptr_null(operands.v[operands.n]);
	ck_assert_int_eq(err.num, 0);
}
END_TEST

START_TEST(refuses)
{
	struct error err = ERROR_INIT;
	struct operands operands;

	ck_assert_int_eq(parse(refused[_i].words, false, &operands, &err), -EINVAL);
	ck_assert_str_eq(err.msg, refused[_i].message);
}
END_TEST

/* A cluster with a letter that is not known sets none of them. */
START_TEST(half_a_cluster)
{
	static const char *const words[WORDS_MOST] = { "-dx" };
	struct error err = ERROR_INIT;
	struct operands operands;

	ck_assert_int_eq(parse(words, false, &operands, &err), -EINVAL);
	ck_assert(!values.detach);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *tcase = tcase_create("options");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, accepts, 0, ARRAY_SIZE(accepted));
	tcase_add_loop_test(tcase, refuses, 0, ARRAY_SIZE(refused));
	tcase_add_test(tcase, half_a_cluster);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	free(values.env.v);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
