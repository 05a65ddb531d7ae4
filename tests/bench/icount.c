/* SPDX-License-Identifier: Apache-2.0 */

/*
 * icount [-a FILE] COMMAND [ARG...]
 *
 * Counts the instructions that a program executes in user mode, one by one (PTRACE_SINGLESTEP), and prints the number
 * on standard error. Its children run free and are not counted. Unlike a simulator it knows every system call, for the
 * kernel executes them; unlike a hardware counter it works in any virtual machine. Address randomisation is off, so
 * that two runs differ by little. The exit status is the program's. -a appends to FILE where they were: the offsets of
 * all executed instructions in the program's own image, in hexadecimal, each once, in the order of their first execution.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static void become(char **argv)
{
	if (personality(ADDR_NO_RANDOMIZE) < 0)
		die("personality");
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		die("ptrace");
	execvp(argv[0], argv);
	die(argv[0]);
}

#define IMAGE_MAX (16UL << 20)

/* Where the image lies in memory, and which of its instructions were met. */
struct image {
	unsigned long begin, size;
	unsigned char met[IMAGE_MAX];
	FILE *out;
};

/* The first mapping of a file is the program's own, and all that are named like it belong to it. */
static void find_image(struct image *m, pid_t pid)
{
	unsigned long from, to;
	char path[64], line[512], name[256], first[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %255s", &from, &to, name) != 3 || name[0] != '/')
			continue;
		if (!m->begin) {
			m->begin = from;
			strcpy(first, name);
		}
		if (strcmp(name, first) == 0)
			m->size = to - m->begin;
	}
	fclose(f);
	if (!m->begin || m->size > IMAGE_MAX)
		die("image");
}

static unsigned long counter(pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec v = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, 1 /* NT_PRSTATUS */, &v) < 0)
		return 0;
#ifdef __x86_64__
	return regs.rip;
#else
	return regs.pc;
#endif
}

static void note(struct image *m, pid_t pid)
{
	unsigned long at;

	if (!m->begin)
		find_image(m, pid);
	at = counter(pid) - m->begin;
	if (at < m->size && !m->met[at]) {
		m->met[at] = 1;
		fprintf(m->out, "%lx\n", at);
	}
}

int main(int argc, char **argv)
{
	static struct image image;
	unsigned long count = 0;
	int status, deliver = 0;
	pid_t pid;

	if (argc > 3 && strcmp(argv[1], "-a") == 0) {
		image.out = fopen(argv[2], "ae");
		if (!image.out)
			die(argv[2]);
		argv += 2;
		argc -= 2;
	}
	if (argc < 2)
		return 2;
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		become(argv + 1);
	/* The first stop is that of the execve. */
	if (waitpid(pid, &status, 0) < 0)
		die("wait");
	while (WIFSTOPPED(status)) {
		if (image.out)
			note(&image, pid);
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, (long)deliver) < 0)
			die("ptrace");
		if (waitpid(pid, &status, __WALL) < 0)
			die("wait");
		deliver = 0;
		if (WIFSTOPPED(status) && WSTOPSIG(status) != SIGTRAP)
			deliver = WSTOPSIG(status);
		else
			count++;
	}
	fprintf(stderr, "%lu\n", count);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
