/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One table an OCI object, many uses: decoding and checking, the `features` document, the manual
 * page of config.json, the fuzzer's dictionary, and the test against the runtime-spec's own JSON
 * schema. A row is all there is to know of a property; adding one is adding its member to
 * spec/types.h and its row.
 *
 *	#define OBJECT struct spec_memory
 *	static const struct field memory_fields[] = {
 *		VALUE("swappiness", swappiness, .since = "1.0", RANGE(0, 100), .doc = "0 to 100"),
 *	};
 *	SCHEMA(memory, memory_fields, .check = memory_check);
 *	#undef OBJECT
 *
 * What all tables share: JSON null is the same as an absent property; so is "" for an optional
 * string or enumeration (Go's omitempty does not tell them apart). Integers may be written with a
 * fraction or an exponent if their value is integral. Unknown properties are ignored.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/names.h"
#include "json/json.h"
#include "spec/problems.h"
#include "spec/types.h"

enum field_kind {
	FIELD_IGNORED, /* known, without effect on Linux: nothing is stored */
	FIELD_BOOL,
	FIELD_I32,
	FIELD_U32,
	FIELD_I64,
	FIELD_U64,
	FIELD_OPT_BOOL,
	FIELD_OPT_I32,
	FIELD_OPT_U16,
	FIELD_OPT_U32,
	FIELD_OPT_I64,
	FIELD_OPT_U64,
	FIELD_STRING,
	FIELD_STRINGS,  /* array of strings            -> spec_strings           */
	FIELD_U32S,     /* array of integers           -> LIST(uint32_t)         */
	FIELD_PAIRS,    /* free keys, string values    -> spec_pairs             */
	FIELD_ENUM,     /* one word of .names          -> an integer of any size */
	FIELD_BITS,     /* array of words of .words    -> an integer, or-ed      */
	FIELD_OBJECT,   /* object of .object           -> pointer to a new one   */
	FIELD_EMBEDDED, /* object of .object           -> a struct member        */
	FIELD_SAME,     /* object of .object           -> this very struct       */
	FIELD_LIST,     /* array of .object            -> LIST(struct)           */
	FIELD_MAP,      /* free keys, values of .object -> LIST(struct)          */
};

enum {
	FIELD_REQUIRED = 1 << 0,
	FIELD_ABSOLUTE = 1 << 1,  /* string(s): an absolute path                              */
	FIELD_NONEMPTY = 1 << 2,  /* string(s), keys of pairs: not ""; arrays: not []         */
	FIELD_LENIENT = 1 << 3,   /* bits: a word not in .names is warned about and dropped   */
	FIELD_RANGED = 1 << 4,    /* integer: .min and .max hold, not just those of its type  */
	FIELD_NARROWER = 1 << 5,  /* refuses values that the official schema lets pass        */
	FIELD_MAX_UNSET = 1 << 6, /* opt_u64: the largest value says 'unset' (a cast of -1)   */
	FIELD_MAX_INFINITE = 1 << 7, /* u64: the largest value says 'unlimited'               */
	FIELD_EXPECTED = 1 << 8,     /* a config without it is seldom meant: a near miss is an error */
	FIELD_ANY_KEY = 1 << 9,      /* pairs: a key may be empty                             */
};

/* Words of an enumeration, of bits, or for strings that are kept as words. */
struct names {
	const struct name *v;
	size_t n;
};
#define NAMES(table) { table, ARRAY_SIZE(table) }

/* clang-format off */
/* What rows refer to: 0 is none. */
#define SPEC_OBJECT(name) SPEC_OBJECT_##name,
#define SPEC_WORDS(name)
#define SPEC_CHECK(name, text)
enum spec_object {
	SPEC_OBJECT_NONE,
#include "spec/tables.def"
};
#undef SPEC_OBJECT
#undef SPEC_WORDS
#define SPEC_OBJECT(name)
#define SPEC_WORDS(name) SPEC_WORDS_##name,
enum spec_words {
	SPEC_WORDS_NONE,
#include "spec/tables.def"
};
#undef SPEC_WORDS
#undef SPEC_CHECK
#define SPEC_WORDS(name)
#define SPEC_CHECK(name, text) SPEC_CHECK_##name,
enum spec_check {
	SPEC_CHECK_NONE,
#include "spec/tables.def"
};
#undef SPEC_OBJECT
#undef SPEC_WORDS
#undef SPEC_CHECK
/* clang-format on */

/* Syntax of a string: each of an array; of pairs, the value's node. */
struct string_check {
	int (*check)(const struct json *value, struct error *err);
	const char *expects; /* "a list such as '0-3,5'" */
};

/* Without pointers: the loader writes to each page that has one, at each start of the program. */
struct field {
	char name[24];
	enum field_kind kind : 8;
	unsigned size : 8;    /* FIELD_ENUM, FIELD_BITS: of the member, in bytes        */
	unsigned flags : 16;
	uint16_t offset;      /* of the member                                          */
	uint16_t has;         /* offset of a bool that says "was present"; 0: none      */
	enum spec_object object : 8;
	enum spec_words words : 8;
	enum spec_check check : 8;
	int64_t min;          /* FIELD_RANGED                                           */
	uint64_t max;
	char since[8];        /* of the runtime-spec                                    */
	char doc[64];         /* half a sentence                                        */
};

struct schema {
	const char *name;     /* of the object, for readers: "memory"                   */
	size_t size;          /* of its struct                                          */
	uint16_t key;         /* FIELD_MAP: offset of the const char * of the key; or 0 */
	const struct field *fields;
	size_t n;
	/* Rules that span members; may also fill what follows from them. Failures are placed at the
	 * object unless spec_error() has placed them. */
	int (*check)(void *object, struct error *err);
	/* That check also holds for an object whose lists lost elements: see spec/problems.h. */
	bool checks_parts;
};

/* ---- writing tables: OBJECT names the struct ---- */

/* clang-format off */
#define MEMBER_(m) (((OBJECT *)0)->m)
#define KIND_(m) _Generic(MEMBER_(m), \
	bool: FIELD_BOOL, int32_t: FIELD_I32, uint32_t: FIELD_U32, \
	int64_t: FIELD_I64, uint64_t: FIELD_U64, \
	struct opt_bool: FIELD_OPT_BOOL, struct opt_i32: FIELD_OPT_I32, \
	struct opt_u16: FIELD_OPT_U16, struct opt_u32: FIELD_OPT_U32, \
	struct opt_i64: FIELD_OPT_I64, struct opt_u64: FIELD_OPT_U64, \
	const char *: FIELD_STRING, spec_strings: FIELD_STRINGS, spec_pairs: FIELD_PAIRS)
