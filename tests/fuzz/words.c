/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <stdio.h>
#include <string.h>

#include "spec/objects.h"
#include "spec/spec.h"

struct words {
	const char *v[2048];
	size_t n;
};

static void add_word(struct words *words, const char *word)
{
	if (words->n < sizeof(words->v) / sizeof(words->v[0]))
		words->v[words->n++] = word;
}

static int collect(const char *path, const struct schema *in, const struct field *field, void *data)
{
	(void)path, (void)in;
	add_word(data, field->name);
	for (size_t i = 0; field->words && i < field_words(field)->n; i++)
		add_word(data, field_words(field)->v[i].name);
	return 0;
}

/* Puts a name or word of the tables, as a key or a value, somewhere into the text. */
static size_t insert_word(const struct words *words, uint8_t *data, size_t size, size_t max,
			  unsigned seed)
{
	static const char *const forms[] = { "\"%s\"", "\"%s\":", ",\"%s\":{", "\"%s\":[" };
	size_t at = size ? (seed / 4) % size : 0;
	char text[128];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), forms[seed % 4], words->v[(seed / 64) % words->n]);
	if (n >= sizeof(text) || size + n > max)
		return size;
	memmove(data + at + n, data + at, size - at);
	memcpy(data + at, text, n);
	return size + n;
}

size_t words_mutate(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static struct words words;

	if (!words.n)
		schema_walk(&schema_config, collect, &words);
	if (seed % 3 == 0)
		size = insert_word(&words, data, size, max, seed / 3);
	return LLVMFuzzerMutate(data, size, max);
}
