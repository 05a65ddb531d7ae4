/* SPDX-License-Identifier: Apache-2.0 */

/* The handshake: every set of features is walked by both sides, and nothing else is let through. */

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "nsexec/plan.h"
#include "nsexec/sync.h"
#include "tests/lib/suite.h"

#define FEATURE_SETS (1 << PLAN_FEATURES)

START_TEST(both_sides_agree_on_every_feature_set)
{
	unsigned features = (unsigned)_i;
	enum sync_step last = SYNC_BEGIN;
	int steps = 0;

	for (;;) {
		enum sync_step next = sync_next(features, last);

		if (next == SYNC_STEPS)
			break;
		ck_assert_int_gt(next, last);
		ck_assert_int_eq(sync_allowed(features, last, next, sync_from(next)), 0);
		ck_assert_int_eq(sync_allowed(features, last, next, !sync_from(next)), -EPROTO);
		last = next;
		steps++;
	}
	/* TABLE, CREATED, START always. */
	ck_assert_int_ge(steps, 3);
}
END_TEST

START_TEST(only_the_next_step_is_allowed)
{
	unsigned features = (unsigned)_i;

	for (unsigned last = SYNC_BEGIN; last < SYNC_STEPS; last++)
		for (unsigned step = 0; step <= SYNC_STEPS; step++) {
			bool again = (features & WITH_SOURCES) && last == SYNC_TREE && step == SYNC_SOURCE;
			bool next = again || (step == sync_next(features, last) && step != SYNC_STEPS);
			int r = sync_allowed(features, last, step, sync_from(step));

			if (next)
				ck_assert_int_eq(r, 0);
			else if (step < SYNC_STEPS)
				ck_assert_int_eq(r, -EPROTO);
		}
}
END_TEST

START_TEST(sources_are_asked_for_as_often_as_needed)
{
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(sync_allowed(WITH_SOURCES, i ? SYNC_TREE : SYNC_TABLE, SYNC_SOURCE,
					      SYNC_CHILD), 0);
		ck_assert_int_eq(sync_allowed(WITH_SOURCES, SYNC_SOURCE, SYNC_TREE, SYNC_PARENT), 0);
	}
	ck_assert_int_eq(sync_allowed(WITH_SOURCES, SYNC_TREE, SYNC_CREATED, SYNC_CHILD), 0);
	ck_assert_int_eq(sync_allowed(WITH_SOURCES, SYNC_SOURCE, SYNC_CREATED, SYNC_CHILD), -EPROTO);
	ck_assert_int_eq(sync_allowed(WITH_SOURCES, SYNC_CREATED, SYNC_SOURCE, SYNC_CHILD), -EPROTO);
	ck_assert_int_eq(sync_allowed(0, SYNC_TABLE, SYNC_SOURCE, SYNC_CHILD), -EPROTO);
}
END_TEST

START_TEST(start_comes_after_created)
{
	ck_assert_int_lt(SYNC_CREATED, SYNC_START);
	ck_assert_int_eq(sync_from(SYNC_START), SYNC_PARENT);
	ck_assert_int_eq(sync_from(SYNC_CREATED), SYNC_CHILD);
	ck_assert_str_eq(sync_name(SYNC_CREATED), "CREATED");
	ck_assert_str_eq(sync_name(SYNC_FAILED), "FAILED");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sync");
	TCase *t = tcase_create("table");

	tcase_add_loop_test(t, both_sides_agree_on_every_feature_set, 0, FEATURE_SETS);
	tcase_add_loop_test(t, only_the_next_step_is_allowed, 0, FEATURE_SETS);
	tcase_add_test(t, sources_are_asked_for_as_often_as_needed);
	tcase_add_test(t, start_comes_after_created);
	suite_add_tcase(s, t);
	return run_suite(s);
}
