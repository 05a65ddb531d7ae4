/* SPDX-License-Identifier: Apache-2.0 */

/* What the tables say, in words: what a row expects, what was found instead, and the path of each row. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "spec/decoder.h"

/* ---- what integers there are ---- */

static const struct integer integers[] = {
	[FIELD_I32] = { 4, 0, INT32_MIN, INT32_MAX },
	[FIELD_U32] = { 4, 0, 0, UINT32_MAX },
	[FIELD_I64] = { 8, 0, INT64_MIN, INT64_MAX },
	[FIELD_U64] = { 8, 0, 0, UINT64_MAX },
	[FIELD_OPT_I32] = { 4, offsetof(struct opt_i32, value), INT32_MIN, INT32_MAX },
	[FIELD_OPT_U16] = { 2, offsetof(struct opt_u16, value), 0, UINT16_MAX },
	[FIELD_OPT_U32] = { 4, offsetof(struct opt_u32, value), 0, UINT32_MAX },
	[FIELD_OPT_I64] = { 8, offsetof(struct opt_i64, value), INT64_MIN, INT64_MAX },
	[FIELD_OPT_U64] = { 8, offsetof(struct opt_u64, value), 0, UINT64_MAX },
	[FIELD_U32S] = { 4, 0, 0, UINT32_MAX },
};

struct integer integer_of(const struct field *f)
{
	struct integer type = integers[f->kind];

	if (f->flags & FIELD_RANGED) {
		type.min = f->min;
		type.max = f->max;
	}
	return type;
}

/* ---- messages ---- */

const char *json_found(const struct json *node, char *buf, size_t size)
{
	if (node->type == JSON_STRING)
		snprintf(buf, size, "string '%.80s%s'", node->text,
			 strlen(node->text) > 80 ? "..." : "");
	else if (node->type == JSON_NUMBER)
		snprintf(buf, size, "number %.80s", node->text);
	else if (node->type == JSON_BOOL)
		snprintf(buf, size, "boolean %s", node->boolean ? "true" : "false");
	else if (node->type == JSON_NULL)
		snprintf(buf, size, "null");
	else
		snprintf(buf, size, "an %s", json_type_name(node->type));
	return buf;
}

void words_of(const struct names *names, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = 0;
	for (size_t i = 0; i < names->n && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s'%s'", i ? ", " : "", names->v[i].name);
}

const char *field_expects(const struct field *f, char *buf, size_t size)
{
	static const char *const texts[] = {
		[FIELD_IGNORED] = "anything",
		[FIELD_BOOL] = "true or false",
		[FIELD_OPT_BOOL] = "true or false",
		[FIELD_STRING] = "a string",
		[FIELD_STRINGS] = "an array of strings",
		[FIELD_U32S] = "an array of integers",
		[FIELD_PAIRS] = "an object of strings",
		[FIELD_ENUM] = "a string",
		[FIELD_BITS] = "an array of strings",
		[FIELD_OBJECT] = "an object",
		[FIELD_EMBEDDED] = "an object",
		[FIELD_SAME] = "an object",
		[FIELD_LIST] = "an array of objects",
		[FIELD_MAP] = "an object of objects",
	};
	struct integer type;

	if (f->kind < ARRAY_SIZE(texts) && texts[f->kind]) {
		snprintf(buf, size, "%s", texts[f->kind]);
		return buf;
	}
	type = integer_of(f);
	if (f->flags & FIELD_RANGED || type.size < 8)
		snprintf(buf, size, "an integer from %lld to %llu", (long long)type.min,
			 (unsigned long long)type.max);
	else
		snprintf(buf, size, "%s", type.min < 0 ? "an integer" : "an integer of at least 0");
	return buf;
}

int json_fail(const struct json *node, struct error *err, const char *fmt, ...)
{
	char message[sizeof(err->msg)], pointer[sizeof(err->at)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	failf(err, EINVAL, "%s", message);
	error_place(err, json_doc_name(node), json_line(node),
		    json_pointer(node, pointer, sizeof(pointer)));
	return -EINVAL;
}

/* ---- walking the tables ---- */

struct walk {
	schema_visitor visit;
	void *data;
	char path[512];
};

static int walk_rows(struct walk *w, const struct schema *schema)
{
	size_t length = strlen(w->path), room = sizeof(w->path) - length;
	int r = 0;

	for (size_t i = 0; i < schema->n && r == 0; i++) {
		const struct field *f = &schema->fields[i];

		snprintf(w->path + length, room, "/%s", f->name);
		r = w->visit(w->path, schema, f, w->data);
		if (r != 0 || !field_schema(f))
			continue;
		if (f->kind == FIELD_LIST || f->kind == FIELD_MAP)
			snprintf(w->path + length, room, "/%s/*", f->name);
		r = walk_rows(w, field_schema(f));
	}
	w->path[length] = 0;
	return r;
}

int schema_walk(const struct schema *root, schema_visitor visit, void *data)
{
	struct walk w = { .visit = visit, .data = data };

	return walk_rows(&w, root);
}
