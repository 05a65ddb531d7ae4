/* SPDX-License-Identifier: Apache-2.0 */

/* The handshake's ops, hooks inside the container, seccomp and the last call. */

#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/signalfd.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include <linux/wait.h>

#include "nsexec/stage.h"
#include "nsexec/sys.h"

#define SIGCHLD 17
#define SIGKILL 9
#define MFD_CLOEXEC 1U
#define DEATH_SECONDS 10
#define SIG_SETMASK 2
#define MSG_PEEK 2
#define MSG_DONTWAIT 0x40

/* The runtime takes the listener while we spin: about half a minute of turns. */
#define TURNS_MAX (1ULL << 30)

#define NOT_EXECUTED 127 /* as a shell's */

#define PAGE 4096UL
#define STACK_USED (64 * 1024UL) /* more than any op takes */

long op_SYNC(struct stage *s, const struct plan_op *op)
{
	enum sync_step step = (enum sync_step)op->x;

	return sync_from(step) == SYNC_CHILD ? record_send(s, step, 0, -1) : record_receive(s, step);
}

/* What hooks of the host have said would have been told if one had failed, and is for nobody else. */
static RARE void forget_output(const struct stage *s)
{
	int fd = s->first_fd + (int)s->plan->hook_output;

	if (!s->plan->hook_output)
		return;
	(void)sys(ftruncate, fd, 0);
	(void)sys(lseek, fd, 0, 0 /* SEEK_SET */);
}

/* What only `create` needed is closed before the container may wait for days. */
long op_CLOSE_REST(struct stage *s, const struct plan_op *op)
{
	s->root = -1;
	stage_forget(s);
	if (op->x) { /* the process that is forked inherits the rest */
		sys(close, s->first_fd); /* it is mapped */
		forget_output(s);
	}
	return close_from(s->first_fd + (int)s->plan->n_kept);
}

/*
 * A created container may wait for long, and there may be thousands: what we do not need now goes. The
 * plan is read again from its memfd when it is touched; below our frame the stack holds nothing.
 */
static void shrink(struct stage *s)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(PAGE - 1);

	(void)sys(madvise, s->plan, s->plan->size, MADV_DONTNEED);
	(void)sys(madvise, frame - STACK_USED, STACK_USED, MADV_DONTNEED);
}

/* The host is short of memory or files: that passes, and the container must not die of it. */
static bool passes(long r)
{
	return r == -EINTR || r == -ECONNABORTED || r == -ENFILE || r == -EMFILE || r == -ENOMEM ||
	       r == -ENOBUFS;
}

/*
 * To a pid 1 the kernel sends no signal that it has no handler for, unless it is blocked. One that would end a program ends
 * a container that waits for its start: all are blocked by the op SIGNALS, and these are taken from a descriptor.
 */
static int open_signals(uint64_t ending)
{
	if (!ending)
		return -1;
	return (int)sys(signalfd4, -1, &ending, sizeof(ending), O_CLOEXEC);
}

/* 128 and the signal's number, as a shell has it. */
static void end_by_signal(int signals)
{
	struct signalfd_siginfo info;

	if (sys(read, signals, &info, sizeof(info)) == sizeof(info))
		stage_die(128 + (int)info.ssi_signo);
}

static void await_caller(int listening, int signals)
{
	struct pollfd poll[] = { { .fd = listening, .events = POLLIN }, { .fd = signals, .events = POLLIN } };

	while (signals >= 0 && !poll[0].revents) {
		if (sys(ppoll, poll, 2, 0, 0, 0) <= 0)
			continue;
		if (poll[1].revents)
			end_by_signal(signals);
	}
}

static long accept_caller(int listening, int signals)
{
	const struct __kernel_timespec pause = { .tv_nsec = 10000000 };
	long fd;

	await_caller(listening, signals);
	while (passes(fd = sys(accept4, listening, 0, 0, O_CLOEXEC)))
		if (fd != -EINTR)
			(void)sys(nanosleep, &pause, 0);
	return fd;
}

/* It shuts its end, or dies, when it gives up: what it has said before does not count then. */
static bool gave_up(int sync)
{
	char byte;

	return sys(recvfrom, sync, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT, 0, 0) == 0;
}

/* A caller of `start` that dies or gives up before we have heard START changes nothing. */
long op_ACCEPT(struct stage *s, const struct plan_op *op)
{
	enum sync_step last = s->last;
	int listening = stage_fd(s, op), signals = open_signals(op->x);
	long r;

	shrink(s); /* the plan's page is read no more */
	do {
		long fd = accept_caller(listening, signals);

		if (fd < 0)
			return fd;
		sys(close, s->sync);
		s->sync = (int)fd;
		s->last = last;
		r = record_receive(s, SYNC_START);
	} while (r < 0 || gave_up(s->sync));
	if (signals >= 0)
		sys(close, signals);
	return 0;
}

