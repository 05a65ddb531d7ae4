/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "tests/lib/suite.h"

/* The examples of FIPS 180-4, and lengths around the padding's edges. */
static const struct {
	const char *text;
	size_t times;
	const char *hex;
} cases[] = {
	{ "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "a", 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318" },
	{ "a", 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb" },
	{ "a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

START_TEST(digests)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	struct sha256 h;

	sha256_init(&h);
	for (size_t i = 0; i < cases[_i].times; i++)
		sha256_add(&h, cases[_i].text, strlen(cases[_i].text));
	sha256_done(&h, digest);
	sha256_hex(digest, hex);
	ck_assert_str_eq(hex, cases[_i].hex);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sha256");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, digests, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, t);
	return run_suite(s);
}
