/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Events of containers whose init is a child of ours and whose cgroup is a plain directory: no root is needed. Each step
 * leaves the trace that a command or the kernel leaves, then asks for the next lines.
 */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/sys.h"
#include "cgroup/cgroup_internal.h"
#include "container/handle.h"
#include "store/store.h"
#include "tests/lib/fake_init.h"
#include "tests/lib/suite.h"

static char top[64], roots[96];
static struct runtime rt;
static struct error e;
static struct container_events *events;
static struct str out;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

static void set_up(void)
{
	e = (struct error)ERROR_INIT;
	snprintf(top, sizeof(top), "/tmp/orlop-events-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(roots, sizeof(roots), "%s/root", top);
	rt = (struct runtime){ .root = roots, .root_given = true, .rootless = -1 };
}

static void tear_down(void)
{
	container_events_free(events);
	events = NULL;
	str_done(&out);
	(void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *path_of(const char *path)
{
	static char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", top, path);
	return full;
}

static void put(const char *path, const char *text)
{
	char folder[PATH_MAX];
	const char *full = path_of(path);

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(full, '/') - full), full);
	ck_assert_int_eq(mkdir_parents(folder, 0755), 0);
	ck_assert_int_eq(file_replace_at(AT_FDCWD, full, text, strlen(text), 0600), 0);
}

static void drop(const char *path)
{
	ck_assert_int_eq(nftw(path_of(path), remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- containers ---- */

#define V2 "{\"kind\":\"v2\",\"driver\":\"v2\",\"trees\":{\"\":[\"%s/cg\",\"/c\"]}}"
#define V1 \
	"{\"kind\":\"v1\",\"driver\":\"v1\",\"trees\":{\"cpu\":[\"%s/cg\",\"/cpu\"],\"blkio,memory\":[\"%s/cg\",\"/c\"]}}"

static struct cgroup *cgroup_from(struct arena *a, const char *format)
{
	char *text = arena_printf(a, format, top, top);
	struct cgroup *cg = NULL;
	struct json *saved;

	ck_assert_int_eq(json_parse(a, text, strlen(text), "saved", &saved, &e), 0);
	ck_assert_msg(cgroup_load(saved, &cg, &e) == 0, "%s", e.msg);
	return cg;
}

/* What `create` leaves. The last file is the state, which makes it a container. */
static void create(const char *id, const struct fake *f, const char *saved, const char *restored)
{
	auto_(arena_free) struct arena *a = arena_new();
	auto_(cgroup_free) struct cgroup *cg = cgroup_from(a, saved);
	auto_(close_fd) int root = store_open_root(&rt, true, &e);
	auto_(close_fd) int dir = store_reserve(root, id, &e);
	struct state s = {
		.id = id,
		.oci_version = "1.0.0",
		.bundle = "/the/bundle",
		.rootfs = "/the/bundle/rootfs",
		.created = "2026-01-02T03:04:05.678901234Z",
		.restored = restored,
		.own_pid_namespace = true,
		.has_process = true,
	};

	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(file_replace_at(dir, START_SOCKET, "", 0, 0600), 0);
	ck_assert_int_eq(file_replace_at(dir, "config.json", "{}", 2, 0600), 0);
	ck_assert_int_eq(identity_of(f->pid, f->pidfd, &s.init, &e), 0);
	ck_assert_int_eq(state_write(dir, &s, cg, &e), 0);
}

static void make_v2(void)
{
	put("cg/c/cgroup.events", "populated 1\nfrozen 0\n");
	put("cg/c/memory.events", "oom 0\noom_kill 0\n");
}

/* ---- lines ---- */

static void follow(void)
{
	ck_assert_msg(container_events_open(&rt, &events, &out, &e) == 0, "%s", e.msg);
}

/* The next lines, as "TYPE TYPE "; their text stays in `out`. */
static const char *next(void)
{
	static char types[256];
	int r;

	str_done(&out);
	out = (struct str)STR_INIT;
	r = container_events_next(events, &out, &e);
	ck_assert_msg(r >= 0, "%s", e.msg);
	types[0] = 0;
	for (const char *at = str_text(&out); (at = strstr(at, "{\"type\":\""));) {
		size_t n = strlen(types);

		at += strlen("{\"type\":\"");
		snprintf(types + n, sizeof(types) - n, "%.*s ", (int)strcspn(at, "\""), at);
	}
	return types;
}

static bool says(const char *text)
{
	return strstr(str_text(&out), text);
}

START_TEST(a_life)
{
	struct fake f = init_new();
	char pid[32];

	follow();
	ck_assert(says("\"type\":\"ready\"") && !says("\"id\""));
	make_v2();
	create("c1", &f, V2, NULL);
	ck_assert_str_eq(next(), "create ");
	snprintf(pid, sizeof(pid), "\"pid\":%d", (int)f.pid);
	ck_assert(says(pid) && says("\"bundle\":\"/the/bundle\"") && says("\"id\":\"c1\""));
	drop("root/c1/" START_SOCKET);
	ck_assert_str_eq(next(), "start ");
	/* The kernel's word for a freeze is POLLPRI, which no plain file has: any change in the folder makes us look as well. */
	put("cg/c/cgroup.events", "populated 1\nfrozen 1\n");
	init_end(&f);
	ck_assert_str_eq(next(), "exit ");
	ck_assert(says("\"exitSignal\":9") && !says("\"pid\""));
	init_reap(&f);
	drop("root/c1");
	ck_assert_str_eq(next(), "delete ");
}
END_TEST

/* Written in place: the descriptor that is watched stays that of the file. */
static void write_over(const char *path, const char *text)
{
	int fd = open(path_of(path), O_WRONLY | O_TRUNC | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close_fd(fd);
}

START_TEST(pause_and_resume)
{
	struct fake f = init_new();

	make_v2();
	create("c1", &f, V2, NULL);
	drop("root/c1/" START_SOCKET);
	follow();
	ck_assert(says("\"type\":\"state\"") && says("\"status\":\"running\""));
	write_over("cg/c/cgroup.events", "populated 1\nfrozen 1\n");
	put("root/c1/touched", "");
	ck_assert_str_eq(next(), "pause ");
	write_over("cg/c/cgroup.events", "populated 1\nfrozen 0\n");
	put("root/c1/touched", "");
	ck_assert_str_eq(next(), "resume ");
	init_end(&f);
	ck_assert_str_eq(next(), "exit ");
	init_reap(&f);
}
END_TEST

START_TEST(begins_with_what_is_there)
{
	struct fake created = init_new(), paused = init_new(), stopped = init_new();

	make_v2();
	create("c1", &created, V2, NULL);
	create("c3", &stopped, V2, NULL);
	init_end(&stopped);
	init_reap(&stopped);
	follow();
	ck_assert(says("\"status\":\"created\"") && says("\"status\":\"stopped\"") &&
		  says("\"type\":\"ready\""));
	ck_assert(!says("\"type\":\"create\"") && !says("\"type\":\"exit\""));
	container_events_free(events);
	str_done(&out);
	out = (struct str)STR_INIT;
	drop("root/c1");
	drop("root/c3");
	write_over("cg/c/cgroup.events", "populated 1\nfrozen 1\n");
	create("c2", &paused, V2, NULL);
	follow();
	ck_assert(says("\"status\":\"paused\""));
	init_end(&created);
	init_reap(&created);
	init_end(&paused);
	init_reap(&paused);
}
END_TEST

START_TEST(want_of_memory_comes_before_the_exit)
{
	struct fake f = init_new();

	make_v2();
	follow();
	create("c1", &f, V2, NULL);
	ck_assert_str_eq(next(), "create ");
	drop("root/c1/" START_SOCKET);
	ck_assert_str_eq(next(), "start ");
	write_over("cg/c/memory.events", "oom 1\noom_kill 1\n");
	init_end(&f);
	ck_assert_str_eq(next(), "oom exit ");
	init_reap(&f);
}
END_TEST

START_TEST(a_restore_and_a_checkpoint)
{
	struct fake f = init_new();

	make_v2();
	follow();
	create("c1", &f, V2, "2026-01-02T03:04:06.000000000Z");
	ck_assert_str_eq(next(), "restore ");
	put("root/c1/checkpoint.json",
	    "{\"success\":false,\"operation\":\"dump\",\"path\":\"/i\",\"error\":\"no\"}");
	ck_assert_str_eq(next(), "checkpoint ");
	ck_assert(
		says("\"success\":false,\"operation\":\"dump\",\"path\":\"/i\",\"error\":\"no\""));
	/* What is no record is no event: the next line is that of the start. */
	put("root/c1/checkpoint.json", "[]");
	drop("root/c1/" START_SOCKET);
	ck_assert_str_eq(next(), "start ");
	init_end(&f);
	ck_assert_str_eq(next(), "exit ");
	init_reap(&f);
}
END_TEST

/* The whole life lies between two looks; the order is as it was. */
START_TEST(an_exit_that_came_before_the_look)
{
	struct fake f = init_new();

	make_v2();
	follow();
	create("c1", &f, V2, NULL);
	init_end(&f);
	init_reap(&f);
	ck_assert_str_eq(next(), "create ");
	drop("root/c1/" START_SOCKET);
	ck_assert_str_eq(next(), "start exit ");
	drop("root/c1");
	ck_assert_str_eq(next(), "delete ");
	/* One that never started: its exit is told when its config goes. */
	f = init_new();
	create("c2", &f, V2, NULL);
	init_end(&f);
	init_reap(&f);
	ck_assert_str_eq(next(), "create ");
	drop("root/c2");
	ck_assert_str_eq(next(), "exit delete ");
}
END_TEST

START_TEST(what_came_and_went_was_missed)
{
	struct fake f = init_new();

	make_v2();
	follow();
	create("c1", &f, V2, NULL);
	drop("root/c1");
	ck_assert_str_eq(next(), "missed ");
	/* A create that was given up: a folder without a state. */
	put("root/c2/config.json", "{}");
	put("root/no id/x", "");
	create("c3", &f, V2, NULL);
	ck_assert_str_eq(next(), "create ");
	drop("root/c2");
	drop("root/no id");
	ck_assert_str_eq(next(), "missed ");
	ck_assert(says("\"id\":\"c2\""));
	init_end(&f);
	init_reap(&f);
}
END_TEST

START_TEST(a_root_that_goes_is_the_end)
{
	follow();
	drop("root");
	str_done(&out);
	out = (struct str)STR_INIT;
	ck_assert_int_eq(container_events_next(events, &out, &e), 0);
	ck_assert_uint_eq(out.n, 0);
}
END_TEST

static uint64_t queue_length(void)
{
	auto_str text = STR_INIT;
	uint64_t n;

	ck_assert_int_eq(
		file_read_at(AT_FDCWD, "/proc/sys/fs/inotify/max_queued_events", 64, &text), 0);
	ck_assert_int_eq(parse_u64n(str_text(&text), strcspn(str_text(&text), "\n"), 10, &n), 0);
	return n;
}

/* More than the kernel's queue holds: what it dropped is found by looking at all folders. */
START_TEST(an_overflow_loses_nothing)
{
	struct fake old = init_new(), new = init_new();
	uint64_t n = queue_length();

	if (n > 100000)
		return; /* a minute of folders */
	make_v2();
	create("old", &old, V2, NULL);
	create("going", &old, V2, NULL);
	follow();
	for (uint64_t i = 0; i <= n / 2 + 1; i++) {
		ck_assert_int_eq(mkdir(path_of("root/no id"), 0700), 0);
		ck_assert_int_eq(rmdir(path_of("root/no id")), 0);
	}
	create("new", &new, V2, NULL);
	drop("root/old/" START_SOCKET);
	drop("root/going");
	ck_assert_uint_eq(strlen(next()), strlen("create delete start ")); /* in the order of the folders */
	ck_assert(says("{\"type\":\"create\",\"id\":\"new\"") &&
		  says("{\"type\":\"delete\",\"id\":\"going\"") &&
		  says("{\"type\":\"start\",\"id\":\"old\""));
	init_end(&old);
	init_reap(&old);
	init_end(&new);
	init_reap(&new);
}
END_TEST

/* ---- want of memory of one ---- */

static struct container *container_of(struct cgroup *cg)
{
	struct container *c = container_new();

	ck_assert_ptr_nonnull(c);
	c->cgroup = cg;
	return c;
}

START_TEST(oom_of_v2_is_a_kill_that_is_new)
{
	auto_(arena_free) struct arena *a = arena_new();
	auto_(container_free) struct container *c = container_of(cgroup_from(a, V2));
	struct container_oom oom = CONTAINER_OOM_INIT;

	put("cg/c/memory.events", "oom 5\noom_kill 5\n");
	ck_assert_int_eq(container_oom_open(c, &oom, &e), 0);
	ck_assert_int_eq(oom.events, POLLPRI);
	ck_assert(!container_oom_read(c, &oom));
	write_over("cg/c/memory.events", "max 7\noom 5\noom_kill 5\n");
	ck_assert(!container_oom_read(c, &oom));
	write_over("cg/c/memory.events", "max 7\noom 6\noom_kill 6\n");
	ck_assert(container_oom_read(c, &oom));
	ck_assert(!container_oom_read(c, &oom));
	close_fd(oom.fd);
	/* No controller. */
	drop("cg/c/memory.events");
	ck_assert_int_eq(container_oom_open(c, &oom, &e), -ENOTSUP);
	ck_assert_str_eq(e.msg, "");
}
END_TEST

START_TEST(oom_of_v1_is_the_eventfd)
{
	auto_(arena_free) struct arena *a = arena_new();
	auto_(container_free) struct container *c = container_of(cgroup_from(a, V1));
	struct container_oom oom = CONTAINER_OOM_INIT;
	auto_str text = STR_INIT;
	char want[16];

	ck_assert_int_eq(container_oom_open(c, &oom, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.msg, "watch memory of cgroup '"));
	put("cg/c/cgroup.event_control", "");
	e = (struct error)ERROR_INIT;
	ck_assert_int_eq(container_oom_open(c, &oom, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.msg, "watch memory of cgroup '"));
	put("cg/c/memory.oom_control", "oom_kill_disable 0\n");
	ck_assert_msg(container_oom_open(c, &oom, &e) == 0, "%s", e.msg);
	ck_assert_int_eq(oom.events, POLLIN);
	/* The kernel is told of this eventfd. */
	ck_assert_int_eq(file_read_at(AT_FDCWD, path_of("cg/c/cgroup.event_control"), 64, &text),
			 0);
	snprintf(want, sizeof(want), "%d ", oom.fd);
	ck_assert_int_eq(strncmp(str_text(&text), want, strlen(want)), 0);
	ck_assert(!container_oom_read(c, &oom));
	ck_assert_int_eq(eventfd_write(oom.fd, 1), 0);
	ck_assert(container_oom_read(c, &oom));
	ck_assert(!container_oom_read(c, &oom));
	/* The removal of the cgroup is announced by it too, and is no want of memory. */
	drop("cg/c");
	ck_assert_int_eq(eventfd_write(oom.fd, 1), 0);
	ck_assert(!container_oom_read(c, &oom));
	close_fd(oom.fd);
}
END_TEST

START_TEST(oom_without_a_cgroup_that_tells)
{
	static const char no_memory[] =
		"{\"kind\":\"v1\",\"driver\":\"v1\",\"trees\":{\"memoryless\":[\"%s/cg\",\"/c\"]}}";
	auto_(arena_free) struct arena *a = arena_new();
	auto_(container_free) struct container *none = container_of(NULL),
					       *c = container_of(cgroup_from(a, no_memory));
	struct container_oom oom = CONTAINER_OOM_INIT;

	ck_assert_int_eq(container_oom_open(none, &oom, &e), -ENOTSUP);
	ck_assert_int_eq(container_oom_open(c, &oom, &e), -ENOTSUP);
	ck_assert_str_eq(e.msg, "");
	ck_assert_int_eq(oom.fd, -EBADF);
	/* Whoever reads what was never opened, or of a container without a cgroup, learns nothing. */
	oom.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert(!container_oom_read(none, &oom));
	ck_assert_int_eq(eventfd_write(oom.fd, 1), 0);
	ck_assert(container_oom_read(c, &oom));
	close_fd(oom.fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("events");
	TCase *t = tcase_create("events");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_life);
	tcase_add_test(t, pause_and_resume);
	tcase_add_test(t, begins_with_what_is_there);
	tcase_add_test(t, want_of_memory_comes_before_the_exit);
	tcase_add_test(t, a_restore_and_a_checkpoint);
	tcase_add_test(t, an_exit_that_came_before_the_look);
	tcase_add_test(t, what_came_and_went_was_missed);
	tcase_add_test(t, a_root_that_goes_is_the_end);
	tcase_add_test(t, an_overflow_loses_nothing);
	tcase_add_test(t, oom_of_v2_is_a_kill_that_is_new);
	tcase_add_test(t, oom_of_v1_is_the_eventfd);
	tcase_add_test(t, oom_without_a_cgroup_that_tells);
	suite_add_tcase(s, t);
	return run_suite(s);
}