/* ---- hooks ---- */

/* 0: can be executed as far as can be told beforehand. */
static long probe(const char *path)
{
	struct statx st;
	long r = sys(statx, AT_FDCWD, path, 0, STATX_TYPE | STATX_MODE, &st);

	if (r < 0)
		return r;
	if ((st.stx_mode & S_IFMT) == S_IFDIR)
		return -EISDIR;
	r = sys(faccessat2, AT_FDCWD, path, 1 /* X_OK */, AT_EACCESS);
	/* A filter may not know the call, which no kernel answers so when the flags are wrong. Then execve will tell. */
	if (r == -EPERM && sys(faccessat2, -1, NULL, 0, ~0) == -EPERM)
		return 0;
	return r == -ENOSYS ? 0 : r;
}

/* What hooks say is not the program's output. */
static void divert_output(const struct stage *s)
{
	int fd = s->first_fd + (int)s->plan->hook_output;

	if (!s->plan->hook_output)
		return;
	(void)sys(dup3, fd, 1, 0);
	(void)sys(dup3, fd, 2, 0);
}

/* What is placed for the program is not the hook's. */
static void keep_placed(const struct stage *s)
{
	if (!s->placed || sys(close_range, SYNC_FD, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	for (int fd = SYNC_FD; fd <= s->placed; fd++)
		(void)sys(fcntl, fd, F_SETFD, FD_CLOEXEC);
}

/*
 * A list as in the plan, in a file: what is not the container's is not in the plan, which is in the memory of the program's
 * process until it executes that. NULL: it cannot be read.
 */
static RARE char **environment_in(int fd)
{
	struct statx st;
	uint64_t *slot;
	long r = sys(statx, fd, "", AT_EMPTY_PATH, STATX_SIZE, &st);

	if (r == 0)
		r = sys(mmap, 0, st.stx_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (r < 0 && r > -4096)
		return NULL;
	for (slot = (uint64_t *)r; *slot; slot++)
		*slot += (uint64_t)r;
	return (char **)r;
}

static RARE char **hook_environment(const struct stage *s, const struct plan_op *op)
{
	static char *const empty[] = { NULL };

	if (op->y)
		return environment_in(s->first_fd + (int)op->y);

	if (op->flags & OP_ENV)
		return stage_list(s, s->plan->envp);
	return op->l2.at ? stage_list(s, op->l2) : (char **)(uintptr_t)empty;
}

static RARE void hook_child(struct stage *s, const struct plan_op *op)
{
	char **environment = hook_environment(s, op);
	int state = stage_fd(s, op);

	(void)op_SIGNALS(s, op);
	(void)sys(umask, s->umask);
	if (op->y)
		(void)sys(fchdir, s->root);
	divert_output(s);
	(void)sys(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)sys(setpgid, 0, 0);
	(void)sys(lseek, state, 0, 0 /* SEEK_SET */);
	keep_placed(s);
	if (environment && sys(dup3, state, 0, 0) >= 0)
		(void)sys(execve, stage_s1(s, op), stage_list(s, op->l1), environment);
	sys(exit_group, NOT_EXECUTED);
	for (;;)
		SYS_TRAP();
}

/* 0: it has not ended within so many seconds (0: for ever). */
static RARE long await_end(int pidfd, uint64_t seconds)
{
	struct __kernel_timespec time = { .tv_sec = (long long)seconds };
	struct pollfd poll = { .fd = pidfd, .events = POLLIN };
	long r;

	do
		r = sys(ppoll, &poll, 1, seconds ? &time : NULL, 0, 0);
	while (r == -EINTR);
	return r;
}

static RARE long hook_wait(struct stage *s, const struct plan_op *op, long pid, int pidfd)
{
	int status = 0;
	long r = await_end(pidfd, op->x);

	s->detail = (uint32_t)op->z << 16;
	if (r == 0) {
		/* Its children too; it has not been reaped, so the number is its own. */
		(void)sys(kill, -pid, SIGKILL);
		/* One that waits for a device does not die: we do not wait with it. */
		if (await_end(pidfd, DEATH_SECONDS) == 0)
			return -ETIMEDOUT;
	}
	do {
		long w = sys(wait4, pid, &status, __WALL, 0);

		if (w < 0 && w != -EINTR)
			return w;
		if (w > 0)
			break;
	} while (true);
	if (r == 0)
		return -ETIMEDOUT;
	s->detail = ((uint32_t)status & 0xffff) | (uint32_t)op->z << 16;
	/* The hook may have ended with this status itself: then nothing is wrong with its file. */
	r = status == NOT_EXECUTED << 8 ? probe(stage_s1(s, op)) : 0;
	return r < 0 ? r : status ? -ECANCELED : 0;
}

/* Filters that cannot look into clone3's arguments refuse it: with ENOSYS, or all of them with EPERM. */
static long fork_child(int *pidfd)
{
	struct clone_args args = {
		.flags = pidfd ? CLONE_PIDFD : 0,
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid = sys(clone3, &args, sizeof(args));

	if (pid != -ENOSYS && pid != -EPERM)
		return pid;
	return sys(clone, args.flags | SIGCHLD, 0, pidfd, 0, 0);
}

long op_HOOK(struct stage *s, const struct plan_op *op)
{
	int pidfd = -1;
	long r, pid = fork_child(&pidfd);

	if (pid < 0)
		return pid;
	if (pid == 0)
		hook_child(s, op);
	r = hook_wait(s, op, pid, pidfd);
	sys(close, pidfd);
	return r;
}

/* ---- the program ---- */

/* execvp's search: the first that can be executed; a denial is told if nothing better turns up. */
long op_FIND_EXEC(struct stage *s, const struct plan_op *op)
{
	const uint64_t *path = plan_list(s->plan, s->plan->paths);
	long result = -ENOENT;

	(void)op;
	for (uint32_t i = 0; i < s->plan->paths.n; i++) {
		long r = probe(plan_string(s->plan, (uint32_t)path[i]));

		if (r == 0) {
			s->program = i;
			return 0;
		}
		if (r != -ENOENT && r != -ENOTDIR)
			result = r;
	}
	return result;
}

/* The filter may forbid anything to us from now on, and a listener's first question would be our own. */
static RARE long load_with_listener(struct stage *s, unsigned flags, struct sock_fprog *program)
{
	volatile uint32_t *taken;
	long r, number, at, fd = sys(memfd_create, "listener", MFD_CLOEXEC);

	if (fd < 0)
		return fd;
	r = sys(ftruncate, fd, 4096);
	if (r < 0)
		return r;
	at = sys(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at < 0 && at > -4096)
		return at;
	taken = (volatile uint32_t *)at;
	number = sys(fcntl, fd, F_DUPFD_CLOEXEC, 0); /* the lowest free number */
	if (number < 0)
		return number;
	sys(close, number);
	r = record_send(s, SYNC_LISTENER, (int32_t)number, (int)fd);
	if (r < 0)
		return r;
	r = sys(seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_NEW_LISTENER, program);
	if (r < 0)
		return r;
	for (uint64_t turn = 0; !*taken && turn < TURNS_MAX; turn++)
		SYS_PAUSE();
	if (!*taken)
		SYS_TRAP();
	return 0;
}

long op_SECCOMP(struct stage *s, const struct plan_op *op)
{
	struct sock_fprog program = {
		.len = (unsigned short)s->plan->bpf.n,
		.filter = (struct sock_filter *)((char *)(uintptr_t)s->plan + s->plan->bpf.at),
	};

	if (s->plan->features & WITH_LISTENER)
		return load_with_listener(s, (unsigned)op->x, &program);
	return sys(seccomp, SECCOMP_SET_MODE_FILTER, op->x, &program);
}

/* ---- run --init ---- */

#define TIOCSPGRP 0x5410

/* A group of its own in the foreground: else the terminal's keys reach it twice, once by way of pid 1. */
static void take_terminal(void)
{
	int group = (int)sys(getpid);

	(void)sys(setpgid, 0, 0);
	(void)sys(ioctl, 0, TIOCSPGRP, &group);
}

static long execute_init(int image, long child)
{
	char name[] = "orlop-init", pid[12], *argv[] = { name, pid, NULL }, *envp[] = { NULL };
	long r;

	text_decimal(pid, child);
	r = sys(execveat, image, "", argv, envp, AT_EMPTY_PATH);
	(void)sys(kill, child, SIGKILL);
	return r;
}

/*
 * All signals stay blocked from before the fork on, so none is lost until init takes them. After the filter: a pid 1
 * without one would be the way around it.
 */
long op_INIT(struct stage *s, const struct plan_op *op)
{
	uint64_t all = ~0ULL, before = 0;
	long pid;

	(void)sys(rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
	pid = fork_child(NULL);
	if (pid < 0)
		return pid;
	if (pid > 0)
		return execute_init(stage_fd(s, op), pid);
	if (s->plan->features & WITH_CONSOLE)
		take_terminal();
	return sys(rt_sigprocmask, SIG_SETMASK, &before, 0, sizeof(before));
}

long op_EXEC(struct stage *s, const struct plan_op *op)
{
	const uint64_t *path = plan_list(s->plan, s->plan->paths);

	if (op->x)
		return sys(execveat, op->x, "", stage_list(s, s->plan->argv), stage_list(s, s->plan->envp),
			   AT_EMPTY_PATH);
	return sys(execve, plan_string(s->plan, (uint32_t)path[s->program]),
		   stage_list(s, s->plan->argv), stage_list(s, s->plan->envp));
}
