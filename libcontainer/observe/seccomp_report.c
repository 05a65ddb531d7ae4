/* SPDX-License-Identifier: Apache-2.0 */

/* What `run --seccomp-learn` has written, for people. The file may be anybody's. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"
#include "container/rows.h"
#include "security/seccomp_learn.h"

struct report {
	struct container_rows *rows;
	struct arena *arena;
	const char *path;
	bool compared;
};

static const char *text_of(const struct json *object, const char *key)
{
	const struct json *m = json_member(object, key);

	return m && m->type == JSON_STRING ? m->text : NULL;
}

static uint64_t number_of(const struct json *object, const char *key)
{
	const struct json *m = json_member(object, key);
	uint64_t v = 0;

	return m && m->type == JSON_NUMBER && parse_u64(m->text, &v) == 0 ? v : 0;
}

static bool bool_of(const struct json *object, const char *key)
{
	const struct json *m = json_member(object, key);

	return m && m->type == JSON_BOOL && m->boolean;
}

/* "sh 12, cat 3": of those with refusals, if `member` is "refused". */
static void add_processes(const struct report *r, const struct json *call, const char *member)
{
	const struct json *list = json_member(call, "processes");
	struct str text = STR_IN(r->arena);

	for (const struct json *p = list && list->type == JSON_ARRAY ? list->first : NULL; p;
	     p = p->next) {
		uint64_t n = number_of(p, member);
		const char *name = text_of(p, "name");

		if (n && name)
			str_printf(&text, "%s%s %" PRIu64, text.n ? ", " : "", name, n);
	}
	rows_add(r->rows, str_text(&text));
}

/* "allowed"; "SCMP_ACT_ERRNO EPERM": what the config's own profile says of it; "-": it has none. */
static void add_answer(const struct report *r, const struct json *call)
{
	const char *action = text_of(call, "action"), *name;
	uint64_t num = number_of(call, "errno");

	if (!r->compared) {
		rows_add(r->rows, "-");
		return;
	}
	if (!number_of(call, "refused")) {
		rows_add(r->rows, "allowed");
		return;
	}
	name = num && num < 4096 ? errno_name((int)num) : NULL;
	rows_printf(r->rows, "%s%s%s", action ? action : "refused", name ? " " : "",
		    name ? name : "");
}

static void add_call(const struct report *r, const struct json *call)
{
	const char *name = text_of(call, "name"), *arch = text_of(call, "architecture");
	uint64_t refused = number_of(call, "refused");

	if (name)
		rows_add(r->rows, name);
	else
		rows_printf(r->rows, "number %" PRIu64, number_of(call, "number"));
	rows_add(r->rows, arch ? arch : "");
	rows_printf(r->rows, "%" PRIu64, number_of(call, "count"));
	add_answer(r, call);
	rows_printf(r->rows, "%" PRIu64, refused);
	add_processes(r, call, refused ? "refused" : "count");
}

static int report(struct report *r, const struct json *top, struct json_out *o, struct error *err)
{
	const struct json *learned =
		top->type == JSON_OBJECT ? json_member(top, SECCOMP_LEARNED_MEMBER) : NULL;
	const struct json *calls =
		learned && learned->type == JSON_OBJECT ? json_member(learned, "calls") : NULL;

	if (!calls || calls->type != JSON_ARRAY)
		return failf(err, EINVAL,
			     "'%s' was not written by 'orlop run --seccomp-learn': it has no '%s'",
			     r->path, SECCOMP_LEARNED_MEMBER);
	r->compared = bool_of(learned, "compared");
	for (const struct json *call = calls->first; call; call = call->next)
		if (call->type == JSON_OBJECT)
			add_call(r, call);
	json_node(o, NULL, learned);
	return 0;
}

int container_seccomp_report(const char *path, struct container_rows *ret, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");
	auto_(arena_free) struct arena *a = arena_new();
	struct report report_of = { .rows = ret, .arena = a, .path = path };
	auto_str text = STR_INIT;
	struct json *top;
	int r;

	rows_begin(ret, 6);
	if (!o || !a)
		return failf(err, ENOMEM, "seccomp report: out of memory");
	if (file_read_at(AT_FDCWD, path, JSON_SIZE_MAX, &text) < 0)
		return sysf(err, "read '%s'", path);
	r = json_parse(a, str_text(&text), text.n, path, &top, err);
	if (r == 0)
		r = report(&report_of, top, o, err);
	return r < 0 ? r : rows_end(ret, o, err);
}
