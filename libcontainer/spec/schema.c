/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/schema.h"

#include <string.h>

#include "base/log.h"
#include "spec/decimal.h"
#include "spec/decoder.h"

/* What a decode function returns when it reported failures: part of the value is missing. */
#define PARTLY 1

typedef LIST(unsigned char) any_list;

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

static int decode_number(struct decoder *d, const struct field *f, const struct json *node,
			 uint64_t *ret)
{
	struct integer type = integer_of(f);
	struct decimal number;
	char expected[96];

	if (node->type != JSON_NUMBER || decimal_parse(node->text, &number) == -EINVAL)
		return mismatch(d, node, "an integer");
	if (decimal_parse(node->text, &number) < 0 || !decimal_fits(&number, type.min, type.max)) {
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
	[FIELD_IGNORED] = decode_nothing, [FIELD_BOOL] = decode_bool,
	[FIELD_I32] = decode_integer,     [FIELD_U32] = decode_integer,
	[FIELD_I64] = decode_integer,     [FIELD_U64] = decode_integer,
	[FIELD_OPT_BOOL] = decode_bool,   [FIELD_OPT_I32] = decode_integer,
	[FIELD_OPT_U16] = decode_integer, [FIELD_OPT_U32] = decode_integer,
	[FIELD_OPT_I64] = decode_integer, [FIELD_OPT_U64] = decode_integer,
	[FIELD_STRING] = decode_string,   [FIELD_STRINGS] = decode_strings,
	[FIELD_U32S] = decode_u32s,       [FIELD_PAIRS] = decode_pairs,
	[FIELD_ENUM] = decode_enum,       [FIELD_BITS] = decode_bits,
	[FIELD_OBJECT] = decode_pointer,  [FIELD_EMBEDDED] = decode_embedded,
	[FIELD_SAME] = decode_embedded,   [FIELD_LIST] = decode_list,
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
