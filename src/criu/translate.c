/* SPDX-License-Identifier: Apache-2.0 */

/*
 * By protobuf-c's descriptors of rpc.proto, so that a field more is a line there and nothing here.
 */
#include "criu/translate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "rpc.pb-c.h"

#define MESSAGE_MAX 2048 /* bytes of CRIU's error message that are passed on */

struct words {
	const char *at, *end;
};

/* NULL at the end. The last byte is NUL: the caller has looked. */
static const char *next_word(struct words *w)
{
	const char *word = w->at;

	if (w->at >= w->end)
		return NULL;
	w->at += strlen(word) + 1;
	return word;
}

/* ---- requests ---- */

static int set_number(const ProtobufCFieldDescriptor *f, const char *word, void *at)
{
	const ProtobufCEnumValue *named = NULL;
	int64_t i;

	if (f->type == PROTOBUF_C_TYPE_ENUM)
		named = protobuf_c_enum_descriptor_get_value_by_name(f->descriptor, word);
	if (named)
		i = named->value;
	else if (parse_i64(word, &i) < 0)
		return -EINVAL;
	if (f->type == PROTOBUF_C_TYPE_UINT32 ? i < 0 || i > UINT32_MAX : i < INT32_MIN || i > INT32_MAX)
		return -EINVAL;
	if (f->type == PROTOBUF_C_TYPE_BOOL)
		*(protobuf_c_boolean *)at = i != 0;
	else
		*(uint32_t *)at = (uint32_t)i;
	return 0;
}

static int set_fields(ProtobufCMessage *m, struct words *w);

/* A message of the field's type, its fields from words in their order. NULL: out of memory, or bad words. */
static ProtobufCMessage *new_message(const ProtobufCMessageDescriptor *d, struct words *w)
{
	ProtobufCMessage *m = malloc(d->sizeof_message);

	if (!m)
		return NULL;
	protobuf_c_message_init(d, m);
	if (set_fields(m, w) == 0)
		return m;
	protobuf_c_message_free_unpacked(m, NULL);
	return NULL;
}

/* *at is the value's place: of the member, or of an element. */
static int set_value(const ProtobufCFieldDescriptor *f, struct words *w, void *at)
{
	const char *word;

	if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		*(ProtobufCMessage **)at = new_message(f->descriptor, w);
		return *(ProtobufCMessage **)at ? 0 : -EINVAL;
	}
	word = next_word(w);
	if (!word)
		return -EINVAL;
	if (f->type != PROTOBUF_C_TYPE_STRING)
		return set_number(f, word, at);
	*(char **)at = strdup(word);
	return *(char **)at ? 0 : -ENOMEM;
}

/* All repeated fields of requests are strings or messages: pointers. */
static int add_value(const ProtobufCFieldDescriptor *f, struct words *w, char *message)
{
	size_t *n = (size_t *)(message + f->quantifier_offset);
	void ***list = (void ***)(message + f->offset);
	void **grown = reallocarray(*list, *n + 1, sizeof(*grown));
	int r;

	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[*n] = NULL;
	r = set_value(f, w, &grown[*n]);
	*n += r == 0;
	return r;
}

static int set_field(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, struct words *w)
{
	char *message = (char *)m;
	void **pointer = (void **)(message + f->offset);
	int r;

	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		return add_value(f, w, message);
	/* Twice the same: the first would be lost. */
	if ((f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_MESSAGE) &&
	    *pointer && *pointer != f->default_value)
		return -EINVAL;
	r = set_value(f, w, pointer);
	if (r == 0 && f->quantifier_offset)
		*(protobuf_c_boolean *)(message + f->quantifier_offset) = 1;
	return r;
}

static int set_fields(ProtobufCMessage *m, struct words *w)
{
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		int r = 0;

		if (w->at >= w->end)
			return -EINVAL;
		if (!*w->at && f->label != PROTOBUF_C_LABEL_REQUIRED)
			(void)next_word(w);
		else
			r = set_field(m, f, w);
		if (r < 0)
			return r;
	}
	return 0;
}

static int set_options(Criu__Opts *o, struct words *w)
{
	const char *name;

	while ((name = next_word(w))) {
		const ProtobufCFieldDescriptor *f =
			protobuf_c_message_descriptor_get_field_by_name(&criu__opts__descriptor, name);
		int r = f ? set_field(&o->base, f, w) : -EINVAL;

		if (r < 0)
			return r;
	}
	return 0;
}

static int pack(const Criu__Request *request, uint8_t **packed, size_t *n)
{
	*n = criu__request__get_packed_size(request);
	*packed = malloc(*n ? *n : 1);
	if (!*packed)
		return -ENOMEM;
	(void)criu__request__pack(request, *packed);
	return 0;
}

