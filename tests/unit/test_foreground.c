/* SPDX-License-Identifier: Apache-2.0 */

/* The wait of `run` and `exec` on real processes and pseudo terminals; a container is not needed for it. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/sys.h"
#include "cli/foreground.h"
#include "tests/lib/suite.h"

#define OUTPUT_MOST (16U << 20)

static void child(const char *script, int tty)
{
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (tty >= 0) {
		(void)setsid();
		(void)ioctl(tty, TIOCSCTTY, 0);
		for (int fd = 0; fd < 3; fd++)
			(void)dup2(tty, fd);
	}
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execl("/bin/sh", "sh", "-c", script, (char *)NULL);
	_exit(127);
}

static struct container_process start(const char *script, bool terminal)
{
	struct container_process p = CONTAINER_PROCESS_INIT;
	struct error err = ERROR_INIT;
	int tty = -EBADF;

	if (terminal) {
		ck_assert_int_eq(openpty(&p.console, &tty, NULL, NULL, NULL), 0);
		(void)fcntl(p.console, F_SETFD, FD_CLOEXEC);
		(void)fcntl(tty, F_SETFD, FD_CLOEXEC);
	}
	ck_assert_int_eq(foreground_begin(true, &err), 0);
	ck_assert_int_eq(foreground_ready(&err), 0);
	p.pid = fork();
	ck_assert_int_ge(p.pid, 0);
	if (p.pid == 0)
		child(script, tty);
	close_fd(tty);
	p.pidfd = sys_pidfd_open(p.pid, 0);
	ck_assert_int_ge(p.pidfd, 0);
	return p;
}

static void done(struct container_process *p)
{
	close_fd(p->pidfd);
	close_fd(p->console);
}

/* clang-format off */
static const struct {
	const char *script;
	int status;
} endings[] = {
	{ "exit 0",                              0 },
	{ "exit 42",                             42 },
	{ "exit 255",                            255 },
	{ "kill -KILL $$",                       128 + SIGKILL },
	{ "kill -TERM $$",                       128 + SIGTERM },
	/* an orphan that ends first is reaped, and is not taken for the process */
	{ "(sh -c 'exit 7' &); sleep 0.2; exit 3", 3 },
	{ "(sleep 100 &) >/dev/null; exit 4",    4 },
};
/* clang-format on */

START_TEST(ends_like_the_process)
{
	struct container_process p = start(endings[_i].script, false);
	struct error err = ERROR_INIT;

	ck_assert_int_eq(foreground_wait(&p, &err), endings[_i].status);
	done(&p);
}
END_TEST

/* A signal of the time between start and wait is not lost, nor is it ours. */
START_TEST(passes_signals_on)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGUSR1, SIGWINCH };
	char script[128];
	struct container_process p;
	struct error err = ERROR_INIT;

	snprintf(
		script, sizeof(script),
		"trap 'exit 33' %d; echo; i=0; while [ $i -lt 100 ]; do i=$((i+1)); sleep 0.05; done",
		signals[_i]);
	(void)signal(signals[_i], SIG_DFL);
	p = start(script, false);
	usleep(300000);
	ck_assert_int_eq(kill(getpid(), signals[_i]), 0);
	ck_assert_int_eq(foreground_wait(&p, &err), 33);
	done(&p);
}
END_TEST

START_TEST(keeps_what_nohup_ignores)
{
	struct container_process p;
	struct error err = ERROR_INIT;

	(void)signal(SIGHUP, SIG_IGN);
	p = start("trap 'exit 33' HUP; sleep 0.6; exit 5", false);
	usleep(200000);
	ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
	ck_assert_int_eq(foreground_wait(&p, &err), 5);
	done(&p);
}
END_TEST

/* Standard input and output of the test become these files. */
static void redirect(const char *input, int output)
{
	int in = open(input, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(in, 0);
	ck_assert_int_ge(dup2(in, STDIN_FILENO), 0);
	ck_assert_int_ge(dup2(output, STDOUT_FILENO), 0);
	close_fd(in);
}

static int temporary(void)
{
	char name[] = "/tmp/orlop-test-foreground-XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	(void)unlink(name);
	return fd;
}

static void check_output(int fd, const char *want, size_t n)
{
	auto_str got = STR_INIT;

	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(file_read_fd(fd, OUTPUT_MOST, &got), 0);
	if (want)
		ck_assert_str_eq(str_text(&got), want);
	ck_assert_uint_eq(got.n, n);
}

/* clang-format off */
static const struct {
	const char *script, *want;
	size_t n;
	int status;
} outputs[] = {
	{ "stty -onlcr; echo last; exit 6",                                "last\n", 5, 6 },
	{ "exit 6",                                                        "", 0, 6 },
	/* more than any buffer holds */
	{ "stty -onlcr; seq 1 100000; exit 6",                             NULL, 588895, 6 },
	/* closed for a while, as daemons do, and opened again */
	{ "stty -onlcr; T=$(tty); exec <&- >&- 2>&-; sleep 0.5; exec <$T >$T; echo back; exit 6", "back\n", 5, 6 },
};
/* clang-format on */

START_TEST(terminal_output_is_whole)
{
	struct error err = ERROR_INIT;
	struct container_process p;
	int out = temporary();

	redirect("/dev/null", out);
	p = start(outputs[_i].script, true);
	ck_assert_int_eq(foreground_wait(&p, &err), outputs[_i].status);
	check_output(out, outputs[_i].want, outputs[_i].n);
	done(&p);
	close_fd(out);
}
END_TEST

/* Nobody reads our output: the process ends as it would, and we say that output was lost. */
START_TEST(lost_output_is_an_error)
{
	struct error err = ERROR_INIT;
	struct container_process p;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	close_fd(ends[0]);
	redirect("/dev/null", ends[1]);
	p = start("seq 1 100000", true);
	ck_assert_int_eq(foreground_wait(&p, &err), -EPIPE);
	ck_assert_str_eq(err.msg, "write standard output: broken pipe");
	done(&p);
}
END_TEST

/* Both directions at once, more than both buffers hold: neither side may wait for the other. */
START_TEST(no_deadlock_of_echoes)
{
	struct error err = ERROR_INIT;
	struct container_process p;
	int in = temporary(), out = temporary();
	char line[80], path[64];
	struct termios termios;

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < 2000; i++)
		ck_assert_int_eq(write(in, line, sizeof(line)), sizeof(line));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", in);
	redirect(path, out);
	p = start("sed 2000q; exit 8", true);
	/* The kernel itself drops echoes when it is flooded. */
	ck_assert_int_eq(tcgetattr(p.console, &termios), 0);
	termios.c_lflag &= ~(tcflag_t)ECHO;
	termios.c_oflag &= ~(tcflag_t)ONLCR;
	ck_assert_int_eq(tcsetattr(p.console, TCSANOW, &termios), 0);
	ck_assert_int_eq(foreground_wait(&p, &err), 8);
	check_output(out, NULL, 2000 * sizeof(line));
	done(&p);
	close_fd(in);
	close_fd(out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("foreground");
	TCase *tcase = tcase_create("foreground");

	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, ends_like_the_process, 0, ARRAY_SIZE(endings));
	tcase_add_loop_test(tcase, passes_signals_on, 0, 5);
	tcase_add_test(tcase, keeps_what_nohup_ignores);
	tcase_add_loop_test(tcase, terminal_output_is_whole, 0, ARRAY_SIZE(outputs));
	tcase_add_test(tcase, lost_output_is_an_error);
	tcase_add_test(tcase, no_deadlock_of_echoes);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
