/* SPDX-License-Identifier: Apache-2.0 */

/*
 * GVariant's text format, as annotations have it: annotations of other runtimes mean the same here.
 * Maybe types and dictionaries do not occur among the properties of units and are refused.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/parse.h"
#include "cgroup/systemd.h"

#define DEPTH_MAX 8

struct scan {
	const char *at;
	int depth;
};

/* clang-format off */
static const struct name type_words[] = {
	{ "boolean", 'b' }, { "byte", 'y' },   { "int16", 'n' },  { "uint16", 'q' },
	{ "int32", 'i' },   { "uint32", 'u' }, { "handle", 'i' }, { "int64", 'x' },
	{ "uint64", 't' },  { "double", 'd' }, { "string", 's' }, { "objectpath", 'o' },
	{ "signature", 'g' },
};

static const struct { char type; int64_t min; uint64_t max; } ranges[] = {
	{ 'y', 0, UINT8_MAX },          { 'n', INT16_MIN, INT16_MAX }, { 'q', 0, UINT16_MAX },
	{ 'i', INT32_MIN, INT32_MAX },  { 'u', 0, UINT32_MAX },        { 'x', INT64_MIN, INT64_MAX },
	{ 't', 0, UINT64_MAX },
};
/* clang-format on */

static void skip_blanks(struct scan *s)
{
	s->at += strspn(s->at, " \t\n");
}

static bool take(struct scan *s, char c)
{
	skip_blanks(s);
	if (*s->at != c)
		return false;
	s->at++;
	return true;
}

/* The end of the first complete type, or NULL. */
static const char *after_type(const char *s, int depth)
{
	if (depth > DEPTH_MAX)
		return NULL;
	if (*s == 'a')
		return after_type(s + 1, depth + 1);
	if (*s != '(')
		return *s && strchr("ybnqiuxtdsogv", *s) ? s + 1 : NULL;
	for (s++; s && *s && *s != ')';)
		s = after_type(s, depth + 1);
	return s && *s ? s + 1 : NULL;
}

/* want: the type a value must have (one complete type at its begin), or NULL. */
static int value(struct scan *s, const char *want, struct str *signature, struct str *words);

/* ---- strings ---- */

static int escape(struct scan *s, struct str *out)
{
	static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
	const char *found = *s->at ? strchr(from, *s->at) : NULL;

	if (!found)
		return -EINVAL;
	str_addn(out, &to[found - from], 1);
	s->at++;
	return 0;
}

static int quoted(struct scan *s, struct str *out)
{
	char quote = *s->at++;

	while (*s->at != quote) {
		if (!*s->at)
			return -EINVAL;
		if (*s->at == '\\') {
			s->at++;
			if (escape(s, out) < 0)
				return -EINVAL;
		} else {
			str_addn(out, s->at++, 1);
		}
	}
	s->at++;
	return 0;
}

static int string(struct scan *s, char type, struct str *signature, struct str *words)
{
	auto_str text = STR_INIT;
	int r = quoted(s, &text);

	if (r < 0)
		return r;
	str_addn(signature, &type, 1);
	str_addn(words, str_text(&text), text.n + 1);
	return str_ok(&text) ? 0 : -ENOMEM;
}

/* b'...': bytes with a zero at the end. */
static int bytes(struct scan *s, struct str *signature, struct str *words)
{
	auto_str text = STR_INIT;
	int r;

	s->at++;
	r = quoted(s, &text);
	if (r < 0)
		return r;
	str_add(signature, "ay");
	request_number(words, text.n + 1);
	for (size_t i = 0; i <= text.n; i++)
		request_number(words, (uint8_t)str_text(&text)[i]);
	return str_ok(&text) ? 0 : -ENOMEM;
}

/* ---- numbers ---- */

