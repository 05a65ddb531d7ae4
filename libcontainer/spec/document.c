/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parse.h"
#include "spec/objects.h"
#include "spec/spec.h"

void spec_doc_free(struct spec_doc *doc)
{
	/* The document lies in its own arena. */
	if (doc)
		arena_free(doc->arena);
}

static struct spec_doc *doc_new(const char *name)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct spec_doc *doc = a ? arena_new_of(a, struct spec_doc) : NULL;

	if (!doc)
		return NULL;
	doc->name = arena_strdup(a, name);
	if (!doc->name)
		return NULL;
	doc->arena = take_ptr(a);
	return doc;
}

static int no_memory(const char *name, struct error *err)
{
	return failf(err, ENOMEM, "no memory to read '%s'", name);
}

/* The text must live as long as the document, or be in its arena. */
static int parse(struct spec_doc *doc, const char *text, size_t size, struct json **root,
		 struct error *err)
{
	doc->text = text;
	doc->size = size;
	return json_parse(doc->arena, text, size, doc->name, root, err);
}

/* Parses and decodes; `member` is the offset in struct spec_doc of the pointer to the object. */
static int decode(struct spec_doc *doc, const char *text, size_t size, const struct schema *schema,
		  size_t member, struct error *err)
{
	void *object = arena_alloc(doc->arena, schema->size);
	struct json *root = NULL;
	int r;

	if (!object)
		return no_memory(doc->name, err);
	r = parse(doc, text, size, &root, err);
	if (r == 0)
		r = schema_decode(doc->arena, schema, root, object, err);
	*(void **)((char *)doc + member) = object;
	return r;
}

static int decode_config(struct spec_doc *doc, const char *text, size_t size, struct error *err)
{
	int r = decode(doc, text, size, &schema_config, offsetof(struct spec_doc, spec), err);

	if (r == 0)
		r = rules_check(doc->spec, NULL, err);
	if (r == 0)
		rules_settle(doc->spec);
	return r;
}

/* ---- from memory ---- */

static const char *copy(struct spec_doc *doc, const char *text, size_t size)
{
	return doc && size <= JSON_SIZE_MAX ? arena_strndup(doc->arena, text, size) : NULL;
}

static int too_large(const char *name, struct error *err)
{
	return failf(err, EFBIG, "'%s' is larger than %zu MiB", name, JSON_SIZE_MAX >> 20);
}

int spec_parse_config(const char *text, size_t size, const char *name, struct spec_doc **ret,
		      struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = doc_new(name);
	const char *own = copy(doc, text, size);
	int r;

	if (!own)
		return size > JSON_SIZE_MAX ? too_large(name, err) : no_memory(name, err);
	r = decode_config(doc, own, size, err);
	if (r == 0)
		*ret = take_ptr(doc);
	return r;
}

int spec_examine_config(const char *text, size_t size, const char *name, struct problems *report,
			struct spec_doc **ret, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = doc_new(name);
	const char *own = copy(doc, text, size);
	struct json *root = NULL;
	int r;

	if (own)
		doc->spec = arena_new_of(doc->arena, struct spec);
	if (!own || !doc->spec)
		return size > JSON_SIZE_MAX ? too_large(name, err) : no_memory(name, err);
	r = parse(doc, own, size, &root, err);
	if (r < 0)
		return r;
	report->root = root;
	r = schema_decode_all(doc->arena, &schema_config, root, doc->spec, report);
	if (r == 0)
		r = rules_check(doc->spec, report, err);
	/* Nothing more is asked of a report that is full. */
	if (r < 0 && !report->full)
		return failf(err, -r, "read '%s'", name);
	rules_settle(doc->spec);
	*ret = take_ptr(doc);
	return 0;
}

int spec_parse_resources(const char *text, size_t size, const char *name, struct spec_doc **ret,
			 struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = doc_new(name);
	const char *own = copy(doc, text, size);
	int r;

	if (!own)
		return size > JSON_SIZE_MAX ? too_large(name, err) : no_memory(name, err);
	r = decode(doc, own, size, &schema_resources, offsetof(struct spec_doc, resources), err);
	if (r == 0)
		*ret = take_ptr(doc);
	return r;
}

