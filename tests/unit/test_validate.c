/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Each tests/validate/NAME.json is a faulty config, NAME.txt what `validate` says of it. What the
 * specification forbids `create` refuses too, none of it silently accepted: by the reader of the
 * config, or by the compiler of the plan. tests/validate/generate writes both files.
 */

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cgroup/cgroup.h"
#include "container.h"
#include "fs/mount_options.h"
#include "json/json.h"
#include "plan/compile.h"
#include "security/seccomp.h"
#include "spec/problems.h"
#include "spec/spec.h"
#include "validate/kernel.h"

#define CORPUS SOURCE_DIR "/tests/validate"
#define CASES_MAX 1000
#define CASES_LEAST 150

static char names[CASES_MAX][80];
static int n_cases;

static bool is_for_host(const char *name)
{
	return starts_with(name, "host");
}

/* ---- golden texts ---- */

/* The library's version, what controllers there are, and so the counts, differ between hosts. */
static void normalise(const char *text, struct str *out)
{
	char version[64];
	size_t n = (size_t)snprintf(version, sizeof(version), "libseccomp %s",
				    seccomp_library_version());

	for (const char *end; *text; text = end) {
		const char *at = strstr(text, version);

		end = text + strcspn(text, "\n");
		end += *end == '\n';
		if (!*end || memmem(text, (size_t)(end - text), "the cgroup controller", 21))
			continue;
		if (at && at < end) {
			str_addn(out, text, (size_t)(at - text));
			str_add(out, "libseccomp VERSION");
			text = at + n;
		}
		str_addn(out, text, (size_t)(end - text));
	}
}

START_TEST(says_what_is_wrong)
{
	const char *name = names[_i];
	auto_str text = STR_INIT;
	auto_str got = STR_INIT;
	auto_str want = STR_INIT;
	struct error e = ERROR_INIT;
	char path[96];
	int r;

	if (starts_with(name, "host1-") && probe_is_cgroup2())
		return;
	ck_assert_int_eq(chdir(CORPUS), 0);
	snprintf(path, sizeof(path), "%s.json", name);
	r = container_validate(path, is_for_host(name) ? 0 : VALIDATE_SPEC_ONLY, &text, &e);
	ck_assert_msg(r >= 0, "%s: %s", name, e.msg);
	/* Nothing of the corpus is accepted without a word. */
	ck_assert_msg(!strstr(str_text(&text), "\n") ||
			      strchr(str_text(&text), '\n')[1] != 0,
		      "%s: no problem found", name);
	if (is_for_host(name))
		normalise(str_text(&text), &got);
	else
		str_add(&got, str_text(&text));
	snprintf(path, sizeof(path), "%s.txt", name);
	ck_assert_msg(file_read_at(AT_FDCWD, path, 1 << 20, &want) == 0, "%s is missing", path);
	ck_assert_msg(streq(str_text(&got), str_text(&want)),
		      "%s: tests/validate/generate BUILD writes anew what is now\n%s", name,
		      str_text(&got));
}
END_TEST

START_TEST(tells_tools_the_same)
{
	static const char *const keys[] = { "severity", "source", "message" };
	auto_(arena_free) struct arena *a = arena_new();
	auto_str text = STR_INIT;
	struct json *root = NULL;
	struct error e = ERROR_INIT;
	char path[96];
	int errors;

	ck_assert_int_eq(chdir(CORPUS), 0);
	snprintf(path, sizeof(path), "%s.json", names[_i]);
	errors = container_validate(path, VALIDATE_JSON | VALIDATE_SPEC_ONLY, &text, &e);
	ck_assert_int_ge(errors, 0);
	ck_assert_msg(json_parse(a, text.s, text.n, "report", &root, &e) == 0, "%s: %s", names[_i],
		      e.msg);
	ck_assert(json_member(root, "valid")->boolean == (errors == 0));
	foreach_array(key, keys)
		for (const struct json *p = json_member(root, "problems")->first; p; p = p->next)
			ck_assert_msg(json_member(p, *key), "%s: no '%s'", names[_i], *key);
}
END_TEST

/* ---- the same engine serves create ---- */

static int compile(int dir, const struct spec *spec, const struct resolved *resolved,
		   struct error *e)
{
	const struct cgroup_options none = { .id = "validate", .disabled = true };
	auto_(cgroup_free) struct cgroup *cg = NULL;
	auto_compiled c = { 0 };
	struct compile_input in;

	ck_assert_int_eq(cgroup_new(&none, &cg, e), 0);
	in = (struct compile_input){
		.resolved = resolved,
		.process = spec->process,
		.id = "validate",
		.keyring = "_ses.validate",
		.bundle = dir,
		.rootfs = "/",
		.cgroup = cg,
		.foreground = true,
		.start_socket = -EBADF,
		.init_pidfd = -EBADF,
		.hook_state = -EBADF,
		.start_hook_state = -EBADF,
		.hook_output = -EBADF,
	};
	return plan_compile(&in, &c, e);
}

