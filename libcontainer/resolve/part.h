/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of resolve share. A file for each part: it fills its members of struct resolved. */

#include "resolve/resolve.h"

struct resolver {
	const struct resolve_input *in;
	const struct spec *spec;
	struct resolved *out;
	struct arena *arena; /* of the result */
	struct error *err;
};

/*
 * Returns 0 to go on, also past problems that went to the report. With a report only memory and a full report end it.
 */
typedef int resolve_part(const struct resolver *r);

resolve_part resolve_document, resolve_sysctls, resolve_namespaces, resolve_annotations, resolve_check_annotations;
resolve_part resolve_mounts, resolve_paths, resolve_devices;

/*
 * A problem at a member of `object` (NULL, or one that is not there: at the object itself). Returns 0 when the caller
 * shall go on: the report has it, or it is no error. Else a negative errno, to be passed up.
 */
int resolve_problem(const struct resolver *r, enum problem_severity severity,
		    enum problem_source source, const struct json *object, const char *member,
		    const char *fmt, ...) printf_like(6, 7);
/* The same of an error that is in r->err already, with its place, as the functions of spec/ and fs/ leave it. */
int resolve_failure(const struct resolver *r, enum problem_source source, int num);
int resolve_no_memory(const struct resolver *r);

/* What no host would take, and what this one does not. */
#define refuse_spec(r, object, member, ...) \
	resolve_problem(r, PROBLEM_ERROR, PROBLEM_SPEC, object, member, __VA_ARGS__)
#define refuse_host(r, object, member, ...) \
	resolve_problem(r, PROBLEM_ERROR, PROBLEM_HOST, object, member, __VA_ARGS__)

/* New or joined. Also when a namespace of the list could not be read: it may be that one. */
bool resolve_has_namespace(const struct resolver *r, uint64_t clone_flag);
/* paths.c: "/", "//", "/.", "/..": nothing but slashes and dots, and no name. */
bool resolve_is_root(const char *path);
