/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define nodiscard __attribute__((warn_unused_result))
/* Failures: the compiler puts what leads to such a call out of the way of the rest. */
#define seldom __attribute__((cold))
/*
 * Large variables: the link puts them before the small ones, which then lie side by side in few pages. An attribute and not
 * _Alignas, which may not stand everywhere.
 */
#define page_aligned __attribute__((aligned(4096)))

#define min_of(a, b)                                \
	({                                          \
		__auto_type a_ = (a);               \
		__auto_type b_ = (b);               \
		a_ < b_ ? a_ : b_;                  \
	})

#define foreach_array(item, array) \
	for (__typeof__((array)[0]) *item = (array); item < (array) + ARRAY_SIZE(array); item++)

/* Walks an anonymous list struct { T *v; size_t n; } as declared by LIST() in spec/types.h. */
#define foreach_list(item, list) \
	for (__typeof__((list)->v[0]) *item = (list)->v; item && item < (list)->v + (list)->n; item++)
