/* SPDX-License-Identifier: Apache-2.0 */

/* The drivers on plain directories: what they make, write, save, load and remove. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cgroup/cgroup_internal.h"
#include "spec/spec.h"
#include "tests/lib/suite.h"

static char top[64], self[96], mountinfo[96], delegate[96];
static struct cgroup_host host = {
	.mount = top,
	.self = self,
	.mountinfo = mountinfo,
	.delegate = delegate,
	.timeout_ms = 1,
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

static void teardown(void)
{
	(void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)unlink(self);
	(void)unlink(mountinfo);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

/* A file below the top, its directories made. */
static void put_below(const char *path, const char *text)
{
	char full[PATH_MAX], *slash;

	snprintf(full, sizeof(full), "%s/%s", top, path);
	slash = strrchr(full, '/');
	*slash = 0;
	ck_assert_int_eq(mkdir_parents(full, 0755), 0);
	*slash = '/';
	put(full, text);
}

static void check_below(const char *path, const char *want)
{
	auto_str text = STR_INIT;
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", top, path);
	ck_assert_msg(file_read_at(AT_FDCWD, full, 65536, &text) == 0, "%s", path);
	ck_assert_msg(streq(str_text(&text), want), "%s: '%s', not '%s'", path, str_text(&text), want);
}

static bool is_there(const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", top, path);
	return access(full, F_OK) == 0;
}

