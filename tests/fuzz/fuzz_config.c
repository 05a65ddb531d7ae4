/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as config.json, as a process object and as a resources object. Whatever is refused has a
 * message; whatever is accepted reads the same when it is written and read again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "json/json.h"
#include "spec/objects.h"
#include "spec/spec.h"
#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

static void expect(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void ignore_remark(enum log_level level, const char *message)
{
	(void)level;
	expect(message[0], "an empty remark");
}

static void check_result(int r, const struct error *e)
{
	expect(r <= 0, "a positive result");
	expect((r < 0) == (e->num != 0), "result and error differ");
	expect(r == 0 || (r == -e->num && e->msg[0] && e->file[0]), "an error without words or file");
}

static void check_writing(struct arena *a, const struct json *root)
{
	auto_(json_out_free) struct json_out *first = json_out_new("\t");
	auto_(json_out_free) struct json_out *second = json_out_new("\t");
	struct json *again;
	const char *text;

	json_node(first, NULL, root);
	text = json_out_text(first);
	expect(text, "unwritable");
	expect(json_parse(a, text, strlen(text), "again", &again, NULL) == 0, "unreadable");
	json_node(second, NULL, again);
	expect(strcmp(text, json_out_text(second)) == 0, "another document");
}

static void check_json(const char *text, size_t size)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct error e = ERROR_INIT;
	struct json *root = NULL;
	int r = json_parse(a, text, size, "input", &root, &e);

	check_result(r, &e);
	if (r < 0)
		return;
	check_writing(a, root);
	e = (struct error)ERROR_INIT;
	check_result(schema_decode(a, &schema_process, root,
				   arena_alloc(a, schema_process.size), &e), &e);
}

static void check_config(const char *text, size_t size)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct error e = ERROR_INIT;

	check_result(spec_parse_config(text, size, "input", &doc, &e), &e);
	expect((doc != NULL) == (e.num == 0), "a document and an error");
}

static void check_resources(const char *text, size_t size)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct error e = ERROR_INIT;

	check_result(spec_parse_resources(text, size, "input", &doc, &e), &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Depths and sizes of messages need no megabytes. */
	if (size > 1 << 20)
		return 0;
	log_to(ignore_remark, LOG_DEBUG);
	check_json((const char *)data, size);
	check_config((const char *)data, size);
	check_resources((const char *)data, size);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return words_mutate(data, size, max, seed);
}
