/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <yajl/yajl_parse.h>

#include "base/macros.h"
#include "base/parse.h"
#include "json/memory.h"
#include "base/utf8.h"

struct json_doc {
	const char *name;
	const char *text; /* as given: lines and columns are counted in it */
	size_t size;
};

struct parser {
	yajl_handle yajl;
	struct arena *arena;
	struct json_doc *doc;
	char *strings;       /* a second copy of the text, in which strings are decoded in place */
	size_t end;          /* of the last token                      */
	const char *key;     /* seen, its value not yet                */
	struct json *root;
	struct json *open;   /* the innermost unfinished array, object */
	struct json **last;  /* [depth]: last child of open containers */
	size_t depth, values;
	struct json **slots; /* scratch of the search for duplicates   */
	struct json **few;   /* slots to begin with; not owned         */
	size_t n_slots;
	struct error *err;
	int failed;          /* -errno of a failure of ours, in err    */
};

/* ---- places ---- */

static unsigned line_of(const struct json_doc *doc, size_t at)
{
	const char *p = doc->text, *stop = doc->text + at;
	unsigned line = 1;

	while ((p = memchr(p, '\n', (size_t)(stop - p)))) {
		line++;
		p++;
	}
	return line;
}

static unsigned column_of(const struct json_doc *doc, size_t at)
{
	const char *start = memrchr(doc->text, '\n', at);

	return (unsigned)(doc->text + at - (start ? start + 1 : doc->text)) + 1;
}

unsigned json_line(const struct json *node)
{
	return line_of(node->doc, node->at);
}

unsigned json_column(const struct json *node)
{
	return column_of(node->doc, node->at);
}

const char *json_doc_name(const struct json *node)
{
	return node->doc->name;
}

/* Returns the length of the token, or `size` when it had to be cut. */
static size_t pointer_token(const struct json *node, char *buf, size_t size)
{
	size_t n = 0;
	char digits[24];
	const char *s = node->key;

	if (!s) {
		snprintf(digits, sizeof(digits), "%zu", node->index);
		s = digits;
	}
	if (n + 1 < size)
		buf[n++] = '/';
	for (; *s && n + 2 < size; s++) {
		bool escaped = *s == '~' || *s == '/';

		buf[n++] = escaped ? '~' : *s;
		if (escaped)
			buf[n++] = *s == '~' ? '0' : '1';
	}
	buf[n] = 0;
	return *s ? size : n;
}

const char *json_pointer(const struct json *node, char *buf, size_t size)
{
	const struct json *chain[JSON_DEPTH_MAX + 1];
	size_t n = 0, used = 0;

	if (size)
		buf[0] = 0;
	for (; node && node->parent && n < JSON_DEPTH_MAX + 1; node = node->parent)
		chain[n++] = node;
	while (n > 0 && used + 1 < size)
		used += pointer_token(chain[--n], buf + used, size - used);
	return buf;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",     [JSON_BOOL] = "boolean", [JSON_NUMBER] = "number",
		[JSON_STRING] = "string", [JSON_ARRAY] = "array",  [JSON_OBJECT] = "object",
	};

	return names[type];
}

struct json *json_member(const struct json *object, const char *key)
{
	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (struct json *child = object->first; child; child = child->next)
		if (strcmp(child->key, key) == 0)
			return child;
	return NULL;
}

/* ---- failures while parsing: 0 stops yajl ---- */

static void place(struct parser *p, size_t at)
{
	char pointer[sizeof(p->err->at)] = "";

	if (p->open)
		json_pointer(p->open, pointer, sizeof(pointer));
	error_place(p->err, p->doc->name, line_of(p->doc, at), pointer);
	if (p->err)
		p->err->column = column_of(p->doc, at);
}

#define stop_at(p, at, num, ...)                           \
	({                                                 \
		(p)->failed = failf((p)->err, num, __VA_ARGS__); \
		place(p, at);                              \
		0;                                         \
	})

/* ---- the tree ---- */

/* Only blanks, commas and colons lie between two tokens that yajl reports. */
static bool is_between(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':';
}

static size_t token_start(const struct parser *p)
{
	size_t at = p->end;

	while (at < p->doc->size && is_between(p->doc->text[at]))
		at++;
	return at;
}

static struct json *add(struct parser *p, enum json_type type, size_t at, size_t end)
{
	struct json *node;

