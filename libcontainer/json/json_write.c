/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "json/json.h"
#include "json/memory.h"
#include "base/utf8.h"

/*
 * yajl_gen prints an empty container as "{\n\n}", so that an opening bracket waits here until it is
 * known what follows.
 */
struct json_out {
	struct arena *arena; /* of all that is ours */
	yajl_gen gen;
	struct str text;
	char *indent;      /* yajl keeps the pointer */
	enum json_type waiting; /* JSON_ARRAY, JSON_OBJECT, else nothing waits */
	bool bad;
};

/*
 * yajl escapes the control characters below U+0020 only. Those from U+007F to U+009F can stand in strings alone, and
 * come here unbroken: a piece of text ends at an escape, which is ASCII.
 */
static size_t add_escaped(struct str *out, const unsigned char *s, size_t n)
{
	size_t length = s[0] == 0x7f ? 1 : n > 1 && s[0] == 0xc2 && s[1] < 0xa0 ? 2 : 0;

	if (length)
		str_printf(out, "\\u%04x", (unsigned)s[length - 1]);
	return length;
}

static void on_print(void *ctx, const char *text, size_t n)
{
	struct json_out *o = ctx;
	size_t begin = 0;

	for (size_t i = 0, length; i < n; i += length) {
		length = 1;
		if (text[i] != 0x7f && text[i] != '\xc2')
			continue;
		str_addn(&o->text, text + begin, i - begin);
		length = add_escaped(&o->text, (const unsigned char *)text + i, n - i);
		begin = i + length;
		length = length ? length : 1;
	}
	str_addn(&o->text, text + begin, n - begin);
}

struct json_out *json_out_new(const char *indent)
{
	struct arena *a = arena_new();
	yajl_alloc_funcs memory;
	auto_(json_out_free) struct json_out *o = a ? arena_new_of(a, struct json_out) : NULL;

	if (!o) {
		arena_free(a);
		return NULL;
	}
	o->arena = a;
	o->text = (struct str)STR_IN(a);
	memory = json_memory(a);
	o->gen = yajl_gen_alloc(&memory);
	if (!o->gen)
		return NULL;
	yajl_gen_config(o->gen, yajl_gen_print_callback, on_print, o);
	if (indent) {
		o->indent = arena_strdup(a, indent);
		if (!o->indent)
			return NULL;
		yajl_gen_config(o->gen, yajl_gen_beautify, 1);
		yajl_gen_config(o->gen, yajl_gen_indent_string, o->indent);
	}
	return take_ptr(o);
}

void json_out_free(struct json_out *o)
{
	int saved = errno;

	if (!o)
		return;
	if (o->gen)
		yajl_gen_free(o->gen);
	arena_free(o->arena);
	errno = saved;
}

static void checked(struct json_out *o, yajl_gen_status status)
{
	o->bad = o->bad || (status != yajl_gen_status_ok && status != yajl_gen_generation_complete);
}

static void put_string(struct json_out *o, const char *s)
{
	size_t n = strlen(s), good = utf8_check(s, n), length;
	auto_str copy = STR_INIT;

	if (good == n) {
		checked(o, yajl_gen_string(o->gen, (const unsigned char *)s, n));
		return;
	}
	for (size_t i = 0; i < n; i += length ? length : 1) {
		length = utf8_sequence((const unsigned char *)s + i, n - i);
		str_addn(&copy, length ? s + i : UTF8_REPLACEMENT, length ? length : 3);
	}
	o->bad = o->bad || !str_ok(&copy);
	checked(o, yajl_gen_string(o->gen, (const unsigned char *)str_text(&copy), copy.n));
}

/* Whatever is written next begins here: prints the bracket that waits, and the key. */
static void prepare(struct json_out *o, const char *key)
{
	if (o->waiting == JSON_OBJECT)
		checked(o, yajl_gen_map_open(o->gen));
	else if (o->waiting == JSON_ARRAY)
		checked(o, yajl_gen_array_open(o->gen));
	o->waiting = JSON_NULL;
	if (key)
		put_string(o, key);
}

static void raw(struct json_out *o, const char *text)
{
	checked(o, yajl_gen_number(o->gen, text, strlen(text)));
}

void json_object_begin(struct json_out *o, const char *key)
{
	prepare(o, key);
	o->waiting = JSON_OBJECT;
}

void json_object_end(struct json_out *o)
{
	if (o->waiting == JSON_OBJECT)
		raw(o, "{}");
	else
		checked(o, yajl_gen_map_close(o->gen));
	o->waiting = JSON_NULL;
}

void json_array_begin(struct json_out *o, const char *key)
{
	prepare(o, key);
	o->waiting = JSON_ARRAY;
}

void json_array_end(struct json_out *o)
{
	if (o->waiting == JSON_ARRAY)
		raw(o, "[]");
	else
		checked(o, yajl_gen_array_close(o->gen));
	o->waiting = JSON_NULL;
}

void json_string(struct json_out *o, const char *key, const char *value)
{
	prepare(o, key);
	put_string(o, value);
}

void json_i64(struct json_out *o, const char *key, int64_t value)
{
	prepare(o, key);
	checked(o, yajl_gen_integer(o->gen, value));
}

void json_u64(struct json_out *o, const char *key, uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	prepare(o, key);
	raw(o, digits);
}

void json_bool(struct json_out *o, const char *key, bool value)
{
	prepare(o, key);
	checked(o, yajl_gen_bool(o->gen, value));
}

void json_null(struct json_out *o, const char *key)
{
	prepare(o, key);
	checked(o, yajl_gen_null(o->gen));
}

/* One bounded recursion: a tree of json_parse() is at most JSON_DEPTH_MAX deep. */
static void put_children(struct json_out *o, const struct json *node)
{
	for (const struct json *child = node->first; child; child = child->next)
		json_node(o, child->key, child);
}

void json_node(struct json_out *o, const char *key, const struct json *node)
{
	switch (node->type) {
	case JSON_NULL:
		json_null(o, key);
		break;
	case JSON_BOOL:
		json_bool(o, key, node->boolean);
		break;
	case JSON_NUMBER:
		prepare(o, key);
		raw(o, node->text);
		break;
	case JSON_STRING:
		json_string(o, key, node->text);
		break;
	case JSON_ARRAY:
		json_array_begin(o, key);
		put_children(o, node);
		json_array_end(o);
		break;
	case JSON_OBJECT:
		json_object_begin(o, key);
		put_children(o, node);
		json_object_end(o);
		break;
	}
}

const char *json_out_text(struct json_out *o)
{
	if (o->bad || !str_ok(&o->text))
		return NULL;
	/* yajl ends an indented document with a newline. */
	while (o->text.n && o->text.s[o->text.n - 1] == '\n')
		o->text.s[--o->text.n] = 0;
	return str_text(&o->text);
}
