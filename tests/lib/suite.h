/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How a Check program ends. */

#include <check.h>
#include <stdlib.h>

/* Takes the suite; returns what main() is to return. CK_VERBOSITY says how much is printed. */
static inline int run_suite(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
