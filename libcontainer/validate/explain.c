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
#include <unistd.h>

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

/* What the kernel refuses to execute: the program, or a hook. Its root may be the reason. */
static const struct problem *problem_of_program(const struct problems *found, const struct error *err)
{
	const struct problem *p = NULL;
	char at[sizeof(err->at) + 8];

	if (is_of_execve(err))
		return problem_at(found, ARGS);
	if (err->num != EACCES && err->num != ENOENT && err->num != ENOEXEC)
		return NULL;
	if (starts_with(err->at, "/hooks/")) {
		snprintf(at, sizeof(at), "%s/path", err->at);
		return problem_at(found, at);
	}
	if (err->num == EACCES && streq(err->at, ARGS))
		p = problem_at(found, "/root/path");
	return p || err->num != EACCES || !streq(err->at, ARGS) ? p : problem_at(found, ARGS);
}

/* A property whose name is nearly that of one which is missing. */
static const struct problem *mistyped(const struct problems *found, const struct error *err)
{
	if (!strstr(err->msg, "missing") && !strstr(err->msg, "must be specified"))
		return NULL;
	for (size_t i = 0; i < found->n; i++) {
		const struct problem *p = &found->v[i];
		char word[64];

		if (!p->suggestion || !starts_with(p->message, "unknown property"))
			continue;
		/* It is JSON: in quotes. */
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(p->suggestion + 1, "\""), p->suggestion + 1);
		if (strstr(err->msg, word))
			return p;
	}
	return NULL;
}

/* What engines do for an ordinary user, and who writes a config by hand may not know. */
static bool lacks_user_namespace(const struct spec *spec, const struct error *err)
{
	return (err->num == EPERM || err->num == EACCES) && geteuid() != 0 &&
	       !spec->lnx.uid_mappings.n;
}

static void add_what_is_known(const struct problems *found, struct error *err)
{
	const struct problem *p = mistyped(found, err);

	if (p)
		return append(err, " (line %u: %s, did you mean %s?)", p->line, p->message, p->suggestion);
	p = problem_of_program(found, err);

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
	if (doc && doc->spec && lacks_user_namespace(doc->spec, err))
		append(err, " (an ordinary user needs a user namespace in linux.namespaces: 'orlop spec --rootless' shows one)");
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
