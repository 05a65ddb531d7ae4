/* SPDX-License-Identifier: Apache-2.0 */
#include "host/resctrl.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "tests/lib/suite.h"

/*
 * A directory stands for the resctrl filesystem (spec L22): a made group gets the files the kernel would
 * make, with the schemata that a new group has.
 */
static char place[] = "/tmp/orlop-resctrl-XXXXXX";
static struct resctrl fs = RESCTRL_INIT;
static bool full; /* no class of service is left: what is made has no files */

static void put(const char *path, const char *text)
{
	int fd = openat(fs.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void fill(int dir, const char *group)
{
	char path[256];

	(void)dir;
	if (full)
		return;
	snprintf(path, sizeof(path), "%s/schemata", group);
	put(path, "");
	snprintf(path, sizeof(path), "%s/tasks", group);
	put(path, "");
	snprintf(path, sizeof(path), "%s/mon_groups", group);
	(void)mkdirat(fs.fd, path, 0755);
}

static void begin(void)
{
	memcpy(place, "/tmp/orlop-resctrl-XXXXXX", sizeof(place));
	ck_assert_ptr_nonnull(mkdtemp(place));
	fs = (struct resctrl){ .fd = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC),
			       .on_mkdir = fill };
	full = false;
	fill(fs.fd, ".");
	ck_assert_int_eq(mkdirat(fs.fd, "info", 0755), 0);
	put("info/last_cmd_status", "ok\n");
	put("schemata", "    L3:0=0007ff;1=0007ff\n    MB:0= 100;1= 100\n");
}

/* The files of a group are the kernel's: they are no obstacle to rmdir(2). */
static void empty(const char *group)
{
	static const char *const files[] = { "schemata", "tasks", "mon_groups" };
	char path[256];

	foreach_array(file, files) {
		snprintf(path, sizeof(path), "%s/%s", group, *file);
		(void)unlinkat(fs.fd, path, streq(*file, "mon_groups") ? AT_REMOVEDIR : 0);
	}
}

static void end(void)
{
	char command[64];

	resctrl_close(&fs);
	ck_assert_int_gt(snprintf(command, sizeof(command), "rm -rf %s", place), 0);
	if (fork() == 0)
		_exit(execl("/bin/sh", "sh", "-c", command, NULL));
	(void)wait(NULL);
}

static bool there(const char *path)
{
	return faccessat(fs.fd, path, F_OK, 0) == 0;
}

static void holds(const char *path, const char *text)
{
	auto_str found = STR_INIT;

	ck_assert_int_eq(file_read_at(fs.fd, path, 4096, &found), 0);
	ck_assert_str_eq(str_text(&found), text);
}

static int create(const struct spec_intel_rdt *r, struct resctrl_made *made, struct error *err)
{
	*made = (struct resctrl_made){ 0 };
	return resctrl_create(&fs, r, "c1", 4711, made, err);
}

static void refuses(const struct spec_intel_rdt *r, int num, const char *text)
{
	struct resctrl_made made;
	struct error e = ERROR_INIT;

	ck_assert_int_eq(create(r, &made, &e), -num);
	ck_assert_msg(strstr(e.msg, text), "'%s' is not in '%s'", text, e.msg);
}

/* L22 */
START_TEST(no_clos_id_makes_a_group_of_the_containers_id)
{
	const struct spec_intel_rdt r = { 0 };
	struct resctrl_made made;
	struct resctrl_paths p;

	ck_assert_int_eq(create(&r, &made, NULL), 0);
	ck_assert(made.group && !made.monitor);
	holds("c1/tasks", "4711");
	holds("c1/schemata", "");
	resctrl_paths(&r, "c1", &p);
	ck_assert_str_eq(p.group, "c1");
	ck_assert_str_eq(p.monitor, "");
	empty("c1");
	ck_assert_int_eq(resctrl_remove(&fs, p.group, p.monitor, NULL), 0);
	ck_assert(!there("c1"));
	/* A delete that is repeated. */
	ck_assert_int_eq(resctrl_remove(&fs, p.group, p.monitor, NULL), 0);
}
END_TEST

/* L22 */
START_TEST(an_existing_group_is_not_taken_over_without_clos_id)
{
	const struct spec_intel_rdt r = { 0 };

	ck_assert_int_eq(mkdirat(fs.fd, "c1", 0755), 0);
	fill(fs.fd, "c1");
	refuses(&r, EEXIST, "exists already");
	ck_assert(there("c1"));
	holds("c1/tasks", "");
}
END_TEST

/* L22 */
START_TEST(lines_are_written_in_the_order_of_the_spec)
{
	const char *lines[] = { "L2:0=f", "MB:0=70" };
	const struct spec_intel_rdt r = {
		.schemata = { lines, 2 },
		.l3_cache_schema = "L3:0=7f0",
		.mem_bw_schema = "MB:0=20",
	};
	struct resctrl_made made;

	ck_assert_int_eq(create(&r, &made, NULL), 0);
	holds("c1/schemata", "L3:0=7f0\nMB:0=20\nL2:0=f\nMB:0=70\n");
}
END_TEST

/* L22 */
START_TEST(a_clos_id_without_schema_must_exist)
{
	const struct spec_intel_rdt r = { .clos_id = "gold" };
	struct resctrl_made made;

	refuses(&r, ENOENT, "does not exist");
	ck_assert(!there("gold"));
	ck_assert_int_eq(mkdirat(fs.fd, "gold", 0755), 0);
	fill(fs.fd, "gold");
	ck_assert_int_eq(create(&r, &made, NULL), 0);
	ck_assert(!made.group);
	holds("gold/tasks", "4711");
	holds("gold/schemata", "");
}
END_TEST

/* L22 */
START_TEST(a_clos_id_with_schema_is_made_when_absent)
{
	const struct spec_intel_rdt r = { .clos_id = "gold", .l3_cache_schema = "L3:0=f" };
	struct resctrl_made made;

	ck_assert_int_eq(create(&r, &made, NULL), 0);
	ck_assert(made.group);
	holds("gold/schemata", "L3:0=f\n");
	holds("gold/tasks", "4711");
}
END_TEST

static const struct {
	const char *line;
	bool same;
} compared[] = {
	{ "L3:0=7ff;1=7ff", true },
	{ "L3:0=7FF", true },
	{ "L3:1=00007ff", true },
	{ "L3:1=7ff;0=7ff", true },
	{ "MB:0=100;1=100", true },
	{ "MB:1=100;", true },
	{ "MB:0=10", false },
	{ "L3:0=7f", false },
	{ "L3:0=7fff", false },
	{ "L3:2=7ff", false },
	{ "L3:0=7ff;1=7fe", false },
	{ "L2:0=7ff", false },
	{ "L3", false },
	{ "L3:x=7ff", false },
	{ "L3:0", false },
};

/* L22 */
START_TEST(an_existing_clos_id_is_compared)
{
	const struct spec_intel_rdt root = { .clos_id = "/", .l3_cache_schema = compared[_i].line };
	const char *lines[] = { compared[_i].line };
	const struct spec_intel_rdt gold = { .clos_id = "gold", .schemata = { lines, 1 } };
	const char *const before = "    L3:0=0007ff;1=0007ff\n    MB:0= 100;1= 100\n";
	struct resctrl_made made;

	ck_assert_int_eq(mkdirat(fs.fd, "gold", 0755), 0);
	fill(fs.fd, "gold");
	put("gold/schemata", before);
	if (compared[_i].same) {
		ck_assert_int_eq(create(&root, &made, NULL), 0);
		ck_assert_int_eq(create(&gold, &made, NULL), 0);
		ck_assert(!made.group);
	} else {
		refuses(&root, EEXIST, "its schemata are not");
		refuses(&gold, EEXIST, "its schemata are not");
		holds("gold/tasks", "");
	}
	holds("gold/schemata", before);
	holds("schemata", before);
}
END_TEST

/* L22 */
START_TEST(slash_is_the_root_group)
{
	const struct spec_intel_rdt r = { .clos_id = "/", .enable_monitoring = true };
	struct resctrl_made made;

	ck_assert_int_eq(create(&r, &made, NULL), 0);
	ck_assert(!made.group && made.monitor);
	holds("tasks", "4711");
	holds("mon_groups/c1/tasks", "4711");
}
END_TEST

/* L22 */
START_TEST(monitoring_has_a_group_of_its_own_and_that_is_removed)
{
	const struct spec_intel_rdt r = {
		.clos_id = "gold",
		.l3_cache_schema = "L3:0=f",
		.enable_monitoring = true,
	};
	struct resctrl_made made;
	struct resctrl_paths p;

	ck_assert_int_eq(create(&r, &made, NULL), 0);
	ck_assert(made.monitor);
	holds("gold/tasks", "4711");
	holds("gold/mon_groups/c1/tasks", "4711");
	ck_assert_int_eq(resctrl_join(&fs, &r, "c1", 12, NULL), 0);
	holds("gold/mon_groups/c1/tasks", "1211");
	resctrl_paths(&r, "c1", &p);
	empty("gold/mon_groups/c1");
	ck_assert_int_eq(resctrl_remove(&fs, NULL, p.monitor, NULL), 0);
	ck_assert(!there("gold/mon_groups/c1"));
	ck_assert(there("gold"));
}
END_TEST

/* L22 */
START_TEST(a_monitoring_group_that_cannot_be_made_is_an_error)
{
	const struct spec_intel_rdt r = { .clos_id = "/", .enable_monitoring = true };

	ck_assert_int_eq(mkdirat(fs.fd, "mon_groups/c1", 0755), 0);
	refuses(&r, EEXIST, "exists already");
	ck_assert_int_eq(unlinkat(fs.fd, "mon_groups/c1", AT_REMOVEDIR), 0);
	ck_assert_int_eq(unlinkat(fs.fd, "mon_groups", AT_REMOVEDIR), 0);
	put("info/last_cmd_status", "Monitoring is not supported\n");
	refuses(&r, ENOENT, "Monitoring is not supported");
	holds("tasks", "");
}
END_TEST

/* L22 */
START_TEST(a_failure_leaves_no_group)
{
	const struct spec_intel_rdt r = { .l3_cache_schema = "L3:0=f" };

	full = true;
	refuses(&r, ENOENT, "open 'schemata'");
	ck_assert(!there("c1"));
}
END_TEST

START_TEST(undo_spares_a_shared_group_in_use)
{
	const struct spec_intel_rdt r = { .clos_id = "gold", .l3_cache_schema = "L3:0=f" };
	struct resctrl_made made;

	ck_assert_int_eq(create(&r, &made, NULL), 0);
	resctrl_undo(&fs, &r, "c1", &made);
	ck_assert(there("gold"));
}
END_TEST

START_TEST(sweep_takes_what_has_no_process)
{
	const struct spec_intel_rdt r = { .enable_monitoring = true };
	struct resctrl_made made;

	ck_assert_int_eq(create(&r, &made, NULL), 0);
	resctrl_sweep(&fs, &r, "c1");
	ck_assert(there("c1/mon_groups/c1"));
	empty("c1/mon_groups/c1");
	put("c1/mon_groups/c1/tasks", "");
	/* The kernel's rmdir takes a group with its files: here both stay, and nothing breaks. */
	resctrl_sweep(&fs, &r, "c1");
	ck_assert(there("c1/tasks"));
	empty("c1/mon_groups/c1");
	ck_assert_int_eq(resctrl_remove(&fs, NULL, "c1/mon_groups/c1", NULL), 0);
	resctrl_sweep(&fs, &r, "c1");
	ck_assert(there("c1"));
}
END_TEST

/* L22 */
START_TEST(a_plain_directory_is_no_resctrl)
{
	struct resctrl found = RESCTRL_INIT;
	struct error e = ERROR_INIT;

	if (resctrl_open(&found, &e) == 0) {
		resctrl_close(&found);
		return;
	}
	ck_assert_int_eq(e.num, ENODEV);
	ck_assert_ptr_nonnull(strstr(e.msg, "mount -t resctrl"));
}
END_TEST

START_TEST(update_writes_what_is_named_to_the_containers_group)
{
	const struct spec_intel_rdt own = { .l3_cache_schema = "L3:0=1" }, shared = { .clos_id = "gold" };
	struct resctrl_made made;
	struct error e = ERROR_INIT;

	ck_assert_int_eq(create(&own, &made, &e), 0);
	put("c1/schemata", "");
	ck_assert_int_eq(resctrl_update(&fs, &own, "c1", NULL, "MB:0=50", &e), 0);
	holds("c1/schemata", "MB:0=50\n");
	ck_assert_int_eq(resctrl_update(&fs, &own, "c1", "L3:0=f", "MB:0=70", &e), 0);
	ck_assert_int_eq(resctrl_update(&fs, &shared, "c1", "L3:0=f", NULL, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.msg, "gold"));
	empty("c1");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("resctrl");
	TCase *t = tcase_create("groups");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, no_clos_id_makes_a_group_of_the_containers_id);
	tcase_add_test(t, an_existing_group_is_not_taken_over_without_clos_id);
	tcase_add_test(t, lines_are_written_in_the_order_of_the_spec);
	tcase_add_test(t, a_clos_id_without_schema_must_exist);
	tcase_add_test(t, a_clos_id_with_schema_is_made_when_absent);
	tcase_add_loop_test(t, an_existing_clos_id_is_compared, 0, ARRAY_SIZE(compared));
	tcase_add_test(t, slash_is_the_root_group);
	tcase_add_test(t, monitoring_has_a_group_of_its_own_and_that_is_removed);
	tcase_add_test(t, a_monitoring_group_that_cannot_be_made_is_an_error);
	tcase_add_test(t, a_failure_leaves_no_group);
	tcase_add_test(t, undo_spares_a_shared_group_in_use);
	tcase_add_test(t, sweep_takes_what_has_no_process);
	tcase_add_test(t, a_plain_directory_is_no_resctrl);
	tcase_add_test(t, update_writes_what_is_named_to_the_containers_group);
	suite_add_tcase(s, t);
	return run_suite(s);
}
