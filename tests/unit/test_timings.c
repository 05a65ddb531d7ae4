/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timings.h"
#include "tests/lib/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void stage_writes(int place)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ck_assert_int_eq(pwrite(timings_stage_file(), &now, sizeof(now),
				place * (off_t)sizeof(now)),
			 sizeof(now));
}

START_TEST(says_nothing_unless_asked)
{
	auto_str text = STR_INIT;

	timings_mark("phase");
	timings_print(&text, false);
	ck_assert(!timings_wanted());
	ck_assert_uint_eq(text.n, 0);
}
END_TEST

START_TEST(puts_both_sides_in_order)
{
	auto_str text = STR_INIT;
	int first, second, never;
	const char *a, *b, *c;

	timings_begin();
	first = timings_stage_phase("stage one");
	second = timings_stage_phase("stage two");
	never = timings_stage_phase("never reached");
	ck_assert(first == 0 && second == 1 && never == 2);
	stage_writes(first);
	usleep(2000);
	timings_mark("runtime one");
	usleep(2000);
	stage_writes(second);
	timings_mark("took nothing");
	timings_print(&text, false);
	a = strstr(str_text(&text), "stage one");
	b = strstr(str_text(&text), "runtime one");
	c = strstr(str_text(&text), "stage two");
	ck_assert(a && b && c && a < b && b < c);
	ck_assert(!strstr(str_text(&text), "never reached"));
	str_done(&text);
	timings_print(&text, true);
	ck_assert_int_eq(strncmp(str_text(&text),
				 "{\"timings\":[{\"who\":\"stage\",\"phase\":\"stage one\"", 46),
			 0);
	ck_assert_str_eq(str_text(&text) + text.n - 3, "]}\n");
}
END_TEST

START_TEST(records_no_more_than_it_has_room_for)
{
	auto_str text = STR_INIT;

	timings_begin();
	for (int i = 0; i < 2 * TIMINGS_MAX; i++) {
		timings_mark("again");
		ck_assert_int_eq(timings_stage_phase("again") < 0, i >= TIMINGS_MAX);
	}
	timings_print(&text, false);
	ck_assert(str_ok(&text));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timings");
	TCase *t = tcase_create("all");

	tcase_add_test(t, says_nothing_unless_asked);
	tcase_add_test(t, puts_both_sides_in_order);
	tcase_add_test(t, records_no_more_than_it_has_room_for);
	suite_add_tcase(s, t);
	return run_suite(s);
}
