/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds our tables against the runtime-spec's JSON schema, both ways: no property of ours is unknown
 * there, none of theirs is unknown here, and the types, ranges, words and required members agree. The
 * schema's directory is given by ORLOP_SPEC_SCHEMA, of the environment or the build; without it: skipped.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/parse.h"
#include "spec/objects.h"
#include "spec/spec.h"
#include "tests/lib/suite.h"

#ifndef ORLOP_SPEC_SCHEMA
#define ORLOP_SPEC_SCHEMA ""
#endif

static const char *schema_dir;
static int schema_fd = -EBADF;
static struct arena *arena;

/* ---- the official schema: files, read once ---- */

static struct {
	char name[64];
	struct json *root;
} files[16];

static struct json *load(const char *name)
{
	auto_str text = STR_INIT;
	struct error e = ERROR_INIT;
	struct json *root = NULL;
	size_t i = 0;

	while (files[i].name[0] && !streq(files[i].name, name))
		i++;
	if (files[i].name[0])
		return files[i].root;
	if (file_read_at(schema_fd, name, JSON_SIZE_MAX, &text) == 0)
		ck_assert_msg(json_parse(arena, str_text(&text), text.n, name, &root, &e) == 0, "%s: %s",
			      name, e.msg);
	snprintf(files[i].name, sizeof(files[i].name), "%s", name);
	files[i].root = root;
	return root;
}

/* "defs.json#/definitions/uint32" from a node of any file. NULL: the file is not there. */
static const struct json *follow(const struct json *from, const char *ref)
{
	const char *hash = strchr(ref, '#');
	char name[64], step[128];
	const struct json *node;

	snprintf(name, sizeof(name), "%.*s", (int)(hash - ref), ref);
	node = load(name[0] ? name : json_doc_name(from));
	for (const char *p = hash + 1; node && *p == '/'; p += strlen(step) + 1) {
		snprintf(step, sizeof(step), "%.*s", (int)strcspn(p + 1, "/"), p + 1);
		node = json_member(node, step);
		ck_assert_msg(node != NULL, "%s leads nowhere", ref);
	}
	return node;
}

/* Through $ref, and through anyOf of one alternative. */
static const struct json *resolve(const struct json *node)
{
	for (;;) {
		const struct json *ref = json_member(node, "$ref"), *any = json_member(node, "anyOf");

		if (ref)
			node = follow(node, ref->text);
		else if (any && any->n == 1)
			node = any->first;
		else
			return node;
		if (!node)
			return NULL;
	}
}

/* ---- one list of what a property is, from either side ---- */

#define ROWS_MAX 400

struct row {
	char path[160];
	const struct json *node;   /* theirs */
	const struct field *field; /* ours   */
	bool required;
};

struct rows {
	struct row v[ROWS_MAX];
	size_t n;
};

static struct rows theirs, ours;

static struct row *add_row(struct rows *rows, const char *path)
{
	struct row *row = &rows->v[rows->n];

	ck_assert_uint_lt(rows->n, ROWS_MAX);
	snprintf(row->path, sizeof(row->path), "%s", path);
	rows->n++;
	return row;
}

static struct row *find(struct rows *rows, const char *path)
{
	for (size_t i = 0; i < rows->n; i++)
		if (streq(rows->v[i].path, path))
			return &rows->v[i];
	return NULL;
}

static void collect_object(const char *path, const struct json *node);

static void collect(const char *path, const struct json *node)
{
	const struct json *items = json_member(node, "items");
	const struct json *free_keys = json_member(node, "additionalProperties");
	char below[200];

	collect_object(path, node);
	snprintf(below, sizeof(below), "%s/*", path);
	if (items)
		collect_object(below, resolve(items));
	if (free_keys)
		collect_object(below, resolve(free_keys));
}

static bool lists(const struct json *required, const char *name)
{
	for (const struct json *item = required ? required->first : NULL; item; item = item->next)
		if (streq(item->text, name))
			return true;
	return false;
}

static void collect_object(const char *path, const struct json *node)
{
	const struct json *all = json_member(node, "allOf");
	const struct json *properties = json_member(node, "properties");

	for (const struct json *part = all ? all->first : NULL; part; part = part->next)
		collect_object(path, resolve(part));
	for (const struct json *p = properties ? properties->first : NULL; p; p = p->next) {
		const struct json *target = resolve(p);
		char below[200];
		struct row *row;

		snprintf(below, sizeof(below), "%s/%s", path, p->key);
		row = add_row(&theirs, below);
		row->node = target;
		row->required = lists(json_member(node, "required"), p->key);
		if (target)
			collect(below, target);
	}
}

static int collect_ours(const char *path, const struct schema *in, const struct field *field, void *data)
{
	struct row *row = add_row(data, path);

	(void)in;
	row->field = field;
	row->required = field->flags & FIELD_REQUIRED;
	return 0;
}