static int resolve_document(const struct spec_doc *doc, int dir, const struct resolved **ret,
			    struct error *e)
{
	const struct resolve_input in = { .spec = doc->spec, .bundle = dir };

	return resolve_config(&in, doc->arena, ret, e);
}

/* The errors of `validate` that are none of a host's. */
static size_t errors_of_spec(const char *text)
{
	size_t n = 0;

	for (const char *end; *text; text = end) {
		const char *error = strstr(text, ": error: ");

		end = text + strcspn(text, "\n");
		end += *end == '\n';
		n += error && error < end && memmem(text, (size_t)(end - text), " [spec]\n", 8);
	}
	return n;
}

START_TEST(create_refuses_too)
{
	auto_(close_fd) int dir = open(CORPUS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_str want = STR_INIT;
	const struct resolved *resolved = NULL;
	struct error e = ERROR_INIT;
	char path[96];
	int r;

	snprintf(path, sizeof(path), "%s.txt", names[_i]);
	ck_assert_int_eq(file_read_at(dir, path, 1 << 20, &want), 0);
	snprintf(path, sizeof(path), "%s.json", names[_i]);
	r = spec_load_config(dir, path, &doc, &e);
	/* An unknown property must be ignored, also one that is a near miss of what is needed. */
	if (errors_of_spec(str_text(&want)) == 0 || starts_with(names[_i], "miss-")) {
		ck_assert_msg(r == 0, "%s: create alone refuses it: %s", names[_i], e.msg);
		return;
	}
	/* Of mounts the compiler knows more. */
	if (r == 0)
		r = resolve_document(doc, dir, &resolved, &e);
	if (r == 0)
		r = compile(dir, doc->spec, resolved, &e);
	ck_assert_msg(r < 0, "%s: create accepts it", names[_i]);
	ck_assert_str_ne(e.msg, "");
}
END_TEST

/* What was the first failure of create is among those of the report, with the same words. */
START_TEST(first_failure_is_reported)
{
	auto_(close_fd) int dir = open(CORPUS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_str want = STR_INIT;
	const struct resolved *resolved = NULL;
	struct error e = ERROR_INIT;
	char path[96];

	snprintf(path, sizeof(path), "%s.json", names[_i]);
	if (spec_load_config(dir, path, &doc, &e) == 0 &&
	    resolve_document(doc, dir, &resolved, &e) == 0)
		return;
	snprintf(path, sizeof(path), "%s.txt", names[_i]);
	ck_assert_int_eq(file_read_at(dir, path, 1 << 20, &want), 0);
	ck_assert_msg(strstr(str_text(&want), e.msg), "%s: '%s' is not in\n%s", names[_i], e.msg,
		      str_text(&want));
}
END_TEST

/* ---- good configs ---- */

static const char *const good[] = {
	SOURCE_DIR "/tests/golden/default.json",
	SOURCE_DIR "/tests/golden/everything.json",
	SOURCE_DIR "/tests/golden/minimal.json",
	SOURCE_DIR "/tests/golden/userns.json",
};

START_TEST(finds_nothing_in_good_ones)
{
	auto_str text = STR_INIT;
	struct error e = ERROR_INIT;

	ck_assert_msg(container_validate(good[_i], VALIDATE_SPEC_ONLY, &text, &e) == 0 &&
			      strstr(str_text(&text), "no problems found"),
		      "%s%s", e.msg, str_text(&text));
}
END_TEST

/* ---- the report ---- */

static size_t count_of(const char *text, struct problems *report, struct spec_doc **doc)
{
	struct error e = ERROR_INIT;

	ck_assert_int_eq(problems_init(report, &e), 0);
	ck_assert_msg(spec_examine_config(text, strlen(text), "c", report, doc, &e) == 0, "%s",
		      e.msg);
	ck_assert_int_eq(problems_sort(report, &e), 0);
	return report->n;
}

START_TEST(keeps_what_is_sound)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_problems report = { 0 };

	ck_assert_uint_eq(count_of("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"/r\"},"
				   "\"mounts\":[{\"destination\":\"/a\"},{\"destination\":7},"
				   "{\"destination\":\"/c\",\"options\":[\"ro\",1,\"nodev\"]}],"
				   "\"hostname\":3}",
				   &report, &doc),
			  3);
	/* The third lost an option only, but such a mount would not be what was asked for. */
	ck_assert_uint_eq(doc->spec->mounts.n, 1);
	ck_assert_str_eq(doc->spec->mounts.v[0].destination, "/a");
	ck_assert_ptr_null(doc->spec->hostname);
	ck_assert_str_eq(doc->spec->root->path, "/r");
	for (size_t i = 1; i < report.n; i++)
		ck_assert_uint_le(report.v[i - 1].json->at, report.v[i].json->at);
}
END_TEST

START_TEST(stops_when_nobody_reads_on)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_problems report = { 0 };
	auto_str text = STR_INIT;

	str_add(&text, "{\"ociVersion\":\"1.0.0\",\"process\":{\"cwd\":\"/\",\"args\":[0");
	for (int i = 0; i < 3 * PROBLEMS_MAX; i++)
		str_add(&text, ",0");
	str_add(&text, "]}}");
	ck_assert_uint_eq(count_of(str_text(&text), &report, &doc), PROBLEMS_MAX);
	ck_assert(report.full);
}
END_TEST

