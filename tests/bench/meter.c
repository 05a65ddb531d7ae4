/* SPDX-License-Identifier: Apache-2.0 */

/*
 * meter [-t] [-n COUNT] [-j LOOPS] COMMAND [ARG...]
 *
 * Runs a command COUNT times and prints a line for each run:
 *
 *   wall time (ns), CPU time (ns), minor page faults, peak RSS (KiB), exit status
 *
 * The last four cover the command and all descendants that were waited for. {} in an argument becomes the number
 * of the run. -t gives the command a terminal of its own as standard input, output and error, and reads what it
 * prints. -j has LOOPS loops run side by side, COUNT times each; one line is printed for all: the wall time, the
 * number of failed runs.
 *
 * Small and static on purpose: a process inherits the peak RSS of the one that started it (the kernel keeps it over
 * an execve), and what starts quickly is timed exactly.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	_exit(125);
}

/* argv with {} replaced; into storage that the next call reuses. */
static char **fill(char **argv, int number)
{
	static char *out[256], room[16][4096];
	size_t used = 0, i = 0;

	for (; argv[i] && i < 255; i++) {
		char *mark = strstr(argv[i], "{}");

		out[i] = argv[i];
		if (!mark || used == 16)
			continue;
		out[i] = room[used++];
		snprintf(out[i], sizeof(room[0]), "%.*s%d%s", (int)(mark - argv[i]), argv[i], number, mark + 2);
	}
	out[i] = NULL;
	return out;
}

static pid_t start(char **argv, int null, const char *terminal)
{
	pid_t pid = vfork();

	if (pid < 0)
		die("vfork");
	if (pid > 0)
		return pid;
	if (terminal) {
		setsid();
		null = open(terminal, O_RDWR);
		dup2(null, 2);
	}
	dup2(null, 0);
	dup2(null, 1);
	execvp(argv[0], argv);
	_exit(127);
}

static int open_terminal(const char **slave)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0)
		die("pty");
	*slave = ptsname(fd);
	return fd;
}

/* Reads the terminal until the process has ended. */
static void attend(int terminal, pid_t pid)
{
	struct pollfd fds[2] = { { .fd = terminal, .events = POLLIN } };
	char buf[4096];

	fds[1] = (struct pollfd){ .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	while (!fds[1].revents && poll(fds, 2, -1) > 0)
		if (fds[0].revents && read(terminal, buf, sizeof(buf)) <= 0)
			fds[0].fd = -1;
	close(fds[1].fd);
}

static int measure(char **argv, int null, int with_terminal, int print)
{
	const char *slave = NULL;
	int terminal = with_terminal ? open_terminal(&slave) : -1;
	struct rusage use;
	long begin = now(), end, cpu;
	int status;
	pid_t pid = start(argv, null, slave);

	if (with_terminal)
		attend(terminal, pid);
	if (wait4(pid, &status, 0, &use) < 0)
		die("wait");
	end = now();
	if (with_terminal)
		close(terminal);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	cpu = (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000 + use.ru_utime.tv_usec + use.ru_stime.tv_usec;
	if (print)
		printf("%ld %ld %ld %ld %d\n", end - begin, cpu * 1000, use.ru_minflt, use.ru_maxrss, status);
	return status;
}

static void side_by_side(char **argv, int null, int count, int loops)
{
	int failed = 0, status;
	long begin = now();

	for (int j = 0; j < loops; j++) {
		int bad = 0;

		if (fork() != 0)
			continue;
		for (int i = 0; i < count; i++)
			bad += measure(fill(argv, j * count + i), null, 0, 0) != 0;
		_exit(bad > 255 ? 255 : bad);
	}
	while (wait(&status) > 0)
		failed += WEXITSTATUS(status);
	printf("%ld %d\n", now() - begin, failed);
}

int main(int argc, char **argv)
{
	int option, count = 1, loops = 0, terminal = 0, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	while ((option = getopt(argc, argv, "+tn:j:")) != -1)
		switch (option) {
		case 't': terminal = 1; break;
		case 'n': count = atoi(optarg); break;
		case 'j': loops = atoi(optarg); break;
		default: return 2;
		}
	argv += optind;
	if (loops) {
		side_by_side(argv, null, count, loops);
		return 0;
	}
	for (int i = 0; i < count; i++)
		measure(fill(argv, i), null, terminal, 1);
	return 0;
}
