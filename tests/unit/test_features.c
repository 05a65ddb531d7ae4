/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "container.h"
#include "json/json.h"
#include "spec/spec.h"
#include "tests/lib/suite.h"

static struct arena *arena;
static struct json *root;
static struct str text;

static void read_features(void)
{
	struct error e = ERROR_INIT;

	arena = arena_new();
	ck_assert_int_eq(container_features(&text, &e), 0);
	ck_assert_msg(json_parse(arena, text.s, text.n, "features", &root, &e) == 0, "%s", e.msg);
}

static void drop_features(void)
{
	str_done(&text);
	arena_free(arena);
}

/* "linux/cgroup/v1" */
static struct json *at(const char *path)
{
	struct json *node = root;
	char copy[128], *save = NULL;

	ck_assert_uint_lt(strlen(path), sizeof(copy));
	memcpy(copy, path, strlen(path) + 1);
	for (char *p = strtok_r(copy, "/", &save); p; p = strtok_r(NULL, "/", &save)) {
		node = json_member(node, p);
		ck_assert_msg(node, "no '%s' of '%s'", p, path);
	}
	return node;
}

static bool lists(const struct json *array, const char *word)
{
	for (const struct json *i = array->first; i; i = i->next)
		if (strcmp(i->text, word) == 0)
			return true;
	return false;
}

/* clang-format off */
static const struct {
	const char *path, *word;
} listed[] = {
	{ "hooks", "prestart" },
	{ "hooks", "poststop" },
	{ "mountOptions", "ro" },
	{ "mountOptions", "rnodev" },
	{ "mountOptions", "tmpcopyup" },
	{ "linux/namespaces", "network" },
	{ "linux/namespaces", "time" },
	{ "linux/capabilities", "CAP_CHOWN" },
	{ "linux/capabilities", "CAP_BPF" },
	{ "linux/seccomp/actions", "SCMP_ACT_NOTIFY" },
	{ "linux/seccomp/operators", "SCMP_CMP_MASKED_EQ" },
	{ "linux/seccomp/archs", "SCMP_ARCH_X86_64" },
	{ "linux/seccomp/knownFlags", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" },
	{ "potentiallyUnsafeConfigAnnotations", "org.systemd.property." },
};
/* clang-format on */


/* B5 */
START_TEST(names_what_is_recognized)
{
	ck_assert_msg(lists(at(listed[_i].path), listed[_i].word), "'%s' is not in '%s'",
		      listed[_i].word, listed[_i].path);
}
END_TEST

static const char *const switches[] = {
	"linux/cgroup/v1",          "linux/cgroup/v2",         "linux/cgroup/systemd",
	"linux/cgroup/systemdUser", "linux/cgroup/rdma",       "linux/seccomp/enabled",
	"linux/apparmor/enabled",   "linux/selinux/enabled",   "linux/intelRdt/enabled",
	"linux/intelRdt/schemata",  "linux/intelRdt/monitoring",
	"linux/mountExtensions/idmap/enabled", "linux/netDevices/enabled",
};

START_TEST(says_yes_or_no)
{
	ck_assert_int_eq(at(switches[_i])->type, JSON_BOOL);
}
END_TEST

START_TEST(has_the_shape_clients_read)
{
	ck_assert_ptr_nonnull(strstr(text.s, "{\n    \"ociVersionMin\": \"1.0.0\",\n"
					     "    \"ociVersionMax\": \"1.3.0\",\n"));
	ck_assert_str_eq(at("annotations/io.github.seccomp.libseccomp.version")->text,
			 container_libseccomp_version());
	ck_assert_uint_eq(at("hooks")->n, 6);
	ck_assert_uint_eq(at("linux/namespaces")->n, 8);
	ck_assert_int_eq(text.s[text.n - 1], '}');
}
END_TEST

/* Each word it lists must pass in a config. */
static void accepts(const char *list, const char *head, const char *tail)
{
	for (const struct json *i = at(list)->first; i; i = i->next) {
		auto_(spec_doc_free) struct spec_doc *doc = NULL;
		auto_str config = STR_INIT;
		struct error e = ERROR_INIT;

		str_printf(&config,
			   "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},%s\"%s\"%s}", head,
			   i->text, tail);
		ck_assert_msg(spec_parse_config(config.s, config.n, "c", &doc, &e) == 0,
			      "%s of %s: %s", i->text, list, e.msg);
	}
}

#define MAPPED                                                            \
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":9}]," \
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":9}]}"

/* B5 */
START_TEST(all_it_names_is_accepted)
{
	accepts("mountOptions",
		"\"mounts\":[{\"destination\":\"/d\",\"type\":\"tmpfs\",\"options\":[",
		"]}],\"linux\":{\"namespaces\":[{\"type\":\"user\"}]," MAPPED);
	accepts("linux/namespaces", "\"linux\":{\"namespaces\":[{\"path\":\"/n\",\"type\":", "}]}");
	accepts("linux/seccomp/archs",
		"\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[",
		"]}}");
	accepts("linux/seccomp/knownFlags",
		"\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[", "]}}");
	accepts("linux/seccomp/actions",
		"\"linux\":{\"seccomp\":{\"listenerPath\":\"/l\","
		"\"defaultAction\":\"SCMP_ACT_TRAP\""
		",\"syscalls\":[{\"names\":[\"read\"],\"action\":", "}]}}");
	accepts("linux/seccomp/operators",
		"\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_TRAP\",\"syscalls\":["
		"{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\","
		"\"args\":[{\"index\":0,\"value\":1,\"op\":",
		"}]}]}}");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("features");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, read_features, drop_features);
	tcase_add_loop_test(t, names_what_is_recognized, 0, (int)ARRAY_SIZE(listed));
	tcase_add_loop_test(t, says_yes_or_no, 0, (int)ARRAY_SIZE(switches));
	tcase_add_test(t, has_the_shape_clients_read);
	tcase_add_test(t, all_it_names_is_accepted);
	suite_add_tcase(s, t);
	return run_suite(s);
}
