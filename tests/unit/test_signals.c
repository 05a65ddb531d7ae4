/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/signals.h"
#include "container.h"
#include "tests/lib/suite.h"

/* clang-format off */
static const struct {
	const char *text;
	int want;
} cases[] = {
	{ "9", 9 },           { "0", 0 },            { "64", 64 },         { "65", -EINVAL },
	{ "-1", -EINVAL },    { "KILL", SIGKILL },   { "SIGKILL", SIGKILL }, { "sigterm", SIGTERM },
	{ "Term", SIGTERM },  { "USR1", SIGUSR1 },   { "winch", SIGWINCH }, { "CLD", SIGCHLD },
	{ "poll", SIGIO },    { "RTMIN", 34 },       { "rtmin+1", 35 },    { "SIGRTMIN+15", 49 },
	{ "RTMIN+30", 64 },   { "RTMIN+31", -EINVAL }, { "RTMAX", 64 },    { "RTMAX-14", 50 },
	{ "sigrtmax-30", 34 }, { "RTMAX-31", -EINVAL }, { "RTMIN+", -EINVAL },
	{ "RTMIN-1", -EINVAL },
	{ "RTMIN+-1", -EINVAL }, { "RTMIN+99999999999", -EINVAL }, { "FOO", -EINVAL },
	{ "", -EINVAL },
	{ "SIG", -EINVAL },   { "SIGSIGKILL", -EINVAL }, { "9x", -EINVAL }, { " 9", -EINVAL },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZ", -EINVAL },   { "99999999999999999999", -EINVAL },
};
/* clang-format on */

START_TEST(numbers)
{
	ck_assert_int_eq(signal_number(cases[_i].text), cases[_i].want);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signals");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, numbers, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, t);
	return run_suite(s);
}
