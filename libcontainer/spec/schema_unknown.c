/* SPDX-License-Identifier: Apache-2.0 */

/* Names and words that no table has: whether they are an error, and what was meant. */

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "spec/decoder.h"
#include "spec/suggest.h"

/* Objects of more members than this are not searched for near misses of known names. */
#define HINT_MEMBERS_MAX 256
/* Nor are more than these searched for, or remarked on, in a document: both take their time. */
#define SEARCHES_MAX     4096
#define REMARKS_MAX      64

/* ---- words ---- */

int unknown_word(struct decoder *d, const struct field *f, const struct json *node)
{
	const struct names *known = field_words(f);
	const char *near = near_word(known, node->text);
	char words[512];

	if (near)
		return json_fail(node, d->err, "unknown value '%.80s', did you mean '%s'?",
				 node->text, near);
	words_of(known, words, sizeof(words));
	return json_fail(node, d->err, "unknown value '%.80s', expected %s%s", node->text,
			 known->n > 1 ? "one of " : "", words);
}

/* An engine that knows a newer kernel's capability has it in all five sets. */
static void add_dropped(struct decoder *d, const struct field *f, const struct json *node)
{
	const char *near = near_word(field_words(f), node->text);
	char quoted[192];

	snprintf(quoted, sizeof(quoted), near ? "'%.80s' (did you mean '%s'?)" : "'%.80s'",
		 node->text, near);
	if (d->dropped.n && strstr(str_text(&d->dropped), quoted))
		return;
	if (!d->dropped.n)
		str_printf(&d->dropped, "%s:%u: ignoring unknown value %s of '%s'",
			   json_doc_name(node), json_line(node), quoted, f->name);
	else if (d->remarks++ < REMARKS_MAX)
		str_printf(&d->dropped, ", %s of '%s'", quoted, f->name);
}

void drop_word(struct decoder *d, const struct field *f, const struct json *node)
{
	if (d->report)
		problems_add(d->report, PROBLEM_WARNING, PROBLEM_SPEC, node,
			     suggest_value(d->report->arena, f, node, true),
			     "unknown value '%.80s' is ignored", node->text);
	else if (log_wants(LOG_WARN))
		add_dropped(d, f, node);
}

/* ---- properties ---- */

static const struct field *near_property(struct decoder *d, const struct schema *schema,
					 const struct json *node)
{
	const struct field *near = NULL;
	unsigned best = strlen(node->key) > 5 ? 3 : 2;

	if (node->parent->n > HINT_MEMBERS_MAX || d->searches++ >= SEARCHES_MAX)
		return NULL;
	for (size_t i = 0; i < schema->n; i++) {
		unsigned distance = strcasecmp(schema->fields[i].name, node->key) == 0
			? 1
			: name_distance(schema->fields[i].name, node->key);

		if (distance >= best)
			continue;
		best = distance;
		near = &schema->fields[i];
	}
	return near;
}

/*
 * What was meant is not there: the container would be another than the config says. (That a required
 * one is missing is said anyway.)
 */
static bool is_near_miss(const struct field *near, const struct json *node)
{
	return near && near->flags & FIELD_EXPECTED && !json_member(node->parent, near->name);
}

static void report_unknown(struct decoder *d, const struct field *near, const struct json *node)
{
	const char *meant = near ? arena_printf(d->report->arena, "\"%s\"", near->name) : NULL;

	if (is_near_miss(near, node))
		problems_add(d->report, PROBLEM_ERROR, PROBLEM_SPEC, node, meant,
			     "unknown property '%.80s' is ignored, and there is no '%s'", node->key,
			     near->name);
	else if (d->remarks++ < REMARKS_MAX)
		problems_add(d->report, PROBLEM_NOTE, PROBLEM_SPEC, node, meant,
			     "unknown property '%.80s' is ignored", node->key);
}

void note_unknown(struct decoder *d, const struct schema *schema, const struct json *node)
{
	char pointer[256];
	const struct field *near =
		d->report || log_wants(LOG_DEBUG) ? near_property(d, schema, node) : NULL;

	if (d->report)
		report_unknown(d, near, node);
	else if (near && d->remarks++ < REMARKS_MAX)
		log_debug("%s:%u %s: ignoring unknown property '%s', did you mean '%s'?",
			  json_doc_name(node), json_line(node),
			  json_pointer(node, pointer, sizeof(pointer)), node->key, near->name);
}
