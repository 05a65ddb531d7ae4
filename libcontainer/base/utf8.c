/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

/* Rows of RFC 3629's grammar: what may follow a first byte. */
static const struct {
	unsigned char first, last, low, high; /* of byte 1, of byte 2 */
	unsigned char length;
} sequences[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

size_t utf8_sequence(const unsigned char *s, size_t n)
{
	size_t row = 0, length;

	if (n == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	while (row < sizeof(sequences) / sizeof(sequences[0]) && s[0] > sequences[row].last)
		row++;
	if (row == sizeof(sequences) / sizeof(sequences[0]) || s[0] < sequences[row].first)
		return 0;
	length = sequences[row].length;
	if (n < length || s[1] < sequences[row].low || s[1] > sequences[row].high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

size_t utf8_check(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i = 0, length;
	uint64_t word;

	while (i < n) {
		/* Eight ASCII bytes at a time: nearly all of a config is that. */
		while (i + sizeof(word) <= n) {
			memcpy(&word, p + i, sizeof(word));
			if (word & 0x8080808080808080ULL)
				break;
			i += sizeof(word);
		}
		if (i == n)
			break;
		length = utf8_sequence(p + i, n - i);
		if (length == 0)
			return i;
		i += length;
	}
	return n;
}

uint32_t utf8_code(const unsigned char *s, size_t length)
{
	uint32_t code = length == 1 ? s[0] : s[0] & (0x7fU >> length);

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (s[i] & 0x3f);
	return code;
}

size_t utf8_put(uint32_t code, char out[4])
{
	static const unsigned char lead[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = length - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (char)(lead[length] | code);
	return length;
}
