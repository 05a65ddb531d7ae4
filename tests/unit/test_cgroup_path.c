/* SPDX-License-Identifier: Apache-2.0 */

/* Where cgroups lie: paths of configs, of /proc/self/cgroup, of mountinfo and of exec --cgroup. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/cgroup_internal.h"
#include "tests/lib/suite.h"

static const struct {
	const char *path, *want;
} cleaned[] = {
	{ "", "/" },
	{ "/", "/" },
	{ ".", "/" },
	{ "..", "/" },
	{ "/../../etc", "/etc" },
	{ "a", "/a" },
	{ "/a/b/", "/a/b" },
	{ "//a//b", "/a/b" },
	{ "a/../b", "/b" },
	{ "a/b/../../../c", "/c" },
	{ "/a/./b/.", "/a/b" },
	{ "..a/b..", "/..a/b.." },
	{ "/a/...", "/a/..." },
};

START_TEST(cleans)
{
	auto_(arena_free) struct arena *a = arena_new();

	ck_assert_str_eq(cgroup_clean_path(a, cleaned[_i].path), cleaned[_i].want);
	ck_assert(cgroup_path_is_clean(cleaned[_i].want));
	ck_assert_int_eq(cgroup_path_is_clean(cleaned[_i].path), streq(cleaned[_i].path, cleaned[_i].want));
}
END_TEST

static const struct {
	const char *path, *own;
	bool beside;
	const char *want;
} places[] = {
	/* v1: below the caller */
	{ NULL, "/", false, "/id" },
	{ NULL, "/user/shell", false, "/user/shell/id" },
	{ "pod/x", "/user/shell", false, "/user/shell/pod/x" },
	{ "../x", "/user/shell", false, "/user/shell/x" },
	{ "/pod/x", "/user/shell", false, "/pod/x" },
	/* v2: beside it */
	{ NULL, "/", true, "/id" },
	{ NULL, "/init.scope", true, "/id" },
	{ NULL, "/user/shell", true, "/user/id" },
	{ "", "/user/shell", true, "/user/id" },
	{ "pod/x", "/user/shell", true, "/user/pod/x" },
	{ "/pod/x", "/user/shell", true, "/pod/x" },
	/* outside of the cgroup namespace */
	{ NULL, "/../other", false, "/id" },
	{ NULL, "/..", true, "/id" },
};

START_TEST(places_default)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct cgroup_options o = { .id = "id", .path = places[_i].path };

	ck_assert_str_eq(cgroup_place(a, &o, places[_i].own, places[_i].beside), places[_i].want);
}
END_TEST

static const struct {
	const char *line, *name;
	bool match;
	const char *root, *mountpoint;
} mounts[] = {
	{ "30 23 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct",
	  "cpu,cpuacct", true, "/", "/sys/fs/cgroup/cpu,cpuacct" },
	{ "30 23 0:28 / /cg rw - cgroup cgroup rw,cpuacct,cpu", "cpu,cpuacct", true, "/", "/cg" },
	{ "30 23 0:28 /docker/1 /sys/fs/cgroup/pids ro master:3 - cgroup cgroup rw,pids", "pids", true,
	  "/docker/1", "/sys/fs/cgroup/pids" },
	{ "30 23 0:28 / /a\\040b rw - cgroup cgroup rw,pids", "pids", true, "/", "/a b" },
	{ "30 23 0:28 / /x rw - cgroup cgroup rw,xattr,name=systemd", "name=systemd", true, "/", "/x" },
	{ "30 23 0:28 / /x rw - cgroup cgroup rw,cpuset", "cpu", false, NULL, NULL },
	{ "30 23 0:28 / /x rw - cgroup cgroup rw,cpu", "cpu,cpuacct", false, NULL, NULL },
	{ "30 23 0:28 / /x rw - cgroup2 cgroup2 rw,pids", "pids", false, NULL, NULL },
	{ "30 23 0:28 / /x rw - tmpfs pids rw,pids", "pids", false, NULL, NULL },
	{ "", "pids", false, NULL, NULL },
	{ "30 23", "pids", false, NULL, NULL },
	{ "30 23 0:28 / /x rw - cgroup ", "pids", false, NULL, NULL },
	{ "30 23 0:28 / /x rw - cgroup cgroup", "pids", false, NULL, NULL },
	{ "30 23 0:28 / /x\\04 rw - cgroup c pids", "pids", true, "/", "/x\\04" },
};

