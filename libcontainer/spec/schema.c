/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "base/str.h"
#include "spec/suggest.h"

/* Objects of more members than this are not searched for near misses of known names. */
#define HINT_MEMBERS_MAX 256
/* Nor are more than these searched for, or remarked on, in a document: both take their time. */
#define SEARCHES_MAX 4096
#define REMARKS_MAX 64

struct decoder {
	struct arena *arena;
	struct error *err;
	struct problems *report; /* or NULL: the first failure ends it */
	unsigned searches, remarks;
	struct str dropped; /* words that were left out: one record says all of them */
};

/* What a decode function returns when it reported failures: part of the value is missing. */
#define PARTLY 1

typedef LIST(unsigned char) any_list;

/* ---- what integers there are ---- */

static const struct integer {
	uint8_t size;
	uint8_t at; /* offset of the value in the member; > 0: an opt_*, 'set' comes first */
	int64_t min;
	uint64_t max;
} integers[] = {
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

static struct integer integer_of(const struct field *f)
{
	struct integer type = integers[f->kind];

	if (f->flags & FIELD_RANGED) {
		type.min = f->min;
		type.max = f->max;
	}
	return type;
}

/* Little and big endian alike: through a value of the right size. */
static void store_integer(void *member, size_t size, uint64_t value)
{
	uint8_t v8 = (uint8_t)value;
	uint16_t v16 = (uint16_t)value;
	uint32_t v32 = (uint32_t)value;
	const void *from = &value;

	if (size == sizeof(v8))
		from = &v8;
	else if (size == sizeof(v16))
		from = &v16;
	else if (size == sizeof(v32))
		from = &v32;
	memcpy(member, from, size);
}

static uint64_t load_integer(const void *member, size_t size)
{
	uint32_t v32;
	uint64_t v64;

	if (size == 4) {
		memcpy(&v32, member, sizeof(v32));
		return v32;
	}
	memcpy(&v64, member, sizeof(v64));
	return v64;
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

static void words_of(const struct names *names, char *buf, size_t size)
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

static int mismatch(struct decoder *d, const struct json *node, const char *expected)
{
	char found[128];

	return json_fail(node, d->err, "expected %s, found %s", expected,
			 json_found(node, found, sizeof(found)));
}

static int out_of_memory(struct decoder *d)
{
	return failf(d->err, ENOMEM, "no memory for the configuration");
}

/* 0, PARTLY if the failure went to the report, or the failure. */
static int go_on(struct decoder *d, int r, const struct field *f, bool item)
{
	if (r >= 0)
		return r;
	r = problems_failure(d->report, r, d->err, f, item);
	return r < 0 ? r : PARTLY;
}

/* ---- integers ---- */

struct decimal {
	bool negative;
	uint64_t value;
};

/* Splits "-12.50e1" (a valid JSON number) into digits without the dot and a power of ten. */
static long split_number(const char *text, char *digits, size_t size, size_t *n)
{
	long exponent = 0;
	bool fraction = false;
	int64_t written;

	*n = 0;
	for (; *text && *text != 'e' && *text != 'E'; text++) {
		if (*text == '.') {
			fraction = true;
			continue;
		}
		exponent -= fraction;
		if (*n == 0 && *text == '0')
			continue;
		if (*n == size)
			return 0;
		digits[(*n)++] = *text;
	}
	if (!*text)
		return exponent;
	text += text[1] == '+' ? 2 : 1;
	if (parse_i64(text, &written) < 0 || written > 1000000 || written < -1000000)
		written = *text == '-' ? -1000000 : 1000000;
	return exponent + (long)written;
}

/* -EINVAL: not integral. -ERANGE: not of 64 bits. */
static int parse_decimal(const char *text, struct decimal *ret)
{
	char digits[512];
	long exponent;
	size_t n;
	int r;

	ret->negative = *text == '-';
	text += ret->negative;
	if (parse_u64(text, &ret->value) == 0)
		return 0;
	if (strlen(text) > sizeof(digits) - 32)
		return -ERANGE;
	exponent = split_number(text, digits, sizeof(digits), &n);
	for (; exponent < 0 && n > 0 && digits[n - 1] == '0'; exponent++)
		n--;
	ret->value = 0;
	if (n == 0)
		return 0;
	if (exponent < 0)
		return -EINVAL;
	if ((long)n + exponent > 20)
		return -ERANGE;
	while (exponent-- > 0)
		digits[n++] = '0';
	r = parse_u64n(digits, n, 10, &ret->value);
	return r < 0 ? -ERANGE : 0;
}

static bool in_range(const struct decimal *number, const struct integer *type)
{
	if (number->negative && number->value > 0)
		return type->min < 0 && number->value <= 0 - (uint64_t)type->min;
	return number->value <= type->max &&
	       (type->min <= 0 || number->value >= (uint64_t)type->min);
}

static int decode_number(struct decoder *d, const struct field *f, const struct json *node,
			 uint64_t *ret)
{
	struct integer type = integer_of(f);
	struct decimal number;
	char expected[96];

	if (node->type != JSON_NUMBER || parse_decimal(node->text, &number) == -EINVAL)
		return mismatch(d, node, "an integer");
	if (parse_decimal(node->text, &number) < 0 || !in_range(&number, &type)) {
		if (f->kind == FIELD_U32S)
			return mismatch(d, node, "an integer from 0 to 4294967295");
		return mismatch(d, node, field_expects(f, expected, sizeof(expected)));
	}
	*ret = number.negative ? 0 - number.value : number.value;
	return 0;
}

static int decode_integer(struct decoder *d, const struct field *f, const struct json *node,
			  void *member)
{
	struct integer type = integer_of(f);
	uint64_t value;
	int r;

	/* A cast -1 of 64 bits, outside of any range. */
	if (f->flags & FIELD_MAX_UNSET && node->type == JSON_NUMBER &&
	    streq(node->text, "18446744073709551615"))
		return 0;
	r = decode_number(d, f, node, &value);
	if (r < 0)
		return r;
	store_integer((char *)member + type.at, type.size, value);
	if (type.at)
		*(bool *)member = true;
	return 0;
}

static int decode_bool(struct decoder *d, const struct field *f, const struct json *node,
		       void *member)
{
	if (node->type != JSON_BOOL)
		return mismatch(d, node, "true or false");
	if (f->kind == FIELD_BOOL)
		*(bool *)member = node->boolean;
	else
		*(struct opt_bool *)member = (struct opt_bool){ true, node->boolean };
	return 0;
}

/* ---- strings and words ---- */

static int unknown_word(struct decoder *d, const struct field *f, const struct json *node)
{
	const struct names *known = field_words(f);
	const char *near = near_word(known, node->text);
	char words[512];

	if (near)
		return json_fail(node, d->err, "unknown value '%.80s', did you mean '%s'?",
				 node->text, near);
	words_of(known, words, sizeof(words));
	return json_fail(node, d->err, "unknown value '%.80s', expected %s%s", node->text,
			 known->n > 1 ? "one of " : "", words);
}

static int decode_word(struct decoder *d, const struct field *f, const struct json *node,
		       const struct name **ret)
{
	if (node->type != JSON_STRING)
		return mismatch(d, node, "a string");
	*ret = names_find(field_words(f)->v, field_words(f)->n, node->text);
	return *ret ? 0 : unknown_word(d, f, node);
}

static int decode_enum(struct decoder *d, const struct field *f, const struct json *node,
		       void *member)
{
	const struct name *word;
	int r = decode_word(d, f, node, &word);

	if (r < 0)
		return r;
	store_integer(member, f->size, word->value);
	return 0;
}

/* An engine that knows a newer kernel's capability has it in all five sets. */
static void add_dropped(struct decoder *d, const struct field *f, const struct json *node)
{
	const char *near = near_word(field_words(f), node->text);
	char quoted[192];

	snprintf(quoted, sizeof(quoted), near ? "'%.80s' (did you mean '%s'?)" : "'%.80s'", node->text, near);
	if (d->dropped.n && strstr(str_text(&d->dropped), quoted))
		return;
	if (!d->dropped.n)
		str_printf(&d->dropped, "%s:%u: ignoring unknown value %s of '%s'",
			   json_doc_name(node), json_line(node), quoted, f->name);
	else if (d->remarks++ < REMARKS_MAX)
		str_printf(&d->dropped, ", %s of '%s'", quoted, f->name);
}

static void drop_word(struct decoder *d, const struct field *f, const struct json *node)
{
	if (d->report)
		problems_add(d->report, PROBLEM_WARNING, PROBLEM_SPEC, node,
			     suggest_value(d->report->arena, f, node, true),
			     "unknown value '%.80s' is ignored", node->text);
	else if (log_wants(LOG_WARN))
		add_dropped(d, f, node);
}

static int decode_bit(struct decoder *d, const struct field *f, const struct json *item,
		      uint64_t *bits)
{
	const struct name *word;

	if (item->type != JSON_STRING)
		return mismatch(d, item, "a string");
	word = names_find(field_words(f)->v, field_words(f)->n, item->text);
	if (!word && !(f->flags & FIELD_LENIENT))
		return unknown_word(d, f, item);
	if (word)
		*bits |= word->value;
	else
		drop_word(d, f, item);
	return 0;
}

static int decode_bits(struct decoder *d, const struct field *f, const struct json *node,
		       void *member)
{
	uint64_t bits = load_integer(member, f->size);
	int r = 0, lost = 0;

	if (node->type != JSON_ARRAY)
		return mismatch(d, node, "an array of strings");
	for (const struct json *item = node->first; r >= 0 && item; item = item->next) {
		r = go_on(d, decode_bit(d, f, item, &bits), f, true);
		lost |= r;
	}
	store_integer(member, f->size, bits);
	return r < 0 ? r : lost;
}

static int check_string(struct decoder *d, const struct field *f, const struct json *node)
{
	const struct name *word;

	if (node->type != JSON_STRING)
		return mismatch(d, node, "a string");
	if (f->flags & FIELD_ABSOLUTE && node->text[0] != '/')
		return mismatch(d, node, "an absolute path");
	if (f->flags & FIELD_NONEMPTY && !node->text[0])
		return json_fail(node, d->err, "must not be empty");
	if (f->words)
		return decode_word(d, f, node, &word);
	return f->check ? field_check(f)->check(node, d->err) : 0;
}

static int decode_string(struct decoder *d, const struct field *f, const struct json *node,
			 void *member)
{
	int r = check_string(d, f, node);

	if (r == 0)
		*(const char **)member = node->text;
	return r;
}

/* ---- lists ---- */

/* The children of an array or object, as a zeroed list of as many elements. */
static int new_list(struct decoder *d, const struct field *f, const struct json *node,
		    enum json_type type, size_t element, void *member)
{
	any_list *list = member;
	char expected[64];

	if (node->type != type)
		return mismatch(d, node, field_expects(f, expected, sizeof(expected)));
	if (node->n == 0 && f->flags & FIELD_NONEMPTY)
		return json_fail(node, d->err, "must not be empty");
	if (node->n == 0)
		return 0;
	list->v = arena_alloc(d->arena, node->n * element);
	if (!list->v)
		return out_of_memory(d);
	list->n = node->n;
	return 0;
}

/* Without what was reported on the way. */
static int end_list(void *member, const struct json *node, size_t kept, int r)
{
	any_list *list = member;

	if (r < 0)
		return r;
	list->n = kept;
	return kept < node->n ? PARTLY : 0;
}

static int decode_strings(struct decoder *d, const struct field *f, const struct json *node,
			  void *member)
{
	spec_strings *list = member;
	int r = new_list(d, f, node, JSON_ARRAY, sizeof(char *), member);
	size_t kept = 0;

	for (const struct json *item = node->first; r >= 0 && item; item = item->next) {
		r = go_on(d, decode_string(d, f, item, &list->v[kept]), f, true);
		kept += r == 0;
	}
	return end_list(member, node, kept, r);
}

static int decode_u32s(struct decoder *d, const struct field *f, const struct json *node,
		       void *member)
{
	LIST(uint32_t) *list = member;
	uint64_t value = 0;
	int r = new_list(d, f, node, JSON_ARRAY, sizeof(uint32_t), member);
	size_t kept = 0;

	for (const struct json *item = node->first; r >= 0 && item; item = item->next) {
		r = go_on(d, decode_number(d, f, item, &value), f, true);
		if (r == 0)
			list->v[kept++] = (uint32_t)value;
	}
	return end_list(member, node, kept, r);
}

static int check_pair(struct decoder *d, const struct field *f, const struct json *item)
{
	if (!item->key[0] && !(f->flags & FIELD_ANY_KEY))
		return json_fail(item, d->err, "a key must not be empty");
	return check_string(d, f, item);
}

static int decode_pairs(struct decoder *d, const struct field *f, const struct json *node,
			void *member)
{
	spec_pairs *list = member;
	int r = new_list(d, f, node, JSON_OBJECT, sizeof(struct spec_pair), member);
	size_t kept = 0;

	for (const struct json *item = node->first; r >= 0 && item; item = item->next) {
		r = go_on(d, check_pair(d, f, item), f, true);
		if (r == 0)
			list->v[kept++] = (struct spec_pair){ item, item->key, item->text };
	}
	return end_list(member, node, kept, r);
}

/* ---- objects ---- */

static int decode_object(struct decoder *d, const struct schema *schema, const struct json *node,
			 void *object);

/* What is missing in an object is no matter of the one around it. */
static int decode_part(struct decoder *d, const struct schema *schema, const struct json *node,
		       void *object)
{
	int r = decode_object(d, schema, node, object);

	return r < 0 ? r : 0;
}

static int decode_pointer(struct decoder *d, const struct field *f, const struct json *node,
			  void *member)
{
	void *object = arena_alloc(d->arena, field_schema(f)->size);

	if (!object)
		return out_of_memory(d);
	/* What is no object at all is not there. */
	if (node->type == JSON_OBJECT)
		*(void **)member = object;
	return decode_part(d, field_schema(f), node, object);
}

static int decode_embedded(struct decoder *d, const struct field *f, const struct json *node,
			   void *member)
{
	return decode_part(d, field_schema(f), node, member);
}

static int decode_list(struct decoder *d, const struct field *f, const struct json *node,
		       void *member)
{
	enum json_type type = f->kind == FIELD_MAP ? JSON_OBJECT : JSON_ARRAY;
	any_list *list = member;
	int r = new_list(d, f, node, type, field_schema(f)->size, member);
	size_t kept = 0;

	for (const struct json *item = node->first; r >= 0 && item; item = item->next) {
		unsigned char *element = list->v + kept * field_schema(f)->size;

		r = go_on(d, decode_object(d, field_schema(f), item, element), f, true);
		if (r == PARTLY)
			memset(element, 0, field_schema(f)->size);
		if (r != 0)
			continue;
		kept++;
		if (field_schema(f)->key)
			*(const char **)(element + field_schema(f)->key) = item->key;
	}
	return end_list(member, node, kept, r);
}

static int decode_nothing(struct decoder *d, const struct field *f, const struct json *node,
			  void *member)
{
	(void)d, (void)f, (void)node, (void)member;
	return 0;
}

typedef int (*decode_fn)(struct decoder *d, const struct field *f, const struct json *node,
			 void *member);

static const decode_fn decoders[] = {
	[FIELD_IGNORED] = decode_nothing,
	[FIELD_BOOL] = decode_bool,
	[FIELD_I32] = decode_integer,
	[FIELD_U32] = decode_integer,
	[FIELD_I64] = decode_integer,
	[FIELD_U64] = decode_integer,
	[FIELD_OPT_BOOL] = decode_bool,
	[FIELD_OPT_I32] = decode_integer,
	[FIELD_OPT_U16] = decode_integer,
	[FIELD_OPT_U32] = decode_integer,
	[FIELD_OPT_I64] = decode_integer,
	[FIELD_OPT_U64] = decode_integer,
	[FIELD_STRING] = decode_string,
	[FIELD_STRINGS] = decode_strings,
	[FIELD_U32S] = decode_u32s,
	[FIELD_PAIRS] = decode_pairs,
	[FIELD_ENUM] = decode_enum,
	[FIELD_BITS] = decode_bits,
	[FIELD_OBJECT] = decode_pointer,
	[FIELD_EMBEDDED] = decode_embedded,
	[FIELD_SAME] = decode_embedded,
	[FIELD_LIST] = decode_list,
	[FIELD_MAP] = decode_list,
};

/* Files are mostly in the order of the table: the search begins after the last row found. */
static const struct field *find_row(const struct schema *schema, const char *key, size_t *from)
{
	for (size_t i = 0; i < schema->n; i++) {
		const struct field *f = &schema->fields[(*from + i) % schema->n];

		if (f->name[0] == key[0] && strcmp(f->name, key) == 0) {
			*from = (size_t)(f - schema->fields) + 1;
			return f;
		}
	}
	return NULL;
}

static const struct field *near_property(struct decoder *d, const struct schema *schema,
					 const struct json *node)
{
	const struct field *near = NULL;
	unsigned best = strlen(node->key) > 5 ? 3 : 2;

	if (node->parent->n > HINT_MEMBERS_MAX || d->searches++ >= SEARCHES_MAX)
		return NULL;
	for (size_t i = 0; i < schema->n; i++) {
		unsigned distance = strcasecmp(schema->fields[i].name, node->key) == 0
					    ? 1
					    : name_distance(schema->fields[i].name, node->key);

		if (distance >= best)
			continue;
		best = distance;
		near = &schema->fields[i];
	}
	return near;
}

/*
 * What was meant is not there: the container would be another than the config says. (That a required
 * one is missing is said anyway.)
 */
static bool is_near_miss(const struct field *near, const struct json *node)
{
	return near && near->flags & FIELD_EXPECTED && !json_member(node->parent, near->name);
}

static void report_unknown(struct decoder *d, const struct field *near, const struct json *node)
{
	const char *meant = near ? arena_printf(d->report->arena, "\"%s\"", near->name) : NULL;

	if (is_near_miss(near, node))
		problems_add(d->report, PROBLEM_ERROR, PROBLEM_SPEC, node, meant,
			     "unknown property '%.80s' is ignored, and there is no '%s'", node->key,
			     near->name);
	else if (d->remarks++ < REMARKS_MAX)
		problems_add(d->report, PROBLEM_NOTE, PROBLEM_SPEC, node, meant,
			     "unknown property '%.80s' is ignored", node->key);
}

static void note_unknown(struct decoder *d, const struct schema *schema, const struct json *node)
{
	char pointer[256];
	const struct field *near =
		d->report || log_wants(LOG_DEBUG) ? near_property(d, schema, node) : NULL;

	if (d->report)
		report_unknown(d, near, node);
	else if (near && d->remarks++ < REMARKS_MAX)
		log_debug("%s:%u %s: ignoring unknown property '%s', did you mean '%s'?",
			  json_doc_name(node), json_line(node),
			  json_pointer(node, pointer, sizeof(pointer)), node->key, near->name);
}

/* Present, as far as its row is concerned. */
static bool is_present(const struct field *f, const struct json *node)
{
	bool word = f->kind == FIELD_STRING || f->kind == FIELD_ENUM;

	if (node->type == JSON_NULL)
		return false;
	return !(word && node->type == JSON_STRING && !node->text[0] &&
		 !(f->flags & FIELD_REQUIRED));
}

static int decode_members(struct decoder *d, const struct schema *schema, const struct json *node,
			  char *object, uint64_t *seen)
{
	size_t from = 0;
	int lost = 0;

	for (const struct json *child = node->first; child; child = child->next) {
		const struct field *f = find_row(schema, child->key, &from);
		int r;

		if (!f) {
			note_unknown(d, schema, child);
			continue;
		}
		if (!is_present(f, child))
			continue;
		*seen |= 1ULL << (f - schema->fields);
		r = decoders[f->kind](d, f, child, object + f->offset);
		if (r == PARTLY && schema->checks_parts)
			r = 0;
		r = go_on(d, r, f, false);
		if (r < 0)
			return r;
		lost |= r;
		if (f->has)
			*(bool *)(object + f->has) = true;
	}
	return lost;
}

static int check_required(struct decoder *d, const struct schema *schema, const struct json *node,
			  uint64_t seen)
{
	int r = 0, lost = 0;

	for (size_t i = 0; r >= 0 && i < schema->n; i++) {
		if (!(schema->fields[i].flags & FIELD_REQUIRED) || seen & 1ULL << i)
			continue;
		r = json_fail(node, d->err, "required property '%s' is missing",
			      schema->fields[i].name);
		r = go_on(d, r, NULL, false);
		lost |= r;
	}
	return r < 0 ? r : lost;
}

static int check_object(struct decoder *d, const struct schema *schema, const struct json *node,
			void *object)
{
	char pointer[512];
	int r = schema->check(object, d->err);

	if (r == 0)
		return 0;
	error_place(d->err, json_doc_name(node), json_line(node),
		    json_pointer(node, pointer, sizeof(pointer)));
	return go_on(d, r, NULL, false);
}

static int decode_object(struct decoder *d, const struct schema *schema, const struct json *node,
			 void *object)
{
	const struct json **place = object;
	uint64_t seen = 0;
	int r, missing;

	if (node->type != JSON_OBJECT)
		return mismatch(d, node, "an object");
	/* FIELD_SAME: the struct has its node already. */
	if (!*place)
		*place = node;
	r = decode_members(d, schema, node, object, &seen);
	if (r < 0)
		return r;
	missing = check_required(d, schema, node, seen);
	if (missing < 0)
		return missing;
	r |= missing;
	return r == 0 && schema->check ? check_object(d, schema, node, object) : r;
}

int schema_decode(struct arena *a, const struct schema *schema, const struct json *node,
		  void *object, struct error *err)
{
	struct error unwanted = ERROR_INIT;
	struct decoder d = { .arena = a, .err = err ? err : &unwanted, .dropped = STR_IN(a) };
	int r = decode_object(&d, schema, node, object);

	if (d.dropped.n && r >= 0)
		log_warn("%s", str_text(&d.dropped));
	return r;
}

int schema_decode_all(struct arena *a, const struct schema *schema, const struct json *node,
		      void *object, struct problems *report)
{
	struct error err = ERROR_INIT;
	struct decoder d = { .arena = a, .err = &err, .report = report };
	int r = decode_object(&d, schema, node, object);

	return r < 0 ? problems_failure(report, r, &err, NULL, false) : 0;
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