#define ROW_(n, k, m, ...) { .name = n, .kind = (k), .offset = offsetof(OBJECT, m), __VA_ARGS__ }

/* The kind follows from the member's C type. */
#define VALUE(n, m, ...) ROW_(n, KIND_(m), m, __VA_ARGS__)
#define NUMBERS(n, m, ...) ROW_(n, FIELD_U32S, m, __VA_ARGS__)
#define ENUM(n, m, table, ...) \
	ROW_(n, FIELD_ENUM, m, .size = sizeof(MEMBER_(m)), WORDS(table), __VA_ARGS__)
#define BITS(n, m, table, ...) \
	ROW_(n, FIELD_BITS, m, .size = sizeof(MEMBER_(m)), WORDS(table), __VA_ARGS__)
#define POINTER(n, m, type, ...) ROW_(n, FIELD_OBJECT, m, .object = SPEC_OBJECT_##type, __VA_ARGS__)
#define EMBEDDED(n, m, type, ...) ROW_(n, FIELD_EMBEDDED, m, .object = SPEC_OBJECT_##type, __VA_ARGS__)
#define SAME(n, type, ...) { .name = n, .kind = FIELD_SAME, .object = SPEC_OBJECT_##type, __VA_ARGS__ }
#define ARRAY(n, m, type, ...) ROW_(n, FIELD_LIST, m, .object = SPEC_OBJECT_##type, __VA_ARGS__)
#define MAP(n, m, type, ...) ROW_(n, FIELD_MAP, m, .object = SPEC_OBJECT_##type, __VA_ARGS__)
#define IGNORED(n, ...) { .name = n, .kind = FIELD_IGNORED, __VA_ARGS__ }
#define WORDS(table) .words = SPEC_WORDS_##table
#define CHECKED(name) .check = SPEC_CHECK_##name
#define HAS(m) .has = offsetof(OBJECT, m)
#define RANGE(low, high) .min = (low), .max = (uint64_t)(high)

#define SCHEMA(object, rows, ...) \
	const struct schema schema_##object = { .name = #object, .size = sizeof(OBJECT), \
						.fields = (rows), \
						.n = ARRAY_SIZE(rows), __VA_ARGS__ }
/* clang-format on */

/* ---- using them ---- */

/* What a row refers to: the object of FIELD_OBJECT to FIELD_MAP, else NULL; NULL where there is none. */
const struct schema *field_schema(const struct field *f);
const struct names *field_words(const struct field *f);
const struct string_check *field_check(const struct field *f);

/*
 * Fills `object` (schema->size zeroed bytes) from `node`. Strings borrow from the document, lists
 * come from `a`. A failure has its file, line, pointer, the value found and what was expected.
 */
int schema_decode(struct arena *a, const struct schema *schema, const struct json *node,
		  void *object, struct error *err);

/*
 * The same, but failures go to the report, with notes about what is ignored. Negative only when the
 * reading had to end; else the object holds all that could be read.
 */
int schema_decode_all(struct arena *a, const struct schema *schema, const struct json *node,
		      void *object, struct problems *report);

/*
 * Calls `visit` for each row below `root`, parents first. `path` is a JSON pointer in which '*'
 * stands for an index or a free key ("/mounts/" "*" "/options"); it is valid during the call. A
 * result other than 0 ends the walk and is returned.
 */
typedef int (*schema_visitor)(const char *path, const struct schema *in, const struct field *field,
			      void *data);
int schema_walk(const struct schema *root, schema_visitor visit, void *data);

/* "integer from 0 to 100", "array of strings": what a row accepts, for messages and manuals. */
const char *field_expects(const struct field *field, char *buf, size_t size);

/* "string '10m'", "number 1.5", "an array": what was met instead. */
const char *json_found(const struct json *node, char *buf, size_t size);

/* failf() at a node's place: for check functions. Returns -num. */
int json_fail(const struct json *node, struct error *err, const char *fmt, ...) printf_like(3, 4);
