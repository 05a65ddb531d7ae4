/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

#define BLOCK_SIZE ((size_t)32 * 1024 - sizeof(struct block))
#define ALIGNMENT ((size_t)16)

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(16) unsigned char data[];
};

struct arena {
	struct block *top;
};

/*
 * The first blocks are part of the program: a command that needs no more asks the kernel for none, and what is
 * not touched of them takes no memory (nor the time of a page fault: so what is said of them lies elsewhere). Under
 * AddressSanitizer all blocks are malloc's, which it can watch.
 */
#ifdef __SANITIZE_ADDRESS__
#define POOL_BLOCKS 0
#else
#define POOL_BLOCKS 8
#endif

/* From a page's beginning: an arena of few bytes then touches one page, not two. */
static struct {
	page_aligned unsigned char room[sizeof(struct block) + BLOCK_SIZE];
} pool[POOL_BLOCKS + 1];
static bool pool_taken[POOL_BLOCKS + 1];

static struct block *block_take(size_t size)
{
	for (int i = 0; size == BLOCK_SIZE && i < POOL_BLOCKS; i++)
		if (!pool_taken[i]) {
			pool_taken[i] = true;
			return (struct block *)pool[i].room;
		}
	return malloc(sizeof(struct block) + size);
}

static void block_free(struct block *b)
{
	for (int i = 0; i < POOL_BLOCKS; i++)
		if ((unsigned char *)b == pool[i].room) {
			pool_taken[i] = false;
			return;
		}
	free(b);
}

static struct block *block_new(size_t size)
{
	struct block *b;

	if (size > SIZE_MAX - sizeof(*b)) {
		errno = ENOMEM;
		return NULL;
	}
	b = block_take(size);
	if (b)
		*b = (struct block){ .size = size };
	return b;
}

static size_t round_up(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

/* It lies in its own first block. */
struct arena *arena_new(void)
{
	struct block *first = block_new(BLOCK_SIZE);
	struct arena *a;

	if (!first)
		return NULL;
	a = (struct arena *)first->data;
	first->used = round_up(sizeof(*a));
	a->top = first;
	return a;
}

void arena_free(struct arena *a)
{
	for (struct block *b = a ? a->top : NULL, *next; b; b = next) {
		next = b->next;
		block_free(b);
	}
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct block *b = a->top;
	void *p;

	if (size > SIZE_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	size = round_up(size);
	if (b->size - b->used < size) {
		b = block_new(size > BLOCK_SIZE ? size : BLOCK_SIZE);
		if (!b)
			return NULL;
		b->next = a->top;
		a->top = b;
	}
	p = b->data + b->used;
	b->used += size;
	/* Not the whole block at once: what is never given out need never become memory. */
	memset(p, 0, size);
	return p;
}

void *arena_grow(struct arena *a, const void *old, size_t n, size_t room)
{
	void *p = arena_alloc(a, room);

	if (p && n)
		memcpy(p, old, n);
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	if (p)
		memcpy(p, s, n);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_join(struct arena *a, const char *s, const char *t)
{
	size_t n = strlen(s), more = strlen(t);
	char *p = arena_alloc(a, n + more + 1);

	if (p) {
		memcpy(p, s, n);
		memcpy(p + n, t, more);
	}
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	/* Into what is left of the block: it is seldom too small. */
	size_t room = a->top->size - a->top->used;
	char *there = (char *)a->top->data + a->top->used, *p = NULL;
	va_list args, again;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(there, room, fmt, args);
	if (n >= 0 && (size_t)n < room) {
		a->top->used += min_of(round_up((size_t)n + 1), room);
		p = there;
	} else if (n >= 0 && (p = arena_alloc(a, (size_t)n + 1))) {
		(void)vsnprintf(p, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	va_end(args);
	return p;
}
