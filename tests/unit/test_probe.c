/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <linux/sched.h>
#include <stdlib.h>

#include "base/macros.h"
#include "tests/lib/suite.h"
#include "validate/kernel.h"

START_TEST(knows_filesystems)
{
	ck_assert(probe_has_filesystem("proc"));
	ck_assert(probe_has_filesystem("tmpfs"));
	/* Words of the file that are no types, and parts of types. */
	ck_assert(!probe_has_filesystem("nodev"));
	ck_assert(!probe_has_filesystem("tmp"));
	ck_assert(!probe_has_filesystem(""));
}
END_TEST

static const struct {
	const char *list;
	bool online;
} lists[] = {
	{ "0", true },
	{ "0-0,0", true },
	{ "", true },
	{ "0-9999", false },
	{ "9999", false },
	/* Of other forms nothing is known. */
	{ "0-31:2/4", true },
	{ "x", true },
	{ "99999999", true },
};

START_TEST(knows_cpus)
{
	ck_assert(probe_are_online("cpu", lists[_i].list) == lists[_i].online);
}
END_TEST

START_TEST(knows_devices)
{
	ck_assert(probe_has_net_device("lo"));
	ck_assert(!probe_has_net_device("nosuch0"));
	ck_assert(!probe_has_rdma_device("nosuch0"));
	ck_assert(!probe_has_block_device(4000, 1));
	ck_assert(!probe_has_controller("nosuch"));
}
END_TEST

START_TEST(knows_huge_pages)
{
	static const char *const none[] = { "3MB", "", "MB", "2", "2TB", "99999999999999999999GB" };

	foreach_array(size, none)
		ck_assert(!probe_has_huge_page_size(*size));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probe");
	TCase *t = tcase_create("kernel");

	tcase_add_test(t, knows_filesystems);
	tcase_add_loop_test(t, knows_cpus, 0, ARRAY_SIZE(lists));
	tcase_add_test(t, knows_devices);
	tcase_add_test(t, knows_huge_pages);
	suite_add_tcase(s, t);
	return run_suite(s);
}
