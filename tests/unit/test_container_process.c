/* SPDX-License-Identifier: Apache-2.0 */

/* What can be learned of processes that are our children here, and are somebody's in life. */

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/signals.h"
#include "base/proc.h"
#include "base/sys.h"
#include "container.h"
#include "container/process_end.h"
#include "tests/lib/suite.h"

static pid_t child(int *pidfd, int status, int sig)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		usleep(100000);
		if (sig != SIGKILL && sig != SIGSTOP)
			(void)signal(sig, SIG_DFL); /* the test library has a handler */
		if (sig)
			(void)kill(getpid(), sig);
		_exit(status);
	}
	*pidfd = sys_pidfd_open(pid, 0);
	ck_assert_int_ge(*pidfd, 0);
	return pid;
}

/* clang-format off */
static const struct { int status, sig, wait_status; } ends[] = {
	{ 0, 0, 0 }, { 42, 0, 42 << 8 }, { 255, 0, 255 << 8 }, { 0, SIGKILL, SIGKILL }, { 0, SIGTERM, SIGTERM },
};
/* clang-format on */

START_TEST(zombie_tells)
{
	struct process_end end;
	int pidfd = -1;
	pid_t pid = child(&pidfd, ends[_i].status, ends[_i].sig);

	ck_assert_int_eq(process_end(pid, pidfd, 0, &end), 0);
	ck_assert_int_eq(process_end(pid, pidfd, -1, &end), 1);
	ck_assert(end.known && !end.rough);
	ck_assert_int_eq(end.status, ends[_i].wait_status);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(pidfd);
}
END_TEST

/* Nothing is invented: before Linux 6.15 it is not known any more. */
START_TEST(pidfd_tells_or_nobody)
{
	struct process_end end;
	int pidfd = -1;
	pid_t pid = child(&pidfd, ends[_i].status, ends[_i].sig);

	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(process_end(pid, pidfd, 1000, &end), 1);
	if (end.known) {
		ck_assert(end.rough);
		ck_assert_int_eq(end.status, ends[_i].wait_status);
	}
	close(pidfd);
}
END_TEST

START_TEST(gives_up_in_time)
{
	struct process_end end;
	int pidfd = -1;
	pid_t pid = child(&pidfd, 0, SIGSTOP);

	ck_assert_int_eq(process_end(pid, pidfd, 250, &end), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(process_end(pid, pidfd, -1, &end), 1);
	ck_assert_int_eq(end.status, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(pidfd);
}
END_TEST

START_TEST(reads_stat_and_signals)
{
	struct proc_signals s;
	struct proc_stat stat;
	sigset_t set;

	ck_assert(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	ck_assert_int_eq(proc_signals(getpid(), &s), 0);
	ck_assert(s.ignored & UINT64_C(1) << (SIGUSR1 - 1));
	ck_assert(s.blocked & UINT64_C(1) << (SIGUSR2 - 1));
	ck_assert(!(s.caught & UINT64_C(1) << (SIGUSR1 - 1)));
	ck_assert_uint_ge(s.depth, 1);
	ck_assert_int_eq(s.ids[0], getpid());
	ck_assert_int_eq(proc_stat(getpid(), &stat), 0);
	ck_assert_int_eq(stat.ppid, getppid());
	ck_assert_int_eq(stat.pgrp, getpgrp());
	ck_assert(!stat.exiting);
	ck_assert_int_eq(proc_stat(0x3fffffff, &stat), -ESRCH);
	ck_assert(!proc_awaits_signal(0x3fffffff));
}
END_TEST

/* clang-format off */
static const struct { int sig; const char *name; } names[] = {
	{ SIGTERM, "SIGTERM" }, { SIGKILL, "SIGKILL" }, { SIGCHLD, "SIGCHLD" }, { 34, "SIGRTMIN" },
	{ 37, "SIGRTMIN+3" }, { 64, "SIGRTMIN+30" }, { 32, "signal 32" }, { 0, "signal 0" }, { 65, "signal 65" },
};
/* clang-format on */

START_TEST(names_signals)
{
	char buf[16];

	ck_assert_str_eq(signal_name(names[_i].sig, buf, sizeof(buf)), names[_i].name);
	if (strncmp(buf, "SIG", 3) == 0)
		ck_assert_int_eq(signal_number(buf), names[_i].sig);
}
END_TEST

/* clang-format off */
static const struct { struct container_exit e; const char *words; } told[] = {
	{ { .reason = "unknown" },                                    "ended, and nobody was there to see how" },
	{ { .known = true, .code = 7, .reason = "exited" },           "exited with 7" },
	{ { .known = true, .code = 137, .signal = 9, .reason = "signal" }, "was killed by SIGKILL" },
	{ { .known = true, .code = 137, .signal = 9, .reason = "oom" },    "was killed by SIGKILL after its memory ran out" },
	{ { .known = true, .code = 129, .signal = 1, .reason = "reboot" }, "was ended by reboot(2), to restart" },
	{ { .known = true, .code = 130, .signal = 2, .reason = "halt" },   "was ended by reboot(2), to halt or power off" },
};
/* clang-format on */

START_TEST(finds_words)
{
	auto_str out = STR_INIT;

	container_exit_words(&told[_i].e, &out);
	ck_assert_str_eq(str_text(&out), told[_i].words);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("container_process");
	TCase *tcase = tcase_create("container_process");

	tcase_add_loop_test(tcase, zombie_tells, 0, 5);
	tcase_add_loop_test(tcase, pidfd_tells_or_nobody, 0, 5);
	tcase_add_test(tcase, gives_up_in_time);
	tcase_add_test(tcase, reads_stat_and_signals);
	tcase_add_loop_test(tcase, names_signals, 0, (int)(sizeof(names) / sizeof(names[0])));
	tcase_add_loop_test(tcase, finds_words, 0, (int)(sizeof(told) / sizeof(told[0])));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
