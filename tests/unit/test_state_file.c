/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "container/handle.h"
#include "store/state_file.h"

static char top[64];
static int dir = -EBADF;

static void set_up(void)
{
	snprintf(top, sizeof(top), "/tmp/test_state.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir, 0);
}

static void tear_down(void)
{
	(void)unlinkat(dir, "state.json", 0);
	close_fd(dir);
	ck_assert_int_eq(rmdir(top), 0);
}

static struct spec_pair pairs[] = {
	{ .key = "org.example.b", .value = "quotes \" and \\ and\nlines" },
	{ .key = "org.example.a", .value = "" },
};

static const struct state sample = {
	.id = "c1",
	.oci_version = "1.2.0",
	.bundle = "/b \303\251",
	.rootfs = "/b/rootfs",
	.created = "2026-01-02T03:04:05.678901234Z",
	.init = { .pid = 4711, .start_time = 12345678901234, .handle = UINT64_MAX },
	.annotations = { pairs, ARRAY_SIZE(pairs) },
	.owner = 4294967294,
	.own_pid_namespace = true,
	.has_process = true,
	.keyring = "_ses.c1.0123",
	.resctrl_group = "c1",
};

START_TEST(what_is_written_is_read)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct error e = ERROR_INIT;
	struct state s;
	struct stat st;

	ck_assert_int_eq(state_read(dir, "c1", a, &s, &e), -ENOENT);
	ck_assert_str_eq(e.msg, "");
	ck_assert_int_eq(state_write(dir, &sample, NULL, &e), 0);
	/* Over the old one. */
	ck_assert_int_eq(state_write(dir, &sample, NULL, &e), 0);
	ck_assert_int_eq(fstatat(dir, "state.json", &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(state_read(dir, "c1", a, &s, &e), 0);
	ck_assert_str_eq(s.id, sample.id);
	ck_assert_str_eq(s.oci_version, sample.oci_version);
	ck_assert_str_eq(s.bundle, sample.bundle);
	ck_assert_str_eq(s.rootfs, sample.rootfs);
	ck_assert_str_eq(s.created, sample.created);
	ck_assert_int_eq(s.init.pid, 4711);
	ck_assert_uint_eq(s.init.start_time, 12345678901234);
	ck_assert_uint_eq(s.init.handle, UINT64_MAX);
	ck_assert_uint_eq(s.owner, 4294967294);
	ck_assert_str_eq(s.keyring, sample.keyring);
	ck_assert(s.own_pid_namespace && s.has_process && !s.rootless && !s.no_poststop);
	ck_assert_uint_eq(s.annotations.n, 2);
	ck_assert_str_eq(s.annotations.v[0].key, pairs[0].key);
	ck_assert_str_eq(s.annotations.v[0].value, pairs[0].value);
	ck_assert_str_eq(s.annotations.v[1].value, "");
	ck_assert_str_eq(s.resctrl_group, "c1");
	ck_assert_ptr_null(s.resctrl_monitor);
	ck_assert_ptr_null(s.cgroup);
}
END_TEST

#define HEAD "{\"version\":2,\"id\":\"a\",\"ociVersion\":\"1.0.0\",\"bundle\":\"/b\",\"rootfs\":\"/r\",\"created\":\"c\","
#define FLAGS "\"ownPidNamespace\":true,\"hasProcess\":true,\"rootless\":false,\"noPoststop\":false,"
#define INIT "\"init\":{\"pid\":1,\"startTime\":2,\"handle\":3},"
#define TAIL "\"annotations\":{}}"

static const struct {
	const char *text, *says;
} refused[] = {
	{ "", "" },
	{ "{", "" },
	{ "[]", "no object" },
	{ "{}", "'version'" },
	{ "{\"version\":1}", "has version 1" },
	{ "{\"version\":\"1\"}", "'version'" },
	{ "{\"version\":2}", "'init'" },
	{ HEAD FLAGS INIT TAIL, "'owner'" },
	{ HEAD FLAGS INIT "\"owner\":-1," TAIL, "'owner'" },
	{ HEAD FLAGS INIT "\"owner\":4294967296," TAIL, "'owner'" },
	{ HEAD FLAGS INIT "\"owner\":0,\"annotations\":[]}", "'annotations'" },
	{ HEAD FLAGS INIT "\"owner\":0,\"annotations\":{\"k\":1}}", "'annotations'" },
	{ HEAD FLAGS INIT "\"owner\":0,\"cgroup\":7," TAIL, "'cgroup'" },
	{ HEAD INIT "\"owner\":0," TAIL, "'ownPidNamespace'" },
	{ HEAD FLAGS INIT "\"owner\":0,\"resctrlGroup\":1," TAIL, "'resctrlGroup'" },
	{ HEAD FLAGS "\"init\":[],\"owner\":0," TAIL, "'init'" },
	{ HEAD FLAGS "\"init\":{\"pid\":-4,\"startTime\":2,\"handle\":3},\"owner\":0," TAIL, "'pid'" },
	{ HEAD FLAGS "\"init\":{\"pid\":2147483648,\"startTime\":2,\"handle\":3},\"owner\":0," TAIL, "'pid'" },
	{ HEAD FLAGS "\"init\":{\"pid\":4.5,\"startTime\":2,\"handle\":3},\"owner\":0," TAIL, "'pid'" },
	{ HEAD FLAGS "\"init\":{\"pid\":4,\"startTime\":18446744073709551616,\"handle\":3},\"owner\":0," TAIL,
	  "'startTime'" },
};

START_TEST(refuses)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct error e = ERROR_INIT;
	struct state s;

	ck_assert_int_lt(state_parse(a, refused[_i].text, strlen(refused[_i].text), &s, &e), 0);
	ck_assert_msg(strstr(e.msg, refused[_i].says) != NULL, "%s", e.msg);
	ck_assert_str_ne(e.msg, "");
}
END_TEST

/* A root that is no tmpfs survives a boot; the pids in it mean nothing then. */
START_TEST(an_earlier_boot_has_no_processes)
{
	static const char text[] = HEAD FLAGS INIT "\"owner\":0,\"boot\":\"00000000-1111-2222-3333-444444444444\"," TAIL;
	static const char now[] = HEAD FLAGS INIT "\"owner\":0," TAIL;
	auto_(arena_free) struct arena *a = arena_new();
	struct error e = ERROR_INIT;
	struct state s;

	ck_assert_int_eq(state_parse(a, now, strlen(now), &s, &e), 0);
	ck_assert_int_eq(s.init.pid, 1);
	ck_assert_int_eq(state_parse(a, text, strlen(text), &s, &e), 0);
	ck_assert_int_eq(s.init.pid, 0);
}
END_TEST

/* B2 H2 */
START_TEST(oci_state_for_hooks)
{
	struct state s = sample;
	auto_str out = STR_INIT;

	ck_assert_int_eq(container_oci_state(&s, STATUS_CREATING, 42, &out), 0);
	ck_assert_str_eq(str_text(&out),
			 "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"creating\",\"pid\":42,"
			 "\"bundle\":\"/b \303\251\",\"annotations\":{\"org.example.b\":"
			 "\"quotes \\\" and \\\\ and\\nlines\",\"org.example.a\":\"\"}}");
	str_done(&out);
	s.annotations.n = 0;
	ck_assert_int_eq(container_oci_state(&s, STATUS_STOPPED, 0, &out), 0);
	ck_assert_str_eq(str_text(&out), "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"stopped\","
					 "\"bundle\":\"/b \303\251\"}");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("state_file");
	TCase *t = tcase_create("state_file");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, what_is_written_is_read);
	tcase_add_loop_test(t, refuses, 0, ARRAY_SIZE(refused));
	tcase_add_test(t, an_earlier_boot_has_no_processes);
	tcase_add_test(t, oci_state_for_hooks);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
