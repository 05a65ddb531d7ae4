/* SPDX-License-Identifier: Apache-2.0 */

/* What systemd is told: names of units, values of annotations, limits and devices as properties. */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/systemd.h"
#include "tests/lib/suite.h"

/* Words with ' ' for the NUL between them. */
static const char *shown(struct str *s)
{
	for (size_t i = 0; i + 1 < s->n; i++)
		if (!s->s[i])
			s->s[i] = ' ';
	return str_text(s);
}

/* ---- names ---- */

static const struct {
	const char *path;
	bool rootless;
	const char *name, *slice;
} units[] = {
	{ NULL, false, "orlop-x1.scope", "system.slice" },
	{ "", false, "orlop-x1.scope", "system.slice" },
	{ NULL, true, "orlop-x1.scope", "user.slice" },
	{ "machine.slice:libpod:abc", false, "libpod-abc.scope", "machine.slice" },
	{ ":docker:abc", false, "docker-abc.scope", "system.slice" },
	{ ":docker:abc", true, "docker-abc.scope", "user.slice" },
	{ "a-b.slice::abc", false, "abc.scope", "a-b.slice" },
	{ "-.slice:p:abc", false, "p-abc.scope", "-.slice" },
	{ "kubepods.slice:p:kubepods-pod1.slice", false, "kubepods-pod1.slice", "kubepods.slice" },
};

START_TEST(names_units)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct cgroup_options o = { .id = "x1", .path = units[_i].path,
				    .rootless = units[_i].rootless };
	struct systemd_unit u;
	struct error e = ERROR_INIT;

	ck_assert_msg(systemd_unit_of(a, &o, &u, &e) == 0, "%s", e.msg);
	ck_assert_str_eq(u.name, units[_i].name);
	ck_assert_str_eq(u.slice, units[_i].slice);
	ck_assert(u.user == units[_i].rootless);
}
END_TEST

static const char *const bad_units[] = {
	"/abc", "abc", "a:b", "a.slice:b:", "a.slice:b:c:d", "a.scope:b:c", "a.slice:b:../c",
	"a/b.slice:p:c",
};

START_TEST(refuses_paths)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct cgroup_options o = { .id = "x1", .path = bad_units[_i] };
	struct systemd_unit u;
	struct error e = ERROR_INIT;

	ck_assert_int_eq(systemd_unit_of(a, &o, &u, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.msg, bad_units[_i]));
}
END_TEST

/* ---- values ---- */

static const struct {
	const char *text, *signature, *words;
} values[] = {
	{ "true", "b", "1" },
	{ " false ", "b", "0" },
	{ "5", "i", "5" },
	{ "-5", "i", "-5" },
	{ "0x10", "i", "16" },
	{ "010", "i", "8" },
	{ "-0", "i", "0" },
	{ "1.5", "d", "1.5" },
	{ "uint64 5", "t", "5" },
	{ "uint64 18446744073709551615", "t", "18446744073709551615" },
	{ "int64 -9223372036854775808", "x", "-9223372036854775808" },
	{ "byte 0xff", "y", "255" },
	{ "double 3", "d", "3" },
	{ "@t 7", "t", "7" },
	{ "'it\\'s'", "s", "it's" },
	{ "\"a b\"", "s", "a b" },
	{ "objectpath '/a'", "o", "/a" },
	{ "['a', 'b']", "as", "2 a b" },
	{ "[uint64 1, 2]", "at", "2 1 2" },
	{ "@as []", "as", "0" },
	{ "@a(ss) []", "a(ss)", "0" },
	{ "[('/dev/null', 'rw')]", "a(ss)", "1 /dev/null rw" },
	{ "(1, 'x')", "(is)", "1 x" },
	{ "(1,)", "(i)", "1" },
	{ "@(tb) (1, true)", "(tb)", "1 1" },
	{ "<uint32 4>", "v", "u 4" },
	{ "[<1>, <'a'>]", "av", "2 i 1 s a" },
	{ "b'ab'", "ay", "3 97 98 0" },
};

START_TEST(reads_values)
{
	auto_str signature = STR_INIT, words = STR_INIT;

	ck_assert_msg(variant_parse(values[_i].text, &signature, &words) == 0, "%s",
		      values[_i].text);
	ck_assert_str_eq(str_text(&signature), values[_i].signature);
	ck_assert_str_eq(shown(&words), values[_i].words);
}
END_TEST

