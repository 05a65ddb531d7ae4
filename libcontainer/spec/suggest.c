/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"

/* ---- words ---- */

/* "KILL" for "CAP_KILL", "allow" for "SCMP_ACT_ALLOW". */
static bool is_ending(const char *name, const char *word)
{
	size_t n = strlen(name), m = strlen(word);

	return m > 1 && n > m && name[n - m - 1] == '_' && strcasecmp(name + n - m, word) == 0;
}

/* "net" for "network", when it is the only one. */
static const char *only_beginning(const struct names *names, const char *word)
{
	const char *found = NULL;

	for (size_t i = 0; strlen(word) > 2 && i < names->n; i++) {
		if (!starts_with(names->v[i].name, word))
			continue;
		if (found)
			return NULL;
		found = names->v[i].name;
	}
	return found;
}

const char *near_word(const struct names *names, const char *word)
{
	char upper[64];
	size_t n = strlen(word);

	for (size_t i = 0; i < names->n; i++)
		if (strcasecmp(names->v[i].name, word) == 0 || is_ending(names->v[i].name, word))
			return names->v[i].name;
	if (n >= sizeof(upper))
		return NULL;
	for (size_t i = 0; i <= n; i++)
		upper[i] = (char)toupper((unsigned char)word[i]);
	if (names_nearest(names->v, names->n, word))
		return names_nearest(names->v, names->n, word);
	if (names_nearest(names->v, names->n, upper))
		return names_nearest(names->v, names->n, upper);
	return only_beginning(names, word);
}

static const char *suggest_word(struct arena *a, const struct field *f, const struct json *node)
{
	const char *near = node->type == JSON_STRING ? near_word(field_words(f), node->text) : NULL;

	return near ? arena_printf(a, "\"%s\"", near) : NULL;
}

/* ---- numbers ---- */

/* What callers of other interfaces write for "no limit". */
static const char *suggest_unlimited(const struct field *f, const char *text)
{
	static const char *const words[] = { "unlimited", "max", "infinity", "-1" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i]) != 0)
			continue;
		if (f->flags & FIELD_MAX_INFINITE)
			return "18446744073709551615";
		return f->flags & FIELD_RANGED && f->min == -1 ? "-1" : NULL;
	}
	return NULL;
}

/* JSON knows decimal numbers only, but modes and masks are thought of in octal. */
static bool parse_octal(const struct field *f, const struct json *node, uint64_t *ret)
{
	bool mask = f->flags & FIELD_RANGED && f->max == 0777;

	return (mask || (node->type == JSON_STRING && node->text[0] == '0' && node->text[1])) &&
	       parse_u64n(node->text, strlen(node->text), 8, ret) == 0;
}

/* A number in quotes, or one with a unit: the specification has plain bytes. */
static const char *suggest_integer(struct arena *a, const struct field *f, const struct json *node)
{
	uint64_t number;
	int64_t size;

	if (node->type != JSON_STRING && node->type != JSON_NUMBER)
		return NULL;
	if (suggest_unlimited(f, node->text))
		return suggest_unlimited(f, node->text);
	if (parse_octal(f, node, &number))
		return arena_printf(a, "%llu", (unsigned long long)number);
	if (node->type != JSON_STRING || !isdigit((unsigned char)node->text[0]))
		return NULL;
	if (strncasecmp(node->text, "0x", 2) == 0 &&
	    parse_u64n(node->text + 2, strlen(node->text + 2), 16, &number) == 0)
		return arena_printf(a, "%llu", (unsigned long long)number);
	return parse_size(node->text, &size) < 0 ? NULL : arena_printf(a, "%lld", (long long)size);
}

static const char *suggest_bool(const struct json *node)
{
	static const char *const yes[] = { "true", "yes", "on", "1" };
	static const char *const no[] = { "false", "no", "off", "0" };

	if (node->type != JSON_STRING && node->type != JSON_NUMBER)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(node->text, yes[i]) == 0)
			return "true";
		if (strcasecmp(node->text, no[i]) == 0)
			return "false";
	}
	return NULL;
}

