/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs on a container that exists, with a child of ours as init and no cgroup: no root is needed. */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"
#include "container/handle.h"
#include "store/store.h"
#include "tests/lib/fake_init.h"

static char top[64];
static struct runtime rt;
static struct str logged;
static struct error e;

static void on_log(enum log_level level, const char *message)
{
	(void)level;
	str_printf(&logged, "%s\n", message);
}

static void set_up(void)
{
	snprintf(top, sizeof(top), "/tmp/test_container.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	rt = (struct runtime){ .root = top, .root_given = true, .rootless = -1 };
	log_to(on_log, LOG_WARN);
	e = (struct error)ERROR_INIT;
}

static void tear_down(void)
{
	str_done(&logged);
	ck_assert_int_eq(rmdir(top), 0);
}

static void put(int dir, const char *name, const char *text)
{
	ck_assert_int_eq(file_replace_at(dir, name, text, strlen(text), 0600), 0);
}

/* As init does it: somebody listens. The descriptor stays open until the test's process ends. */
static void listen_at(int dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" START_SOCKET, dir);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
}

/* What `create` leaves; NULL hooks: no poststop hook, known as such. */
static void container_made(const char *id, const struct fake *f, const char *poststop)
{
	auto_(close_fd) int root = store_open_root(&rt, true, &e);
	auto_(close_fd) int dir = store_reserve(root, id, &e);
	auto_(cgroup_free) struct cgroup *cg = NULL;
	struct cgroup_options none = { .id = id, .disabled = true };
	auto_str config = STR_INIT;
	struct state s = {
		.id = id,
		.oci_version = "1.0.0",
		.bundle = "/the/bundle",
		.rootfs = "/the/bundle/rootfs",
		.created = "2026-01-02T03:04:05.678901234Z",
		.own_pid_namespace = true,
		.has_process = true,
		.no_poststop = !poststop,
	};

	ck_assert_int_ge(dir, 0);
	listen_at(dir);
	str_printf(&config, "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"hooks\":{\"poststop\":[%s]}}",
		   poststop ? poststop : "");
	put(dir, "config.json", str_text(&config));
	ck_assert_int_eq(cgroup_new(&none, &cg, &e), 0);
	ck_assert_int_eq(identity_of(f->pid, f->pidfd, &s.init, &e), 0);
	ck_assert_int_eq(state_write(dir, &s, cg, &e), 0);
}

static void container_started(const char *id)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s/" START_SOCKET, top, id);
	ck_assert_int_eq(unlink(path), 0);
}

static struct container *load(const char *id)
{
	struct container *c = NULL;

	ck_assert_msg(container_load(&rt, id, &c, &e) == 0, "%s", e.msg);
	return c;
}

static const char *status_of(const char *id)
{
	auto_(container_free) struct container *c = load(id);
	enum container_status status;

	ck_assert_msg(container_status(c, &status, &e) == 0, "%s", e.msg);
	return container_status_name(status);
}

static int delete_of(const char *id, bool force)
{
	auto_(container_free) struct container *c = load(id);

	return container_delete(c, force, &e);
}

static int kill_of(const char *id, int sig, bool all)
{
	auto_(container_free) struct container *c = load(id);

	return container_kill(c, sig, all, &e);
}

static bool exists(const char *id)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", top, id);
	return access(path, F_OK) == 0;
}

START_TEST(status_follows_the_kernel)
{
	struct fake f = init_new();

	container_made("c1", &f, NULL);
	ck_assert_str_eq(status_of("c1"), "created");
	container_started("c1");
	ck_assert_str_eq(status_of("c1"), "running");
	init_end(&f);
	/* A zombie has stopped, whenever its parent takes note. */
	ck_assert_str_eq(status_of("c1"), "stopped");
	init_reap(&f);
	ck_assert_str_eq(status_of("c1"), "stopped");
	ck_assert_int_eq(delete_of("c1", false), 0);
	ck_assert(!exists("c1"));
}
END_TEST

