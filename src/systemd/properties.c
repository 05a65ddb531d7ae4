/* SPDX-License-Identifier: Apache-2.0 */

/* Properties of a unit: from the words of a request to values of D-Bus, by their signature. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "systemd.h"

#define DEPTH_MAX 16

/* ---- values ---- */

/* What follows the first complete type of a signature; NULL when it is none. */
static const char *after_type(const char *s, int depth)
{
	if (depth > DEPTH_MAX)
		return NULL;
	if (*s == 'a')
		return after_type(s + 1, depth + 1);
	if (*s != '(' && *s != '{')
		return *s && strchr("ybnqiuxtdsogv", *s) ? s + 1 : NULL;
	for (s++; s && *s && *s != ')' && *s != '}';)
		s = after_type(s, depth + 1);
	return s && *s ? s + 1 : NULL;
}

static int append_number(sd_bus_message *m, char type, const char *word)
{
	uint64_t u = 0;
	int64_t i = 0;
	int r;

	if (strchr("bnix", type))
		r = parse_i64(word, &i);
	else
		r = parse_u64(word, &u);
	if (r < 0)
		return r;
	/* sd-bus reads as many bytes as the type has. */
	switch (type) {
	case 'y':
		return sd_bus_message_append_basic(m, type, &(uint8_t){ (uint8_t)u });
	case 'q':
		return sd_bus_message_append_basic(m, type, &(uint16_t){ (uint16_t)u });
	case 'u':
		return sd_bus_message_append_basic(m, type, &(uint32_t){ (uint32_t)u });
	case 't':
		return sd_bus_message_append_basic(m, type, &u);
	case 'n':
		return sd_bus_message_append_basic(m, type, &(int16_t){ (int16_t)i });
	case 'x':
		return sd_bus_message_append_basic(m, type, &i);
	default: /* b, i */
		return sd_bus_message_append_basic(m, type, &(int32_t){ (int32_t)i });
	}
}

static int append_basic(sd_bus_message *m, char type, const char *word)
{
	if (strchr("sog", type))
		return sd_bus_message_append_basic(m, type, word);
	if (type == 'd')
		return sd_bus_message_append_basic(m, type, &(double){ strtod(word, NULL) });
	return append_number(m, type, word);
}

static int append_type(sd_bus_message *m, const char *type, struct words *w, int depth);

/* The types from `s` to `end`, one after the other. */
static int append_types(sd_bus_message *m, const char *s, const char *end, struct words *w,
			int depth)
{
	int r = 0;

	while (r >= 0 && s && s < end) {
		r = append_type(m, s, w, depth);
		s = after_type(s, 0);
	}
	return s ? r : -EINVAL;
}

static int append_container(sd_bus_message *m, char kind, const char *inner, size_t n,
			    uint64_t times, struct words *w, int depth)
{
	char contents[256];
	int r;

	if (n >= sizeof(contents))
		return -EINVAL;
	memcpy(contents, inner, n);
	contents[n] = 0;
	r = sd_bus_message_open_container(m, kind, contents);
	for (uint64_t i = 0; r >= 0 && i < times && !w->bad; i++)
		r = append_types(m, contents, contents + n, w, depth + 1);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_type(sd_bus_message *m, const char *type, struct words *w, int depth)
{
	const char *end = after_type(type, 0), *signature;
	uint64_t n;

	if (!end || depth > DEPTH_MAX)
		return -EINVAL;
	switch (*type) {
	case 'a':
		if (parse_u64(next_word(w), &n) < 0)
			return -EINVAL;
		return append_container(m, 'a', type + 1, (size_t)(end - type - 1), n, w, depth);
	case '(':
		return append_container(m, 'r', type + 1, (size_t)(end - type - 2), 1, w, depth);
	case '{':
		return append_container(m, 'e', type + 1, (size_t)(end - type - 2), 1, w, depth);
	case 'v':
		signature = next_word(w);
		return append_container(m, 'v', signature, strlen(signature), 1, w, depth);
	default:
		return append_basic(m, *type, next_word(w));
	}
}

static int append_property(sd_bus_message *m, const char *name, const char *signature,
			   struct words *w)
{
	int r = sd_bus_message_open_container(m, 'r', "sv");

	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', name);
	if (r >= 0)
		r = append_container(m, 'v', signature, strlen(signature), 1, w, 0);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

int append_properties(struct manager *m, sd_bus_message *call, struct words *w, size_t *n,
		      struct answer *a)
{
	int r = 0;

	while (w->at < w->end && !w->bad) {
		const char *name = next_word(w), *since = next_word(w), *signature = next_word(w);
		uint64_t version = 0, count = 0;

		if (parse_u64(since, &version) < 0 || parse_u64(next_word(w), &count) < 0)
			return fail(a, EINVAL, "property '%s': bad request", name);
		if (version && version > manager_version(m)) {
			while (count-- > 0 && !w->bad)
				(void)next_word(w);
			continue;
		}
		r = append_property(call, name, signature, w);
		if (r < 0 || w->bad)
			return fail(a, EINVAL, "property '%s': values do not fit type '%s'", name,
				    signature);
		(*n)++;
	}
	return w->bad ? fail(a, EINVAL, "bad request") : 0;
}
