/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Integers as JSON may write them: 1024, 1e3 and 12.50e2 are integers, 0.5 is none. */

#include <stdbool.h>
#include <stdint.h>

struct decimal {
	bool negative;
	uint64_t value;
};

/* text: a valid JSON number. 0; -EINVAL: it is not integral; -ERANGE: it does not fit in 64 bits. */
int decimal_parse(const char *text, struct decimal *ret);
bool decimal_fits(const struct decimal *number, int64_t min, uint64_t max);
