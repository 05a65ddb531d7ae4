/* SPDX-License-Identifier: Apache-2.0 */

/* What is said of a process that does not go on. */

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/proc.h"
#include "launch/stuck.h"
#include "tests/lib/suite.h"

static pid_t child_new(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void child_end(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, __WALL), pid);
}

START_TEST(a_process_at_work_is_not_stuck)
{
	struct stuck s = { 0 };
	pid_t pid = child_new();

	ck_assert_ptr_null(stuck_why(pid));
	for (int i = 0; i < 10; i++)
		ck_assert_ptr_null(stuck_check(&s, pid));
	child_end(pid);
}
END_TEST

START_TEST(a_signal_has_stopped_it)
{
	struct stuck s = { 0 };
	struct error e = ERROR_INIT;
	pid_t pid = child_new();

	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(pid, NULL, WUNTRACED), pid);
	ck_assert_str_eq(stuck_why(pid), "a signal has stopped it (T)");
	/* One look tells nothing: it may have been stopped just now. */
	ck_assert_ptr_null(stuck_check(&s, pid));
	ck_assert_str_eq(stuck_check(&s, pid), "a signal has stopped it (T)");
	ck_assert_int_eq(stuck_fail(pid, stuck_why(pid), &e), -EBUSY);
	ck_assert_ptr_nonnull(strstr(e.msg, " does not go on: a signal has stopped it (T)"));
	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	ck_assert_int_eq(waitpid(pid, NULL, WCONTINUED), pid);
	ck_assert_ptr_null(stuck_check(&s, pid));
	child_end(pid);
}
END_TEST

START_TEST(a_debugger_holds_it)
{
	pid_t pid = child_new();

	ck_assert_int_eq(ptrace(PTRACE_SEIZE, pid, NULL, NULL), 0);
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, __WALL), pid);
	ck_assert_str_eq(stuck_why(pid), "a debugger holds it (t)");
	child_end(pid);
}
END_TEST

START_TEST(one_that_is_gone_is_not_stuck)
{
	struct stuck s = { 0 };

	ck_assert_ptr_null(stuck_why(0x3fffffff));
	ck_assert_ptr_null(stuck_check(&s, 0x3fffffff));
}
END_TEST

START_TEST(values_of_status)
{
	static const char text[] = "Name:\tState:\tx\nState:\tS (sleeping)\nNSpid:\t7\t1\nSigBlk:\t0000000000000001\n";

	ck_assert_int_eq(*proc_status_value(text, "State"), 'S');
	ck_assert(strncmp(proc_status_value(text, "NSpid"), "7\t1\n", 4) == 0);
	ck_assert_str_eq(proc_status_value(text, "SigBlk"), "0000000000000001\n");
	ck_assert_str_eq(proc_status_value(text, "Sig"), "");
	ck_assert_str_eq(proc_status_value("", "State"), "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stuck");
	TCase *t = tcase_create("stuck");

	tcase_add_test(t, a_process_at_work_is_not_stuck);
	tcase_add_test(t, a_signal_has_stopped_it);
	tcase_add_test(t, a_debugger_holds_it);
	tcase_add_test(t, one_that_is_gone_is_not_stuck);
	tcase_add_test(t, values_of_status);
	suite_add_tcase(s, t);
	return run_suite(s);
}
