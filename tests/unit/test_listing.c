/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "cli/table.h"
#include "commands/ps_filter.h"
#include "commands/update_json.h"
#include "tests/lib/suite.h"

/* clang-format off */
static const struct {
	const char *listing, *want; /* NULL: refused */
} listings[] = {
	{ "UID  PID PPID CMD\nroot  12    1 sh\nroot 120   1 sh 12\n", "UID  PID PPID CMD\nroot  12    1 sh\n" },
	{ "COMMAND  PID\nsh 12\nsh 345",              "COMMAND  PID\nsh 12\nsh 345\n" },
	{ "  PID\n   12\n  13\n",                     "  PID\n   12\n" },
	{ "PID CMD\n12 \x1b\xc2\x9b" "1m\xc3\xa4\x9b\n", "PID CMD\n12 ??1m\xc3\xa4?\n" },
	{ "PID CMD\n",                                "PID CMD\n" },
	{ "PID CMD",                                  "PID CMD\n" },
	{ "CMD PPID\nsh 12\n",                        NULL },
	{ "",                                         NULL },
	{ "CMD PID\nsh\n",                            NULL },
	{ "CMD PID\na b 12\n",                        NULL },
};

static const struct {
	const char *texts[UPDATE_FLAGS];
	const char *want, *message;
} updates[] = {
	{ { NULL }, "{}", NULL },
	{ { [UPDATE_MEMORY] = "" }, "{}", NULL },
	{ { [UPDATE_MEMORY] = "64m" }, "{\"memory\":{\"limit\":67108864}}", NULL },
	{ { [UPDATE_MEMORY] = "-1", [UPDATE_MEMORY_SWAP] = "-1" },
	  "{\"memory\":{\"limit\":-1,\"swap\":-1}}", NULL },
	{ { [UPDATE_CPU_QUOTA] = "-1", [UPDATE_CPUSET_CPUS] = "0-3,7", [UPDATE_CPU_SHARE] = "18446744073709551615" },
	  "{\"cpu\":{\"quota\":-1,\"shares\":18446744073709551615,\"cpus\":\"0-3,7\"}}", NULL },
	{ { [UPDATE_BLKIO_WEIGHT] = "10", [UPDATE_CPU_IDLE] = "1", [UPDATE_MEMORY_RESERVATION] = "1GiB",
	    [UPDATE_PIDS_LIMIT] = "0" },
	  "{\"blockIO\":{\"weight\":10},\"cpu\":{\"idle\":1},\"memory\":{\"reservation\":1073741824},"
	  "\"pids\":{\"limit\":0}}", NULL },
	{ { [UPDATE_MEMORY] = "64x" }, NULL, "invalid value '64x' for '--memory': "
	  "expected bytes with an optional suffix k, m or g, or -1" },
	{ { [UPDATE_CPU_PERIOD] = "-1" }, NULL, "invalid value '-1' for '--cpu-period': expected a number" },
	{ { [UPDATE_BLKIO_WEIGHT] = "65536" }, NULL,
	  "invalid value '65536' for '--blkio-weight': expected a number from 0 to 65535" },
	{ { [UPDATE_CPUSET_MEMS] = "0\",\"x" }, NULL,
	  "invalid value '0\",\"x' for '--cpuset-mems': expected numbers and ranges like 0-3,7" },
};
/* clang-format on */

START_TEST(filters)
{
	static const pid_t pids[] = { 345, 12 };
	struct error err = ERROR_INIT;
	auto_str out = STR_INIT;
	int r = ps_filter(listings[_i].listing, pids, ARRAY_SIZE(pids), &out, &err);

	ck_assert_int_eq(r, listings[_i].want ? 0 : -EINVAL);
	if (listings[_i].want)
		ck_assert_str_eq(out.s, listings[_i].want);
	else
		ck_assert_int_eq(err.num, EINVAL);
}
END_TEST

START_TEST(update_objects)
{
	struct error err = ERROR_INIT;
	auto_str out = STR_INIT;
	int r = update_json(updates[_i].texts, &out, &err);

	ck_assert_int_eq(r, updates[_i].want ? 0 : -EINVAL);
	if (updates[_i].want)
		ck_assert_str_eq(out.s, updates[_i].want);
	else
		ck_assert_str_eq(err.msg, updates[_i].message);
}
END_TEST

START_TEST(columns)
{
	static const char *const cells[] = {
		"ID", "PID", "STATUS",          "short", "1", "x", "a-name-of-16-byt",
		"2",  "y",   "\xc3\xa4\x1b[1m", NULL,    "\xc2\x9b" "1m\xc2\xa0\x9b"
	};
	auto_(table_done) struct table t = TABLE_INIT(3);
	struct error err = ERROR_INIT;
	auto_str out = STR_INIT;

	foreach_array(cell, cells)
		table_add(&t, *cell);
	ck_assert_int_eq(table_print(&t, &out, &err), 0);
	ck_assert_str_eq(out.s,
			 "ID                 PID         STATUS\n"
			 "short              1           x\n"
			 "a-name-of-16-byt   2           y\n"
			 "\xc3\xa4?[1m                          ?1m\xc2\xa0?\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("listing");
	TCase *tcase = tcase_create("listing");

	tcase_add_loop_test(tcase, filters, 0, ARRAY_SIZE(listings));
	tcase_add_loop_test(tcase, update_objects, 0, ARRAY_SIZE(updates));
	tcase_add_test(tcase, columns);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
