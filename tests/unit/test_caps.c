/* SPDX-License-Identifier: Apache-2.0 */
#include "security/caps.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

#include "base/log.h"
#include "base/macros.h"
#include "spec/objects.h"
#include "tests/lib/suite.h"

#define ALL UINT64_MAX
#define BIT(n) (UINT64_C(1) << (n))
#define KNOWN (BIT(40) - 1)

/* Sets in the order bounding, effective, inheritable, permitted, ambient. */
/* clang-format off */
static const struct {
	const char *what;
	uint64_t own_bounding, own_permitted;
	uint64_t asked[5], want[5];
	unsigned warnings;
} cases[] = {
	{ "everything can be had", ALL, ALL, { 7, 7, 7, 7, 7 }, { 7, 7, 7, 7, 7 }, 0 },
	{ "none asked", ALL, ALL, { 0 }, { 0 }, 0 },
	{ "the kernel ends at bit 39", ALL, ALL, { BIT(39) | BIT(40), 0, 0, 0, 0 },
	  { BIT(39), 0, 0, 0, 0 }, 1 },
	{ "permitted within bounding", ALL, ALL, { 1, 0, 0, 3, 0 }, { 1, 0, 0, 1, 0 }, 1 },
	{ "inheritable within bounding", ALL, ALL, { 1, 0, 3, 1, 0 }, { 1, 0, 1, 1, 0 }, 1 },
	{ "effective within permitted", ALL, ALL, { 3, 3, 0, 1, 0 }, { 3, 1, 0, 1, 0 }, 1 },
	{ "ambient needs inheritable", ALL, ALL, { 3, 3, 1, 3, 3 }, { 3, 3, 1, 3, 1 }, 1 },
	{ "ambient needs permitted", ALL, ALL, { 3, 1, 3, 1, 3 }, { 3, 1, 3, 1, 1 }, 1 },
	{ "not permitted to us", ALL, 1, { 3, 3, 0, 3, 0 }, { 3, 1, 0, 1, 0 }, 1 },
	{ "not in our bounding set", 1, ALL, { 3, 0, 0, 3, 0 }, { 1, 0, 0, 1, 0 }, 1 },
	{ "an unprivileged caller", ALL, 0, { 1, 1, 1, 1, 1 }, { 1, 0, 0, 0, 0 }, 1 },
	{ "one record for all", ALL, 0, { 7, 7, 7, 7, 7 }, { 7, 0, 0, 0, 0 }, 1 },
	{ "one record, whatever the reasons", BIT(1) | 1, ALL, { 7, 0, 0, BIT(39) | 7, 3 },
	  { 3, 0, 0, 3, 0 }, 1 },
	{ "ambient by habit: nothing is inheritable", ALL, ALL, { 7, 7, 0, 7, 7 },
	  { 7, 7, 0, 7, 0 }, 0 },
};
/* clang-format on */

static unsigned warnings;
static char last_warning[512];

static void count_warning(enum log_level level, const char *message)
{
	warnings += level == LOG_WARN;
	strncpy(last_warning, message, sizeof(last_warning) - 1);
}

static struct spec_capabilities asked_of(const uint64_t v[5])
{
	return (struct spec_capabilities){ .bounding = v[0], .effective = v[1], .inheritable = v[2],
					   .permitted = v[3], .ambient = v[4] };
}

/* P10 X3 */
START_TEST(cuts)
{
	struct caps_limits limits = { cases[_i].own_bounding, cases[_i].own_permitted, KNOWN };
	struct spec_capabilities asked = asked_of(cases[_i].asked);
	const uint64_t *want = cases[_i].want;
	struct caps_plan p;

	log_to(count_warning, LOG_WARN);
	caps_cut(&asked, &limits, &p);
	ck_assert_msg(p.bounding == want[0] && p.effective == want[1] && p.inheritable == want[2] &&
			      p.permitted == want[3] && p.ambient == want[4],
		      "%s: %jx %jx %jx %jx %jx", cases[_i].what, (uintmax_t)p.bounding,
		      (uintmax_t)p.effective, (uintmax_t)p.inheritable, (uintmax_t)p.permitted,
		      (uintmax_t)p.ambient);
	ck_assert_uint_eq(warnings, cases[_i].warnings);
}
END_TEST

#define LEFT_OUT "capability CAP_NET_BIND_SERVICE is left out of the sets "