/* ---- text ---- */

/* One word of a list: a command line, or what needs escapes, is not. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == '"' || *s == '\\')
			return false;
	return true;
}

/* "ro,nosuid" is two. */
static const char *suggest_list(struct arena *a, const char *text)
{
	auto_str list = STR_INIT;

	while (*text) {
		size_t n = strcspn(text, ",");

		str_printf(&list, "%s\"%.*s\"", list.n ? ", " : "[", (int)n, text);
		text += n + (text[n] == ',');
	}
	str_add(&list, "]");
	return arena_strdup(a, str_text(&list));
}

/* A number as text, if the row takes that. */
static bool takes_text(const struct field *f, const struct json *node)
{
	struct json text = *node;

	text.type = JSON_STRING;
	return !(f->flags & FIELD_ABSOLUTE) && (!f->check || field_check(f)->check(&text, NULL) == 0);
}

static const char *suggest_string(struct arena *a, const struct field *f, const struct json *node)
{
	if (f->words)
		return suggest_word(a, f, node);
	if (node->type == JSON_NUMBER && !takes_text(f, node))
		return NULL;
	if (node->type == JSON_NUMBER)
		return arena_printf(a, "\"%s\"", node->text);
	if (node->type == JSON_BOOL)
		return node->boolean ? "\"true\"" : "\"false\"";
	return NULL;
}

static const char *suggest_item(struct arena *a, const struct field *f, const struct json *node)
{
	switch (f->kind) {
	case FIELD_STRINGS:
	case FIELD_PAIRS:
		return suggest_string(a, f, node);
	case FIELD_BITS:
		return suggest_word(a, f, node);
	case FIELD_U32S:
		return suggest_integer(a, f, node);
	default:
		return NULL;
	}
}

const char *suggest_value(struct arena *a, const struct field *f, const struct json *node,
			  bool item)
{
	bool list = f->kind == FIELD_STRINGS || f->kind == FIELD_BITS;

	if (item)
		return suggest_item(a, f, node);
	if (list && node->type == JSON_STRING && node->text[0] && is_plain(node->text))
		return suggest_list(a, node->text);
	if (f->kind == FIELD_BOOL || f->kind == FIELD_OPT_BOOL)
		return suggest_bool(node);
	if (f->kind == FIELD_ENUM)
		return suggest_word(a, f, node);
	if (f->kind == FIELD_STRING)
		return suggest_string(a, f, node);
	return f->kind < FIELD_STRING ? suggest_integer(a, f, node) : NULL;
}

/* ---- what was expected ---- */

static const char *expected_words(struct arena *a, const struct names *names)
{
	auto_str text = STR_INIT;

	for (size_t i = 0; i < names->n; i++)
		str_printf(&text, "%s'%s'", i ? ", " : names->n > 1 ? "one of " : "",
			   names->v[i].name);
	return arena_strdup(a, str_text(&text));
}

static const char *expected_item(const struct field *f)
{
	switch (f->kind) {
	case FIELD_LIST:
	case FIELD_MAP:
		return "an object";
	case FIELD_U32S:
		return "an integer from 0 to 4294967295";
	default:
		return f->flags & FIELD_ABSOLUTE ? "an absolute path" : "a string";
	}
}

const char *suggest_expected(struct arena *a, const struct field *f, bool item)
{
	bool list = f->kind >= FIELD_STRINGS && f->kind != FIELD_ENUM;
	char text[96];

	if (f->words && (item || !list))
		return expected_words(a, field_words(f));
	if (f->check && (item || !list))
		return field_check(f)->expects;
	if (item || (f->kind == FIELD_STRING && f->flags & FIELD_ABSOLUTE))
		return expected_item(f);
	return arena_strdup(a, field_expects(f, text, sizeof(text)));
}
