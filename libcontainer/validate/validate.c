/* SPDX-License-Identifier: Apache-2.0 */

/* `validate`: everything that is wrong with a config, before anything is made of it. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/calls.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/self.h"
#include "container.h"
#include "spec/schema.h"
#include "validate/validate.h"

static const char *const severities[] = {
	[PROBLEM_ERROR] = "error",
	[PROBLEM_WARNING] = "warning",
	[PROBLEM_NOTE] = "note",
};

static const char *const sources[] = {
	[PROBLEM_SPEC] = "spec",
	[PROBLEM_HOST] = "host",
};

const struct json *validate_place(const struct json *object, const char *member)
{
	const struct json *child = member ? json_member(object, member) : NULL;

	return child ? child : object;
}

/* ---- where the config is ---- */

struct input {
	char *path;   /* of the config, as the user may open it; owned */
	int bundle;   /* directory of it                               */
	struct str text;
};

static void input_done(struct input *in)
{
	free(in->path);
	close_fd(in->bundle);
	str_done(&in->text);
}

/* A directory is a bundle; a file lies in one. */
static char *config_path(const char *path)
{
	auto_str text = STR_INIT;
	struct stat st;
	size_t n = strlen(path);

	str_add(&text, path);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		str_add(&text, n > 0 && path[n - 1] == '/' ? "config.json" : "/config.json");
	return str_ok(&text) ? strdup(str_text(&text)) : NULL;
}

static int open_bundle(const char *config)
{
	size_t n = (size_t)(path_last(config) - config);
	auto_(free_ptr) void *dir = n ? strndup(config, n) : strdup(".");

	return dir ? openat(AT_FDCWD, dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

static int input_read(const char *path, struct input *in, struct error *err)
{
	int r;

	in->path = config_path(path ? path : "config.json");
	if (!in->path)
		return failf(err, ENOMEM, "no memory for a path");
	in->bundle = open_bundle(in->path);
	if (in->bundle < 0)
		return sysf(err, "bundle of '%s'", in->path);
	r = streq(in->path, "-") ? file_read_fd(STDIN_FILENO, JSON_SIZE_MAX, &in->text)
				 : file_read_at(AT_FDCWD, in->path, JSON_SIZE_MAX, &in->text);
	if (r == -EFBIG)
		return failf(err, EFBIG, "'%s' is larger than %zu MiB", in->path,
			     JSON_SIZE_MAX >> 20);
	return r < 0 ? codef(err, r, "read '%s'", in->path) : 0;
}

/* ---- what is wrong ---- */

static void check_calls(const struct validation *v)
{
	auto_str why = STR_INIT;

	if (!v->with_host)
		return;
	calls_refused(&why);
	if (why.n)
		host_problem(v, ERROR, v->spec->json, NULL, NULL, "no container can be made here: %s",
			     str_text(&why));
}

static void look_further(const struct validation *v)
{
	check_calls(v);
	validate_mounts(v);
	validate_process(v);
	validate_program(v);
	validate_namespaces(v);
	validate_sysctls(v);
	validate_devices(v);
	validate_seccomp(v);
	validate_resources(v);
}

/* What is no JSON at all has one problem: nothing behind it can be understood. */
int validate_examine(const char *text, size_t n, const char *path, int bundle, bool with_host,
		     struct problems *found, struct spec_doc **doc, struct error *err)
{
	struct validation v = { .report = found, .bundle = bundle, .with_host = with_host };
	struct resolve_input meaning = {
		.report = found,
		.bundle = bundle,
		.look_at_host = with_host,
		.cannot_join = with_host && !self_may_join(),
		.cannot_mknod = with_host && !self_may_mknod(),
	};
	struct error e = ERROR_INIT;
	int r = spec_examine_config(text, n, path, found, doc, &e);

	if (r == -EINVAL || r == -EILSEQ || r == -EFBIG) {
		problems_error(found, PROBLEM_ERROR, PROBLEM_SPEC, &e);
		return problems_sort(found, err);
	}
	if (r < 0)
		return failf(err, -r, "%s", e.msg);
	v.spec = meaning.spec = (*doc)->spec;
	if (!found->full)
		r = resolve_config(&meaning, (*doc)->arena, &v.resolved, err);
	if (r < 0)
		return r;
	if (!found->full)
		look_further(&v);
	return problems_sort(found, err);
}

/* ---- text ---- */

/* The config is untrusted, and this may be a terminal. */
static void add_plain(struct str *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		str_addn(out, c < 0x20 || c == 0x7f ? "?" : text, 1);
	}
}

/* JSON text; a plain string in the quotes that all messages use. */
static void add_suggestion(struct str *out, const struct problem *p)
{
	size_t n = strlen(p->suggestion);

	str_add(out, "; did you mean ");
	if (p->suggestion[0] != '"') {
		add_plain(out, p->suggestion);
	} else {
		str_addn(out, "'", 1);
		str_addn(out, p->suggestion + 1, n - 2);
		str_addn(out, "'", 1);
	}
	str_add(out, "?");
}

static void add_line(struct str *out, const char *path, const struct problem *p)
{
	char pointer[512] = "";

	add_plain(out, path);
	if (p->line)
		str_printf(out, ":%u:%u", p->line, p->column);
	str_printf(out, ": %s: ", severities[p->severity]);
	add_plain(out, json_pointer(p->json, pointer, sizeof(pointer)));
	str_add(out, pointer[0] ? ": " : "");
	add_plain(out, p->message);
	if (p->suggestion && !strstr(p->message, "did you mean"))
		add_suggestion(out, p);
	else if (p->about && !p->suggestion)
		str_printf(out, " (%s: %s)", p->member, p->about);
	str_printf(out, " [%s]\n", sources[p->source]);
}

static void add_text(struct str *out, const char *path, const struct problems *found)
{
	size_t counts[ARRAY_SIZE(severities)] = { 0 };
	const char *between = "";

	for (size_t i = 0; i < found->n; i++) {
		counts[found->v[i].severity]++;
		add_line(out, path, &found->v[i]);
	}
	add_plain(out, path);
	str_add(out, found->n ? ": " : ": no problems found");
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (!counts[i])
			continue;
		str_printf(out, "%s%zu %s%s", between, counts[i], severities[i],
			   counts[i] == 1 ? "" : "s");
		between = ", ";
	}
	str_add(out, found->full ? ", and more\n" : "\n");
}

