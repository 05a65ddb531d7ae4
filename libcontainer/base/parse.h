/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Numbers from text: the whole text must be one, else -EINVAL; out of range is -ERANGE. */

#include <stddef.h>
#include <stdint.h>

int parse_u64(const char *text, uint64_t *ret);
int parse_i64(const char *text, int64_t *ret);
int parse_u32(const char *text, uint32_t *ret);
int parse_i32(const char *text, int32_t *ret);
/* Not NUL-terminated; base 8, 10 or 16 (no prefix). */
int parse_u64n(const char *text, size_t n, unsigned base, uint64_t *ret);
/* Bytes with an optional k, m, g, t, p suffix in powers of 1024 ("64m", "1.5g", "64 MiB"), or -1. */
int parse_size(const char *text, int64_t *ret);
/* Go's duration: "5s", "1m30s", "1.5s", "250ms", "0"; nanoseconds. */
int parse_duration(const char *text, int64_t *ret);
/*
 * A list of the kernel's bitmaps, "0-3,7" or "0-31:2/4", into the n words of `mask`, whose bits are set
 * (never cleared); NULL: only checked. A number beyond the mask is -ERANGE. An empty list is one.
 */
int parse_list(const char *text, uint32_t *mask, size_t n);
/* One element of such a list: of every `group` numbers from low to high the first `used`. */
struct list_range {
	uint64_t low, high, used, group;
};
/* Takes the next element and moves *text behind it: 1; 0 at the end; -EINVAL, -ERANGE. */
int parse_list_next(const char **text, struct list_range *ret);
