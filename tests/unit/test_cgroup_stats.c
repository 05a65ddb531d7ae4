/* SPDX-License-Identifier: Apache-2.0 */

/* What `events --stats` makes of the kernel's files, which lie in plain directories here. */

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "cgroup/cgroup_internal.h"
#include "json/json.h"
#include "tests/lib/suite.h"

static char top[] = "/tmp/orlop-stats-XXXXXX";

struct file {
	const char *path, *text;
};

static void put(const char *path, const char *text)
{
	char full[PATH_MAX], folder[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", top, path);
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(full, '/') - full), full);
	ck_assert_int_eq(mkdir_parents(folder, 0755), 0);
	ck_assert_int_eq(file_replace_at(AT_FDCWD, full, text, strlen(text), 0644), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

/* The "data" object of the cgroup that `saved` (a format with the mount's folder) stands for. */
static struct json *stats(struct arena *a, const char *saved, const struct file *files, size_t n)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	auto_(cgroup_free) struct cgroup *c = NULL;
	struct cgroup_host host = { .mount = top };
	struct error e = ERROR_INIT;
	struct json *root;
	char *text;

	ck_assert_ptr_nonnull(mkdtemp(top));
	for (size_t i = 0; i < n; i++)
		put(files[i].path, files[i].text);
	text = arena_strdup(a, saved);
	for (char *at; (at = strchr(text, '%'));)
		text = arena_printf(a, "%.*s%s%s", (int)(at - text), text, top, at + 1);
	ck_assert_msg(json_parse(a, text, strlen(text), "saved", &root, &e) == 0, "%s", e.msg);
	ck_assert_msg(cgroup_load_at(&host, root, &c, &e) == 0, "%s", e.msg);
	json_object_begin(o, NULL);
	ck_assert_int_eq(cgroup_stats(c, o, "data", &e), 0);
	json_object_end(o);
	text = arena_strdup(a, json_out_text(o));
	ck_assert_msg(json_parse(a, text, strlen(text), "stats", &root, &e) == 0, "%s", e.msg);
	nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return root->first;
}

static void is(const struct json *data, const char *member, const char *want)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	const struct json *m = json_member(data, member);

	ck_assert_msg(m, "%s", member);
	json_node(o, NULL, m);
	ck_assert_str_eq(json_out_text(o), want);
}

/* clang-format off */
static const struct file v2_files[] = {
	{ "c/cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 7\nnr_throttled 3\nthrottled_usec 42\n" },
	{ "c/cpu.pressure", "some avg10=0.50 avg60=1.25 avg300=0.00 total=77\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n" },
	{ "c/cpuset.cpus", "0-2,5\n" },
	{ "c/cpuset.mems", "0\n" },
	{ "c/memory.max", "1048576\n" },
	{ "c/memory.current", "4096\n" },
	{ "c/memory.peak", "8192\n" },
	{ "c/memory.swap.max", "1048576\n" },
	{ "c/memory.swap.current", "1024\n" },
	{ "c/memory.events", "low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n" },
	{ "c/memory.stat", "anon 100\nfile 200\n" },
	{ "c/pids.current", "3\n" },
	{ "c/pids.max", "max\n" },
	{ "c/io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n253:1 rbytes=9\n" },
};
static const struct file v1_files[] = {
	{ "cpuacct/c/cpuacct.usage", "3000\n" },
	{ "cpuacct/c/cpuacct.usage_percpu", "1000 2000\n" },
	{ "cpuacct/c/cpuacct.usage_all", "cpu user system\n0 600 400\n1 1500 500\n" },
	{ "cpuacct/c/cpuacct.stat", "user 2\nsystem 1\n" },
	{ "cpuacct/c/cpu.stat", "nr_periods 7\nnr_throttled 3\nthrottled_time 42\n" },
	{ "cpuset/c/cpuset.cpus", "0,2-3\n" },
	{ "cpuset/c/cpuset.mems", "0\n" },
	{ "cpuset/c/cpuset.sched_load_balance", "1\n" },
	{ "cpuset/c/cpuset.sched_relax_domain_level", "-1\n" },
	{ "memory/c/memory.limit_in_bytes", "1048576\n" },
	{ "memory/c/memory.usage_in_bytes", "4096\n" },
	{ "memory/c/memory.max_usage_in_bytes", "8192\n" },
	{ "memory/c/memory.failcnt", "9\n" },
	{ "memory/c/memory.memsw.usage_in_bytes", "5120\n" },
	{ "memory/c/memory.stat", "cache 200\nrss 100\n" },
	{ "pids/c/pids.current", "3\n" },
	{ "pids/c/pids.max", "50\n" },
	{ "blkio/c/blkio.throttle.io_service_bytes_recursive", "8:16 Read 4096\n8:16 Write 1\nTotal 4097\n" },
	{ "blkio/c/blkio.time_recursive", "8:16 77\n" },
};
/* clang-format on */