static const char *const bad_values[] = {
	"",	   "x",		"tru",	      "5 6",	    "'a",	 "'a\\q'",    "[]",
	"[1, 'a']", "[1 2]",	"[1,",	      "()",	    "(1",	 "uint64 -1", "byte 256",
	"uint64 'a'", "@t 'a'", "@q",	      "@(t 1",	    "int32 3000000000", "0x",  "1.2.3",
	"<1",	   "@as [1]",	"uint64",     "{'a': 1}",   "[[[[[[[[[[1]]]]]]]]]]", "@aaaaaaaaaaaai []",
	"18446744073709551616", "-",
};

START_TEST(refuses_values)
{
	auto_str signature = STR_INIT, words = STR_INIT;

	ck_assert_msg(variant_parse(bad_values[_i], &signature, &words) == -EINVAL, "'%s'",
		      bad_values[_i]);
}
END_TEST

/* ---- annotations ---- */

static const struct {
	const char *key, *value, *property; /* property NULL: refused */
} annotations[] = {
	{ "TimeoutStopUSec", "uint64 123", "TimeoutStopUSec 0 t 1 123" },
	{ "TimeoutStopSec", "uint64 2", "TimeoutStopUSec 0 t 1 2000000" },
	{ "RuntimeMaxSec", "1.5", "RuntimeMaxUSec 0 t 1 1500000" },
	{ "CollectMode", "'inactive'", "CollectMode 0 s 1 inactive" },
	{ "TimeoutStopSec", "-1", NULL },
	{ "TimeoutStopSec", "'a'", NULL },
	{ "Sec", "5", "Sec 0 i 1 5" },
	{ "AB", "5", NULL },
	{ "A.b", "5", NULL },
	{ "Name", "nonsense", NULL },
};

START_TEST(takes_annotations)
{
	struct spec_pair pair = { .value = annotations[_i].value };
	spec_pairs list = { .v = &pair, .n = 1 };
	struct cgroup_options o = { .id = "x1", .annotations = &list };
	struct systemd_unit u = { .name = "a.scope", .slice = "b.slice" };
	auto_str request = STR_INIT;
	struct error e = ERROR_INIT;
	char key[128];
	int r;

	snprintf(key, sizeof(key), SYSTEMD_ANNOTATION "%s", annotations[_i].key);
	pair.key = key;
	r = systemd_start_properties(&request, &u, &o, true, &e);
	if (annotations[_i].property) {
		ck_assert_msg(r == 0, "%s", e.msg);
		ck_assert_ptr_nonnull(strstr(shown(&request), annotations[_i].property));
	} else {
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_ptr_nonnull(strstr(e.msg, key));
	}
}
END_TEST

/* ---- limits ---- */

static const struct {
	const char *file, *text;
	struct cpu_quota old;
	const char *request;
} limits[] = {
	{ "memory.max", "1048576", { -1, 0 }, "MemoryMax 0 t 1 1048576" },
	{ "memory.max", "max", { -1, 0 }, "MemoryMax 0 t 1 18446744073709551615" },
	{ "memory.limit_in_bytes", "-1", { -1, 0 }, "MemoryLimit 0 t 1 18446744073709551615" },
	{ "memory.low", "5", { -1, 0 }, "MemoryLow 0 t 1 5" },
	{ "pids.max", "20", { -1, 0 }, "TasksMax 0 t 1 20" },
	{ "cpu.weight", "59", { -1, 0 }, "CPUWeight 0 t 1 59" },
	{ "cpu.shares", "512", { -1, 0 }, "CPUShares 0 t 1 512" },
	{ "cpu.idle", "1", { -1, 0 }, "CPUWeight 252 t 1 0" },
	{ "cpu.idle", "0", { -1, 0 }, "" },
	{ "io.weight", "default 50", { -1, 0 }, "IOWeight 0 t 1 50" },
	{ "io.weight", "8:0 50", { -1, 0 }, "" },
	{ "io.max", "8:0 rbps=5", { -1, 0 }, "" },
	{ "cpuset.cpus", "0-3,9", { -1, 0 }, "AllowedCPUs 244 ay 3 2 15 2" },
	{ "cpuset.mems", "0", { -1, 0 }, "AllowedMemoryNodes 244 ay 2 1 1" },
	{ "cpuset.cpus", "3-1", { -1, 0 }, "" },
	{ "cpuset.cpus", "99999", { -1, 0 }, "" },
	{ "cpu.max", "50000 100000", { -1, 0 },
	  "CPUQuotaPeriodUSec 242 t 1 100000 CPUQuotaPerSecUSec 0 t 1 500000" },
	{ "cpu.max", "50000", { -1, 200000 },
	  "CPUQuotaPeriodUSec 242 t 1 200000 CPUQuotaPerSecUSec 0 t 1 250000" },
	{ "cpu.max", "? 100000", { 30000, 50000 },
	  "CPUQuotaPeriodUSec 242 t 1 100000 CPUQuotaPerSecUSec 0 t 1 300000" },
	{ "cpu.max", "max 100000", { 30000, 50000 },
	  "CPUQuotaPeriodUSec 242 t 1 100000 CPUQuotaPerSecUSec 0 t 1 18446744073709551615" },
	/* rounded up to 10 ms a second */
	{ "cpu.cfs_quota_us", "33333", { -1, 100000 },
	  "CPUQuotaPeriodUSec 242 t 1 100000 CPUQuotaPerSecUSec 0 t 1 340000" },
	{ "cpu.cfs_period_us", "50000", { 10000, 100000 },
	  "CPUQuotaPeriodUSec 242 t 1 50000 CPUQuotaPerSecUSec 0 t 1 200000" },
};

