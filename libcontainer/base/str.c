/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void str_done(struct str *s)
{
	if (!s->arena && !s->lent)
		free(s->s);
	*s = (struct str)STR_INIT;
}

static bool reserve(struct str *s, size_t more)
{
	size_t room = s->room ? s->room : 256;
	char *p;

	if (s->bad)
		return false;
	while (room - s->n <= more)
		room *= 2;
	if (room == s->room)
		return true;
	p = s->arena ? arena_grow(s->arena, s->s, s->n + (s->n > 0), room) :
		       realloc(s->lent ? NULL : s->s, room);
	if (!p) {
		s->bad = true;
		return false;
	}
	if (s->lent)
		memcpy(p, s->s, s->n + (s->n > 0));
	s->lent = false;
	s->s = p;
	s->room = room;
	return true;
}

void str_addn(struct str *s, const char *text, size_t n)
{
	if (!reserve(s, n))
		return;
	memcpy(s->s + s->n, text, n);
	s->n += n;
	s->s[s->n] = 0;
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_printf(struct str *s, const char *fmt, ...)
{
	va_list args, again;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	/* Into the room that there is: it is seldom too small. */
	n = s->bad ? -1 : vsnprintf(s->s ? s->s + s->n : NULL, s->room - s->n, fmt, args);
	if (n < 0) {
		s->bad = true;
	} else if ((size_t)n < s->room - s->n) {
		s->n += (size_t)n;
	} else if (reserve(s, (size_t)n)) {
		(void)vsnprintf(s->s + s->n, (size_t)n + 1, fmt, again);
		s->n += (size_t)n;
	} else if (s->s) {
		s->s[s->n] = 0;
	}
	va_end(again);
	va_end(args);
}

char *str_space(struct str *s, size_t *room)
{
	if (s->room - s->n < 2 && !reserve(s, s->room ? 1 : 4095))
		return NULL;
	*room = s->room - s->n - 1;
	return s->s + s->n;
}

void str_wrote(struct str *s, size_t n)
{
	s->n += n;
	s->s[s->n] = 0;
}

bool streq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

const char *path_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

size_t path_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		--n;
	return n > 1 && strncmp(path, dir, n) == 0 && path[n] == '/' ? n : 0;
}

bool path_same(const char *path, const char *wanted)
{
	size_t n = strlen(wanted);

	return strncmp(path, wanted, n) == 0 && !path[n + strspn(path + n, "/")];
}

bool has_word(const char *text, const char *between, const char *word)
{
	size_t n = strlen(word);

	for (text += strspn(text, between); *text; text += strspn(text, between)) {
		size_t length = strcspn(text, between);

		if (length == n && strncmp(text, word, n) == 0)
			return true;
		text += length;
	}
	return false;
}

void str_add_escaped(struct str *s, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			str_add(s, "\\n");
		else if (*text == '"' || *text == '\\')
			str_printf(s, "\\%c", *text);
		else
			str_addn(s, text, 1);
	}
}