START_TEST(of_v2)
{
	auto_(arena_free) struct arena *a = arena_new();
	const struct json *d = stats(a, "{\"kind\":\"v2\",\"driver\":\"v2\",\"trees\":{\"\":[\"%\",\"/c\"]}}", v2_files,
				     ARRAY_SIZE(v2_files));

	is(d, "cpu", "{\"usage\":{\"total\":1500000,\"kernel\":500000,\"user\":1000000},"
		     "\"throttling\":{\"periods\":7,\"throttledPeriods\":3,\"throttledTime\":42000},"
		     "\"psi\":{\"some\":{\"avg10\":0.50,\"avg60\":1.25,\"avg300\":0.00,\"total\":77},"
		     "\"full\":{\"avg10\":0.00,\"avg60\":0.00,\"avg300\":0.00,\"total\":0}}}");
	is(json_member(d, "cpuset"), "cpus", "[0,1,2,5]");
	is(json_member(d, "cpuset"), "mems", "[0]");
	is(d, "memory", "{\"cache\":200,\"usage\":{\"limit\":1048576,\"usage\":4096,\"max\":8192,\"failcnt\":9},"
			"\"swap\":{\"limit\":2097152,\"usage\":5120,\"failcnt\":0},\"kernel\":{\"limit\":0,\"failcnt\":0},"
			"\"kernelTCP\":{\"limit\":0,\"failcnt\":0},\"raw\":{\"anon\":100,\"file\":200}}");
	is(d, "pids", "{\"current\":3}");
	/* A member of 0 is left out, as runc has it. */
	is(d, "blkio", "{\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":1},"
		       "{\"major\":8,\"op\":\"Write\",\"value\":2},{\"major\":253,\"minor\":1,\"op\":\"Read\",\"value\":9}],"
		       "\"ioServicedRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":3},"
		       "{\"major\":8,\"op\":\"Write\",\"value\":4}]}");
	is(d, "intel_rdt", "{}");
	is(d, "network_interfaces", "null");
}
END_TEST

START_TEST(of_v1)
{
	auto_(arena_free) struct arena *a = arena_new();
	const struct json *d = stats(a,
				     "{\"kind\":\"v1\",\"driver\":\"v1\",\"trees\":{"
				     "\"cpu,cpuacct\":[\"%/cpuacct\",\"/c\"],\"cpuset\":[\"%/cpuset\",\"/c\"],"
				     "\"memory\":[\"%/memory\",\"/c\"],\"pids\":[\"%/pids\",\"/c\"],\"blkio\":[\"%/blkio\",\"/c\"]}}",
				     v1_files, ARRAY_SIZE(v1_files));
	const struct json *usage = json_member(json_member(d, "cpu"), "usage");

	is(usage, "total", "3000");
	is(usage, "percpu", "[1000,2000]");
	is(usage, "percpu_kernel", "[400,500]");
	is(usage, "percpu_user", "[600,1500]");
	is(usage, "user", "20000000"); /* in USER_HZ, which is 100 */
	is(usage, "kernel", "10000000");
	is(json_member(d, "cpu"), "throttling", "{\"periods\":7,\"throttledPeriods\":3,\"throttledTime\":42}");
	is(json_member(d, "cpuset"), "cpus", "[0,2,3]");
	is(json_member(d, "cpuset"), "sched_load_balance", "1");
	is(json_member(d, "cpuset"), "sched_relax_domain_level", "-1");
	is(json_member(d, "memory"), "usage", "{\"limit\":1048576,\"usage\":4096,\"max\":8192,\"failcnt\":9}");
	is(json_member(d, "memory"), "swap", "{\"limit\":0,\"usage\":5120,\"failcnt\":0}");
	is(json_member(d, "memory"), "raw", "{\"cache\":200,\"rss\":100}");
	is(d, "pids", "{\"current\":3,\"limit\":50}");
	is(d, "blkio", "{\"ioServiceBytesRecursive\":[{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":4096},"
		       "{\"major\":8,\"minor\":16,\"op\":\"Write\",\"value\":1}],"
		       "\"ioTimeRecursive\":[{\"major\":8,\"minor\":16,\"value\":77}]}");
}
END_TEST

/* A container in a cgroup that other programs have emptied of files, or of what they hold, still has statistics. */
START_TEST(of_nothing)
{
	auto_(arena_free) struct arena *a = arena_new();
	const struct file files[] = { { "c/cpu.pressure", "" }, { "c/io.stat", "garbage\n8: x\n" }, { "c/cpuset.cpus", "5-1\n" } };
	const struct json *d = stats(a, "{\"kind\":\"v2\",\"driver\":\"v2\",\"trees\":{\"\":[\"%\",\"/c\"]}}", files,
				     ARRAY_SIZE(files));

	is(d, "pids", "{}");
	is(json_member(d, "cpuset"), "cpus", "[]");
	is(json_member(d, "blkio"), "ioServicedRecursive", "[]");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup_stats");
	TCase *t = tcase_create("cgroup_stats");

	tcase_add_test(t, of_v2);
	tcase_add_test(t, of_v1);
	tcase_add_test(t, of_nothing);
	suite_add_tcase(s, t);
	return run_suite(s);
}
