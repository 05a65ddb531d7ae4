/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Strict JSON text as a tree in an arena, with the place of every value. UTF-8 only, no duplicate
 * names, depth at most 64, size at most 16 MiB, at most two million values, one value at the top.
 * Strings are NUL-terminated and hold no NUL ("\u0000" is refused: no kernel interface can take
 * it).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#define JSON_DEPTH_MAX 64
#define JSON_SIZE_MAX ((size_t)16 << 20)
#define JSON_VALUES_MAX ((size_t)1 << 21)

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_doc; /* the text and its name, for lines */

struct json {
	enum json_type type;
	uint32_t at;          /* byte offset of the value                       */
	bool boolean;         /* JSON_BOOL                                      */
	const char *text;     /* JSON_STRING decoded; JSON_NUMBER as written    */
	const char *key;      /* when a member of an object, else NULL          */
	size_t index;         /* position in its parent                         */
	size_t n;             /* members of an array or object                  */
	struct json *first, *next; /* children, in the file's order             */
	struct json *parent;
	const struct json_doc *doc;
};

/* Nodes lie in `a`, and a copy of the name; the text must live as long as they are asked for their place. */
int json_parse(struct arena *a, const char *text, size_t size, const char *name, struct json **ret,
	       struct error *err);

/* The member, or NULL. */
struct json *json_member(const struct json *object, const char *key);
const char *json_type_name(enum json_type type);
/* RFC 6901 pointer of a node ("" for the root), cut to size. Returns buf. */
const char *json_pointer(const struct json *node, char *buf, size_t size);
unsigned json_line(const struct json *node);   /* 1-based */
unsigned json_column(const struct json *node); /* 1-based, in bytes */
const char *json_doc_name(const struct json *node);

/* ---- writing: json_write.c ---- */

struct json_out; /* a document being written, to memory */

/* indent: NULL for one line, else the text of one level ("  ", "\t"). NULL when memory is short. */
struct json_out *json_out_new(const char *indent);
void json_out_free(struct json_out *o);
DEFINE_AUTO(struct json_out *, json_out_free);

/* Every value takes its key, or NULL inside arrays and at the top. Failures are sticky. */
void json_object_begin(struct json_out *o, const char *key);
void json_object_end(struct json_out *o);
void json_array_begin(struct json_out *o, const char *key);
void json_array_end(struct json_out *o);
/* Invalid UTF-8 becomes U+FFFD. */
void json_string(struct json_out *o, const char *key, const char *value);
void json_i64(struct json_out *o, const char *key, int64_t value);
void json_u64(struct json_out *o, const char *key, uint64_t value);
void json_bool(struct json_out *o, const char *key, bool value);
void json_null(struct json_out *o, const char *key);
/* A parsed value again, whole. */
void json_node(struct json_out *o, const char *key, const struct json *node);
/* The text so far (no newline at the end), borrowed; NULL when memory was short. */
const char *json_out_text(struct json_out *o);
