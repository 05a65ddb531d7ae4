/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/decimal.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"

/* Splits "-12.50e1" (a valid JSON number) into digits without the dot and a power of ten. */
static long split_number(const char *text, char *digits, size_t size, size_t *n)
{
	long exponent = 0;
	bool fraction = false;
	int64_t written;

	*n = 0;
	for (; *text && *text != 'e' && *text != 'E'; text++) {
		if (*text == '.') {
			fraction = true;
			continue;
		}
		exponent -= fraction;
		if (*n == 0 && *text == '0')
			continue;
		if (*n == size)
			return 0;
		digits[(*n)++] = *text;
	}
	if (!*text)
		return exponent;
	text += text[1] == '+' ? 2 : 1;
	if (parse_i64(text, &written) < 0 || written > 1000000 || written < -1000000)
		written = *text == '-' ? -1000000 : 1000000;
	return exponent + (long)written;
}

int decimal_parse(const char *text, struct decimal *ret)
{
	char digits[512];
	long exponent;
	size_t n;
	int r;

	ret->negative = *text == '-';
	text += ret->negative;
	if (parse_u64(text, &ret->value) == 0)
		return 0;
	if (strlen(text) > sizeof(digits) - 32)
		return -ERANGE;
	exponent = split_number(text, digits, sizeof(digits), &n);
	for (; exponent < 0 && n > 0 && digits[n - 1] == '0'; exponent++)
		n--;
	ret->value = 0;
	if (n == 0)
		return 0;
	if (exponent < 0)
		return -EINVAL;
	if ((long)n + exponent > 20)
		return -ERANGE;
	while (exponent-- > 0)
		digits[n++] = '0';
	r = parse_u64n(digits, n, 10, &ret->value);
	return r < 0 ? -ERANGE : 0;
}

bool decimal_fits(const struct decimal *number, int64_t min, uint64_t max)
{
	if (number->negative && number->value > 0)
		return min < 0 && number->value <= 0 - (uint64_t)min;
	return number->value <= max && (min <= 0 || number->value >= (uint64_t)min);
}