/* ---- from a file, right into the document's arena ---- */

/* STDIN_FILENO, or -1 for the file. */
static int read_file(struct spec_doc *doc, int input, int dir, const char *path, struct str *text,
		     struct error *err)
{
	int r;

	if (!doc)
		return no_memory(path, err);
	*text = (struct str)STR_IN(doc->arena);
	r = input >= 0 ? file_read_fd(input, JSON_SIZE_MAX, text)
		       : file_read_at(dir, path, JSON_SIZE_MAX, text);
	if (r == -EFBIG)
		return too_large(path, err);
	return r < 0 ? codef(err, r, "read '%s'", path) : 0;
}

int spec_load_config_fd(int fd, const char *name, struct spec_doc **ret, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = doc_new(name);
	struct str text;
	int r;

	if (!doc)
		return no_memory(name, err);
	text = (struct str)STR_IN(doc->arena);
	r = file_read_piece_fd(fd, JSON_SIZE_MAX, &text);
	if (r < 0)
		return r == -EFBIG ? too_large(name, err) : codef(err, r, "read '%s'", name);
	r = decode_config(doc, str_text(&text), text.n, err);
	if (r == 0)
		*ret = take_ptr(doc);
	return r;
}

/* Callers of runc know the beginning of this sentence. */
static int not_found(int dir, const char *path, struct error *err)
{
	char folder[PATH_MAX], target[256];
	ssize_t n = readlinkat(dir, path, target, sizeof(target) - 1);

	if (n > 0)
		return failf(err, ENOENT, "JSON specification file %s not found: it is a link to '%.*s', which is missing",
			     path_last(path), (int)n, target);
	if (strchr(path, '/') || path_of_fd(dir, folder, sizeof(folder)) < 0)
		return failf(err, ENOENT, "JSON specification file %s not found: '%s'", path_last(path), path);
	return failf(err, ENOENT, "JSON specification file %s not found in the bundle '%s' ('orlop spec' writes one)", path,
		     folder);
}

int spec_load_config(int dir, const char *path, struct spec_doc **ret, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = doc_new(path_last(path));
	struct str text;
	int r = read_file(doc, -1, dir, path, &text, err);

	if (r == -ENOENT)
		return not_found(dir, path, err);
	if (r == 0)
		r = decode_config(doc, str_text(&text), text.n, err);
	if (r == 0)
		*ret = take_ptr(doc);
	return r;
}

static int load(int dir, const char *path, const struct schema *schema, size_t member,
		struct spec_doc **ret, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = doc_new(path);
	struct str text;
	int input = streq(path, "-") ? STDIN_FILENO : -1;
	int r = read_file(doc, input, dir, path, &text, err);

	if (r == 0)
		r = decode(doc, str_text(&text), text.n, schema, member, err);
	if (r == 0)
		*ret = take_ptr(doc);
	return r;
}

int spec_load_process(int dir, const char *path, struct spec_doc **ret, struct error *err)
{
	return load(dir, path, &schema_process, offsetof(struct spec_doc, process), ret, err);
}

int spec_load_resources(int dir, const char *path, struct spec_doc **ret, struct error *err)
{
	return load(dir, path, &schema_resources, offsetof(struct spec_doc, resources), ret, err);
}

static const struct json *find_member(const struct json *json, const char *member)
{
	const struct json *child = member ? json_member(json, member) : NULL;
	uint64_t index;

	if (child)
		return child;
	if (!member || json->type != JSON_ARRAY || parse_u64(member, &index) < 0)
		return json;
	for (child = json->first; child && child->index < index; child = child->next)
		;
	return child ? child : json;
}

int spec_error(const struct json *json, const char *member, struct error *err)
{
	char pointer[512];

	if (!err)
		return -EINVAL;
	if (json) {
		json = find_member(json, member);
		error_place(err, json_doc_name(json), json_line(json),
			    json_pointer(json, pointer, sizeof(pointer)));
	}
	return -err->num;
}
