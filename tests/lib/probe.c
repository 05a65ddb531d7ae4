/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What busybox has no tool for is done in the container by this.
 *
 * probe syscall NUMBER [ARG...]: makes one system call and prints its result, or the name-free errno as "errno N".
 * probe die SIGNAL HOW: tries to die of a signal, in one of the ways that programs have; exits with 23 if it lives on.
 * probe count N FILE: writes "ready" to FILE, takes N real-time signals and adds how many of each number came. Ends
 * earlier, with 1, when none comes for 5 s.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int make_call(int argc, char **argv)
{
	long a[6] = { 0 };
	long result;

	for (int i = 3; i < argc && i < 9; i++)
		a[i - 3] = strtol(argv[i], NULL, 0);
	result = syscall(strtol(argv[2], NULL, 0), a[0], a[1], a[2], a[3], a[4], a[5]);
	if (result < 0)
		printf("errno %d\n", errno);
	else
		printf("%ld\n", result);
	return 0;
}

static void reset_and_raise(int sig)
{
	signal(sig, SIG_DFL);
	raise(sig);
}

static void just_raise(int sig)
{
	raise(sig);
}

static void by_handler(int sig, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigaction(sig, &action, NULL);
	raise(sig);
}

/* Blocked, it is kept; it comes when the action is the default one. */
static void while_blocked(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(sig);
	signal(sig, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int die(int sig, const char *how)
{
	if (!strcmp(how, "plain"))
		raise(sig);
	else if (!strcmp(how, "reset"))
		by_handler(sig, reset_and_raise, 0);
	else if (!strcmp(how, "once"))
		by_handler(sig, just_raise, SA_RESETHAND | SA_NODEFER);
	else if (!strcmp(how, "blocked"))
		while_blocked(sig);
	else
		return 2;
	return 23;
}

static int count(long n, const char *path)
{
	const struct timespec patience = { .tv_sec = 5 };
	int came[_NSIG] = { 0 };
	FILE *out = fopen(path, "w");
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!out)
		return 2;
	fputs("ready\n", out);
	fflush(out);
	while (n > 0) {
		int sig = sigtimedwait(&set, NULL, &patience);

		if (sig < 0)
			break;
		n -= sig >= SIGRTMIN;
		came[sig]++;
	}
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		fprintf(out, "%d %d\n", sig, came[sig]);
	fclose(out);
	return n > 0;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "syscall"))
		return make_call(argc, argv);
	if (argc == 4 && !strcmp(argv[1], "die"))
		return die(atoi(argv[2]), argv[3]);
	if (argc == 4 && !strcmp(argv[1], "count"))
		return count(atol(argv[2]), argv[3]);
	return 2;
}
