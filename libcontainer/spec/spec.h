/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Documents of the OCI runtime-spec read into the structs of spec/types.h, fully checked: types,
 * ranges, required members, enumerations, absolute paths, and the rules across objects
 * (spec/rules.c). Unknown properties are ignored (a debug record for near misses of known names).
 * On failure `err` has file, line, JSON pointer, the value found and what was expected.
 */

#include "base/arena.h"
#include "base/error.h"
#include "spec/types.h"

struct spec_doc {
	struct arena *arena;
	const char *name; /* for messages, e.g. "config.json"    */
	const char *text; /* the document's bytes, NUL-terminated */
	size_t size;
	struct spec *spec;            /* of spec_load_config()    */
	struct spec_process *process; /* of spec_load_process()   */
	struct spec_resources *resources; /* of spec_load_resources() */
};

void spec_doc_free(struct spec_doc *doc);
DEFINE_AUTO(struct spec_doc *, spec_doc_free);

/* Takes a directory descriptor and a path below it. *ret belongs to the caller. */
int spec_load_config(int dir, const char *path, struct spec_doc **ret, struct error *err);
/* The same from a regular file's descriptor, which stays the caller's; `name` is for messages. */
int spec_load_config_fd(int fd, const char *name, struct spec_doc **ret, struct error *err);
/* exec --process: one process object. */
int spec_load_process(int dir, const char *path, struct spec_doc **ret, struct error *err);
/* update --resources: one LinuxResources object ("-" is standard input). */
int spec_load_resources(int dir, const char *path, struct spec_doc **ret, struct error *err);

/* As SemVer 2.0.0 has it. */
bool spec_version_is_semantic(const char *version);
/* By its ociVersion: before 1.3 a pids.limit of 0 meant that there is none. */
bool spec_zero_pids_is_no_limit(const struct spec *spec);

/* The same from memory (copied); `name` is for messages. */
int spec_parse_config(const char *text, size_t size, const char *name, struct spec_doc **ret,
		      struct error *err);
int spec_parse_resources(const char *text, size_t size, const char *name, struct spec_doc **ret,
			 struct error *err);

/*
 * Reads on after failures, which go to `report` (spec/problems.h) and are none of this function's:
 * *ret holds what could be read. Only what is no JSON, or no memory, fails. The report's problems
 * lie in the document: free it later.
 */
struct problems;
int spec_examine_config(const char *text, size_t size, const char *name, struct problems *report,
			struct spec_doc **ret, struct error *err);

/*
 * A failure later than decoding: gives `err` the file, line and JSON pointer of member `member`
 * (NULL: of the object itself; an index "3" for arrays) of the object whose node is `json`. Returns
 * -err->num. Does nothing when json is NULL.
 */
int spec_error(const struct json *json, const char *member, struct error *err);

/* The default config of the `spec` command, indented with tabs, a newline at the end. */
const char *spec_template(bool rootless);

/* The row of a type, or NULL. CLONE_NEW* of an OCI name ("network") and back. */
const struct spec_namespace *spec_namespace_of(const struct spec_linux *l, uint64_t clone_flag);
const char *spec_namespace_name(uint64_t clone_flag);
