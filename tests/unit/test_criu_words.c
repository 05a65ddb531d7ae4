/* SPDX-License-Identifier: Apache-2.0 */
/* orlop-criu's translation: words to CRIU's bytes, and its bytes to words. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "criu/translate.h"
#include "tests/lib/suite.h"

#define WORDS(text) (text), sizeof(text)

/* clang-format off */
static const struct {
	const char *words;
	size_t n;
	const char *hex; /* NULL: refused */
} requests[] = {
	{ WORDS("VERSION\0" "1"), "080a2001" },
	{ WORDS("reply\0" "1"), "08061801" },
	{ WORDS("reply\0" "0"), "08061800" },
	{ WORDS("DUMP\0" "0\0" "images_dir_fd\0" "4\0" "pid\0" "7"), "0801120408041007" },
	{ WORDS("RESTORE\0" "0\0" "images_dir_fd\0" "4\0" "ext_mnt\0" "a\0" "/b\0" "ext_mnt\0" "c\0" "/d"),
	  "080212160804" "ba01070a0161" "12022f62" "ba01070a0163" "12022f64" },
	{ WORDS("RESTORE\0" "0\0" "images_dir_fd\0" "4\0" "cg_root\0" "\0" "/x\0" "manage_cgroups_mode\0" "IGNORE"),
	  "0802120c0804ca010412022f78900200" },
	{ WORDS("NONE\0" "0"), NULL },
	{ WORDS("DUMP"), NULL },
	{ WORDS("DUMP\0" "0\0" "no_such_field\0" "1"), NULL },
	{ WORDS("DUMP\0" "0\0" "pid"), NULL },
	{ WORDS("DUMP\0" "0\0" "pid\0" "x"), NULL },
	{ WORDS("DUMP\0" "0\0" "pid\0" "5000000000"), NULL },
	{ WORDS("DUMP\0" "0\0" "ext_mnt\0" "a"), NULL },
	{ WORDS("DUMP\0" "0\0" "root\0" "/a\0" "root\0" "/b"), NULL },
};
/* clang-format on */

START_TEST(requests_are_packed)
{
	uint8_t *packed = NULL;
	size_t n = 0;
	int r = translate_request(requests[_i].words, requests[_i].n, &packed, &n);
	char hex[512] = "";

	if (!requests[_i].hex) {
		ck_assert_int_eq(r, -EINVAL);
		return;
	}
	ck_assert_int_eq(r, 0);
	for (size_t i = 0; i < n && i < 250; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", packed[i]);
	free(packed);
	ck_assert_str_eq(hex, requests[_i].hex);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
	const char *words; /* with commas; NULL: refused */
} answers[] = {
	{ "\x08\x06\x10\x01\x2a\x0c\x0a\x08pre-dump\x10\x05", 18, "notify,pre-dump,5," },
	{ "\x08\x0a\x10\x01\x52\x06\x08\x04\x10\x02\x20\x01", 12, "version,40201," },
	{ "\x08\x09\x10\x01\x42\x02\x10\x01", 8, "features,0,1," },
	{ "\x08\x01\x10\x00\x38\x38\x4a\x03" "bad", 11, "result,DUMP,0,56,0,bad," },
	{ "\x08\x02\x10\x01\x22\x03\x08\xe7\x07", 9, "result,RESTORE,1,0,999,," },
	{ "\x08\x63\x10\x00", 4, "result,unknown,0,0,0,," },
	{ "\x08\x01", 2, NULL },
	{ "\xff\xff\xff", 3, NULL },
};

START_TEST(answers_become_words)
{
	auto_str words = STR_INIT;
	int r = translate_answer((const uint8_t *)answers[_i].bytes, answers[_i].n, &words);

	if (!answers[_i].words) {
		ck_assert_int_eq(r, -EPROTO);
		return;
	}
	ck_assert_int_eq(r, 0);
	for (size_t i = 0; i < words.n; i++)
		if (!words.s[i])
			words.s[i] = ',';
	ck_assert_str_eq(str_text(&words), answers[_i].words);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("criu_words");
	TCase *t = tcase_create("criu_words");

	tcase_add_loop_test(t, requests_are_packed, 0, ARRAY_SIZE(requests));
	tcase_add_loop_test(t, answers_become_words, 0, ARRAY_SIZE(answers));
	suite_add_tcase(s, t);
	return run_suite(s);
}
