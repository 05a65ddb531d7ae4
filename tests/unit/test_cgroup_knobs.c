/* SPDX-License-Identifier: Apache-2.0 */

/* linux.resources as writes to files: the conversions, and the order in which they are tried. */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cgroup/knobs.h"
#include "spec/spec.h"
#include "tests/lib/suite.h"

static const struct {
	const char *json, *v1, *v2; /* "file=text ..." in order */
} cases[] = {
	{ "{}", "", "" },
	{ "{\"memory\":{\"limit\":100}}", "memory.limit_in_bytes=100;", "memory.max=100;" },
	{ "{\"memory\":{\"limit\":100,\"swap\":300,\"reservation\":50}}",
	  "memory.limit_in_bytes=100;memory.memsw.limit_in_bytes=300;memory.soft_limit_in_bytes=50;",
	  "memory.swap.max=200;memory.max=100;memory.low=50;" },
	{ "{\"memory\":{\"limit\":100,\"swap\":100}}",
	  "memory.limit_in_bytes=100;memory.memsw.limit_in_bytes=100;",
	  "memory.swap.max=0;memory.max=100;" },
	{ "{\"memory\":{\"limit\":100,\"swap\":-1}}",
	  "memory.limit_in_bytes=100;memory.memsw.limit_in_bytes=-1;",
	  "memory.swap.max=max;memory.max=100;" },
	{ "{\"memory\":{\"limit\":-1,\"reservation\":7}}",
	  "memory.memsw.limit_in_bytes=-1;memory.limit_in_bytes=-1;memory.soft_limit_in_bytes=7;",
	  "memory.swap.max=max;memory.max=max;memory.low=7;" },
	{ "{\"memory\":{\"limit\":0,\"reservation\":0,\"swap\":0}}", "", "" },
	{ "{\"memory\":{\"reservation\":-1}}", "memory.soft_limit_in_bytes=-1;", "memory.low=max;" },
	{ "{\"pids\":{\"limit\":10}}", "pids.max=10;", "pids.max=10;" },
	{ "{\"pids\":{\"limit\":-1}}", "pids.max=max;", "pids.max=max;" },
	{ "{\"pids\":{\"limit\":0}}", "pids.max=1;", "pids.max=1;" },
	{ "{\"cpu\":{\"shares\":1024}}", "cpu.shares=1024;", "cpu.weight=100;" },
	{ "{\"cpu\":{\"shares\":0,\"quota\":0,\"period\":0}}", "", "" },
	{ "{\"cpu\":{\"shares\":2,\"idle\":1}}", "cpu.shares=2;cpu.idle=1;", "cpu.weight=1;cpu.idle=1;" },
	{ "{\"cpu\":{\"quota\":5000,\"period\":10000,\"burst\":100}}",
	  "cpu.cfs_period_us=10000;cpu.cfs_quota_us=5000;cpu.cfs_burst_us=100;",
	  "cpu.max=5000 10000;cpu.max.burst=100;" },
	{ "{\"cpu\":{\"quota\":5000}}", "cpu.cfs_quota_us=5000;", "cpu.max=5000;" },
	{ "{\"cpu\":{\"quota\":-1}}", "cpu.cfs_quota_us=-1;", "cpu.max=max;" },
	{ "{\"cpu\":{\"quota\":-1,\"period\":10000}}", "cpu.cfs_period_us=10000;cpu.cfs_quota_us=-1;",
	  "cpu.max=max 10000;" },
	{ "{\"cpu\":{\"period\":10000}}", "cpu.cfs_period_us=10000;", "cpu.max=? 10000;" },
	{ "{\"cpu\":{\"cpus\":\"0-3,7\",\"mems\":\"0\"}}", "cpuset.cpus=0-3,7;cpuset.mems=0;",
	  "cpuset.cpus=0-3,7;cpuset.mems=0;" },
	{ "{\"cpu\":{\"realtimePeriod\":0,\"realtimeRuntime\":0}}", "", "" },
	{ "{\"blockIO\":{\"weight\":500}}", "blkio.weight=500;blkio.bfq.weight=500;",
	  "io.bfq.weight=500;io.weight=default 4950;" },
	{ "{\"blockIO\":{\"weight\":0}}", "", "" },
	{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":10}]}}",
	  "blkio.weight_device=8:16 10;blkio.bfq.weight_device=8:16 10;",
	  "io.bfq.weight=8:16 10;io.weight=8:16 1;" },
	{ "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":600}],"
	  "\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":1,\"rate\":0}]}}",
	  "blkio.throttle.read_bps_device=8:0 600;blkio.throttle.write_iops_device=8:1 0;",
	  "io.max=8:0 rbps=600;io.max=8:1 wiops=max;" },
	{ "{\"blockIO\":{\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":0,"
	  "\"rate\":18446744073709551615}]}}",
	  "blkio.throttle.write_bps_device=8:0 18446744073709551615;",
	  "io.max=8:0 wbps=18446744073709551615;" },
	{ "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4096}]}",
	  "hugetlb.2MB.rsvd.limit_in_bytes=4096;hugetlb.2MB.limit_in_bytes=4096;",
	  "hugetlb.2MB.rsvd.max=4096;hugetlb.2MB.max=4096;" },
	{ "{\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10}}}",
	  "rdma.max=mlx5_1 hca_handle=3 hca_object=10;",
	  "rdma.max=mlx5_1 hca_handle=3 hca_object=10;" },
	{ "{\"rdma\":{\"mlx5_1\":{\"hcaObjects\":10}}}", "rdma.max=mlx5_1 hca_object=10;",
	  "rdma.max=mlx5_1 hca_object=10;" },
	{ "{\"network\":{\"classID\":0,\"priorities\":[]}}", "", "" },
	{ "{\"unified\":{\"memory.high\":\"5\",\"io.max\":\"8:0 rbps=1\\n8:16 rbps=2\\n\","
	  "\"odd\":\"\"}}",
	  "", "memory.high=5;io.max=8:0 rbps=1;io.max=8:16 rbps=2;odd=;" },
	/* v1 only */
	{ "{\"network\":{\"classID\":65537,\"priorities\":[{\"name\":\"lo\",\"priority\":5}]}}",
	  "net_cls.classid=65537;net_prio.ifpriomap=lo 5;", NULL },
	{ "{\"memory\":{\"swappiness\":60,\"disableOOMKiller\":true,\"useHierarchy\":true}}",
	  "memory.swappiness=60;memory.oom_control=1;memory.use_hierarchy=1;", NULL },
	{ "{\"memory\":{\"kernel\":4,\"kernelTCP\":5}}",
	  "memory.kmem.limit_in_bytes=4;memory.kmem.tcp.limit_in_bytes=5;", NULL },
	{ "{\"cpu\":{\"realtimePeriod\":1000,\"realtimeRuntime\":500}}",
	  "cpu.rt_period_us=1000;cpu.rt_runtime_us=500;", NULL },
	{ "{\"blockIO\":{\"leafWeight\":20}}", "blkio.leaf_weight=20;", NULL },
	/* v2 only */
	{ "{\"memory\":{\"swap\":300}}", "memory.memsw.limit_in_bytes=300;", NULL },
	{ "{\"cpu\":{\"shares\":1}}", NULL, "cpu.weight=1;" },
	{ "{\"cpu\":{\"shares\":300000}}", NULL, "cpu.weight=10000;" },
};