static void make_host(enum cgroup_kind kind, const char *self_text)
{
	snprintf(top, sizeof(top), "/tmp/orlop-cgroup-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(self, sizeof(self), "%s.self", top);
	snprintf(mountinfo, sizeof(mountinfo), "%s.mountinfo", top);
	snprintf(delegate, sizeof(delegate), "%s.none", top);
	put(self, self_text);
	put(mountinfo, "");
	host.kind = kind;
}

static void make_v1(void)
{
	make_host(CGROUP_V1, "4:cpuset:/\n3:devices:/\n2:cpu,cpuacct:/own\n1:name=systemd:/\n"
			     "7:nowhere:/\n0::/\n");
	put_below("cpuset/cpuset.cpus", "0-3\n");
	put_below("cpuset/cpuset.mems", "0\n");
	put_below("devices/tasks", "");
	put_below("cpu,cpuacct/own/tasks", "");
	put_below("systemd/tasks", "");
}

static struct cgroup *make(const struct cgroup_options *o)
{
	struct cgroup *c = NULL;
	struct error e = ERROR_INIT;

	ck_assert_msg(cgroup_new_at(&host, o, &c, &e) == 0, "%s", e.msg);
	ck_assert_msg(cgroup_make(c, o, &e) == 0, "%s", e.msg);
	return c;
}

/* ---- the walk ---- */

#define DEPTH 90 /* more than the walk keeps open */

static void enter(const char *name)
{
	ck_assert(mkdir(name, 0755) == 0 || errno == EEXIST);
	ck_assert_int_eq(chdir(name), 0);
}

/* Levels of which each has a leaf before and one behind the next: whoever comes back must go on at the right place. */
static void make_deep(void)
{
	make_host(CGROUP_V2, "0::/\n");
	ck_assert_int_eq(chdir(top), 0);
	for (int i = 0; i < DEPTH; i++) {
		enter("m");
		ck_assert_int_eq(mkdir("a", 0755) | mkdir("z", 0755), 0);
	}
	ck_assert_int_eq(chdir("/"), 0);
}

static int count(int dir, void *ctx)
{
	(void)dir;
	++*(int *)ctx;
	return 0;
}

static int count_left(int at, const char *name, void *ctx)
{
	(void)at, (void)name;
	--*(int *)ctx;
	return 0;
}

START_TEST(walks_any_depth)
{
	struct stat st;
	int n = 0;

	make_deep();
	ck_assert_int_eq(tree_walk(top, &(struct tree_visitor){ .enter = count, .ctx = &n }), 0);
	ck_assert_int_eq(n, 3 * DEPTH + 1);
	/* Each but the top is left once. */
	ck_assert_int_eq(tree_walk(top, &(struct tree_visitor){ count, count_left, &n }), 0);
	ck_assert_int_eq(n, 3 * DEPTH + 2);
	ck_assert_int_eq(tree_remove(top, NULL, 0), 0);
	ck_assert_int_eq(stat(top, &st), -1);
	ck_assert_int_eq(tree_walk(top, &(struct tree_visitor){ .enter = count, .ctx = &n }), 0);
}
END_TEST

static int fail_deep(int dir, void *ctx)
{
	(void)dir;
	return ++*(int *)ctx == DEPTH ? -EIO : 0;
}

START_TEST(a_walk_ends_with_the_first_failure)
{
	int n = 0;

	make_deep();
	ck_assert_int_eq(tree_walk(top, &(struct tree_visitor){ .enter = fail_deep, .ctx = &n }), -EIO);
	ck_assert_int_eq(n, DEPTH);
}
END_TEST

/* What is in use stays, with what is above it; the rest goes. */
START_TEST(removes_what_can_go)
{
	char path[PATH_MAX];

	make_host(CGROUP_V2, "0::/\n");
	put_below("c/a/used/file", "");
	snprintf(path, sizeof(path), "%s/c/a/free", top);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/c", top);
	ck_assert_int_eq(tree_remove(path, NULL, 0), -ENOTEMPTY);
	ck_assert(is_there("c/a/used/file"));
	ck_assert(!is_there("c/a/free"));
}
END_TEST

/* ---- v1 ---- */

/* In a plain directory nobody makes the files of a new cgroup: they are put there first. */
static void prepare_v1_container(const char *name)
{
	char path[PATH_MAX];
	/* clang-format off */
	static const char *const files[] = {
		"cpuset/%s/cpuset.cpus", "cpuset/%s/cpuset.mems", "cpuset/%s/tasks",
		"devices/%s/devices.allow", "devices/%s/devices.deny", "devices/%s/tasks",
		"cpu,cpuacct/own/%s/cpu.shares", "cpu,cpuacct/own/%s/tasks", "systemd/%s/tasks",
	};
	/* clang-format on */

	foreach_array(file, files) {
		snprintf(path, sizeof(path), *file, name);
		put_below(path, "");
	}
}

START_TEST(v1_makes_and_removes)
{
	struct cgroup_options o = { .id = "c1" };
	struct error e = ERROR_INIT;
	struct cgroup *c;

	make_v1();
	put_below("cpuset/c1/cpuset.cpus", "");
	put_below("cpuset/c1/cpuset.mems", "1");
	c = make(&o);
	ck_assert_uint_eq(c->n, 4);
	ck_assert(!cgroup_is_none(c) && !cgroup_is_v2(c) && !c->unified);
	ck_assert(is_there("devices/c1") && is_there("cpu,cpuacct/own/c1") && is_there("systemd/c1"));
	ck_assert(!is_there("nowhere"));
	check_below("cpuset/c1/cpuset.cpus", "0-3");
	check_below("cpuset/c1/cpuset.mems", "1");
	ck_assert_int_eq(cgroup_clone_fd(c, NULL, 0, &e), -ENOENT);
	ck_assert_str_eq(e.msg, "");
	/* Not kept: what was made goes, what was there stays. */
	cgroup_free(c);
	ck_assert(!is_there("devices/c1") && !is_there("cpu,cpuacct/own/c1"));
	ck_assert(is_there("cpu,cpuacct/own") && is_there("cpuset/c1"));
}
END_TEST

START_TEST(v1_makes_parents)
{
	struct cgroup_options o = { .id = "c1", .path = "/pod/../pod/a/c1" };
	struct cgroup *c;

	make_v1();
	put_below("cpuset/pod/cpuset.cpus", "");
	put_below("cpuset/pod/cpuset.mems", "");
	put_below("cpuset/pod/a/cpuset.cpus", "");
	put_below("cpuset/pod/a/cpuset.mems", "");
	put_below("cpuset/pod/a/c1/cpuset.cpus", "");
	put_below("cpuset/pod/a/c1/cpuset.mems", "");
	put_below("systemd/pod/tasks", "");
	c = make(&o);
	ck_assert(is_there("devices/pod/a/c1") && is_there("systemd/pod/a/c1"));
	/* Empty parents of a cpuset are filled from the top down. */
	check_below("cpuset/pod/cpuset.cpus", "0-3");
	check_below("cpuset/pod/a/cpuset.mems", "0");
	check_below("cpuset/pod/a/c1/cpuset.cpus", "0-3");
	cgroup_free(c);
	ck_assert(!is_there("devices/pod") && is_there("systemd/pod") && !is_there("systemd/pod/a"));
}
END_TEST

/* One below what was made cannot be: no name may be as long, or a file has its place. */
START_TEST(takes_back_parents_of_what_cannot_be_made)
{
	char long_name[NAME_MAX + 2], path[PATH_MAX];
	struct cgroup_options o = { .id = "c1", .path = path };
	const char *const bad[] = { long_name, "file", "file/a" };

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = 0;
	make_v1();
	put_below("systemd/other/file", "");
	foreach_array(name, bad) {
		struct error e = ERROR_INIT;
		struct cgroup *c = NULL;

		snprintf(path, sizeof(path), "/other/%s/c1", *name);
		ck_assert_int_eq(cgroup_new_at(&host, &o, &c, &e), 0);
		ck_assert_int_lt(cgroup_make(c, &o, &e), 0);
		cgroup_free(c);
		ck_assert_msg(!is_there("cpuset/other"), "%s", path);
		ck_assert_msg(!is_there("devices/other"), "%s", path);
		ck_assert_msg(!is_there("cpu,cpuacct/own/other"), "%s", path);
		ck_assert(is_there("systemd/other/file"));
	}
}
END_TEST

START_TEST(v1_applies)
{
	static const char text[] = "{\"cpu\":{\"shares\":77,\"cpus\":\"2\"},\"devices\":"
				   "[{\"allow\":false},{\"allow\":true,\"type\":\"c\",\"major\":9}]}";
	auto_(spec_doc_free) struct spec_doc *d = NULL;
	struct cgroup_options o = { .id = "c1" };
	struct error e = ERROR_INIT;
	struct cgroup *c;
	int fds[8];

	make_v1();
	prepare_v1_container("c1");
	c = make(&o);
	ck_assert_int_eq(spec_parse_resources(text, strlen(text), "r", &d, &e), 0);
	ck_assert_msg(cgroup_apply(c, d->resources, true, &e) == 0, "%s", e.msg);
	check_below("cpu,cpuacct/own/c1/cpu.shares", "77");
	check_below("cpuset/c1/cpuset.cpus", "2-3"); /* no truncation in a plain file: "2" over "0-3" */
	check_below("devices/c1/devices.deny", "a");
	check_below("devices/c1/devices.allow",
		    "c 9:* rwmc *:* mb *:* mc 1:3 rwmc 1:5 rwmc 1:7 rwmc 1:8 rwmc 1:9 rwmc 5:0 rwm"
		    "c 5:2 rwmc 136:* rwmc 10:200 rwm");
	ck_assert_int_eq(cgroup_entry_fds(c, NULL, 0, fds, 8, &e), 4);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	ck_assert_int_eq(cgroup_entry_fds(c, NULL, 0, fds, 2, &e), -E2BIG);
	cgroup_free(c);
}
END_TEST

/* G3 */
START_TEST(v1_names_an_absent_controller)
{
	static const char text[] = "{\"pids\":{\"limit\":5}}";
	auto_(spec_doc_free) struct spec_doc *d = NULL;
	struct cgroup_options o = { .id = "c1" };
	struct error e = ERROR_INIT;
	struct cgroup *c;

	make_v1();
	prepare_v1_container("c1");
	c = make(&o);
	ck_assert_int_eq(spec_parse_resources(text, strlen(text), "r", &d, &e), 0);
	ck_assert_int_eq(cgroup_apply(c, d->resources, false, &e), -ENOENT);
	ck_assert_str_eq(e.msg, "cannot set 'pids.max' to '5': controller 'pids' is not "
				"available, or has no such file on this kernel");
	ck_assert_str_eq(e.at, "/pids/limit");
	cgroup_free(c);
}
END_TEST

START_TEST(v1_elsewhere_by_mountinfo)
{
	struct cgroup_options o = { .id = "c1" };
	char line[256];
	struct cgroup *c;

	make_host(CGROUP_V1, "3:pids:/docker/abc\n");
	put_below("odd/tasks", "");
	snprintf(line, sizeof(line), "30 1 0:3 /docker/abc %s/odd rw - cgroup cgroup rw,pids\n", top);
	put(mountinfo, line);
	c = make(&o);
	ck_assert(is_there("odd/c1"));
	cgroup_free(c);
	ck_assert(!is_there("odd/c1") && is_there("odd"));
}
END_TEST

/* ---- hybrid ---- */

START_TEST(hybrid_joins_both)
{
	static const char text[] = "{\"unified\":{\"memory.high\":\"9\"},\"hugepageLimits\":"
				   "[{\"pageSize\":\"2MB\",\"limit\":4096}]}";
	auto_(spec_doc_free) struct spec_doc *d = NULL;
	struct cgroup_options o = { .id = "c1" };
	const struct cgroup_hierarchy *h;
	struct error e = ERROR_INIT;
	struct cgroup *c;
	int fd;

	make_v1();
	put_below("unified/c1/memory.high", "");
	put_below("unified/c1/hugetlb.2MB.max", "");
	put_below("cpuset/c1/cpuset.cpus", "");
	put_below("cpuset/c1/cpuset.mems", "");
	c = make(&o);
	ck_assert_int_eq(c->kind, CGROUP_HYBRID);
	ck_assert(!cgroup_is_v2(c) && c->unified && c->unified->v2);
	fd = cgroup_clone_fd(c, NULL, 0, &e);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(spec_parse_resources(text, strlen(text), "r", &d, &e), 0);
	ck_assert_msg(cgroup_apply(c, d->resources, false, &e) == 0, "%s", e.msg);
	check_below("unified/c1/memory.high", "9");
	/* No hierarchy of its own: the controller is the unified tree's. */
	check_below("unified/c1/hugetlb.2MB.max", "4096");
	ck_assert_uint_eq(cgroup_hierarchies(c, &h), 5);
	for (size_t i = 0; i < 5; i++) {
		if (streq(h[i].name, "cpu,cpuacct")) {
			ck_assert_str_eq(h[i].links[0], "cpu");
			ck_assert_str_eq(h[i].links[1], "cpuacct");
			ck_assert_ptr_null(h[i].links[2]);
			ck_assert_str_eq(h[i].options, "cpu,cpuacct");
		}
		if (streq(h[i].name, "systemd"))
			ck_assert_str_eq(h[i].options, "none,name=systemd");
		ck_assert_int_eq(h[i].v2, streq(h[i].name, "unified"));
	}
	cgroup_free(c);
}
END_TEST

/* ---- v2 ---- */


/* C14 */
START_TEST(v2_enables_and_applies)
{
	static const char text[] = "{\"cpu\":{\"period\":1000},\"memory\":{\"limit\":4096}}";
	auto_(spec_doc_free) struct spec_doc *d = NULL;
	struct cgroup_options o = { .id = "c1", .path = "pod/c1" };
	struct error e = ERROR_INIT;
	struct cgroup *c;

	make_host(CGROUP_V2, "0::/user/shell\n");
	put_below("cgroup.controllers", "cpuset cpu memory\n");
	put_below("cgroup.subtree_control", "cpu");
	put_below("user/cgroup.controllers", "cpuset cpu memory\n");
	put_below("user/cgroup.subtree_control", "");
	put_below("user/pod/c1/memory.max", "");
	put_below("user/pod/c1/memory.current", "8192\n");
	put_below("user/pod/c1/cpu.max", "500 7\n");
	put_below("user/pod/c1/cgroup.events", "populated 0\nfrozen 1\n");
	put_below("user/pod/c1/cgroup.freeze", "0\n");
	c = make(&o);
	ck_assert(cgroup_is_v2(c));
	check_below("cgroup.subtree_control", "+cpuset +memory");
	check_below("user/cgroup.subtree_control", "+cpuset +cpu +memory");
	ck_assert_int_eq(spec_parse_resources(text, strlen(text), "r", &d, &e), 0);
	ck_assert_msg(cgroup_apply(c, d->resources, false, &e) == 0, "%s", e.msg);
	check_below("user/pod/c1/memory.max", "4096");
	check_below("user/pod/c1/cpu.max", "500 1000"); /* the quota that was there */
	ck_assert_int_eq(cgroup_memory_usage(c), 8192);
	ck_assert_int_eq(cgroup_oom_kills(c), -1);
	ck_assert_int_eq(cgroup_freeze(c, true, &e), 0);
	ck_assert_int_eq(cgroup_is_frozen(c), 1);
	ck_assert_int_eq(cgroup_freeze(c, false, &e), 0);
	ck_assert_int_eq(cgroup_is_frozen(c), 0);
	cgroup_free(c);
}
END_TEST

/* C6 */
START_TEST(v2_checks_before_update)
{
	static const char text[] = "{\"memory\":{\"limit\":4096,\"checkBeforeUpdate\":true}}";
	auto_(spec_doc_free) struct spec_doc *d = NULL;
	struct cgroup_options o = { .id = "c1", .path = "/c1" };
	struct error e = ERROR_INIT;
	struct cgroup *c;

	make_host(CGROUP_V2, "");
	put_below("c1/memory.current", "8192\n");
	c = make(&o);
	ck_assert_int_eq(spec_parse_resources(text, strlen(text), "r", &d, &e), 0);
	ck_assert_int_eq(cgroup_apply(c, d->resources, false, &e), -EBUSY);
	ck_assert_str_eq(e.msg, "rejecting memory limit 4096 <= usage 8192");
	ck_assert_str_eq(e.at, "/memory/limit");
	cgroup_free(c);
}
END_TEST

static const struct {
	const char *path, *file, *text;
	int num;
	const char *msg;
} refused[] = {
	{ "/", NULL, NULL, EINVAL, "cgroupsPath '/' is the root of all cgroups" },
	{ "/a/../..", NULL, NULL, EINVAL, "cgroupsPath '/a/../..' is the root of all cgroups" },
	{ "/c1", "c1/cgroup.procs", "1\n", EBUSY, "container's cgroup is not empty: 1 process(es)" },
	{ "/c1", "c1/sub/cgroup.procs", "1\n2\n", EBUSY, "not empty: 2 process(es)" },
	{ "/c1", "c1/cgroup.freeze", "1\n", EBUSY, "container's cgroup unexpectedly frozen" },
};

/* L7 L8 */
START_TEST(refuses)
{
	struct cgroup_options o = { .id = "c1", .path = refused[_i].path };
	struct cgroup *c = NULL;
	struct error e = ERROR_INIT;

	make_host(CGROUP_V2, "0::/\n");
	put_below("c1/cgroup.procs", "");
	if (refused[_i].file)
		put_below(refused[_i].file, refused[_i].text);
	if (cgroup_new_at(&host, &o, &c, &e) == 0)
		ck_assert_int_eq(cgroup_make(c, &o, &e), -refused[_i].num);
	ck_assert_int_eq(e.num, refused[_i].num);
	ck_assert_msg(strstr(e.msg, refused[_i].msg), "%s", e.msg);
	cgroup_free(c);
	ck_assert(is_there("c1"));
}
END_TEST

START_TEST(none_at_all)
{
	struct cgroup_options o = { .id = "c1", .disabled = true };
	struct spec_pids pids = { .limit = { true, 5 } };
	struct spec_resources r = { .pids = &pids };
	struct error e = ERROR_INIT;
	struct cgroup *c;
	size_t n = 7;
	pid_t *pid = NULL;

	make_host(CGROUP_V1, "");
	c = make(&o);
	ck_assert(cgroup_is_none(c));
	ck_assert_int_eq(cgroup_clone_fd(c, NULL, 0, &e), -ENOENT);
	ck_assert_int_eq(cgroup_apply(c, &r, true, &e), 0);
	ck_assert_int_eq(cgroup_pids(c, &pid, &n, &e), 0);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(cgroup_signal(c, 9, NULL, &e), 0);
	ck_assert_int_eq(cgroup_remove(c, &e), 0);
	ck_assert_int_eq(cgroup_is_frozen(c), 0);
	ck_assert_int_eq(cgroup_freeze(c, true, &e), -ENOTSUP);
	cgroup_free(c);
	/* Rootless and nothing mounted: the same, but limits are an error. */
	o = (struct cgroup_options){ .id = "c1", .rootless = true };
	c = make(&o);
	ck_assert(cgroup_is_none(c));
	ck_assert_int_eq(cgroup_apply(c, NULL, true, &e), 0);
	ck_assert_int_eq(cgroup_apply(c, &r, true, &e), -EPERM);
	cgroup_free(c);
	/* Root is told. */
	o.rootless = false;
	ck_assert_int_eq(cgroup_new_at(&host, &o, &c, &e), 0);
	ck_assert_int_eq(cgroup_make(c, &o, &e), -ENOENT);
	cgroup_free(c);
	/* systemd is not asked for what is no unit. */
	o.systemd = true;
	o.path = "/c1";
	put(self, "1:pids:/\n");
	ck_assert_int_eq(cgroup_new_at(&host, &o, &c, &e), 0);
	ck_assert_int_eq(cgroup_make(c, &o, &e), -EINVAL);
	cgroup_free(c);
}
END_TEST

/* ---- the state file ---- */

START_TEST(saves_and_loads)
{
	auto_(arena_free) struct arena *a = arena_new();
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	struct cgroup_options options = { .id = "c1" };
	struct error e = ERROR_INIT;
	struct cgroup *c, *again;
	struct json *saved;
	const char *text;

	make_v1();
	put_below("cpuset/c1/cpuset.cpus", "");
	put_below("cpuset/c1/cpuset.mems", "");
	c = make(&options);
	cgroup_keep(c);
	cgroup_save(c, o, NULL);
	cgroup_free(c);
	ck_assert(is_there("devices/c1"));
	text = json_out_text(o);
	ck_assert_int_eq(json_parse(a, text, strlen(text), "state", &saved, &e), 0);
	ck_assert_msg(cgroup_load_at(&host, saved, &again, &e) == 0, "%s", e.msg);
	ck_assert_uint_eq(again->n, 4);
	/* The plain files of the fake cpuset are in the way of rmdir: only these. */
	ck_assert_int_lt(cgroup_remove(again, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.msg, "cpuset/c1'"));
	cgroup_free(again);
	ck_assert(is_there("cpuset/c1"));
}
END_TEST

#define TREES(trees) "{\"kind\":\"v2\",\"driver\":\"v2\",\"trees\":" trees "}"

static const char *const bad_states[] = {
	"{}",
	"[]",
	"{\"kind\":\"v2\",\"trees\":{}}",
	"{\"kind\":\"v2\",\"driver\":\"v2\",\"trees\":{}}",
	"{\"kind\":\"v2\",\"driver\":\"v2\",\"trees\":[[\"/m\",\"/a\"]]}",
	"{\"kind\":\"v3\",\"driver\":\"v2\",\"trees\":{\"\":[\"/m\",\"/a\"]}}",
	"{\"kind\":\"v2\",\"driver\":\"v9\",\"trees\":{\"\":[\"/m\",\"/a\"]}}",
	TREES("{\"cpu\":[\"/m\",\"/a\"]}"),
	TREES("{\"\":[]}"),
	TREES("{\"\":\"/m/a\"}"),
	TREES("{\"\":[\"/m\"]}"),
	TREES("{\"\":[\"/m\",1]}"),
	TREES("{\"\":[\"/m\",\"\"]}"),
	TREES("{\"\":[\"/m\",\"a\"]}"),
	TREES("{\"\":[\"/m\",\"/\"]}"),
	TREES("{\"\":[\"/m\",\"/a/\"]}"),
	TREES("{\"\":[\"/m\",\"/a/..\"]}"),
	TREES("{\"\":[\"/m\",\"/../n\"]}"),
	TREES("{\"\":[\"m\",\"/a\"]}"),
};

START_TEST(refuses_bad_state)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct error e = ERROR_INIT;
	struct cgroup *c = NULL;
	struct json *saved;

	ck_assert_int_eq(json_parse(a, bad_states[_i], strlen(bad_states[_i]), "state", &saved, &e), 0);
	ck_assert_int_eq(cgroup_load_at(&host, saved, &c, &e), -EBADMSG);
	ck_assert_str_ne(e.msg, "");
	ck_assert_ptr_null(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup_drivers");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, walks_any_depth);
	tcase_add_test(t, a_walk_ends_with_the_first_failure);
	tcase_add_test(t, removes_what_can_go);
	tcase_add_test(t, v1_makes_and_removes);
	tcase_add_test(t, v1_makes_parents);
	tcase_add_test(t, takes_back_parents_of_what_cannot_be_made);
	tcase_add_test(t, v1_applies);
	tcase_add_test(t, v1_names_an_absent_controller);
	tcase_add_test(t, v1_elsewhere_by_mountinfo);
	tcase_add_test(t, hybrid_joins_both);
	tcase_add_test(t, v2_enables_and_applies);
	tcase_add_test(t, v2_checks_before_update);
	tcase_add_loop_test(t, refuses, 0, (int)ARRAY_SIZE(refused));
	tcase_add_test(t, none_at_all);
	tcase_add_test(t, saves_and_loads);
	tcase_add_loop_test(t, refuses_bad_state, 0, (int)ARRAY_SIZE(bad_states));
	suite_add_tcase(s, t);
	return run_suite(s);
}
