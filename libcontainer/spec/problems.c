/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "spec/suggest.h"

int problems_init(struct problems *r, struct error *err)
{
	*r = (struct problems){ .arena = arena_new() };
	return r->arena ? 0 : failf(err, ENOMEM, "no memory for a report");
}

void problems_done(struct problems *r)
{
	arena_free(r->arena);
	free(r->v);
	*r = (struct problems){ 0 };
}

/* ---- places ---- */

/* Undoes "~1" and "~0" of RFC 6901 while it compares. Returns what follows the token, or NULL. */
static const char *token_match(const char *token, const char *key)
{
	for (; *token && *token != '/'; token++, key++) {
		char c = *token;

		if (c == '~')
			c = *++token == '1' ? '/' : '~';
		if (c != *key)
			return NULL;
	}
	return *key ? NULL : token;
}

static const struct json *step(const struct json *node, const char **pointer)
{
	char index[24];

	for (const struct json *child = node->first; child; child = child->next) {
		const char *key = child->key, *rest;

		if (!key) {
			snprintf(index, sizeof(index), "%zu", child->index);
			key = index;
		}
		rest = token_match(*pointer + 1, key);
		if (!rest)
			continue;
		*pointer = rest;
		return child;
	}
	return NULL;
}

const struct json *json_at(const struct json *root, const char *pointer)
{
	while (root && *pointer == '/') {
		const struct json *child = step(root, &pointer);

		if (!child)
			break;
		root = child;
	}
	return root;
}

bool problems_touches(const struct problems *r, const struct json *node)
{
	if (!r || !node)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		const struct json *at = r->v[i].json;

		while (at && at != node)
			at = at->parent;
		if (at && r->v[i].severity == PROBLEM_ERROR)
			return true;
	}
	return false;
}

/* ---- collecting ---- */

static struct problem *append(struct problems *r, enum problem_severity severity)
{
	struct problem *p;

	if (r->n == PROBLEMS_MAX) {
		r->full = true;
		return NULL;
	}
	if (r->n == r->room) {
		size_t room = r->room ? 2 * r->room : 16;
		struct problem *v = reallocarray(r->v, room, sizeof(*v));

		if (!v) {
			r->bad = true;
			return NULL;
		}
		r->v = v;
		r->room = room;
	}
	r->errors += severity == PROBLEM_ERROR;
	p = &r->v[r->n];
	*p = (struct problem){ .severity = severity, .order = r->n++ };
	return p;
}

static struct problem *add_error(struct problems *r, enum problem_severity severity,
				 enum problem_source source, struct error *err)
{
	struct problem *p = append(r, severity);

	if (p) {
		p->source = source;
		p->json = json_at(r->root, err->at);
		p->line = err->line;
		p->column = err->column;
		p->message = arena_strdup(r->arena, err->msg);
		r->bad = r->bad || !p->message;
	}
	*err = (struct error)ERROR_INIT;
	return p;
}

int problems_failure(struct problems *r, int num, struct error *err, const struct field *f,
		     bool item)
{
	struct problem *p;

	if (!r || num != -EINVAL)
		return num;
	p = add_error(r, PROBLEM_ERROR, PROBLEM_SPEC, err);
	if (!p)
		return num;
	if (!f || !p->json)
		return 0;
	p->member = f->name;
	p->about = f->doc;
	p->expected = suggest_expected(r->arena, f, item);
	p->suggestion = suggest_value(r->arena, f, p->json, item);
	return 0;
}

void problems_error(struct problems *r, enum problem_severity severity, enum problem_source source,
		    struct error *err)
{
	(void)add_error(r, severity, source, err);
}

void problems_add(struct problems *r, enum problem_severity severity, enum problem_source source,
		  const struct json *node, const char *suggestion, const char *fmt, ...)
{
	struct problem *p = append(r, severity);
	char message[1024];
	va_list args;

	if (!p)
		return;
	va_start(args, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	p->source = source;
	p->json = node;
	p->message = arena_strdup(r->arena, message);
	p->suggestion = suggestion ? arena_strdup(r->arena, suggestion) : NULL;
	r->bad = r->bad || !p->message || (suggestion && !p->suggestion);
}

/* ---- the end ---- */

static int compare(const void *a, const void *b)
{
	const struct problem *x = a, *y = b;
	uint32_t at_x = x->json ? x->json->at : 0, at_y = y->json ? y->json->at : 0;

	if (at_x != at_y)
		return at_x < at_y ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

int problems_sort(struct problems *r, struct error *err)
{
	if (r->bad)
		return failf(err, ENOMEM, "no memory for a report");
	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), compare);
	for (size_t i = 0; i < r->n; i++) {
		struct problem *p = &r->v[i];

		if (!p->json)
			continue;
		p->line = json_line(p->json);
		p->column = json_column(p->json);
	}
	return 0;
}