static void setup(void)
{
	arena = arena_new();
	schema_fd = open(schema_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(schema_fd, 0);
	collect("", load("config-schema.json"));
	schema_walk(&schema_config, collect_ours, &ours);
	ck_assert_uint_gt(theirs.n, 150);
}

static void teardown(void)
{
	arena_free(arena);
	close_fd(schema_fd);
}

/* ---- the comparisons ---- */

START_TEST(knows_all_of_theirs)
{
	for (size_t i = 0; i < theirs.n; i++)
		ck_assert_msg(find(&ours, theirs.v[i].path) != NULL, "%s is not in our tables",
			      theirs.v[i].path);
}
END_TEST

START_TEST(has_nothing_of_its_own)
{
	for (size_t i = 0; i < ours.n; i++)
		ck_assert_msg(find(&theirs, ours.v[i].path) != NULL, "%s is not in the schema",
			      ours.v[i].path);
}
END_TEST

static const char *type_of(const struct field *f)
{
	switch (f->kind) {
	case FIELD_IGNORED:
		return NULL;
	case FIELD_BOOL:
	case FIELD_OPT_BOOL:
		return "boolean";
	case FIELD_STRING:
	case FIELD_ENUM:
		return "string";
	case FIELD_STRINGS:
	case FIELD_U32S:
	case FIELD_BITS:
	case FIELD_LIST:
		return "array";
	case FIELD_PAIRS:
	case FIELD_OBJECT:
	case FIELD_EMBEDDED:
	case FIELD_SAME:
	case FIELD_MAP:
		return "object";
	default:
		return "integer";
	}
}

START_TEST(types_agree)
{
	for (size_t i = 0; i < theirs.n; i++) {
		const struct row *mine = find(&ours, theirs.v[i].path);
		const struct json *type = json_member(theirs.v[i].node, "type");
		const char *kind = mine ? type_of(mine->field) : NULL;

		if (!type || !kind)
			continue;
		ck_assert_msg(streq(type->text, kind), "%s: %s there, %s here", theirs.v[i].path,
			      type->text, kind);
	}
}
END_TEST

/* Each of theirs is required here, but one that other runtimes do without: resolve/document.c warns. */
START_TEST(required_agree)
{
	static const char without[] = "/ociVersion";

	for (size_t i = 0; i < theirs.n; i++) {
		const struct row *mine = find(&ours, theirs.v[i].path);

		if (mine && theirs.v[i].required && !streq(mine->path, without))
			ck_assert_msg(mine->required, "%s is required there", theirs.v[i].path);
	}
}
END_TEST

static const struct json *words_of(const struct json *node)
{
	const struct json *items = json_member(node, "items");

	if (items)
		node = resolve(items);
	return json_member(node, "enum");
}

START_TEST(words_agree)
{
	for (size_t i = 0; i < theirs.n; i++) {
		const struct row *mine = find(&ours, theirs.v[i].path);
		const struct json *words = words_of(theirs.v[i].node);

		if (!words)
			continue;
		ck_assert_msg(mine && mine->field->words, "%s takes any word here", theirs.v[i].path);
		for (const struct json *w = words->first; w; w = w->next)
			ck_assert_msg(names_find(field_words(mine->field)->v, field_words(mine->field)->n, w->text),
				      "%s: '%s' is unknown here", theirs.v[i].path, w->text);
		/* rootfsPropagation also takes the recursive words, as mount options do. */
		for (size_t j = 0; j < field_words(mine->field)->n; j++) {
			const char *name = field_words(mine->field)->v[j].name;

			if (!streq(mine->field->name, "rootfsPropagation") || name[0] != 'r')
				ck_assert_msg(lists(words, name), "%s: '%s' is unknown there",
					      theirs.v[i].path, name);
		}
	}
}
END_TEST

/* A value at each end of their range, and one beyond, decoded by our row. */
static int decode_number(const struct field *f, const char *text)
{
	struct schema one = { .name = "one", .size = sizeof(struct spec_process), .fields = f, .n = 1 };
	auto_(arena_free) struct arena *a = arena_new();
	struct field plain = *f;
	char document[128];
	struct json *node;
	void *object;

	plain.offset = 16; /* behind the node */
	plain.has = 0;
	one.fields = &plain;
	one.size = 64;
	object = arena_alloc(a, one.size);
	snprintf(document, sizeof(document), "{\"%s\":%s}", f->name, text);
	ck_assert_int_eq(json_parse(a, document, strlen(document), "x", &node, NULL), 0);
	return schema_decode(a, &one, node, object, NULL);
}

/* The whole number one above or below. */
static void beyond(const char *text, bool below, char *buf, size_t size)
{
	bool negative = text[0] == '-';
	unsigned __int128 value = 0;
	uint64_t half;

	ck_assert_int_eq(parse_u64(text + negative, &half), 0);
	value = half;
	if (below && !negative && value == 0) {
		snprintf(buf, size, "-1");
		return;
	}
	value += below == negative ? 1 : -1;
	if (value >> 64)
		snprintf(buf, size, "1%019llu", (unsigned long long)(value - (unsigned __int128)1e19));
	else
		snprintf(buf, size, "%s%llu", negative ? "-" : "", (unsigned long long)value);
}

START_TEST(ranges_agree)
{
	char past[64];

	for (size_t i = 0; i < theirs.n; i++) {
		const struct row *mine = find(&ours, theirs.v[i].path);
		const struct json *min = json_member(theirs.v[i].node, "minimum");
		const struct json *max = json_member(theirs.v[i].node, "maximum");
		const struct field *f = mine ? mine->field : NULL;

		/* fileMode is judged by its object, which knows the type of the device. */
		if (!f || streq(f->name, "fileMode"))
			continue;
		if (min) {
			beyond(min->text, true, past, sizeof(past));
			ck_assert_msg(decode_number(f, past) < 0, "%s takes %s", mine->path, past);
			if (!(f->flags & FIELD_NARROWER))
				ck_assert_msg(decode_number(f, min->text) == 0, "%s refuses %s",
					      mine->path, min->text);
		}
		if (max) {
			beyond(max->text, false, past, sizeof(past));
			ck_assert_msg(decode_number(f, past) < 0, "%s takes %s", mine->path, past);
			if (!(f->flags & FIELD_NARROWER))
				ck_assert_msg(decode_number(f, max->text) == 0, "%s refuses %s",
					      mine->path, max->text);
		}
	}
}
END_TEST

/* Every row can be printed: in the manual, the features document, and messages. */
START_TEST(rows_are_documented)
{
	char text[512];

	for (size_t i = 0; i < ours.n; i++) {
		const struct field *f = ours.v[i].field;

		ck_assert_msg(f->doc[0] && f->since[0], "%s has no doc or since", ours.v[i].path);
		ck_assert_msg(field_expects(f, text, sizeof(text))[0], "%s expects nothing",
			      ours.v[i].path);
	}
}
END_TEST

/* ---- the schema's own examples ---- */

/* What a good example lacks for a container on Linux: `create` refuses it, by this sentence. */
static const struct {
	const char *file, *msg;
} not_creatable[] = {
	{ "linux-netdevice.json",
	  "unable to move network devices without a private network namespace" },
};

static int decode_only(const char *text, size_t n, const char *name, struct error *e)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct spec *spec = arena_new_of(a, struct spec);
	struct json *node;
	int r = json_parse(a, text, n, name, &node, e);

	return r < 0 ? r : schema_decode(a, &schema_config, node, spec, e);
}

