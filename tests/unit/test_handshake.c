/* SPDX-License-Identifier: Apache-2.0 */

/* The parent's half of the handshake with a stage that is gone. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "launch/handshake.h"
#include "tests/lib/suite.h"

static const struct sync_message failed = { .step = SYNC_FAILED, .num = ENOMEM, .op = UINT32_MAX };

static void begin(struct handshake *t, int *stage)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	*t = (struct handshake){ .sync = ends[0], .pidfd = -EBADF, .pid = getpid(), .last = SYNC_CREATED };
	*stage = ends[1];
}

/* The kernel tells of the unread record before it gives out what was sent (ECONNRESET, once). */
START_TEST(a_failure_is_heard_though_our_record_was_not_read)
{
	struct handshake t;
	struct error e = ERROR_INIT;
	int stage;

	begin(&t, &stage);
	ck_assert_int_eq(handshake_send(&t, SYNC_START, &e), 0);
	ck_assert_int_eq(send(stage, &failed, sizeof(failed), 0), sizeof(failed));
	close_fd(stage);
	ck_assert_int_eq(handshake_await_exec(&t, &e), -ENOMEM);
	ck_assert_ptr_nonnull(strstr(e.msg, "execute the stage"));
	close_fd(t.sync);
}
END_TEST

START_TEST(a_failure_is_heard_by_who_comes_too_late_to_tell)
{
	struct handshake t;
	struct error e = ERROR_INIT;
	int stage;

	begin(&t, &stage);
	ck_assert_int_eq(send(stage, &failed, sizeof(failed), 0), sizeof(failed));
	close_fd(stage);
	ck_assert_int_eq(handshake_send(&t, SYNC_START, &e), -ENOMEM);
	close_fd(t.sync);
}
END_TEST

static int dead_child(pid_t *pid)
{
	siginfo_t info;

	*pid = fork();
	ck_assert_int_ge(*pid, 0);
	if (*pid == 0)
		_exit(0);
	ck_assert_int_eq(waitid(P_PID, (id_t)*pid, &info, WEXITED | WNOWAIT), 0);
	return sys_pidfd_open(*pid, 0);
}

static void begin_with_dead(struct handshake *t, int *stage)
{
	const struct timeval tick = { .tv_usec = 1000 };

	begin(t, stage);
	t->last = SYNC_BEGIN;
	t->pidfd = dead_child(&t->pid);
	ck_assert_int_ge(t->pidfd, 0);
	ck_assert_int_eq(setsockopt(t->sync, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick)), 0);
}

/* Killed right after its fork: the forked process has the other end too, and waits for us. */
START_TEST(a_stage_has_ended_and_another_has_its_socket)
{
	struct handshake t;
	struct error e = ERROR_INIT;
	int stage;

	begin_with_dead(&t, &stage);
	ck_assert_int_lt(handshake_await(&t, SYNC_ROOTED, NULL, NULL, &e), 0);
	ck_assert_ptr_null(strstr(e.msg, "wait for"));
	close_fd(stage);
	close_fd(t.pidfd);
	close_fd(t.sync);
	(void)waitpid(t.pid, NULL, 0);
}
END_TEST

START_TEST(what_it_said_before_is_heard)
{
	struct handshake t;
	struct error e = ERROR_INIT;
	int stage;

	begin_with_dead(&t, &stage);
	ck_assert_int_eq(send(stage, &failed, sizeof(failed), 0), sizeof(failed));
	ck_assert_int_eq(handshake_await(&t, SYNC_ROOTED, NULL, NULL, &e), -ENOMEM);
	close_fd(stage);
	close_fd(t.pidfd);
	close_fd(t.sync);
	(void)waitpid(t.pid, NULL, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("drive");
	TCase *t = tcase_create("all");

	tcase_add_test(t, a_failure_is_heard_though_our_record_was_not_read);
	tcase_add_test(t, a_failure_is_heard_by_who_comes_too_late_to_tell);
	tcase_add_test(t, a_stage_has_ended_and_another_has_its_socket);
	tcase_add_test(t, what_it_said_before_is_heard);
	suite_add_tcase(s, t);
	return run_suite(s);
}
