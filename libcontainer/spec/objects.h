/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The tables of all OCI objects, and the words of their enumerations. */

#include "spec/schema.h"

/* clang-format off */
/* All of spec/tables.def. The words: of namespaces are CLONE_NEW*, of capabilities bits, of rlimits RLIMIT_*. */
#define SPEC_OBJECT(name) extern const struct schema schema_##name;
#define SPEC_WORDS(name)  extern const struct names names_##name;
#define SPEC_CHECK(name, text) int check_##name(const struct json *value, struct error *err);
#include "spec/tables.def"
#undef SPEC_OBJECT
#undef SPEC_WORDS
#undef SPEC_CHECK
/* clang-format on */

/*
 * spec/idmaps.c: what the kernel would refuse about the lists without saying which line it is. Failures have their
 * place. The report is NULL, or spec/problems.h's.
 */
int idmaps_check(const spec_idmaps *uids, const spec_idmaps *gids, struct problems *report,
		 struct error *err);

/* spec/rules.c: what one object alone cannot know. The report is NULL, or spec/problems.h's. */
int rules_check(const struct spec *spec, struct problems *report, struct error *err);
/*
 * After the check: what a config of an older ociVersion says by other words than the newest, and mappings that map
 * nobody are not there.
 */
void rules_settle(struct spec *spec);
