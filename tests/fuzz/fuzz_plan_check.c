/* SPDX-License-Identifier: Apache-2.0 */

/* A plan that passes plan_check() can be walked whole: every string, list and number in it is read. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "plan/builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Aligned as the stage's mapping is, with nothing behind it. */
	struct plan *p = size ? aligned_alloc(8, (size + 7) & ~(size_t)7) : NULL;
	auto_str text = STR_INIT;
	uint32_t bad;

	if (!p)
		return 0;
	memcpy(p, data, size);
	/* A fuzzer finds these by itself only after long. */
	if (size > sizeof(*p)) {
		p->magic = PLAN_MAGIC;
		p->version = PLAN_VERSION;
		p->size = (uint32_t)size;
		((char *)p)[size - 1] = 0;
	}
	if (plan_check(p, size, &bad) == 0)
		plan_describe(p, &text);
	free(p);
	return 0;
}
