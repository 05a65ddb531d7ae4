/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve/resolve.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "base/macros.h"
#include "resolve/part.h"
#include "spec/spec.h"

/* In the order of the documents that people write; a part may read what those before it have filled in. */
static resolve_part *const parts[] = {
	resolve_document, resolve_sysctls, resolve_namespaces, resolve_check_annotations, resolve_annotations,
	resolve_mounts,  resolve_paths,      resolve_devices,
};

static resolve_part *const parts_of_existing[] = { resolve_namespaces, resolve_annotations };

int resolve_failure(const struct resolver *r, enum problem_source source, int num)
{
	if (!r->in->report || num == -ENOMEM)
		return num;
	problems_error(r->in->report, PROBLEM_ERROR, source, r->err);
	return 0;
}

int resolve_no_memory(const struct resolver *r)
{
	return failf(r->err, ENOMEM, "no memory for what the config means");
}

/* Without a report: an error ends it, a warning is logged, of a note nobody hears. */
static int say(const struct resolver *r, enum problem_severity severity, const struct json *object,
	       const char *member, const char *message)
{
	if (severity == PROBLEM_ERROR) {
		failf(r->err, EINVAL, "%s", message);
		return spec_error(object, member, r->err);
	}
	if (severity == PROBLEM_WARNING)
		log_warn("%s", message);
	return 0;
}

int resolve_problem(const struct resolver *r, enum problem_severity severity,
		    enum problem_source source, const struct json *object, const char *member,
		    const char *fmt, ...)
{
	const struct json *place = member ? json_member(object, member) : NULL;
	char message[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (!r->in->report)
		return say(r, severity, object, member, message);
	problems_add(r->in->report, severity, source, place ? place : object, NULL, "%s", message);
	return 0;
}

/* What could not be read is not in the list: then any namespace may be meant. Only with a report. */
static bool some_unknown(const struct spec *spec)
{
	const struct json *list = json_member(spec->json, "linux");
	size_t n = 0;

	if (list && list->type == JSON_OBJECT)
		list = json_member(list, "namespaces");
	if (list && list->type != JSON_ARRAY)
		return true;
	for (const struct json *item = list ? list->first : NULL; item; item = item->next)
		n++;
	return n != spec->lnx.namespaces.n;
}

bool resolve_has_namespace(const struct resolver *r, uint64_t clone_flag)
{
	return spec_namespace_of(&r->spec->lnx, clone_flag) ||
		(r->in->report && some_unknown(r->spec));
}

static int resolve(const struct resolve_input *in, resolve_part *const *list, size_t n,
		   struct arena *a, const struct resolved **ret, struct error *err)
{
	struct error unwanted = ERROR_INIT;
	struct resolver r = {
		.in = in,
		.spec = in->spec,
		.out = arena_new_of(a, struct resolved),
		.arena = a,
		.err = err ? err : &unwanted,
	};

	if (!r.out)
		return resolve_no_memory(&r);
	r.out->spec = in->spec;
	for (size_t i = 0; i < n; i++) {
		int num = list[i](&r);

		if (num < 0)
			return num;
	}
	*ret = r.out;
	return 0;
}

int resolve_config(const struct resolve_input *in, struct arena *a, const struct resolved **ret,
		   struct error *err)
{
	return resolve(in, parts, ARRAY_SIZE(parts), a, ret, err);
}

int resolve_existing(const struct spec *spec, struct arena *a, const struct resolved **ret,
		     struct error *err)
{
	const struct resolve_input in = { .spec = spec, .bundle = -EBADF };

	return resolve(&in, parts_of_existing, ARRAY_SIZE(parts_of_existing), a, ret, err);
}
