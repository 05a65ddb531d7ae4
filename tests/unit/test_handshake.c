/* SPDX-License-Identifier: Apache-2.0 */

/* The parent's half of the handshake with a stage that is gone. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
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

int main(void)
{
	Suite *s = suite_create("drive");
	TCase *t = tcase_create("all");

	tcase_add_test(t, a_failure_is_heard_though_our_record_was_not_read);
	tcase_add_test(t, a_failure_is_heard_by_who_comes_too_late_to_tell);
	suite_add_tcase(s, t);
	return run_suite(s);
}