START_TEST(finds_nodes)
{
	static const char text[] = "{\"a/b\":[1,{\"c~d\":2}]}";
	auto_(arena_free) struct arena *a = arena_new();
	struct json *root = NULL;

	ck_assert_int_eq(json_parse(a, text, strlen(text), "t", &root, NULL), 0);
	ck_assert_ptr_eq(json_at(root, ""), root);
	ck_assert_ptr_eq(json_at(root, "/a~1b"), root->first);
	ck_assert_str_eq(json_at(root, "/a~1b/0")->text, "1");
	ck_assert_str_eq(json_at(root, "/a~1b/1/c~0d")->text, "2");
	/* As far as it goes. */
	ck_assert_ptr_eq(json_at(root, "/a~1b/7"), root->first);
	ck_assert_ptr_eq(json_at(root, "/a"), root);
}
END_TEST

/* ---- one value replaced, everywhere ---- */

static const char *const others[] = {
	"null", "true", "-1", "0", "1.5", "18446744073709551616", "\"\"", "\"x\"", "\"/a\"",
	"[]", "{}", "[null]", "[\"x\"]", "{\"a\":1}",
};

/* The end of the value that begins at `at` of a valid document. */
static size_t value_end(const char *text, size_t at)
{
	size_t depth = 0;

	do {
		if (text[at] == '"')
			for (at++; text[at] != '"'; at++)
				at += text[at] == '\\';
		else if (text[at] == '{' || text[at] == '[')
			depth++;
		else if (text[at] == '}' || text[at] == ']')
			depth--;
		at++;
	} while (depth > 0);
	if (text[at - 1] != '"' && text[at - 1] != '}' && text[at - 1] != ']')
		at += strcspn(text + at, " ,]}\t\n");
	return at;
}

/* Both ways of reading come to the same verdict; the report has the first failure's words. */
static void compare(const char *text)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL, *same = NULL;
	auto_problems report = { 0 };
	struct error e = ERROR_INIT;
	bool found = false;
	int r = spec_parse_config(text, strlen(text), "c", &doc, &e);

	(void)count_of(text, &report, &same);
	ck_assert_msg((r == 0) == (report.errors == 0), "%zu errors, but create says '%s' of\n%.3000s",
		      report.errors, e.msg, text);
	for (size_t i = 0; i < report.n; i++)
		found = found || streq(report.v[i].message, e.msg);
	ck_assert_msg(r == 0 || found, "'%s' is not reported of\n%.3000s", e.msg, text);
}

static void replace_all(const struct json *node, const char *text)
{
	size_t end = value_end(text, node->at);

	foreach_array(other, others) {
		auto_str changed = STR_INIT;

		str_addn(&changed, text, node->at);
		str_add(&changed, *other);
		str_add(&changed, text + end);
		compare(str_text(&changed));
	}
	for (const struct json *child = node->first; child; child = child->next)
		replace_all(child, text);
}

START_TEST(agrees_with_create)
{
	auto_(arena_free) struct arena *a = arena_new();
	auto_str text = STR_INIT;
	struct json *root = NULL;

	ck_assert_int_eq(file_read_at(AT_FDCWD, SOURCE_DIR "/tests/fuzz/corpus/config/full.json",
				      1 << 20, &text),
			 0);
	ck_assert_int_eq(json_parse(a, text.s, text.n, "full", &root, NULL), 0);
	replace_all(root, text.s);
}
END_TEST

static void find_cases(void)
{
	DIR *d = opendir(CORPUS);
	struct dirent *e;

	while (d && (e = readdir(d)) && n_cases < CASES_MAX) {
		size_t n = strlen(e->d_name);

		if (n > 5 && n < 80 && streq(e->d_name + n - 5, ".json"))
			snprintf(names[n_cases++], sizeof(names[0]), "%.*s", (int)n - 5, e->d_name);
	}
	if (d)
		closedir(d);
}

START_TEST(is_large)
{
	ck_assert_int_ge(n_cases, CASES_LEAST);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("validate");
	TCase *t = tcase_create("corpus");
	SRunner *r;
	int failed;

	find_cases();
	tcase_add_test(t, is_large);
	tcase_add_loop_test(t, says_what_is_wrong, 0, n_cases);
	tcase_add_loop_test(t, tells_tools_the_same, 0, n_cases);
	tcase_add_loop_test(t, create_refuses_too, 0, n_cases);
	tcase_add_loop_test(t, first_failure_is_reported, 0, n_cases);
	tcase_add_loop_test(t, finds_nothing_in_good_ones, 0, ARRAY_SIZE(good));
	tcase_add_test(t, keeps_what_is_sound);
	tcase_add_test(t, stops_when_nobody_reads_on);
	tcase_add_test(t, finds_nodes);
	tcase_add_test(t, agrees_with_create);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	/* A fork for each of a thousand cases would be most of the time. */
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
