/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What busybox has no tool for is done in the container by this.
 *
 * probe syscall NUMBER [ARG...]: makes one system call and prints its result, or the name-free errno as "errno N".
 * probe die SIGNAL HOW: tries to die of a signal, in one of the ways that programs have; exits with 23 if it lives on.
 * probe count N FILE: writes "ready" to FILE, takes N real-time signals and adds how many of each number came. Ends
 * earlier, with 1, when none comes for 5 s.
 * probe many FILE: four threads count, two talk by a unix socket, memory is filled; appends what is well ten times a second.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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
	const struct timespec timeout = { .tv_sec = 5 };
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
		int sig = sigtimedwait(&set, NULL, &timeout);

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

#define THREADS 4

static volatile unsigned counts[THREADS];
static int ends[2];

static void *thread_count(void *number)
{
	for (;; usleep(10000))
		counts[(long)number]++;
	return NULL;
}

static void *thread_echo(void *unused)
{
	char c;

	(void)unused;
	while (read(ends[1], &c, 1) == 1)
		if (write(ends[1], &c, 1) != 1)
			break;
	return NULL;
}

static int do_many(const char *file)
{
	enum { SIZE = 1 << 20 };
	unsigned char *memory = malloc(SIZE);
	pthread_t t;

	for (int i = 0; memory && i < SIZE; i++)
		memory[i] = (unsigned char)(i * 7);
	if (!memory || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 || pthread_create(&t, NULL, thread_echo, NULL))
		return 1;
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&t, NULL, thread_count, (void *)i))
			return 1;
	for (unsigned round = 0;; round++) {
		unsigned before[THREADS], moved = 0, good = 1;
		char c = 'x';
		FILE *f;

		for (int i = 0; i < THREADS; i++)
			before[i] = counts[i];
		usleep(100000);
		for (int i = 0; i < THREADS; i++)
			moved += counts[i] != before[i];
		for (int i = 0; i < SIZE; i++)
			good &= memory[i] == (unsigned char)(i * 7);
		if (write(ends[0], &c, 1) != 1 || read(ends[0], &c, 1) != 1)
			c = '?';
		f = fopen(file, "a");
		if (!f)
			return 1;
		fprintf(f, "%u threads %u socket %s memory %s\n", round, moved, c == 'x' ? "ok" : "bad",
			good ? "ok" : "bad");
		fclose(f);
	}
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "syscall"))
		return make_call(argc, argv);
	if (argc == 4 && !strcmp(argv[1], "die"))
		return die(atoi(argv[2]), argv[3]);
	if (argc == 3 && !strcmp(argv[1], "many"))
		return do_many(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "count"))
		return count(atol(argv[2]), argv[3]);
	return 2;
}
