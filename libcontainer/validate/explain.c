/* SPDX-License-Identifier: Apache-2.0 */

/*
 * After a failure: what the checks of `validate` know of it. The kernel says "no such file or directory" of a program
 * that is there; that its interpreter is missing must be looked up.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/macros.h"
#include "container/handle.h"
#include "validate/validate.h"

#define ARGS "/process/args"

static const struct problem *problem_at(const struct problems *found, const char *pointer)
{
	char at[512];

	for (size_t i = 0; i < found->n; i++)
		if (found->v[i].severity == PROBLEM_ERROR &&
		    streq(json_pointer(found->v[i].json, at, sizeof(at)), pointer))
			return &found->v[i];
	return NULL;
}

static void append(struct error *err, const char *fmt, ...) printf_like(2, 3);
static void append(struct error *err, const char *fmt, ...)
{
	size_t n = strlen(err->msg);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(err->msg + n, sizeof(err->msg) - n, fmt, args);
	va_end(args);
}

/* The program was found, and the kernel refused to execute it. */
static bool is_of_execve(const struct error *err)
{
	return err->alone && starts_with(err->msg, "exec ");
}

static void add_what_is_known(const struct problems *found, struct error *err)
{
	const struct problem *p = is_of_execve(err) ? problem_at(found, ARGS) : NULL;

	if (p && !strstr(err->msg, p->message))
		append(err, " (%s)", p->message);
	else if (!p && err->at[0] && found->errors > 1)
		append(err, " ('orlop validate' lists %zu problems of this config)", found->errors);
}

static void explain(const char *text, size_t n, const char *path, int bundle, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_problems found = { 0 };

	if (problems_init(&found, NULL) == 0 &&
	    validate_examine(text, n, path, bundle, true, &found, &doc, NULL) == 0)
		add_what_is_known(&found, err);
}

void container_explain_create(const struct create_options *o, struct error *err)
{
	auto_(close_fd) int bundle =
		openat(AT_FDCWD, o->bundle ? o->bundle : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *path = o->config ? o->config : "config.json";
	auto_str text = STR_INIT;

	if (bundle >= 0 && file_read_at(o->config ? AT_FDCWD : bundle, path, JSON_SIZE_MAX, &text) == 0)
		explain(str_text(&text), text.n, path, bundle, err);
}

void container_explain_start(struct container *c, struct error *err)
{
	auto_(close_fd) int bundle = -EBADF;
	auto_str text = STR_INIT;

	if (!is_of_execve(err) || !c->state.bundle)
		return;
	bundle = openat(AT_FDCWD, c->state.bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (bundle >= 0 && file_read_at(c->dir, "config.json", JSON_SIZE_MAX, &text) == 0)
		explain(str_text(&text), text.n, "config.json", bundle, err);
}
