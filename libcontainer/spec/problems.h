/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Everything that is wrong with a document, not just the first of it. Decoder and rules take a
 * NULL report to stop at the first failure, as `create` wants it; with a report they hand each
 * failure over, leave out what it concerns, and go on.
 *
 * What could not be read is absent from the structs then: a broken string is NULL, a broken element
 * is not in its list. problems_touches() tells a rule that something is absent for that reason only.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "json/json.h"

struct field;

enum problem_severity {
	PROBLEM_ERROR,   /* `create` refuses, or would do other than the config says  */
	PROBLEM_WARNING, /* `create` goes on without it, or the outcome is uncertain   */
	PROBLEM_NOTE,    /* has no effect                                              */
};
enum problem_source {
	PROBLEM_SPEC, /* no host would take it                              */
	PROBLEM_HOST, /* this kernel, or this host as it is now, does not   */
};

struct problem {
	enum problem_severity severity;
	enum problem_source source;
	const struct json *json; /* where; NULL: in what is no JSON */
	unsigned line, column;   /* 1-based; 0: unknown             */
	const char *message;
	const char *expected;   /* what the place takes; or NULL   */
	const char *member;     /* whose value it is; or NULL ...  */
	const char *about;      /* ... and what that member is for */
	const char *suggestion; /* what was probably meant, or NULL */
	size_t order;
};

struct problems {
	struct arena *arena;     /* of the texts */
	const struct json *root; /* of the document; it must outlive the report */
	struct problem *v;
	size_t n, room;
	size_t errors;
	bool full; /* there was more  */
	bool bad;  /* memory was short */
};

/* With so many errors nobody reads on: the next one ends the reading. */
#define PROBLEMS_MAX 1000

int problems_init(struct problems *r, struct error *err);
void problems_done(struct problems *r);
#define auto_problems __attribute__((cleanup(problems_done))) struct problems

/*
 * Without a report: returns `num`, err stays. Else takes the failure out of `err` (which is empty
 * again) and returns 0. What is no failure of the document (no memory), or one too many, stays.
 * `f` is the row at which it was met, or NULL; `item`: in one of its elements.
 */
int problems_failure(struct problems *r, int num, struct error *err, const struct field *f,
		     bool item);

/* Adds what is not a failure. `node` is the place; `suggestion` (or NULL) is copied. */
void problems_add(struct problems *r, enum problem_severity severity, enum problem_source source,
		  const struct json *node, const char *suggestion, const char *fmt, ...)
	printf_like(6, 7);
/* The same of a failure in `err`, at the place it has. */
void problems_error(struct problems *r, enum problem_severity severity, enum problem_source source,
		    struct error *err);

/* Whether an error was met at `node` or below. False without a report or a node. */
bool problems_touches(const struct problems *r, const struct json *node);

/* Into the order of the document, with lines and columns. -ENOMEM when something was lost. */
int problems_sort(struct problems *r, struct error *err);

/* The node of a JSON pointer, or the last one on the way that exists. */
const struct json *json_at(const struct json *root, const char *pointer);
