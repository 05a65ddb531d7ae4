/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A growing string. An allocation failure makes it sticky-bad: later appends do nothing and
 * str_ok() is false, so a caller checks once at the end. Always NUL-terminated once not empty.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/macros.h"

struct arena;

struct str {
	char *s; /* NULL while nothing was added */
	size_t n, room;
	bool bad, lent;      /* lent: s is not ours                */
	struct arena *arena; /* where it grows; NULL: on the heap */
};

#define STR_INIT { 0 }
/* Lives as long as the arena: str_done() is not needed. */
#define STR_IN(a) { .arena = (a) }
/* In an array of the caller's, as long as that is large enough. */
#define STR_ON(array) { .s = (array), .room = sizeof(array), .lent = true }

void str_done(struct str *s);
#define auto_str __attribute__((cleanup(str_done))) struct str

void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const char *text, size_t n);
void str_printf(struct str *s, const char *fmt, ...) printf_like(2, 3);
/* With a backslash before quotes and backslashes, and \n for a newline: as within the quotes of JSON or OpenMetrics. */
void str_add_escaped(struct str *s, const char *text);
static inline bool str_ok(const struct str *s)
{
	return !s->bad;
}
/* The text, never NULL. */
static inline const char *str_text(const struct str *s)
{
	return s->n ? s->s : "";
}

/* For who writes at its end himself: where (NULL when memory is short) and how much at most; then tells how much. */
char *str_space(struct str *s, size_t *room);
void str_wrote(struct str *s, size_t n);

bool streq(const char *a, const char *b);
bool starts_with(const char *s, const char *prefix);
/* Whether `word` stands among the words of `text`, which are parted by any of `between`. */
bool has_word(const char *text, const char *between, const char *word);
/* The part after the last '/', or all of it: never NULL, never allocates. */
const char *path_last(const char *path);
/* How much of `path` is `dir`, when it lies below that (and is not the same); else 0, and of "/" too. */
size_t path_below(const char *path, const char *dir);
/* Whether they are the same but for slashes at the end of `path`. */
bool path_same(const char *path, const char *wanted);