static void try_example(int dir, const char *name, bool good)
{
	auto_str text = STR_INIT;
	struct error e = ERROR_INIT;
	struct spec_doc *doc = NULL;
	int r;

	ck_assert_int_eq(file_read_at(dir, name, JSON_SIZE_MAX, &text), 0);
	r = decode_only(str_text(&text), text.n, name, &e);
	ck_assert_msg((r == 0) == good, "%s: %d %s", name, r, e.msg);
	e = (struct error)ERROR_INIT;
	r = spec_parse_config(str_text(&text), text.n, name, &doc, &e);
	spec_doc_free(doc);
	for (size_t i = 0; i < ARRAY_SIZE(not_creatable); i++)
		if (streq(not_creatable[i].file, name) && good) {
			ck_assert_str_eq(e.msg, not_creatable[i].msg);
			return;
		}
	ck_assert_msg((r == 0) == good, "%s: %d %s", name, r, e.msg);
}

static unsigned try_examples(const char *path, bool good)
{
	int fd = openat(schema_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	unsigned n = 0;

	ck_assert_msg(dir != NULL, "no %s", path);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".json")) {
			try_example(dirfd(dir), entry->d_name, good);
			n++;
		}
	closedir(dir);
	return n;
}

START_TEST(examples_behave)
{
	ck_assert_uint_ge(try_examples("test/config/good", true), 5);
	ck_assert_uint_ge(try_examples("test/config/bad", false), 4);
}
END_TEST

int main(void)
{
	TCase *t;
	Suite *s;

	schema_dir = getenv("ORLOP_SPEC_SCHEMA");
	if (!schema_dir || !*schema_dir)
		schema_dir = ORLOP_SPEC_SCHEMA;
	if (!*schema_dir || access(schema_dir, R_OK) < 0) {
		printf("SKIP: no schema of the runtime-spec%s%s; set ORLOP_SPEC_SCHEMA to its directory\n",
		       *schema_dir ? " at " : "", schema_dir);
		return 77;
	}
	s = suite_create("spec_schema");
	t = tcase_create("against the runtime-spec");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, knows_all_of_theirs);
	tcase_add_test(t, has_nothing_of_its_own);
	tcase_add_test(t, types_agree);
	tcase_add_test(t, required_agree);
	tcase_add_test(t, words_agree);
	tcase_add_test(t, ranges_agree);
	tcase_add_test(t, rows_are_documented);
	tcase_add_test(t, examples_behave);
	suite_add_tcase(s, t);
	return run_suite(s);
}
