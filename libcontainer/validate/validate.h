/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `create` would meet after the config was read: the checks of validate_*.c. They look at what
 * could be read, change nothing, and say what is the specification's matter and what is this host's.
 */

#include "base/arena.h"
#include "resolve/resolve.h"
#include "spec/problems.h"
#include "spec/spec.h"

struct validation {
	const struct spec *spec;
	const struct resolved *resolved;
	struct problems *report;
	int bundle;     /* directory that relative paths begin at */
	bool with_host; /* also look at this kernel and this host */
};

/* The member of that name, or the object itself. */
const struct json *validate_place(const struct json *object, const char *member);

#define host_problem(v, severity, object, member, suggestion, ...)  \
	problems_add((v)->report, PROBLEM_##severity, PROBLEM_HOST, \
		     validate_place(object, member), suggestion, __VA_ARGS__)
#define spec_problem(v, severity, object, member, ...)              \
	problems_add((v)->report, PROBLEM_##severity, PROBLEM_SPEC, \
		     validate_place(object, member), NULL, __VA_ARGS__)

/*
 * All of it, sorted, in *found (problems_init()). `path` is for messages, `bundle` the directory that relative paths begin
 * at. *doc is what the problems point into; NULL when it is no JSON. A failure is one of ours, as for want of memory.
 */
int validate_examine(const char *text, size_t n, const char *path, int bundle, bool with_host,
		     struct problems *found, struct spec_doc **doc, struct error *err);

/* A program of the host, which `object` names: `what` ("hook ") comes before its path in problems. */
void validate_host_program(const struct validation *v, const struct json *object, const char *member, const char *path,
			   const char *what);
/*
 * Why the program of a process could not be executed, as far as its files tell: looked up below the directory `root`,
 * and not on other mounts. `why` stays empty when nothing is known.
 */
void program_explain(int root, const struct spec_process *p, struct str *why);

void validate_mounts(const struct validation *v);
void validate_process(const struct validation *v);
void validate_program(const struct validation *v);
void validate_namespaces(const struct validation *v);
void validate_sysctls(const struct validation *v);
void validate_devices(const struct validation *v);
void validate_seccomp(const struct validation *v);
void validate_resources(const struct validation *v);
