/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* The length (1..4) of the well-formed sequence at s, of n readable bytes; 0: malformed. */
size_t utf8_sequence(const unsigned char *s, size_t n);

/* The offset of the first malformed sequence, or n. */
size_t utf8_check(const char *s, size_t n);

/* The code point of a well-formed sequence of that length. */
uint32_t utf8_code(const unsigned char *s, size_t length);

/* U+0000 to U+001F (C0), U+007F (DEL) and U+0080 to U+009F (C1): a terminal may obey them (ECMA-48). */
static inline bool utf8_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* Writes a code point (not a surrogate) to out; returns its length, 1..4. */
size_t utf8_put(uint32_t code, char out[4]);
