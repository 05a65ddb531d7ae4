/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Memory that lives and dies together: one arena a document. Nothing is freed singly. What it returns
 * is zeroed and aligned for any type.
 */

#include <stddef.h>

#include "base/cleanup.h"
#include "base/macros.h"

struct arena;

/* NULL when memory is short. */
struct arena *arena_new(void);
void arena_free(struct arena *a);
DEFINE_AUTO(struct arena *, arena_free);

/* NULL when memory is short, with errno ENOMEM; size 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size);
/* A copy with more room of what has `n` bytes (NULL: none yet); the old one stays in the arena unused. */
void *arena_grow(struct arena *a, const void *old, size_t n, size_t room);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);
/* s, then t. */
char *arena_join(struct arena *a, const char *s, const char *t);
char *arena_printf(struct arena *a, const char *fmt, ...) printf_like(2, 3);

#define arena_new_of(a, type) ((type *)arena_alloc(a, sizeof(type)))
#define arena_array_of(a, type, n) ((type *)arena_alloc(a, sizeof(type) * (n)))
