/* SPDX-License-Identifier: Apache-2.0 */
#include "container/mount_record.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/parse.h"
#include "json/json.h"

#define FILE_NAME "mounts.json"

static const char *text_of(const struct json *object, const char *key)
{
	const struct json *m = json_member(object, key);

	return m && m->type == JSON_STRING ? m->text : NULL;
}

static uint64_t number_of(const struct json *object, const char *key)
{
	const struct json *m = json_member(object, key);
	uint64_t n = 0;

	return m && m->type == JSON_NUMBER && parse_u64(m->text, &n) == 0 ? n : 0;
}

static int take(struct arena *a, const struct json *object, struct mount_record *ret)
{
	const struct json *options = json_member(object, "options");

	*ret = (struct mount_record){
		.destination = text_of(object, "destination"),
		.type = text_of(object, "type"),
		.source = text_of(object, "source"),
		.mount = number_of(object, "mount"),
		.unique = number_of(object, "unique"),
	};
	if (!options || !options->n)
		return 0;
	ret->options.v = arena_array_of(a, const char *, options->n);
	if (!ret->options.v)
		return -ENOMEM;
	for (const struct json *o = options->first; o; o = o->next)
		if (o->type == JSON_STRING)
			ret->options.v[ret->options.n++] = o->text;
	return 0;
}

int mount_records_add(struct mount_records *r, struct arena *a, const struct mount_record *one)
{
	size_t room = r->room ? 2 * r->room : 16;

	if (r->n == r->room) {
		struct mount_record *v = arena_grow(a, r->v, r->n * sizeof(*v), room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		r->v = v;
		r->room = room;
	}
	r->v[r->n++] = *one;
	return 0;
}

int mount_records_read(int dir, struct arena *a, struct mount_records *ret, struct error *err)
{
	struct str text = STR_IN(a);
	struct json *top = NULL;
	int r = file_read_at(dir, FILE_NAME, JSON_SIZE_MAX, &text);

	*ret = (struct mount_records){ 0 };
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return codef(err, r, "read " FILE_NAME);
	r = json_parse(a, str_text(&text), text.n, FILE_NAME, &top, err);
	for (const struct json *m = r == 0 ? top->first : NULL; m && r == 0; m = m->next) {
		struct mount_record one;

		r = take(a, m, &one);
		if (r == 0 && one.destination)
			r = mount_records_add(ret, a, &one);
		if (r < 0)
			return codef(err, r, "read " FILE_NAME);
	}
	return r;
}

void mount_entry_write(struct json_out *o, const struct container_mount *m)
{
	json_string(o, "destination", m->destination);
	if (m->type)
		json_string(o, "type", m->type);
	if (m->source)
		json_string(o, "source", m->source);
	json_array_begin(o, "options");
	for (size_t i = 0; i < m->n_options; i++)
		json_string(o, NULL, m->options[i]);
	json_array_end(o);
}

static void write_one(struct json_out *o, const struct mount_record *m)
{
	const struct container_mount entry = {
		.destination = m->destination,
		.type = m->type,
		.source = m->source,
		.options = m->options.v,
		.n_options = m->options.n,
	};

	json_object_begin(o, NULL);
	mount_entry_write(o, &entry);
	json_u64(o, "mount", m->mount);
	json_u64(o, "unique", m->unique);
	json_object_end(o);
}

int mount_records_write(int dir, const struct mount_records *r, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	const char *text;

	if (!o)
		return sysf(err, "write " FILE_NAME);
	json_array_begin(o, NULL);
	for (size_t i = 0; i < r->n; i++)
		write_one(o, &r->v[i]);
	json_array_end(o);
	text = json_out_text(o);
	if (!text)
		return codef(err, ENOMEM, "write " FILE_NAME);
	if (file_replace_at(dir, FILE_NAME, text, strlen(text), 0600) < 0)
		return sysf(err, "write " FILE_NAME);
	return 0;
}