static int integer(const char *text, char type, struct str *words)
{
	bool negative = *text == '-';
	const char *digits = text + (*text == '-' || *text == '+');
	size_t n = strlen(digits);
	uint64_t u;
	int r;

	if (n > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
		r = parse_u64n(digits + 2, n - 2, 16, &u);
	else if (n > 1 && digits[0] == '0')
		r = parse_u64n(digits + 1, n - 1, 8, &u);
	else
		r = parse_u64n(digits, n, 10, &u);
	if (r < 0)
		return r;
	foreach_array(range, ranges) {
		if (range->type != type)
			continue;
		if (negative ? u > (uint64_t)-(range->min + 1) + 1 || (range->min == 0 && u)
			     : u > range->max)
			return -ERANGE;
		str_printf(words, "%s%" PRIu64, negative && u ? "-" : "", u);
		str_addn(words, "", 1);
		return 0;
	}
	return -EINVAL;
}

static int number(struct scan *s, const char *want, struct str *signature, struct str *words)
{
	size_t n = strspn(s->at, "+-.0123456789abcdefABCDEFxX");
	char text[64], type, *end;
	bool real;

	if (n == 0 || n >= sizeof(text))
		return -EINVAL;
	memcpy(text, s->at, n);
	text[n] = 0;
	s->at += n;
	real = !strpbrk(text, "xX") && strpbrk(text, ".eE");
	type = want ? *want : real ? 'd' : 'i';
	str_addn(signature, &type, 1);
	if (type != 'd')
		return integer(text, type, words);
	(void)strtod(text, &end);
	request_word(words, text);
	return *end ? -EINVAL : 0;
}

/* ---- containers ---- */

static int array(struct scan *s, const char *want, struct str *signature, struct str *words)
{
	auto_str element = STR_INIT, values = STR_INIT;
	uint64_t n = 0;

	if (want && *want != 'a')
		return -EINVAL;
	while (!take(s, ']')) {
		auto_str this = STR_INIT;
		int r;

		if (n && !take(s, ','))
			return -EINVAL;
		r = value(s, want ? want + 1 : n ? str_text(&element) : NULL, &this, &values);
		if (r < 0)
			return r;
		if (n++ == 0)
			str_add(&element, str_text(&this));
	}
	/* An empty one has a type only when that was told. */
	if (!n && !want)
		return -EINVAL;
	if (!n)
		str_addn(&element, want + 1, (size_t)(after_type(want, 0) - want - 1));
	str_printf(signature, "a%s", str_text(&element));
	request_number(words, n);
	if (values.n)
		str_addn(words, values.s, values.n);
	return str_ok(&element) && str_ok(&values) ? 0 : -ENOMEM;
}

static int tuple(struct scan *s, const char *want, struct str *signature, struct str *words)
{
	bool first = true;

	if (want && *want++ != '(')
		return -EINVAL;
	str_add(signature, "(");
	while (!take(s, ')')) {
		int r;

		if (!first && !take(s, ','))
			return -EINVAL;
		/* "(1,)" has one element. */
		if (!first && take(s, ')'))
			break;
		if (want && *want == ')')
			return -EINVAL;
		r = value(s, want, signature, words);
		if (r < 0)
			return r;
		want = want ? after_type(want, 0) : NULL;
		first = false;
	}
	if (first || (want && *want != ')'))
		return -EINVAL;
	str_add(signature, ")");
	return 0;
}

static int boxed(struct scan *s, const char *want, struct str *signature, struct str *words)
{
	auto_str inner = STR_INIT, values = STR_INIT;
	int r;

	if (want && *want != 'v')
		return -EINVAL;
	r = value(s, NULL, &inner, &values);
	if (r < 0 || !take(s, '>'))
		return -EINVAL;
	str_add(signature, "v");
	request_word(words, str_text(&inner));
	str_addn(words, str_text(&values), values.n);
	return str_ok(&inner) && str_ok(&values) ? 0 : -ENOMEM;
}

/* ---- types in front ---- */

/* "@as []" */
static int typed(struct scan *s, const char *want, struct str *signature, struct str *words)
{
	const char *type = s->at, *end = after_type(type, 0);
	char copy[64];

	if (!end || (size_t)(end - type) >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, type, (size_t)(end - type));
	copy[end - type] = 0;
	if (want && strncmp(want, copy, strlen(copy)) != 0)
		return -EINVAL;
	s->at = end;
	return value(s, copy, signature, words);
}

/* "true", "false", "uint64 5" */
static int word(struct scan *s, const char *want, struct str *signature, struct str *words)
{
	size_t n = strspn(s->at, "abcdefghijklmnopqrstuvwxyz0123456789");
	char text[16], type[2] = "";
	const struct name *known;

	if (n == 0 || n >= sizeof(text))
		return -EINVAL;
	memcpy(text, s->at, n);
	text[n] = 0;
	s->at += n;
	if (streq(text, "true") || streq(text, "false")) {
		if (want && *want != 'b')
			return -EINVAL;
		str_add(signature, "b");
		request_word(words, streq(text, "true") ? "1" : "0");
		return 0;
	}
	known = names_find(type_words, ARRAY_SIZE(type_words), text);
	if (!known || (want && *want != (char)known->value))
		return -EINVAL;
	type[0] = (char)known->value;
	return value(s, type, signature, words);
}

static int plain(struct scan *s, const char *want, struct str *signature, struct str *words)
{
	char c = *s->at;

	if (c == '\'' || c == '"')
		return want && !strchr("sog", *want) ? -EINVAL :
						       string(s, want ? *want : 's', signature, words);
	if (c == 'b' && (s->at[1] == '\'' || s->at[1] == '"'))
		return want && strncmp(want, "ay", 2) != 0 ? -EINVAL : bytes(s, signature, words);
	if (c && strchr("+-.0123456789", c))
		return want && !strchr("ynqiuxtd", *want) ? -EINVAL :
							    number(s, want, signature, words);
	return word(s, want, signature, words);
}

static int value(struct scan *s, const char *want, struct str *signature, struct str *words)
{
	int r;

	if (++s->depth > DEPTH_MAX)
		return -EINVAL;
	skip_blanks(s);
	switch (*s->at) {
	case '[':
		s->at++;
		r = array(s, want, signature, words);
		break;
	case '(':
		s->at++;
		r = tuple(s, want, signature, words);
		break;
	case '<':
		s->at++;
		r = boxed(s, want, signature, words);
		break;
	case '@':
		s->at++;
		r = typed(s, want, signature, words);
		break;
	default:
		r = plain(s, want, signature, words);
	}
	s->depth--;
	return r;
}

int variant_parse(const char *text, struct str *signature, struct str *words)
{
	struct scan s = { .at = text };
	int r = value(&s, NULL, signature, words);

	skip_blanks(&s);
	if (r < 0 || *s.at)
		return r == -ENOMEM ? r : -EINVAL;
	return str_ok(signature) && str_ok(words) ? 0 : -ENOMEM;
}