START_TEST(reads_mountinfo)
{
	char root[64], mountpoint[64];
	bool match = cgroup_mountinfo_match(mounts[_i].line, mounts[_i].name, root, mountpoint,
					    sizeof(root));

	ck_assert_int_eq(match, mounts[_i].match);
	if (!match)
		return;
	ck_assert_str_eq(root, mounts[_i].root);
	ck_assert_str_eq(mountpoint, mounts[_i].mountpoint);
}
END_TEST

START_TEST(finds_words)
{
	ck_assert(cgroup_list_has("cpu,cpuacct", "cpu"));
	ck_assert(cgroup_list_has("cpu,cpuacct", "cpuacct"));
	ck_assert(!cgroup_list_has("cpu,cpuacct", "cpua"));
	ck_assert(!cgroup_list_has("cpuset", "cpu"));
	ck_assert(!cgroup_list_has("", "cpu"));
	ck_assert(cgroup_list_has("name=systemd", "name=systemd"));
}
END_TEST

/* The values of exec --cgroup. */
static const struct {
	enum cgroup_kind kind;
	const char *subs[3];
	const char *cpu, *pids; /* where a tree ends up, below its own path */
	const char *msg;
} subs[] = {
	{ CGROUP_V1, { NULL }, "", "", NULL },
	{ CGROUP_V1, { "/sub" }, "/sub", "/sub", NULL },
	{ CGROUP_V1, { "/" }, "", "", NULL },
	{ CGROUP_V1, { "cpu:a/b" }, "/a/b", "", NULL },
	{ CGROUP_V1, { "cpu,cpuacct:a", "pids:/b" }, "/a", "/b", NULL },
	{ CGROUP_V1, { "../x" }, NULL, NULL, "bad sub cgroup path: ../x" },
	{ CGROUP_V1, { "cpu:a/../../x" }, NULL, NULL, "bad sub cgroup path: a/../../x" },
	{ CGROUP_V1, { "nix:a" }, NULL, NULL, "unknown controller nix in --cgroup option" },
	{ CGROUP_V1, { "cpu:a:b" }, NULL, NULL, "invalid --cgroup argument: cpu:a:b" },
	{ CGROUP_V1, { ":a" }, NULL, NULL,
	  "invalid --cgroup argument: :a (empty <controller> prefix)" },
	{ CGROUP_V1, { "cpu,:a" }, NULL, NULL,
	  "invalid --cgroup argument: cpu,:a (empty <controller> prefix)" },
	{ CGROUP_V1, { "a", "b" }, NULL, NULL,
	  "invalid --cgroup argument: a (missing <controller>: prefix)" },
	{ CGROUP_V1, { "cpu:a", "cpu:b" }, NULL, NULL,
	  "invalid --cgroup argument(s): controller cpu specified multiple times" },
	{ CGROUP_V2, { "cpu:a" }, NULL, NULL,
	  "invalid --cgroup argument: cpu:a (cgroup v2 has no controller prefix)" },
};

static const char *below(struct cgroup *c, size_t tree, size_t n)
{
	struct error e = ERROR_INIT;
	const char *path = NULL;

	ck_assert_int_eq(cgroup_sub_path(c, &c->trees[tree], subs[n].subs,
					 subs[n].subs[0] ? 1 + (subs[n].subs[1] != NULL) : 0, &path,
					 &e),
			 0);
	ck_assert(starts_with(path, c->trees[tree].path));
	return path + strlen(c->trees[tree].path);
}

START_TEST(sub_cgroups)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct cgroup c = {
		.arena = a,
		.kind = subs[_i].kind,
		.trees = { { .name = "cpu,cpuacct", .mount = "/m/cpu", .path = "/m/cpu/x" },
			   { .name = "pids", .mount = "/m/pids", .path = "/m/pids/x" } },
		.n = 2,
	};
	struct error e = ERROR_INIT;
	size_t n = 0;

	while (subs[_i].subs[n])
		n++;
	(void)cgroup_check_subs(&c, subs[_i].subs, n, &e);
	ck_assert_str_eq(e.msg, subs[_i].msg ? subs[_i].msg : "");
	if (subs[_i].msg)
		return;
	ck_assert_str_eq(below(&c, 0, (size_t)_i), subs[_i].cpu);
	ck_assert_str_eq(below(&c, 1, (size_t)_i), subs[_i].pids);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup_path");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, cleans, 0, (int)ARRAY_SIZE(cleaned));
	tcase_add_loop_test(t, places_default, 0, (int)ARRAY_SIZE(places));
	tcase_add_loop_test(t, reads_mountinfo, 0, (int)ARRAY_SIZE(mounts));
	tcase_add_test(t, finds_words);
	tcase_add_loop_test(t, sub_cgroups, 0, (int)ARRAY_SIZE(subs));
	suite_add_tcase(s, t);
	return run_suite(s);
}