static int pack_reply(struct words *w, uint8_t **packed, size_t *n)
{
	Criu__Request request = CRIU__REQUEST__INIT;
	const char *yes = next_word(w);

	if (!yes)
		return -EINVAL;
	request.type = CRIU__TYPE__NOTIFY;
	request.has_notify_success = 1;
	request.notify_success = strcmp(yes, "1") == 0;
	return pack(&request, packed, n);
}

int translate_request(const char *words, size_t n, uint8_t **packed, size_t *packed_n)
{
	struct words w = { .at = words, .end = words + n };
	Criu__Request request = CRIU__REQUEST__INIT;
	Criu__Features features = CRIU__FEATURES__INIT;
	Criu__Opts *opts = malloc(sizeof(*opts));
	const ProtobufCEnumValue *type;
	const char *name, *keep;
	int r = opts ? 0 : -ENOMEM;

	if (r == 0)
		criu__opts__init(opts);
	if (r < 0 || !n || words[n - 1]) {
		free(opts);
		return r < 0 ? r : -EINVAL;
	}
	name = next_word(&w);
	keep = next_word(&w);
	type = name ? protobuf_c_enum_descriptor_get_value_by_name(&criu__type__descriptor, name) : NULL;
	if (name && strcmp(name, "reply") == 0) {
		criu__opts__free_unpacked(opts, NULL);
		w = (struct words){ .at = keep ? keep : words + n, .end = words + n };
		return pack_reply(&w, packed, packed_n);
	}
	if (!type || !keep) {
		criu__opts__free_unpacked(opts, NULL);
		return -EINVAL;
	}
	request.type = type->value;
	request.has_keep_open = request.keep_open = strcmp(keep, "1") == 0;
	features.has_mem_track = features.mem_track = 1;
	features.has_lazy_pages = features.lazy_pages = 1;
	if (type->value == CRIU__TYPE__FEATURE_CHECK)
		request.features = &features;
	r = set_options(opts, &w);
	/* Requests without options have none to be complete. */
	if (w.at > keep + strlen(keep) + 1)
		request.opts = opts;
	if (r == 0)
		r = pack(&request, packed, packed_n);
	criu__opts__free_unpacked(opts, NULL);
	return r;
}

/* ---- answers ---- */

static void add_word(struct str *words, const char *word)
{
	size_t n = strnlen(word, MESSAGE_MAX);

	str_addn(words, word, n);
	str_addn(words, "", 1);
}

static void add_number(struct str *words, int64_t number)
{
	str_printf(words, "%" PRId64, number);
	str_addn(words, "", 1);
}

/* With a gitid it is on its way to the next minor version. */
static int64_t version_number(const Criu__Version *v)
{
	int64_t minor = v->minor_number, sublevel = v->has_sublevel ? v->sublevel : 0;

	if (v->gitid && *v->gitid) {
		minor++;
		sublevel = 0;
	}
	return (int64_t)v->major_number * 10000 + minor * 100 + sublevel;
}

static void add_result(struct str *words, const Criu__Response *m)
{
	const ProtobufCEnumValue *type =
		protobuf_c_enum_descriptor_get_value(&criu__type__descriptor, (int)m->type);

	add_word(words, "result");
	add_word(words, type ? type->name : "unknown");
	add_number(words, m->success);
	add_number(words, m->has_cr_errno ? m->cr_errno : 0);
	add_number(words, m->restore ? m->restore->pid : 0);
	add_word(words, m->cr_errmsg ? m->cr_errmsg : "");
}

int translate_answer(const uint8_t *packed, size_t n, struct str *words)
{
	Criu__Response *m = criu__response__unpack(NULL, n, packed);

	if (!m)
		return -EPROTO;
	if (m->type == CRIU__TYPE__NOTIFY) {
		add_word(words, "notify");
		add_word(words, m->notify && m->notify->script ? m->notify->script : "");
		add_number(words, m->notify && m->notify->has_pid ? m->notify->pid : 0);
	} else if (m->type == CRIU__TYPE__VERSION && m->success && m->version) {
		add_word(words, "version");
		add_number(words, version_number(m->version));
	} else if (m->type == CRIU__TYPE__FEATURE_CHECK && m->success && m->features) {
		add_word(words, "features");
		add_number(words, m->features->mem_track);
		add_number(words, m->features->lazy_pages);
	} else {
		add_result(words, m);
	}
	criu__response__free_unpacked(m, NULL);
	return str_ok(words) ? 0 : -ENOMEM;
}