START_TEST(says_limits)
{
	struct knob row = { .file = limits[_i].file, .text = limits[_i].text };
	struct knobs k = { .v = &row, .n = 1 };
	auto_str request = STR_INIT;

	systemd_limit_properties(&request, &k, limits[_i].old);
	ck_assert_str_eq(shown(&request), limits[_i].request);
}
END_TEST

static const struct {
	bool allow;
	struct device_rule rule;
	const char *request; /* NULL: it cannot be said */
} devices[] = {
	{ false, { .allow = true, .type = 'c', .major = 1, .minor = 3, .access = DEVICE_ALL },
	  "DevicePolicy 0 s 1 strict DeviceAllow 0 a(ss) 1 0 DeviceAllow 0 a(ss) 3 1 "
	  "/dev/char/1:3 rwm" },
	{ false, { .allow = true, .type = 'b', .major = 8, .minor = -1, .access = DEVICE_READ },
	  "DevicePolicy 0 s 1 strict DeviceAllow 0 a(ss) 1 0 DeviceAllow 0 a(ss) 3 1 block-8 r" },
	{ false, { .allow = true, .type = 'c', .major = -1, .minor = -1, .access = DEVICE_MKNOD },
	  "DevicePolicy 0 s 1 strict DeviceAllow 0 a(ss) 1 0 DeviceAllow 0 a(ss) 3 1 char-* m" },
	{ false, { .allow = true, .type = 'c', .major = -1, .minor = 3, .access = DEVICE_ALL }, NULL },
	{ true, { .type = 'c', .major = 1, .minor = 3, .access = DEVICE_ALL }, NULL },
};

START_TEST(says_devices)
{
	struct device_rule rule = devices[_i].rule;
	struct device_rules x = { .allow = devices[_i].allow, .v = &rule, .n = 1 };
	auto_str request = STR_INIT;
	bool said = systemd_device_properties(&request, &x);

	ck_assert(said == (devices[_i].request != NULL));
	ck_assert_str_eq(shown(&request), said ? devices[_i].request : "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("systemd");
	TCase *t = tcase_create("systemd");

	tcase_add_loop_test(t, names_units, 0, ARRAY_SIZE(units));
	tcase_add_loop_test(t, refuses_paths, 0, ARRAY_SIZE(bad_units));
	tcase_add_loop_test(t, reads_values, 0, ARRAY_SIZE(values));
	tcase_add_loop_test(t, refuses_values, 0, ARRAY_SIZE(bad_values));
	tcase_add_loop_test(t, takes_annotations, 0, ARRAY_SIZE(annotations));
	tcase_add_loop_test(t, says_limits, 0, ARRAY_SIZE(limits));
	tcase_add_loop_test(t, says_devices, 0, ARRAY_SIZE(devices));
	suite_add_tcase(s, t);
	return run_suite(s);
}