	p->end = end;
	if (++p->values > JSON_VALUES_MAX)
		return stop_at(p, at, EFBIG, "more than %zu values", JSON_VALUES_MAX), NULL;
	node = arena_new_of(p->arena, struct json);
	if (!node)
		return stop_at(p, at, ENOMEM, "no memory for %zu values", p->values), NULL;
	node->type = type;
	node->at = (uint32_t)at;
	node->key = take_ptr(p->key);
	node->doc = p->doc;
	node->parent = p->open;
	if (!p->open) {
		p->root = node;
		return node;
	}
	node->index = p->open->n++;
	if (p->last[p->depth])
		p->last[p->depth]->next = node;
	else
		p->open->first = node;
	p->last[p->depth] = node;
	return node;
}

static int on_null(void *ctx)
{
	struct parser *p = ctx;

	return add(p, JSON_NULL, token_start(p), yajl_get_bytes_consumed(p->yajl)) != NULL;
}

static int on_bool(void *ctx, int value)
{
	struct parser *p = ctx;
	struct json *node = add(p, JSON_BOOL, token_start(p), yajl_get_bytes_consumed(p->yajl));

	if (node)
		node->boolean = value;
	return node != NULL;
}

static int on_number(void *ctx, const char *text, size_t n)
{
	struct parser *p = ctx;
	size_t at = token_start(p);
	struct json *node = add(p, JSON_NUMBER, at, at + n);

	(void)text;
	if (!node)
		return 0;
	/* What follows a number is no part of a string: it may be cut there. */
	p->strings[at + n] = 0;
	node->text = p->strings + at;
	return 1;
}

/* ---- strings ---- */

/* Four hexadecimal digits, or -1. */
static int32_t code_unit(const char *s, const char *stop)
{
	uint64_t value;

	if (stop - s < 6 || s[0] != '\\' || s[1] != 'u' || parse_u64n(s + 2, 4, 16, &value) < 0)
		return -1;
	return (int32_t)value;
}

/* s is at "\u". Returns how much was read; 0: no code point that a C string can hold. */
static size_t decode_unicode(const char *s, const char *stop, uint32_t *code)
{
	int32_t high = code_unit(s, stop), low;

	if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff))
		return 0;
	*code = (uint32_t)high;
	if (high < 0xd800 || high > 0xdbff)
		return 6;
	low = code_unit(s + 6, stop);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*code = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
	return 12;
}

static char decode_short(char c)
{
	static const char escapes[] = "b\bf\fn\nr\rt\t";
	const char *at = strchr(escapes, c);

	return at ? at[1] : c;
}

/*
 * Decodes the string token at..end (quotes included) in place: the result is never longer. yajl's own decoding,
 * `decoded` bytes long, is not used, since it makes '?' of half a surrogate pair; but every escape makes it shorter.
 */
static const char *decode_string(struct parser *p, size_t at, size_t end, size_t decoded)
{
	char *start = p->strings + at + 1, *stop = p->strings + end - 1, *out = start;
	uint32_t code;
	size_t n;

	if (decoded == (size_t)(stop - start)) {
		*stop = 0;
		return start;
	}
	for (const char *s = out; s < stop; s += n) {
		n = 1;
		if (*s != '\\') {
			*out++ = *s;
		} else if (s[1] != 'u') {
			*out++ = decode_short(s[1]);
			n = 2;
		} else {
			n = decode_unicode(s, stop, &code);
			if (n == 0)
				return stop_at(p, at, EINVAL,
					       "'%.6s' in a string stands for no usable character",
					       s), NULL;
			out += utf8_put(code, out);
		}
	}
	*out = 0;
	return start;
}

static int on_string(void *ctx, const unsigned char *text, size_t n)
{
	struct parser *p = ctx;
	size_t at = token_start(p);
	struct json *node = add(p, JSON_STRING, at, yajl_get_bytes_consumed(p->yajl));

	(void)text;
	if (!node)
		return 0;
	/* A failure is the string's, not its parent's. */
	p->open = node;
	node->text = decode_string(p, at, p->end, n);
	p->open = node->parent;
	return node->text != NULL;
}

static int on_key(void *ctx, const unsigned char *text, size_t n)
{
	struct parser *p = ctx;
	size_t at = token_start(p);

	(void)text;
	p->end = yajl_get_bytes_consumed(p->yajl);
	p->key = decode_string(p, at, p->end, n);
	return p->key != NULL;
}

/* ---- arrays and objects ---- */

static int on_open(struct parser *p, enum json_type type)
{
	struct json *node = add(p, type, token_start(p), yajl_get_bytes_consumed(p->yajl));

	if (!node)
		return 0;
	if (p->depth == JSON_DEPTH_MAX)
		return stop_at(p, node->at, EINVAL, "nested deeper than %d levels", JSON_DEPTH_MAX);
	p->open = node;
	p->last[++p->depth] = NULL;
	return 1;
}