typedef int (*maker)(const struct spec_resources *r, struct knobs *k, struct error *err);

static void check_list(maker make, const struct spec_resources *r, const char *want)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct knobs k = { .arena = a };
	struct error e = ERROR_INIT;
	auto_str got = STR_INIT;
	int ret = make(r, &k, &e);

	if (!want) {
		ck_assert_int_lt(ret, 0);
		ck_assert_int_eq(ret, -e.num);
		ck_assert_str_ne(e.msg, "");
		ck_assert_str_ne(e.at, "");
		return;
	}
	ck_assert_msg(ret == 0, "%s", e.msg);
	for (size_t i = 0; i < k.n; i++)
		str_printf(&got, "%s=%s;", k.v[i].file, k.v[i].text);
	ck_assert_str_eq(str_text(&got), want);
}

/* C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 what is written into which file, v1 and v2. */
START_TEST(converts)
{
	auto_(spec_doc_free) struct spec_doc *d = NULL;
	struct error e = ERROR_INIT;

	ck_assert_msg(spec_parse_resources(cases[_i].json, strlen(cases[_i].json), "r.json", &d, &e) ==
			      0,
		      "%s: %s", cases[_i].json, e.msg);
	check_list(v1_knobs, d->resources, cases[_i].v1);
	check_list(v2_knobs, d->resources, cases[_i].v2);
}
END_TEST

START_TEST(says_where)
{
	static const char text[] = "{\"memory\":\n{\"limit\":100,\n\"swap\":50}}";
	auto_(spec_doc_free) struct spec_doc *d = NULL;
	auto_(arena_free) struct arena *a = arena_new();
	struct knobs k = { .arena = a };
	struct spec_memory m = { .limit = { true, 100 }, .swap = { true, 50 } };
	struct spec_resources r = { .memory = &m };
	struct error e = ERROR_INIT;

	/* The decoder may refuse this pair itself. */
	if (spec_parse_resources(text, strlen(text), "r.json", &d, &e) == 0)
		m.json = d->resources->memory->json;
	e = (struct error)ERROR_INIT;
	ck_assert_int_eq(v2_knobs(&r, &k, &e), -EINVAL);
	ck_assert_str_eq(e.msg, "memory+swap limit should be >= memory limit");
	if (m.json) {
		ck_assert_str_eq(e.at, "/memory/swap");
		ck_assert_uint_eq(e.line, 3);
	}
}
END_TEST