START_TEST(state_is_as_people_know_it)
{
	struct fake f = init_new();
	auto_str is = STR_INIT, should = STR_INIT;
	struct container *c;

	container_made("c1", &f, NULL);
	c = load("c1");
	ck_assert_int_eq(container_state_json(c, &is, &e), 0);
	str_printf(&should,
		   "{\n  \"ociVersion\": \"1.3.0\",\n  \"id\": \"c1\",\n  \"pid\": %d,\n  \"status\": \"created\",\n"
		   "  \"bundle\": \"/the/bundle\",\n  \"rootfs\": \"/the/bundle/rootfs\",\n"
		   "  \"created\": \"2026-01-02T03:04:05.678901234Z\",\n  \"owner\": \"\"\n}",
		   (int)f.pid);
	ck_assert_str_eq(str_text(&is), str_text(&should));
	str_done(&is);
	init_end(&f);
	ck_assert_int_eq(container_state_json(c, &is, &e), 0);
	ck_assert_ptr_nonnull(strstr(str_text(&is), "\"pid\": 0,\n  \"status\": \"stopped\""));
	container_free(c);
	init_reap(&f);
	ck_assert_int_eq(delete_of("c1", false), 0);
}
END_TEST

/* OP-D2 */
START_TEST(delete_wants_it_stopped)
{
	struct fake f = init_new();

	container_made("c1", &f, NULL);
	container_started("c1");
	ck_assert_int_lt(delete_of("c1", false), 0);
	ck_assert_str_eq(e.msg, "cannot delete container c1 that is not stopped: running ('orlop delete --force' ends it first)");
	ck_assert_str_eq(status_of("c1"), "running");
	ck_assert_int_eq(delete_of("c1", true), 0);
	ck_assert(!exists("c1"));
	init_reap(&f);
}
END_TEST

