/* SPDX-License-Identifier: Apache-2.0 */
#include "json/memory.h"

#include <string.h>

#include "base/macros.h"

struct piece {
	size_t n;
	_Alignas(16) unsigned char data[];
};

static void *piece_alloc(void *arena, size_t n)
{
	struct piece *piece = arena_alloc(arena, sizeof(*piece) + n);

	if (!piece)
		return NULL;
	piece->n = n;
	return piece->data;
}

static void *piece_grow(void *arena, void *old, size_t n)
{
	void *p = piece_alloc(arena, n);
	const struct piece *piece = old ? (struct piece *)((char *)old - sizeof(*piece)) : NULL;

	if (p && piece)
		memcpy(p, piece->data, min_of(piece->n, n));
	return p;
}

static void piece_free(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

yajl_alloc_funcs json_memory(struct arena *a)
{
	return (yajl_alloc_funcs){
		.malloc = piece_alloc,
		.realloc = piece_grow,
		.free = piece_free,
		.ctx = a,
	};
}