/* ---- JSON ---- */

/* A suggestion is JSON text already. */
static void add_value(struct json_out *o, const char *key, const char *text)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct json *node = NULL;

	if (a && json_parse(a, text, strlen(text), "", &node, NULL) == 0)
		json_node(o, key, node);
}

static void add_problem(struct json_out *o, const struct problem *p)
{
	char text[512] = "";

	json_object_begin(o, NULL);
	json_string(o, "severity", severities[p->severity]);
	json_string(o, "source", sources[p->source]);
	if (p->line) {
		json_u64(o, "line", p->line);
		json_u64(o, "column", p->column);
	}
	if (p->json)
		json_string(o, "pointer", json_pointer(p->json, text, sizeof(text)));
	json_string(o, "message", p->message);
	if (p->json && p->json->type != JSON_OBJECT && p->json->type != JSON_ARRAY)
		json_node(o, "found", p->json);
	if (p->expected)
		json_string(o, "expected", p->expected);
	if (p->about)
		json_string(o, "about", p->about);
	if (p->suggestion)
		add_value(o, "suggestion", p->suggestion);
	json_object_end(o);
}

static int add_json(struct str *out, const char *path, const struct problems *found, bool complete,
		    struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");
	const char *text;

	if (!o)
		return failf(err, ENOMEM, "no memory for a report");
	json_object_begin(o, NULL);
	json_string(o, "config", path);
	json_bool(o, "valid", found->errors == 0);
	json_u64(o, "errors", found->errors);
	json_bool(o, "complete", complete);
	json_array_begin(o, "problems");
	for (size_t i = 0; i < found->n; i++)
		add_problem(o, &found->v[i]);
	json_array_end(o);
	json_object_end(o);
	text = json_out_text(o);
	if (!text)
		return failf(err, ENOMEM, "no memory for a report");
	str_printf(out, "%s\n", text);
	return 0;
}

int container_validate(const char *path, unsigned flags, struct str *out, struct error *err)
{
	__attribute__((cleanup(input_done))) struct input in = { .bundle = -EBADF };
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_problems found = { 0 };
	int r = input_read(path, &in, err);

	if (r == 0)
		r = problems_init(&found, err);
	if (r == 0)
		r = validate_examine(str_text(&in.text), in.text.n, in.path, in.bundle,
				     !(flags & VALIDATE_SPEC_ONLY), &found, &doc, err);
	if (r < 0)
		return r;
	if (flags & VALIDATE_JSON)
		r = add_json(out, in.path, &found, doc && !found.full, err);
	else
		add_text(out, in.path, &found);
	return r < 0 ? r : (int)found.errors;
}
