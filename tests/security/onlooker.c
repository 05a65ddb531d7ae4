/* SPDX-License-Identifier: Apache-2.0 */

/*
 * onlooker SECRET CANARY CAPS [trace]: a process in a container that looks at every process that appears there, as long as it is
 * there, by all means of /proc, and compares it with what a program of this container may have. SECRET is a path of the
 * host; CANARY a word that stands in the memory, arguments and environment of the host's runtime; CAPS the
 * capabilities (hexadecimal) that a program of this container has. With "trace" it also attaches to each. Prints one line for each
 * thing that should not be there; on SIGUSR1 how much it has seen, so that a silence means something.
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
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *secret, *canary;
static unsigned long long allowed;
static unsigned long seen, stages, memories, descriptors, traces;
static volatile sig_atomic_t asked;
static int own, above;

static void on_signal(int sig)
{
	(void)sig;
	asked = 1;
}

static void hit(int pid, const char *what, const char *detail)
{
	printf("HIT %d: %s %s\n", pid, what, detail);
	fflush(stdout);
}

static ssize_t read_file(int pid, const char *name, char *text, size_t room)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	n = read(fd, text, room - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	return n;
}

/* ---- rights ---- */

static void check_status(int pid)
{
	static const char *const sets[] = { "\nCapPrm:\t", "\nCapEff:\t", "\nCapBnd:\t", "\nCapInh:\t" };
	char text[4096];

	if (read_file(pid, "status", text, sizeof(text)) <= 0)
		return;
	seen++;
	if (strncmp(text, "Name:\torlop", 11) == 0)
		stages++;
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		const char *at = strstr(text, sets[i]);

		if (at && (strtoull(at + strlen(sets[i]), NULL, 16) & ~allowed))
			hit(pid, "a capability that no program here has,", at + 1);
	}
}

/* ---- places and descriptors ---- */

static void try_secret(int pid, const char *base)
{
	static const char *const ways[] = { "", "/../../../../../../../../../.." };
	char path[1024];

	for (int i = 0; i < 2; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s%s%s", base, ways[i], secret);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		hit(pid, "a file of the host by", path);
		close(fd);
	}
}

/* 0, 1, 2 are the program's; the socket to the runtime is all that there is beside. */
static void check_descriptors(int pid)
{
	char path[64], one[400], target[256];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		ssize_t n;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		descriptors++;
		snprintf(one, sizeof(one), "%s/%s", path, e->d_name);
		try_secret(pid, one);
		n = readlink(one, target, sizeof(target) - 1);
		if (n <= 0 || atoi(e->d_name) <= 2)
			continue;
		target[n] = 0;
		if (strncmp(target, "socket:", 7) != 0)
			hit(pid, "the descriptor", target);
	}
	if (d)
		closedir(d);
}

static void check_places(int pid)
{
	char path[64], target[512];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	try_secret(pid, path);
	snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	try_secret(pid, path);
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = 0;
	/* The sealed copy, or a program of the image. */
	if (!strstr(target, "/memfd:orlop-stage") && access(target, F_OK) < 0)
		hit(pid, "the program", target);
	if (access(path, W_OK) == 0 && strstr(target, "/memfd:")) {
		int fd = open(path, O_WRONLY);

		if (fd >= 0) {
			hit(pid, "a program to write to,", target);
			close(fd);
		}
	}
}

/* ---- memory ---- */

static void check_memory(int pid)
{
	static char maps[65536], page[1 << 16];
	char path[64];
	int fd;

	if (read_file(pid, "maps", maps, sizeof(maps)) <= 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR);
	if (fd < 0)
		return;
	memories++;
	for (char *line = maps; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		unsigned long from, to;
		char mode[8];

		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[1] != 'w')
			continue;
		for (; from < to; from += sizeof(page)) {
			size_t want = to - from < sizeof(page) ? to - from : sizeof(page);
			ssize_t n = pread(fd, page, want, (off_t)from);

			if (n > 0 && memmem(page, (size_t)n, canary, strlen(canary)))
				hit(pid, "memory of the runtime at", line);
		}
	}
	close(fd);
}

static void check_words(int pid)
{
	char text[4096];
	ssize_t n = read_file(pid, "environ", text, sizeof(text));

	if (n > 0 && memmem(text, (size_t)n, canary, strlen(canary)))
		hit(pid, "the environment of the runtime", "");
	n = read_file(pid, "cmdline", text, sizeof(text));
	if (n > 0 && memmem(text, (size_t)n, canary, strlen(canary)))
		hit(pid, "the arguments of the runtime", "");
}

/* It goes on at once: what is looked at is whether it is there at all. */
static void trace(int pid)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		return;
	traces++;
	check_status(pid);
	check_descriptors(pid);
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

static void look(int pid, bool traces_it)
{
	check_status(pid);
	check_descriptors(pid);
	check_places(pid);
	check_memory(pid);
	check_words(pid);
	if (traces_it)
		trace(pid);
}

/* Of those that are there for the blink of an eye the number is known before: it is the next one. */
static void look_ahead(bool traces_it)
{
	char path[64];

	for (int pid = above + 1; pid < above + 4; pid++) {
		snprintf(path, sizeof(path), "/proc/%d", pid);
		if (access(path, F_OK) < 0)
			continue;
		above = pid;
		for (int i = 0; i < 4; i++)
			look(pid, traces_it);
	}
}

int main(int argc, char **argv)
{
	bool traces_it = argc > 4;
	struct dirent *e;

	if (argc < 4)
		return 2;
	secret = argv[1];
	canary = strdup(argv[2]);
	allowed = strtoull(argv[3], NULL, 16);
	own = above = getpid();
	signal(SIGUSR1, on_signal);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		DIR *d = opendir("/proc");

		while (d && (e = readdir(d))) {
			int pid = atoi(e->d_name);

			if (pid <= 1 || pid == own)
				continue;
			if (pid > above)
				above = pid;
			look(pid, traces_it);
		}
		if (d)
			closedir(d);
		for (int i = 0; i < 1000; i++)
			look_ahead(traces_it);
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
		if (asked) {
			asked = 0;
			printf("seen %lu stages %lu memories %lu descriptors %lu traces %lu\n", seen, stages, memories,
			       descriptors, traces);
			fflush(stdout);
		}
	}
}