START_TEST(signals)
{
	struct fake f = init_new();
	int status;

	container_made("c1", &f, NULL);
	ck_assert_int_eq(kill_of("c1", 0, false), 0);
	/* Not SIGTERM: a child of a Check test has Check's handler for it. */
	ck_assert_int_eq(kill_of("c1", SIGUSR1, false), 0);
	ck_assert_int_eq(waitpid(f.pid, &status, 0), f.pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
	close_fd(f.pidfd);
	ck_assert_int_eq(kill_of("c1", SIGKILL, false), -ESRCH);
	ck_assert_str_eq(e.msg, "container not running: 'c1' has stopped");
	ck_assert_int_eq(kill_of("c1", SIGKILL, true), 0);
	ck_assert_int_eq(delete_of("c1", false), 0);
}
END_TEST

START_TEST(what_needs_a_running_container)
{
	struct fake f = init_new();
	auto_str out = STR_INIT;
	struct container *c;
	pid_t *pids = NULL;
	size_t n = 0;

	container_made("c1", &f, NULL);
	c = load("c1");
	ck_assert_int_eq(container_pids(c, &pids, &n, &e), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(pids[0], f.pid);
	free(pids);
	ck_assert_int_lt(container_resume(c, &e), 0);
	ck_assert_str_eq(e.msg, "container not paused: 'c1' is created");
	ck_assert_int_eq(container_pause(c, &e), -EOPNOTSUPP);
	init_end(&f);
	ck_assert_int_eq(container_pause(c, &e), -ESRCH);
	ck_assert_str_eq(e.msg, "container not running: 'c1' is stopped");
	ck_assert_int_eq(container_update(c, "{}", &e), -ESRCH);
	ck_assert_int_lt(container_update(c, "{", &e), 0);
	ck_assert_int_eq(container_stats(c, &out, &e), -ESRCH);
	ck_assert_str_eq(e.msg, "container with id c1 is not running");
	ck_assert_int_eq(container_pids(c, &pids, &n, &e), 0);
	ck_assert_uint_eq(n, 0);
	free(pids);
	container_free(c);
	init_reap(&f);
	ck_assert_int_eq(delete_of("c1", false), 0);
}
END_TEST

/* B3 X6 */
START_TEST(poststop_hooks_all_run)
{
	struct fake f = init_new();
	auto_str hooks = STR_INIT, said = STR_INIT;
	char out[128];

	snprintf(out, sizeof(out), "%s.out", top);
	str_printf(&hooks,
		   "{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"/bin/cat >%s; exit 3\"]},"
		   "{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"echo second >>%s\"]}",
		   out, out);
	container_made("c1", &f, str_text(&hooks));
	ck_assert_int_eq(delete_of("c1", true), 0);
	init_reap(&f);
	ck_assert_int_eq(file_read_at(AT_FDCWD, out, 4096, &said), 0);
	ck_assert_str_eq(str_text(&said), "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"stopped\","
					  "\"bundle\":\"/the/bundle\"}second\n");
	ck_assert_ptr_nonnull(strstr(str_text(&logged), "error running poststop hook #0: '/bin/sh' ended with exit status 3"));
	ck_assert_int_eq(unlink(out), 0);
}
END_TEST

/* Each file that a delete removes may have been its last deed. */
START_TEST(a_delete_that_was_cut_short_is_repeated)
{
	static const char *const gone[] = { START_SOCKET, "config.json", "state.json" };

	for (size_t n = 0; n <= ARRAY_SIZE(gone); n++) {
		struct fake f = init_new();
		char path[128];

		container_made("c1", &f, "{\"path\":\"/bin/true\"}");
		init_end(&f);
		init_reap(&f);
		for (size_t i = 0; i < n; i++) {
			snprintf(path, sizeof(path), "%s/c1/%s", top, gone[i]);
			ck_assert_int_eq(unlink(path), 0);
		}
		ck_assert_int_eq(delete_of("c1", true), 0);
		ck_assert(!exists("c1"));
	}
	ck_assert_str_eq(str_text(&logged), "");
}
END_TEST

START_TEST(a_create_under_way)
{
	auto_(close_fd) int root = store_open_root(&rt, true, &e);
	int held = store_reserve(root, "c1", &e);
	struct container *c = load("c1");
	struct container_list l;

	ck_assert_str_eq(status_of("c1"), "creating");
	ck_assert_int_lt(delete_of("c1", false), 0);
	ck_assert_str_eq(e.msg, "cannot delete container c1 that is not stopped: creating ('orlop delete --force' ends it first)");
	ck_assert_int_eq(kill_of("c1", SIGKILL, false), -ESRCH);
	ck_assert_int_eq(container_list(&rt, true, &l, &e), 0);
	ck_assert_uint_eq(l.n, 0);
	container_list_done(&l);
	/* Killed: what is left is no container, and delete --force clears it away. */
	close_fd(held);
	ck_assert_int_eq(kill_of("c1", SIGKILL, false), -ENOENT);
	ck_assert_ptr_eq(strstr(e.msg, "container does not exist: '"), e.msg);
	ck_assert_int_eq(delete_of("c1", false), -ENOENT);
	ck_assert_int_eq(container_delete(c, true, &e), 0);
	ck_assert(!exists("c1"));
	/* Someone else was faster. */
	ck_assert_int_eq(container_delete(c, true, &e), 0);
	container_free(c);
	ck_assert_str_eq(str_text(&logged), "");
}
END_TEST

/* A create may come to its end between a command's look at the directory and its look at the lock. */
START_TEST(a_create_that_ends_while_we_look)
{
	struct fake f = init_new();
	auto_(close_fd) int root = store_open_root(&rt, true, &e);
	int held = store_reserve(root, "c1", &e);
	struct container *c = load("c1");

	ck_assert(c->incomplete);
	close_fd(held);
	container_made("c1", &f, NULL);
	ck_assert_int_eq(container_kill(c, 0, false, &e), 0);
	ck_assert(!c->incomplete);
	ck_assert_int_eq(container_delete(c, true, &e), 0);
	container_free(c);
	init_reap(&f);
}
END_TEST

START_TEST(list_is_sorted_and_shows_the_broken)
{
	struct fake f = init_new();
	auto_(close_fd) int root = store_open_root(&rt, true, &e);
	struct container_list l;
	auto_str should = STR_INIT;
	int dir;

	container_made("b", &f, NULL);
	container_made("a", &f, NULL);
	container_started("a");
	dir = store_reserve(root, "broken", &e);
	put(dir, "state.json", "{");
	ck_assert_int_eq(container_list(&rt, true, &l, &e), 0);
	ck_assert_uint_eq(l.n, 3);
	ck_assert_str_eq(l.rows[0].id, "a");
	ck_assert_str_eq(l.rows[0].status, "running");
	ck_assert_str_eq(l.rows[0].owner, "root");
	ck_assert_str_eq(l.rows[0].bundle, "/the/bundle");
	ck_assert_int_eq(l.rows[0].pid, f.pid);
	ck_assert_str_eq(l.rows[1].id, "b");
	ck_assert_str_eq(l.rows[2].id, "broken");
	ck_assert_str_eq(l.rows[2].status, "broken");
	ck_assert_int_eq(l.rows[2].pid, 0);
	ck_assert_str_eq(l.rows[1].status, "created");
	ck_assert(strstr(str_text(&logged), "container 'broken' is broken, 'delete --force' removes it: "));
	str_printf(&should, "[{\"ociVersion\":\"1.3.0\",\"id\":\"a\",\"pid\":%d,\"status\":\"running\",", (int)f.pid);
	ck_assert(starts_with(str_text(&l.json), str_text(&should)));
	ck_assert_ptr_nonnull(strstr(str_text(&l.json), "\"owner\":\"root\"}]"));
	container_list_done(&l);
	ck_assert_int_eq(store_remove(root, "broken", dir, &e), 0);
	close_fd(dir);
	init_end(&f);
	init_reap(&f);
	ck_assert_int_eq(delete_of("a", false), 0);
	ck_assert_int_eq(delete_of("b", false), 0);
}
END_TEST

START_TEST(nothing_there)
{
	struct runtime none = { .root = "/no/such/root", .root_given = true };
	struct container_list l;
	struct container *c = NULL;

	ck_assert_int_eq(container_load(&rt, "nope", &c, &e), -ENOENT);
	ck_assert_ptr_eq(strstr(e.msg, "container does not exist: '"), e.msg);
	ck_assert_int_eq(container_load(&none, "nope", &c, &e), -ENOENT);
	ck_assert_ptr_eq(strstr(e.msg, "container does not exist: '"), e.msg);
	ck_assert_int_eq(container_load(&rt, "../nope", &c, &e), -EINVAL);
	ck_assert_int_eq(container_list(&none, true, &l, &e), -ENOENT);
	ck_assert_int_eq(container_list(&rt, true, &l, &e), 0);
	ck_assert_uint_eq(l.n, 0);
	ck_assert_str_eq(str_text(&l.json), "null");
	container_list_done(&l);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("container");
	TCase *t = tcase_create("container");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, status_follows_the_kernel);
	tcase_add_test(t, state_is_as_people_know_it);
	tcase_add_test(t, delete_wants_it_stopped);
	tcase_add_test(t, signals);
	tcase_add_test(t, what_needs_a_running_container);
	tcase_add_test(t, poststop_hooks_all_run);
	tcase_add_test(t, a_delete_that_was_cut_short_is_repeated);
	tcase_add_test(t, a_create_under_way);
	tcase_add_test(t, a_create_that_ends_while_we_look);
	tcase_add_test(t, list_is_sorted_and_shows_the_broken);
	tcase_add_test(t, nothing_there);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
