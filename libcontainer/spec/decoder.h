/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files that decode by tables share: schema.c fills structs, schema_words.c says what a row expects and what was
 * found, schema_unknown.c is about names and words that no table has.
 */

#include "base/str.h"
#include "spec/schema.h"

struct decoder {
	struct arena *arena;
	struct error *err;
	struct problems *report; /* or NULL: the first failure ends it */
	unsigned searches, remarks;
	struct str dropped; /* words that were left out: one record says all of them */
};

struct integer {
	uint8_t size;
	uint8_t at; /* offset of the value in the member; > 0: an opt_*, 'set' comes first */
	int64_t min;
	uint64_t max;
};

/* What integers a row takes; of one of those kinds only. */
struct integer integer_of(const struct field *f);
/* The words of a row, quoted, with commas between. */
void words_of(const struct names *names, char *buf, size_t size);

/* A string that is none of the row's words: the failure. */
int unknown_word(struct decoder *d, const struct field *f, const struct json *node);
/* The same where unknown words are left out: it goes to the report, or to d->dropped for the log. */
void drop_word(struct decoder *d, const struct field *f, const struct json *node);
/* A property that the table does not have: it is ignored, and the report or the log says so. */
void note_unknown(struct decoder *d, const struct schema *schema, const struct json *node);
