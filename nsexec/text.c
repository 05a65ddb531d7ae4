/* SPDX-License-Identifier: Apache-2.0 */
#include "nsexec/stage.h"
#include "nsexec/sys.h"

/* What the stage was given and has opened lies close together. */
#define FDS_IN_A_ROW 4096

size_t text_len(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

bool text_same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

void text_copy(char *to, size_t room, const char *from)
{
	size_t i = 0;

	for (; i + 1 < room && from[i]; i++)
		to[i] = from[i];
	to[i] = 0;
}

void text_octal(char *to, uint32_t v)
{
	char digits[12];
	int n = 0;

	do {
		digits[n++] = (char)('0' + (v & 7));
		v >>= 3;
	} while (v);
	while (n)
		*to++ = digits[--n];
	*to = 0;
}

void text_decimal(char to[12], long v)
{
	char digits[12];
	int n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) && n < 11);
	while (n > 0)
		*to++ = digits[--n];
	*to = 0;
}

long close_between(uint32_t first, uint32_t last)
{
	long r = sys(close_range, first, last, 0);

	for (uint32_t fd = first; r < 0 && fd <= last && fd - first < FDS_IN_A_ROW; fd++)
		(void)sys(close, fd);
	return 0;
}

long close_from(int first)
{
	return close_between((uint32_t)first, ~0U);
}
