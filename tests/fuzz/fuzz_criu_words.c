/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as CRIU's answer, and as words of a request; the first byte says which. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "criu/translate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_str words = STR_INIT;
	uint8_t *packed = NULL;
	size_t n = 0;

	if (size < 1)
		return 0;
	if (data[0] & 1) {
		if (translate_request((const char *)data + 1, size - 1, &packed, &n) == 0 && (!packed || !n))
			abort();
		free(packed);
		return 0;
	}
	if (translate_answer(data + 1, size - 1, &words) == 0 && (!words.n || words.s[words.n - 1]))
		abort();
	return 0;
}