/* Of CAP_NET_BIND_SERVICE, bit 10. */
static const struct {
	struct caps_limits limits;
	struct spec_capabilities asked;
	const char *text;
} records[] = {
	{ { ALL, ALL, KNOWN },
	  { .bounding = BIT(10) | 1, .permitted = BIT(10), .ambient = BIT(10), .inheritable = 1 },
	  "can't raise ambient capability CAP_NET_BIND_SERVICE: operation not permitted" },
	{ { ALL, ALL, KNOWN }, { .bounding = 7, .permitted = 7, .inheritable = 4, .ambient = 7 },
	  "can't raise ambient capabilities CAP_CHOWN, CAP_DAC_OVERRIDE: operation not permitted" },
	{ { ALL, 0, KNOWN }, { .bounding = BIT(10) | 3, .permitted = BIT(10) | 3, .effective = 2 },
	  "capabilities CAP_CHOWN, CAP_NET_BIND_SERVICE are left out of the sets permitted: this process "
	  "does not have it to give; capability CAP_DAC_OVERRIDE is left out of the sets effective, "
	  "permitted: this process does not have it to give" },
	{ { ALL, ALL, KNOWN }, { .permitted = BIT(10), .effective = BIT(10) },
	  LEFT_OUT "effective, permitted: it is not in the bounding set" },
	{ { ALL, ALL, KNOWN }, { .bounding = BIT(10), .effective = BIT(10) },
	  LEFT_OUT "effective: it is not in the permitted set" },
	{ { ALL, 0, KNOWN }, { .bounding = BIT(10), .permitted = BIT(10), .ambient = BIT(10) },
	  LEFT_OUT "permitted, ambient: this process does not have it to give" },
	{ { 0, ALL, KNOWN }, { .bounding = BIT(10) },
	  LEFT_OUT "bounding: this process does not have it to give" },
	{ { ALL, ALL, BIT(10) - 1 }, { .bounding = BIT(10), .inheritable = BIT(10) },
	  LEFT_OUT "bounding, inheritable: this kernel does not know it" },
};

START_TEST(says_what_is_left_out)
{
	struct caps_plan p;

	log_to(count_warning, LOG_WARN);
	caps_cut(&records[_i].asked, &records[_i].limits, &p);
	ck_assert_uint_eq(warnings, 1);
	ck_assert_str_eq(last_warning, records[_i].text);
}
END_TEST

START_TEST(no_capabilities_object_means_none)
{
	struct caps_plan p = { .bounding = 1 };

	ck_assert_int_eq(caps_compile(NULL, false, &p, NULL), 0);
	ck_assert_uint_eq(p.bounding | p.effective | p.inheritable | p.permitted | p.ambient, 0);
}
END_TEST

/* A new user namespace gives all that the kernel has, whoever we are. */
START_TEST(user_namespace_gives_all)
{
	struct spec_capabilities asked = asked_of((const uint64_t[]){ ALL, ALL, ALL, ALL, ALL });
	struct caps_plan p;

	ck_assert_int_eq(caps_compile(&asked, true, &p, NULL), 0);
	ck_assert_uint_eq(p.permitted & (p.permitted + 1), 0); /* all from the first to the last */
	ck_assert_uint_ge(p.permitted, BIT(37) - 1);
	ck_assert_uint_eq(p.ambient, p.permitted);
	ck_assert_int_eq(caps_compile(&asked, false, &p, NULL), 0);
	ck_assert_uint_eq(p.permitted & ~p.bounding, 0);
}
END_TEST

/* libcap is the measure of our names; it is too slow to start to be in the runtime. */
START_TEST(names_are_libcap_s)
{
	ck_assert_uint_ge(names_capabilities.n, 41);
	for (size_t i = 0; i < names_capabilities.n; i++) {
		const struct name *cap = &names_capabilities.v[i];
		cap_value_t number;

		ck_assert_int_eq(cap_from_name(cap->name, &number), 0);
		ck_assert_uint_eq(cap->value, BIT(number));
	}
	ck_assert(caps_kernel_has(CAP_CHOWN));
	ck_assert(!caps_kernel_has(63));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("caps");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, cuts, 0, (int)ARRAY_SIZE(cases));
	tcase_add_loop_test(t, says_what_is_left_out, 0, (int)ARRAY_SIZE(records));
	tcase_add_test(t, no_capabilities_object_means_none);
	tcase_add_test(t, user_namespace_gives_all);
	tcase_add_test(t, names_are_libcap_s);
	suite_add_tcase(s, t);
	return run_suite(s);
}
