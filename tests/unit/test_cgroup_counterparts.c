/* SPDX-License-Identifier: Apache-2.0 */

/* Files of one version of cgroups under the names of the other: what is shown, and what is written. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "cgroup/counterparts.h"
#include "tests/lib/suite.h"

static const struct {
	const char *name; /* asked for */
	bool of_v1;
	const char *other;       /* that is there; NULL: none         */
	const char *text, *show; /* its text, and as it is shown      */
	const char *value, *set; /* a value given, and what is written */
} cases[] = {
	{ "memory.limit_in_bytes", true, "memory.max", "max", "9223372036854771712", "-1", "max" },
	{ "memory.limit_in_bytes", true, "memory.max", "4096", "4096", "4096", "4096" },
	{ "memory.max", false, "memory.limit_in_bytes", "9223372036854771712", "max", "max", "-1" },
	{ "memory.memsw.limit_in_bytes", true, "memory.swap.max", "50", "150", "300", "200" },
	{ "memory.memsw.limit_in_bytes", true, "memory.swap.max", "max", "9223372036854771712", "-1", "max" },
	{ "memory.failcnt", true, "memory.events", "low 0\nhigh 2\nmax 7\noom 1", "7", NULL, NULL },
	{ "cpu.shares", true, "cpu.weight", "100", "1024", "1024", "100" },
	{ "cpu.cfs_quota_us", true, "cpu.max", "max 100000", "-1", "5000", "5000" },
	{ "cpu.cfs_quota_us", true, "cpu.max", "5000 100000", "5000", "-1", "max" },
	{ "cpu.cfs_period_us", true, "cpu.max", "5000 100000", "100000", "20000", "7000 20000" },
	{ "cpu.max", false, "cpu.cfs_quota_us", "-1", "max 30000", "max", "-1" },
	{ "cpu.max", false, "cpu.cfs_quota_us", "5000", "5000 30000", "6000 30000", "6000" },
	{ "cpuacct.usage", true, "cpu.stat", "usage_usec 12\nuser_usec 5", "12000", NULL, NULL },
	{ "freezer.state", true, "cgroup.freeze", "1", "FROZEN", "THAWED", "0" },
	{ "cgroup.freeze", false, "freezer.state", "FREEZING", "1", "0", "THAWED" },
	{ "blkio.throttle.write_bps_device", true, "io.max",
	  "8:0 rbps=max wbps=42 riops=max wiops=1\n8:16 rbps=1 wbps=max riops=max wiops=max", "8:0 42",
	  "8:0 0", "8:0 wbps=max" },
	{ "blkio.weight", true, "io.bfq.weight", "default 300\n8:0 200", "300", "500", "500" },
	{ "io.bfq.weight", false, "blkio.weight", "300", "default 300", "default 400", "400" },
	{ "hugetlb.2MB.limit_in_bytes", true, "hugetlb.2MB.max", "max", "9223372036854771712", "7", "7" },
	{ "hugetlb.2MB.max", false, "hugetlb.2MB.limit_in_bytes", "7", "7", "max", "-1" },
	{ "tasks", true, "cgroup.threads", "1\n2", "1\n2", "3", "3" },
	{ "memory.swappiness", true, NULL, NULL, NULL, NULL, NULL },
	{ "memory.high", false, NULL, NULL, NULL, NULL, NULL },
};

static char dir[] = "/tmp/orlop-test-counterparts.XXXXXX";

/* What the rows above look at beside the file itself. */
static const struct {
	const char *name, *text;
} files[] = { { "memory.max", "100\n" }, { "cpu.max", "7000 10000\n" }, { "cpu.cfs_period_us", "30000\n" } };

START_TEST(converts)
{
	auto_(arena_free) struct arena *a = arena_new();
	auto_str out = STR_INIT;
	struct error e = ERROR_INIT;
	const char *other = NULL;
	const struct counterpart *c = counterpart_find(a, cases[_i].name, cases[_i].of_v1, &other);

	ck_assert_ptr_nonnull(c);
	ck_assert_pstr_eq(other, cases[_i].other);
	if (!other)
		return;
	ck_assert_int_eq(counterpart_show(c, cases[_i].of_v1, dir, cases[_i].text, &out, &e), 0);
	ck_assert_str_eq(str_text(&out), cases[_i].show);
	out.n = 0;
	if (cases[_i].value) {
		ck_assert_int_eq(counterpart_value(c, cases[_i].of_v1, dir, cases[_i].value, &out, &e), 0);
		ck_assert_str_eq(str_text(&out), cases[_i].set);
	} else {
		ck_assert_int_eq(counterpart_value(c, cases[_i].of_v1, dir, "1", &out, &e), -EROFS);
	}
}
END_TEST

static const struct {
	const char *name, *value;
	bool of_v1;
} refused[] = {
	{ "freezer.state", "FROG", true },          { "cgroup.freeze", "2", false },
	{ "cpu.shares", "many", true },             { "memory.memsw.limit_in_bytes", "99", true },
	{ "memory.memsw.limit_in_bytes", "x", true }, { "blkio.throttle.read_bps_device", "8:0", true },
};

START_TEST(refuses)
{
	auto_(arena_free) struct arena *a = arena_new();
	auto_str out = STR_INIT;
	struct error e = ERROR_INIT;
	const char *other = NULL;
	const struct counterpart *c =
		counterpart_find(a, refused[_i].name, refused[_i].of_v1, &other);

	ck_assert_int_lt(counterpart_value(c, refused[_i].of_v1, dir, refused[_i].value, &out, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.msg, refused[_i].name));
}
END_TEST

START_TEST(unknown_is_unknown)
{
	auto_(arena_free) struct arena *a = arena_new();
	const char *other = "x";

	ck_assert_ptr_null(counterpart_find(a, "memory.frobs", true, &other));
	ck_assert_ptr_null(counterpart_find(a, "hugetlb..max", false, &other));
	ck_assert_ptr_null(counterpart_find(a, "memory.max", true, &other));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("counterparts");
	TCase *tcase = tcase_create("counterparts");
	int at, status;

	at = mkdtemp(dir) ? open(dir, O_DIRECTORY | O_CLOEXEC) : -1;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (file_replace_at(at, files[i].name, files[i].text, strlen(files[i].text), 0600) < 0)
			return EXIT_FAILURE;
	tcase_add_loop_test(tcase, converts, 0, ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, refuses, 0, ARRAY_SIZE(refused));
	tcase_add_test(tcase, unknown_is_unknown);
	suite_add_tcase(suite, tcase);
	status = run_suite(suite);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(at, files[i].name, 0);
	close(at);
	rmdir(dir);
	return status;
}
