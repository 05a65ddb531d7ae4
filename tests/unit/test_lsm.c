/* SPDX-License-Identifier: Apache-2.0 */
#include "security/lsm.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "tests/lib/suite.h"

START_TEST(no_label_is_nothing_to_do)
{
	struct spec_process p = { .apparmor_profile = _i ? "" : NULL,
				  .selinux_label = _i ? "" : NULL };
	const char *file = "x";
	char value[64];

	ck_assert_int_eq(lsm_exec_label(&p, &file, value, sizeof(value), NULL), 0);
	ck_assert_ptr_null(file);
}
END_TEST

/*
 * P13: What the host has decides the outcome: an unenforceable profile must not be dropped in silence.
 */
START_TEST(apparmor)
{
	struct spec_process p = { .apparmor_profile = "docker-default" };
	struct error e = ERROR_INIT;
	const char *file = NULL;
	char value[64], small[4];
	int r;

	r = lsm_exec_label(&p, &file, value, sizeof(value), &e);
	if (!lsm_apparmor_enabled()) {
		ck_assert_int_eq(r, -EOPNOTSUPP);
		ck_assert_ptr_null(file);
		ck_assert_str_eq(e.msg, "apparmor profile 'docker-default': "
					"apparmor is not enabled on this host");
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_ptr_nonnull(file);
	ck_assert_str_eq(value, "exec docker-default");
	ck_assert_int_eq(lsm_exec_label(&p, &file, small, sizeof(small), NULL), -ENAMETOOLONG);
}
END_TEST

/* P14 what is written for a label. */
START_TEST(selinux)
{
	struct spec_process p = { .selinux_label = "system_u:system_r:container_t:s0" };
	const char *file = NULL;
	char value[64];

	int r = lsm_exec_label(&p, &file, value, sizeof(value), NULL);

	if (!lsm_selinux_enabled()) {
		ck_assert_int_eq(r, -EOPNOTSUPP);
		ck_assert_ptr_null(file);
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(file, "exec");
	ck_assert_str_eq(value, p.selinux_label);
}
END_TEST

/* L19 the data that mounts get. */
START_TEST(mount_labels)
{
	bool on = lsm_selinux_enabled();

	ck_assert_int_eq(lsm_labels_mount("a:b:c:d", "tmpfs"), on);
	ck_assert(!lsm_labels_mount("a:b:c:d", "proc"));
	ck_assert(!lsm_labels_mount(NULL, "tmpfs"));
	ck_assert(!lsm_labels_mount("", "tmpfs"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lsm");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, no_label_is_nothing_to_do, 0, 2);
	tcase_add_test(t, apparmor);
	tcase_add_test(t, selinux);
	tcase_add_test(t, mount_labels);
	suite_add_tcase(s, t);
	return run_suite(s);
}
