/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parse.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/names.h"
#include "tests/lib/suite.h"

/* ---- numbers ---- */

static const struct {
	const char *text;
	int result;
	uint64_t value;
} unsigned_cases[] = {
	{ "0", 0, 0 },
	{ "007", 0, 7 },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "99999999999999999999999", -ERANGE, 0 },
	{ "99999999999999999999999x", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "0x10", -EINVAL, 0 },
	{ "1.0", -EINVAL, 0 },
	{ "1a", -EINVAL, 0 },
};

START_TEST(parses_unsigned)
{
	uint64_t value = 77;

	ck_assert_int_eq(parse_u64(unsigned_cases[_i].text, &value), unsigned_cases[_i].result);
	ck_assert_uint_eq(value, unsigned_cases[_i].result ? 77 : unsigned_cases[_i].value);
}
END_TEST

static const struct {
	const char *text;
	int result;
	int64_t value;
} signed_cases[] = {
	{ "-0", 0, 0 },
	{ "-9223372036854775808", 0, INT64_MIN },
	{ "9223372036854775807", 0, INT64_MAX },
	{ "9223372036854775808", -ERANGE, 0 },
	{ "-9223372036854775809", -ERANGE, 0 },
	{ "-", -EINVAL, 0 },
	{ "--1", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
};

START_TEST(parses_signed)
{
	int64_t value = 77;

	ck_assert_int_eq(parse_i64(signed_cases[_i].text, &value), signed_cases[_i].result);
	ck_assert_int_eq(value, signed_cases[_i].result ? 77 : signed_cases[_i].value);
}
END_TEST

START_TEST(parses_narrow)
{
	uint32_t u = 1;
	int32_t i = 1;

	ck_assert_int_eq(parse_u32("4294967295", &u), 0);
	ck_assert_uint_eq(u, UINT32_MAX);
	ck_assert_int_eq(parse_u32("4294967296", &u), -ERANGE);
	ck_assert_int_eq(parse_i32("-2147483648", &i), 0);
	ck_assert_int_eq(i, INT32_MIN);
	ck_assert_int_eq(parse_i32("2147483648", &i), -ERANGE);
	ck_assert_int_eq(parse_i32("-2147483649", &i), -ERANGE);
	ck_assert_int_eq(parse_i32("x", &i), -EINVAL);
}
END_TEST

START_TEST(parses_other_bases)
{
	uint64_t value = 0;

	ck_assert_int_eq(parse_u64n("777rest", 3, 8, &value), 0);
	ck_assert_uint_eq(value, 0777);
	ck_assert_int_eq(parse_u64n("8", 1, 8, &value), -EINVAL);
	ck_assert_int_eq(parse_u64n("fFffFFffFFffFFff", 16, 16, &value), 0);
	ck_assert_uint_eq(value, UINT64_MAX);
	ck_assert_int_eq(parse_u64n("1ffffffffffffffff", 17, 16, &value), -ERANGE);
	ck_assert_int_eq(parse_u64n("g", 1, 16, &value), -EINVAL);
	ck_assert_int_eq(parse_u64n("a", 1, 10, &value), -EINVAL);
	ck_assert_int_eq(parse_u64n("\x10", 1, 10, &value), -EINVAL);
	ck_assert_int_eq(parse_u64n("1", 0, 10, &value), -EINVAL);
}
END_TEST

/* ---- sizes ---- */

static const struct {
	const char *text;
	int result;
	int64_t value;
} sizes[] = {
	{ "0", 0, 0 },
	{ "-1", 0, -1 },
	{ "512", 0, 512 },
	{ "512b", 0, 512 },
	{ "1k", 0, 1024 },
	{ "1K", 0, 1024 },
	{ "64m", 0, 64 << 20 },
	{ "64MB", 0, 64 << 20 },
	{ "64MiB", 0, 64 << 20 },
	{ "2g", 0, 2LL << 30 },
	{ "1t", 0, 1LL << 40 },
	{ "9223372036854775807", 0, INT64_MAX },
	{ "9007199254740992k", -ERANGE, 0 },
	{ "9007199254740991k", 0, 9007199254740991LL << 10 },
	{ "9223372036854775808", -ERANGE, 0 },
	{ "-2", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
	{ "k", -EINVAL, 0 },
	{ "1x", -EINVAL, 0 },
	{ "1kk", -EINVAL, 0 },
	{ "1 k", 0, 1024 },
	{ "1.5g", 0, 3LL << 29 },
	{ "0.5 MiB", 0, 512 << 10 },
	{ "1.1k", 0, 1126 },
	{ "2.75", 0, 2 },
	{ "1.999999999999999999999999999k", 0, 2048 },
	{ "1p", 0, 1LL << 50 },
	{ "1.k", -EINVAL, 0 },
	{ ".5k", -EINVAL, 0 },
	{ "1.5.5k", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 },
	{ "1  k", -EINVAL, 0 },
	{ "1mm", -EINVAL, 0 },
};

START_TEST(parses_sizes)
{
	int64_t value = 77;

	ck_assert_int_eq(parse_size(sizes[_i].text, &value), sizes[_i].result);
	ck_assert_int_eq(value, sizes[_i].result ? 77 : sizes[_i].value);
}
END_TEST

static const struct {
	const char *text;
	int result;
	int64_t value;
} durations[] = {
	{ "5s", 0, 5000000000LL },
	{ "1m30s", 0, 90000000000LL },
	{ "250ms", 0, 250000000LL },
	{ "1h2m3s4ms5us6ns", 0, 3723004005006LL },
	{ "0s", 0, 0 },
	{ "0", 0, 0 },
	{ "00", -EINVAL, 0 },
	{ "1.5s", 0, 1500000000LL },
	{ "0.25ms1.s", 0, 1000250000LL },
	{ "0.1234567891s", 0, 123456789LL },
	{ "1.2.3s", -EINVAL, 0 },
	{ ".", -EINVAL, 0 },
	{ "5", -EINVAL, 0 },
	{ "s", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
	{ "5d", -EINVAL, 0 },
	{ "5 s", -EINVAL, 0 },
	{ "-5s", -EINVAL, 0 },
	{ "3000000000h", -ERANGE, 0 },
	{ "9223372036s9223372036s", -ERANGE, 0 },
};

START_TEST(parses_durations)
{
	int64_t value = 77;

	ck_assert_int_eq(parse_duration(durations[_i].text, &value), durations[_i].result);
	ck_assert_int_eq(value, durations[_i].result ? 77 : durations[_i].value);
}
END_TEST

/* ---- names ---- */

static const struct name table[] = {
	{ "network", 1 }, { "mount", 2 }, { "pid", 4 }, { "alias", 4 }, { "c", 8 },
};

START_TEST(finds_names)
{
	ck_assert_uint_eq(names_find(table, ARRAY_SIZE(table), "mount")->value, 2);
	ck_assert_ptr_null(names_find(table, ARRAY_SIZE(table), "Mount"));
	ck_assert_ptr_null(names_find(table, ARRAY_SIZE(table), ""));
	ck_assert_str_eq(names_of(table, ARRAY_SIZE(table), 4), "pid");
	ck_assert_ptr_null(names_of(table, ARRAY_SIZE(table), 3));
}
END_TEST

static const struct {
	const char *word, *nearest;
} nearest[] = {
	{ "netwrok", "network" }, { "networks", "network" }, { "nettwerk", "network" },
	{ "mouny", "mount" },	  { "mnt", NULL },	     { "pi", NULL },
	{ "pod", "pid" },	  { "ipd", "pid" },	     { "x", NULL },
	{ "", NULL },		  { "user", NULL },
};

START_TEST(finds_near_names)
{
	const char *found = names_nearest(table, ARRAY_SIZE(table), nearest[_i].word);

	if (nearest[_i].nearest)
		ck_assert_str_eq(found, nearest[_i].nearest);
	else
		ck_assert_msg(found == NULL, "'%s' suggests '%s'", nearest[_i].word, found);
}
END_TEST

START_TEST(measures_distance)
{
	char longest[80];

	ck_assert_uint_eq(name_distance("", ""), 0);
	ck_assert_uint_eq(name_distance("abc", "abc"), 0);
	ck_assert_uint_eq(name_distance("abc", "acb"), 1);
	ck_assert_uint_eq(name_distance("abc", "ab"), 1);
	ck_assert_uint_eq(name_distance("abc", "abcd"), 1);
	ck_assert_uint_eq(name_distance("abc", "xyz"), 3);
	ck_assert_uint_eq(name_distance("abcdef", "uvwxyz"), 4);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	ck_assert_uint_eq(name_distance(longest, longest), 4);
	longest[64] = 0;
	ck_assert_uint_eq(name_distance(longest, longest), 0);
}
END_TEST

/* ---- lists ---- */

static const struct {
	const char *text;
	int result;
	uint32_t mask[2];
} list_cases[] = {
	{ "", 0, { 0, 0 } },
	{ "0", 0, { 1, 0 } },
	{ "0-3,7", 0, { 0x8f, 0 } },
	{ " 1, 3\n5 ", 0, { 0x2a, 0 } },
	{ "31-32", 0, { 0x80000000, 1 } },
	{ "63", 0, { 0, 0x80000000 } },
	{ "0-15:2/4", 0, { 0x3333, 0 } },
	{ "0-7:0/1", 0, { 0, 0 } },
	{ "3-3", 0, { 8, 0 } },
	{ "64", -ERANGE, { 0, 0 } },
	{ "0-18446744073709551615", -ERANGE, { 0, 0 } },
	{ "18446744073709551616", -ERANGE, { 0, 0 } },
	{ "3-1", -EINVAL, { 0, 0 } },
	{ "-1", -EINVAL, { 0, 0 } },
	{ "1-", -EINVAL, { 0, 0 } },
	{ "a", -EINVAL, { 0, 0 } },
	{ "1;2", -EINVAL, { 0, 0 } },
	{ "0-7:1/0", -EINVAL, { 0, 0 } },
	{ "0-7:3/2", -EINVAL, { 0, 0 } },
	{ "0-7:1", -EINVAL, { 0, 0 } },
};

START_TEST(parses_lists)
{
	uint32_t mask[2] = { 0 };

	ck_assert_int_eq(parse_list(list_cases[_i].text, mask, 2), list_cases[_i].result);
	ck_assert_uint_eq(mask[0], list_cases[_i].mask[0]);
	ck_assert_uint_eq(mask[1], list_cases[_i].mask[1]);
	if (list_cases[_i].result != -ERANGE)
		ck_assert_int_eq(parse_list(list_cases[_i].text, NULL, 0), list_cases[_i].result);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base_parse");
	TCase *t = tcase_create("numbers and names");

	tcase_add_loop_test(t, parses_unsigned, 0, ARRAY_SIZE(unsigned_cases));
	tcase_add_loop_test(t, parses_signed, 0, ARRAY_SIZE(signed_cases));
	tcase_add_test(t, parses_narrow);
	tcase_add_test(t, parses_other_bases);
	tcase_add_loop_test(t, parses_sizes, 0, ARRAY_SIZE(sizes));
	tcase_add_loop_test(t, parses_durations, 0, ARRAY_SIZE(durations));
	tcase_add_loop_test(t, parses_lists, 0, ARRAY_SIZE(list_cases));
	tcase_add_test(t, finds_names);
	tcase_add_loop_test(t, finds_near_names, 0, ARRAY_SIZE(nearest));
	tcase_add_test(t, measures_distance);
	suite_add_tcase(s, t);
	return run_suite(s);
}
