/* SPDX-License-Identifier: Apache-2.0 */

/*
 * icount COMMAND [ARG...]
 *
 * Counts the instructions that a program executes in user mode, one by one (PTRACE_SINGLESTEP), and prints the number
 * on standard error. Its children run free and are not counted. Unlike a simulator it knows every system call, for the
 * kernel executes them; unlike a hardware counter it works in any virtual machine. Address randomisation is off, so
 * that two runs differ by little. The exit status is the program's.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
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

int main(int argc, char **argv)
{
	unsigned long count = 0;
	int status, deliver = 0;
	pid_t pid;

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
