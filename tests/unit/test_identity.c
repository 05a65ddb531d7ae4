/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"
#include "store/state_file.h"

struct child {
	pid_t pid;
	int pidfd;
	struct identity id;
};

static struct child child_new(void)
{
	struct child c = { .pid = fork() };
	struct error e = ERROR_INIT;

	if (c.pid == 0) {
		/* A name that a careless reader of /proc/PID/stat falls for. */
		(void)prctl(PR_SET_NAME, ") R 1 (x) 2 3");
		for (;;)
			(void)pause();
	}
	ck_assert_int_gt(c.pid, 0);
	c.pidfd = sys_pidfd_open(c.pid, 0);
	ck_assert_int_ge(c.pidfd, 0);
	ck_assert_int_eq(identity_of(c.pid, c.pidfd, &c.id, &e), 0);
	ck_assert_int_eq(c.id.pid, c.pid);
	ck_assert(c.id.handle || c.id.start_time);
	return c;
}

static void child_kill(struct child *c)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	ck_assert_int_eq(sys_pidfd_send_signal(c->pidfd, SIGKILL), 0);
	ck_assert_int_eq(poll(&p, 1, 5000), 1);
}

static void child_reap(struct child *c)
{
	ck_assert_int_eq(waitpid(c->pid, NULL, 0), c->pid);
	close_fd(c->pidfd);
}

static bool is_alive(const struct identity *id)
{
	int fd = identity_open(id);

	if (fd == -ESRCH)
		return false;
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close_fd(fd);
	return true;
}

START_TEST(lives_and_dies)
{
	struct child c = child_new();

	ck_assert(is_alive(&c.id));
	child_kill(&c);
	/* A zombie holds the number and is gone nonetheless. */
	ck_assert(!is_alive(&c.id));
	child_reap(&c);
	ck_assert(!is_alive(&c.id));
}
END_TEST

/* As after the number was given to someone else: the same pid, another process. */
START_TEST(a_reused_pid_does_not_match)
{
	struct child a = child_new(), b = child_new();
	struct identity mixed = a.id;

	mixed.pid = b.pid;
	if (!mixed.handle)
		mixed.start_time -= 100;
	ck_assert(!is_alive(&mixed));
	child_kill(&a);
	child_reap(&a);
	child_kill(&b);
	child_reap(&b);
}
END_TEST

/* The 22nd field, found without the code under test. */
static uint64_t start_time_by_ps(pid_t pid)
{
	auto_str text = STR_INIT;
	char path[32];
	unsigned long long value = 0;
	const char *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	ck_assert_int_eq(file_read_at(AT_FDCWD, path, 4096, &text), 0);
	p = strrchr(str_text(&text), ')');
	ck_assert_int_eq(sscanf(p, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
				   "%*d %*d %llu", &value), 1);
	return value;
}

START_TEST(start_time_serves_older_kernels)
{
	struct child c = child_new();
	struct identity old = { .pid = c.pid, .start_time = start_time_by_ps(c.pid) };

	ck_assert(is_alive(&old));
	old.start_time++;
	ck_assert(!is_alive(&old));
	old.start_time--;
	child_kill(&c);
	ck_assert(!is_alive(&old));
	child_reap(&c);
	ck_assert(!is_alive(&old));
}
END_TEST

START_TEST(nobody)
{
	struct identity none = { 0 }, negative = { .pid = -1 };

	ck_assert_int_eq(identity_open(&none), -ESRCH);
	ck_assert_int_eq(identity_open(&negative), -ESRCH);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("identity");
	TCase *t = tcase_create("identity");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, lives_and_dies);
	tcase_add_test(t, a_reused_pid_does_not_match);
	tcase_add_test(t, start_time_serves_older_kernels);
	tcase_add_test(t, nobody);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