static int on_close(void *ctx)
{
	struct parser *p = ctx;

	p->end = yajl_get_bytes_consumed(p->yajl);
	p->open = p->open->parent;
	p->depth--;
	return 1;
}

static int on_object(void *ctx)
{
	return on_open(ctx, JSON_OBJECT);
}

static int on_array(void *ctx)
{
	return on_open(ctx, JSON_ARRAY);
}

/* So many are compared with each other sooner than slots are cleared. */
#define FEW_MEMBERS 6

/* Keyed by the kernel's random bytes: nobody can write a file whose keys all fall into one slot. */
static size_t hash_of(const char *s)
{
	uint64_t h;

	memcpy(&h, (const void *)getauxval(AT_RANDOM), sizeof(h));
	for (; *s; s++) {
		h = (h ^ (unsigned char)*s) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return (size_t)(h ^ (h >> 32));
}

static void slots_done(struct parser *p)
{
	if (p->slots != p->few)
		free(p->slots);
}

static int clear_slots(struct parser *p, size_t n)
{
	size_t wanted = 16;

	while (wanted < n * 2)
		wanted *= 2;
	if (wanted > p->n_slots) {
		slots_done(p);
		p->slots = calloc(wanted, sizeof(struct json *));
		p->n_slots = wanted;
	} else {
		memset(p->slots, 0, wanted * sizeof(struct json *));
	}
	return p->slots ? (int)wanted : -ENOMEM;
}

/* The earlier member of that name, which `node` else joins; of a power of two of slots. */
static const struct json *enter(struct json **slots, size_t n, struct json *node)
{
	size_t i = hash_of(node->key) & (n - 1);

	for (; slots[i]; i = (i + 1) & (n - 1))
		if (strcmp(slots[i]->key, node->key) == 0)
			return slots[i];
	slots[i] = node;
	return NULL;
}

static const struct json *earlier_sibling(const struct json *node)
{
	const struct json *other = node->parent->first;

	while (other != node && strcmp(other->key, node->key) != 0)
		other = other->next;
	return other == node ? NULL : other;
}

static int on_object_end(void *ctx)
{
	struct parser *p = ctx;
	int n = p->open->n > FEW_MEMBERS ? clear_slots(p, p->open->n) : 0;

	if (n < 0) {
		p->n_slots = 0;
		return stop_at(p, p->end, ENOMEM, "no memory for %zu members", p->open->n);
	}
	for (struct json *child = p->open->first; child; child = child->next) {
		const struct json *other = n ? enter(p->slots, (size_t)n, child)
					     : earlier_sibling(child);

		if (!other)
			continue;
		p->open = child;
		return stop_at(p, child->at, EINVAL, "duplicate property '%s', first on line %u",
			       child->key, json_line(other));
	}
	return on_close(p);
}

/* ---- a document ---- */

/* Ends at most one token after `at`; for messages. */
static void quote_at(const struct json_doc *doc, size_t at, char *buf, size_t size)
{
	size_t n = 0;

	if (at >= doc->size) {
		snprintf(buf, size, "the end of the text");
		return;
	}
	while (at + n < doc->size && n < 20 && !memchr("\n\r", doc->text[at + n], 2))
		n++;
	snprintf(buf, size, "'%.*s'", (int)n, doc->text + at);
}

/* clang-format off */
static const struct {
	char parser[28]; /* what the parser says                         */
	char at[4];      /* what stands there: "" anything, "*" a letter */
	char words[72];  /* what to do                                   */
} advice[] = {
	{ "invalid object key",    "}",  ": remove the comma before it" },
	{ "invalid object key",    "",   ": a name in double quotes is expected" },
	{ "unallowed token",       "]",  ": remove the comma before it" },
	{ "unallowed token",       "}",  ": a value is missing, or a comma before it is too many" },
	{ "character inside string", "\"", ": a line break in a string is written \\n" },
	{ "premature EOF",         "",   ": is it whole? A '}' or ']' is missing" },
	{ "trailing garbage",      "",   ": the text goes on after its end" },
	{ "invalid char in",       "'",  ": strings stand in double quotes" },
	{ "invalid char in",       "T",  ": it is written 'true'" },
	{ "invalid char in",       "F",  ": it is written 'false'" },
	{ "invalid char in",       "N",  ": it is written 'null'" },
	{ "invalid string in json","",   ": words other than true, false and null stand in double quotes" },
	{ "invalid char in",       "*",  ": words other than true, false and null stand in double quotes" },
	{ "probable comment",      "",   ": JSON has none, remove it" },
};
/* clang-format on */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *advice_for(const struct parser *p, const char *what, size_t at)
{
	const char *text = at < p->doc->size ? p->doc->text + at : "";

	foreach_array(a, advice)
		if (strstr(what, a->parser) && (!*a->at || *text == *a->at || (*a->at == '*' && is_letter(*text))))
			return a->words;
	return "";
}

static int syntax_error(struct parser *p)
{
	unsigned char *text = yajl_get_error(p->yajl, 0, NULL, 0);
	size_t at = token_start(p);
	const char *what = text ? (const char *)text : "";
	char found[32];

	/* "parse error: premature EOF\n" */
	if (strchr(what, ':'))
		what = strchr(what, ':') + 2;
	quote_at(p->doc, at, found, sizeof(found));
	p->failed = failf(p->err, EINVAL, "not valid JSON: %.*s, near %s, column %u%s",
			  (int)strcspn(what, ".\n"), what, found, column_of(p->doc, at),
			  advice_for(p, what, at));
	place(p, at);
	if (text)
		yajl_free_error(p->yajl, text);
	return p->failed;
}

/* yajl takes \v and \f for blanks, which JSON does not. */
static int check_blanks(struct parser *p)
{
	const char *text = p->doc->text, *bad = memchr(text, '\v', p->doc->size);

	if (!bad)
		bad = memchr(text, '\f', p->doc->size);
	if (!bad)
		return 0;
	return stop_at(p, (size_t)(bad - text), EINVAL,
		       "not valid JSON: control character 0x%02x in column %u", (unsigned)*bad,
		       column_of(p->doc, (size_t)(bad - text))), p->failed;
}

static int check_text(struct parser *p)
{
	size_t at = utf8_check(p->doc->text, p->doc->size);
	int bad;

	if (at < p->doc->size) {
		bad = (unsigned char)p->doc->text[at];
		return stop_at(p, at, EILSEQ, "not UTF-8: byte 0x%02x in column %u%s", bad, column_of(p->doc, at),
			       at == 0 && bad >= 0xfe ? ": this is UTF-16, save it as UTF-8" : ""),
		       p->failed;
	}
	if (p->doc->size >= 3 && memcmp(p->doc->text, "\xef\xbb\xbf", 3) == 0)
		return stop_at(p, 0, EINVAL, "not valid JSON: begins with a byte order mark: save it as UTF-8 without one"),
		       p->failed;
	return check_blanks(p);
}

static int run(struct parser *p)
{
	yajl_alloc_funcs in_arena = json_memory(p->arena);
	static const yajl_callbacks callbacks = {
		.yajl_null = on_null,
		.yajl_boolean = on_bool,
		.yajl_number = on_number,
		.yajl_string = on_string,
		.yajl_start_map = on_object,
		.yajl_map_key = on_key,
		.yajl_end_map = on_object_end,
		.yajl_start_array = on_array,
		.yajl_end_array = on_close,
	};
	yajl_status status;

	p->yajl = yajl_alloc(&callbacks, &in_arena, p);
	if (!p->yajl)
		return failf(p->err, ENOMEM, "no memory to read '%s'", p->doc->name);
	/* Our own check is the stricter one. */
	yajl_config(p->yajl, yajl_dont_validate_strings, 1);
	status = yajl_parse(p->yajl, (const unsigned char *)p->doc->text, p->doc->size);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(p->yajl);
	if (p->failed)
		return p->failed;
	return status == yajl_status_ok && p->root ? 0 : syntax_error(p);
}

static struct json_doc *doc_new(struct arena *a, const char *text, size_t size, const char *name)
{
	struct json_doc *doc = arena_new_of(a, struct json_doc);

	if (!doc)
		return NULL;
	doc->name = arena_strdup(a, name);
	doc->text = text;
	doc->size = size;
	return doc->name ? doc : NULL;
}

int json_parse(struct arena *a, const char *text, size_t size, const char *name, struct json **ret,
	       struct error *err)
{
	struct json *last[JSON_DEPTH_MAX + 1] = { NULL }, *few[64];
	struct parser p = { .arena = a, .err = err, .last = last, .few = few,
			    .slots = few, .n_slots = ARRAY_SIZE(few) };
	int r;

	if (size > JSON_SIZE_MAX)
		return failf(err, EFBIG, "'%s' is larger than %zu MiB", name, JSON_SIZE_MAX >> 20);
	p.doc = doc_new(a, text, size, name);
	p.strings = arena_strndup(a, text, size);
	if (!p.doc || !p.strings)
		return failf(err, ENOMEM, "no memory to read '%s'", name);

	r = check_text(&p);
	if (r == 0)
		r = run(&p);
	if (p.yajl)
		yajl_free(p.yajl);
	slots_done(&p);
	if (r < 0)
		return r;
	*ret = p.root;
	return 0;
}
