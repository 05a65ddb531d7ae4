/* SPDX-License-Identifier: Apache-2.0 */

/*
 * inject SIDE K ACTION REPORT COMMAND...: runs COMMAND and, at its K-th system call, kills the process
 * (ACTION "kill") or lets the call fail without being made (ACTION an errno's number; 0: only counts).
 * SIDE "parent" counts the calls of COMMAND's own process, "child" those of all it makes, until they
 * execute a second program (the first is the runtime's stage, the second belongs to the user).
 *
 * Ends with COMMAND, whose status it takes; what COMMAND left running is let go. REPORT gets one line:
 * "CALLS HIT STARTUP", the number of calls counted, the number of the call that was hit or -1, and how
 * many calls the C library made before main() (told by the first poll(2)).
 */

#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACEES_MAX 64
#define PROGRAMS_OF_OURS 1

struct tracee {
	pid_t pid;
	unsigned programs; /* execve()s so far */
	bool failing;      /* between entry and exit of the call that fails */
};

static struct tracee tracees[TRACEES_MAX];
static pid_t command;
static bool counts_parent, kills;
static long wanted, failure, calls, hit = -1, startup = -1;

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static struct tracee *find(pid_t pid)
{
	struct tracee *free_one = NULL;

	for (size_t i = 0; i < TRACEES_MAX; i++) {
		if (tracees[i].pid == pid)
			return &tracees[i];
		if (!tracees[i].pid && !free_one)
			free_one = &tracees[i];
	}
	if (!free_one)
		die("too many processes");
	*free_one = (struct tracee){ .pid = pid };
	return free_one;
}

static void set_call(pid_t pid, bool exit_stop, long value)
{
#if defined(__x86_64__)
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io) < 0)
		return;
	if (exit_stop)
		regs.rax = (unsigned long)value;
	else
		regs.orig_rax = (unsigned long)value;
	(void)ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &io);
#elif defined(__aarch64__)
	struct user_regs_struct regs;
	int number = (int)value;
	struct iovec io = { &regs, sizeof(regs) };

	if (!exit_stop) {
		io = (struct iovec){ &number, sizeof(number) };
		(void)ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &io);
		return;
	}
	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io) < 0)
		return;
	regs.regs[0] = (unsigned long)value;
	(void)ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &io);
#else
#error "which register holds the system call?"
#endif
}

/* Calls that do not return cannot fail; close(2) always closes; brk(2) tells by the break it returns. */
static bool may_fail(unsigned long long nr)
{
	return nr != SYS_close && nr != SYS_brk && nr != SYS_exit && nr != SYS_exit_group && nr != SYS_rt_sigreturn;
}

static bool counted(const struct tracee *t)
{
	if (counts_parent)
		return t->pid == command && t->programs == 1;
	return t->pid != command && t->programs <= PROGRAMS_OF_OURS;
}

static void on_entry(struct tracee *t, unsigned long long nr)
{
	if (!counted(t))
		return;
	calls++;
	if (nr == SYS_ppoll
#ifdef SYS_poll
	    || nr == SYS_poll
#endif
	) {
		if (startup < 0)
			startup = calls - 1;
	}
	if (calls != wanted || (!kills && !failure))
		return;
	hit = (long)nr;
	if (kills) {
		(void)kill(t->pid, SIGKILL);
	} else if (may_fail(nr)) {
		set_call(t->pid, false, -1);
		t->failing = true;
	}
}

static void on_syscall(struct tracee *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(t, info.entry.nr);
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && t->failing) {
		set_call(t->pid, true, -failure);
		t->failing = false;
	}
}

static void go_on(struct tracee *t, int sig)
{
	bool ours = t->pid == command || t->programs <= PROGRAMS_OF_OURS;

	if (!ours) {
		(void)ptrace(PTRACE_DETACH, t->pid, NULL, (void *)(long)sig);
		t->pid = 0;
		return;
	}
	(void)ptrace(PTRACE_SYSCALL, t->pid, NULL, (void *)(long)sig);
}

static void on_stop(struct tracee *t, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (sig == (SIGTRAP | 0x80)) {
		on_syscall(t);
		sig = 0;
	} else if (event) {
		if (event == PTRACE_EVENT_EXEC)
			t->programs++;
		/* A stop of its own (SEIZE has no SIGSTOP of attachment). */
		sig = 0;
	}
	go_on(t, sig);
}

static void report(const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		die(path);
	fprintf(f, "%ld %ld %ld\n", calls, hit, startup);
	fclose(f);
}

static int watch(void)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			die("waitpid");
		if (WIFSTOPPED(status)) {
			on_stop(find(pid), status);
			continue;
		}
		find(pid)->pid = 0;
		if (pid == command)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

static void begin(char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
	int go[2];
	char byte;

	if (pipe(go) < 0)
		die("pipe");
	command = fork();
	if (command < 0)
		die("fork");
	if (command == 0) {
		close(go[1]);
		(void)!read(go[0], &byte, 1);
		close(go[0]);
		execv(argv[0], argv);
		die(argv[0]);
	}
	close(go[0]);
	if (ptrace(PTRACE_SEIZE, command, NULL, (void *)options) < 0)
		die("seize");
	find(command);
	close(go[1]);
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 6) {
		fprintf(stderr, "usage: inject parent|child K kill|ERRNO REPORT COMMAND...\n");
		return 125;
	}
	counts_parent = strcmp(argv[1], "parent") == 0;
	wanted = atol(argv[2]);
	kills = strcmp(argv[3], "kill") == 0;
	failure = kills ? 0 : atol(argv[3]);
	begin(argv + 5);
	status = watch();
	report(argv[4]);
	return status;
}
