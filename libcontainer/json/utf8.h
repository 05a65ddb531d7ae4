/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */

#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* The length (1..4) of the well-formed sequence at s, of n readable bytes; 0: malformed. */
size_t utf8_sequence(const unsigned char *s, size_t n);

/* The offset of the first malformed sequence, or n. */
size_t utf8_check(const char *s, size_t n);

/* Writes a code point (not a surrogate) to out; returns its length, 1..4. */
size_t utf8_put(uint32_t code, char out[4]);
