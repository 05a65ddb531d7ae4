/* SPDX-License-Identifier: Apache-2.0 */

/*
 * hostile SECRET [kill|stop]: a process in a container that attacks every other process it sees, as often as
 * it can: traces it, reads and writes its memory, its descriptors, root, directory and program. SECRET is
 * a path of the host. Prints one line for each thing it should not have got; with "kill" or "stop" it kills or
 * stops what is not yet the user's program.
 */

#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *secret;

static void got(const char *what, const char *detail)
{
	printf("got %s %s\n", what, detail);
	fflush(stdout);
}

/* The runtime's own process, until it executes the user's program. */
static bool is_stage(int pid)
{
	char path[64], name[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	(void)!read(fd, name, sizeof(name) - 1);
	close(fd);
	return strncmp(name, "orlop", 5) == 0;
}

static void try_open(int pid, const char *file, int flags)
{
	char path[300];
	bool stage = is_stage(pid);
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, flags);
	if (fd < 0)
		return;
	if (stage && is_stage(pid))
		got("the stage's", file);
	close(fd);
}

static void try_secret(const char *base)
{
	char path[1024];
	int fd;

	snprintf(path, sizeof(path), "%s/../../../../../../../..%s", base, secret);
	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		got("the secret by", base);
		close(fd);
	}
	snprintf(path, sizeof(path), "%s%s", base, secret);
	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		got("the secret by", base);
		close(fd);
	}
}

static void try_descriptors(int pid)
{
	char path[64], one[400];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		snprintf(one, sizeof(one), "%s/%s", path, e->d_name);
		try_secret(one);
	}
	if (d)
		closedir(d);
}

static void try_trace(int pid)
{
	if (!is_stage(pid) || ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		return;
	if (is_stage(pid))
		got("a trace of", "the stage");
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

static void attack(int pid, int sig)
{
	char path[64];

	if (sig && is_stage(pid)) {
		kill(pid, sig);
		return;
	}
	try_trace(pid);
	try_open(pid, "mem", O_RDWR);
	try_open(pid, "exe", O_WRONLY);
	try_open(pid, "environ", O_RDONLY);
	try_descriptors(pid);
	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	try_secret(path);
	snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	try_secret(path);
}

int main(int argc, char **argv)
{
	int sig = argc < 3 ? 0 : strcmp(argv[2], "stop") == 0 ? SIGSTOP : SIGKILL;

	secret = argv[1];
	for (;;) {
		/* The next pids are known before they are there. */
		DIR *d = opendir("/proc");
		struct dirent *e;

		while (d && (e = readdir(d))) {
			int pid = atoi(e->d_name);

			if (pid > 1 && pid != getpid())
				attack(pid, sig);
		}
		if (d)
			closedir(d);
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
	}
}
