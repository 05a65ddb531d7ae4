/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as an annotation's value: what is taken has a signature, and a word for each basic type in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/systemd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_str signature = STR_INIT, words = STR_INIT;
	auto_(free) char *text = strndup((const char *)data, size);

	if (!text || variant_parse(text, &signature, &words) < 0)
		return 0;
	if (!signature.n || strspn(signature.s, "ybnqiuxtdsogav()") != signature.n)
		abort();
	if (words.n && words.s[words.n - 1])
		abort();
	return 0;
}