static const struct {
	uint64_t shares, weight;
} weights[] = {
	{ 2, 1 },      { 3, 2 },      { 102, 17 },     { 256, 35 },	 { 512, 59 },
	{ 1023, 100 }, { 1024, 100 }, { 1025, 101 },   { 2048, 174 },	 { 10240, 639 },
	{ 65536, 3023 }, { 262143, 10000 }, { 262144, 10000 }, { UINT64_MAX, 10000 }, { 0, 1 },
};

/* C7 shares to weight, v2. */
START_TEST(weighs)
{
	ck_assert_uint_eq(cpu_weight_of_shares(weights[_i].shares), weights[_i].weight);
}
END_TEST

START_TEST(weight_never_falls)
{
	uint64_t before = 0;

	for (uint64_t s = 2; s <= 262144; s += 1 + s / 64) {
		uint64_t now = cpu_weight_of_shares(s);

		ck_assert_uint_ge(now, before);
		before = now;
	}
	ck_assert_uint_eq(io_weight_of_blkio(10), 1);
	ck_assert_uint_eq(io_weight_of_blkio(1000), 10000);
}
END_TEST

/* A kernel whose burst must not exceed its quota. */
struct toy {
	int quota, burst, writes;
	bool no_a, no_b;
};

static int toy_write(void *ctx, const struct knob *k, struct error *err)
{
	struct toy *t = ctx;
	int v = (int)strtol(k->text, NULL, 10);

	(void)err;
	t->writes++;
	if (streq(k->file, "a") || streq(k->file, "b"))
		return (streq(k->file, "a") ? t->no_a : t->no_b) ? -ENOENT : 0;
	if (streq(k->file, "quota") ? v < t->burst : v > t->quota)
		return -EINVAL;
	*(streq(k->file, "quota") ? &t->quota : &t->burst) = v;
	return 0;
}

static const struct {
	int quota, burst, new_quota, new_burst;
	int ret, writes;
} rounds[] = {
	{ 100, 50, 200, 150, 0, 2 },
	{ 100, 50, 40, 30, 0, 3 },   /* the quota waits for the burst */
	{ 100, 50, 40, 50, -EINVAL, 3 }, /* and cannot be had at all   */
	{ 100, 50, 10, 500, -EINVAL, 2 },
};

START_TEST(settles)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct knobs k = { .arena = a };
	struct toy t = { .quota = rounds[_i].quota, .burst = rounds[_i].burst };
	struct error e = ERROR_INIT;

	knob_add(&k, "cpu", "quota", NULL, NULL, "%d", rounds[_i].new_quota)->group = 1;
	knob_add(&k, "cpu", "burst", NULL, NULL, "%d", rounds[_i].new_burst)->group = 1;
	ck_assert_int_eq(knobs_write(&k, toy_write, &t, &e), rounds[_i].ret);
	ck_assert_int_eq(t.writes, rounds[_i].writes);
	ck_assert_int_eq(e.num, -rounds[_i].ret);
	ck_assert((rounds[_i].ret == 0) == (e.msg[0] == 0));
}
END_TEST

static const struct {
	unsigned flags;
	bool no_a, no_b;
	int ret, writes;
} absent[] = {
	{ 0, false, false, 0, 2 },
	{ 0, true, false, -ENOENT, 1 },
	{ KNOB_OPTIONAL, true, false, 0, 2 },
	{ KNOB_IGNORED, true, false, 0, 2 },
	{ KNOB_OR_NEXT, false, false, 0, 1 },
	{ KNOB_OR_NEXT, true, false, 0, 2 },
	{ KNOB_OR_NEXT, true, true, -ENOENT, 2 },
};

START_TEST(absent_files)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct knobs k = { .arena = a };
	struct toy t = { .no_a = absent[_i].no_a, .no_b = absent[_i].no_b };
	struct error e = ERROR_INIT;

	knob_add(&k, "x", "a", NULL, NULL, "1")->flags = absent[_i].flags;
	knob_add(&k, "x", "b", NULL, NULL, "1");
	ck_assert_int_eq(knobs_write(&k, toy_write, &t, &e), absent[_i].ret);
	ck_assert_int_eq(t.writes, absent[_i].writes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup_knobs");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, converts, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(t, says_where);
	tcase_add_loop_test(t, weighs, 0, (int)ARRAY_SIZE(weights));
	tcase_add_test(t, weight_never_falls);
	tcase_add_loop_test(t, settles, 0, (int)ARRAY_SIZE(rounds));
	tcase_add_loop_test(t, absent_files, 0, (int)ARRAY_SIZE(absent));
	suite_add_tcase(s, t);
	return run_suite(s);
}
