/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/learner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/sys.h"
#include "security/seccomp_learn.h"
#include "spec/seccomp.h"
#include "spec/spec.h"

/* Linux 6.6 */
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#endif

#define NAMES_KNOWN 256 /* of threads */
#define THREADS     4
#define STACK_SIZE  (64 << 10)

struct known_name {
	pid_t tid; /* 0: the place is free */
	char comm[16];
};

/* As large as this kernel has them. */
struct buffers {
	struct seccomp_notif *request;
	struct seccomp_notif_resp *response;
};

/*
 * One thread waits for a call, with `turn`; if more wait the next takes its turn while it answers. A call that nobody has taken can be
 * interrupted by a signal, with an EINTR that the program may not expect; one that was taken cannot
 * (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV). So it is taken at once.
 */
struct container_learner {
	struct buffers buffers[THREADS]; /* the first `taken_buffers` are a thread's each */
	size_t request_size, response_size, n_threads;
	_Atomic size_t taken_buffers;
	int listener, stop, init;
	pthread_t threads[THREADS];
	pthread_mutex_t turn;
	pthread_mutex_t lock; /* of what follows */
	struct seccomp_learned *learned;
	struct known_name names[NAMES_KNOWN];
	struct error failed; /* of the first thread that failed */
};

/* ---- names of processes ---- */

/* It waits for our answer: its number is its own until then. */
static void read_comm(pid_t tid, char comm[16])
{
	char path[32];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, comm, 16);
	close_fd(fd);
	if (n <= 0)
		n = snprintf(comm, 16, "?") + 1;
	comm[n - 1] = 0; /* a newline ends it */
}

static struct known_name *place_of(struct container_learner *l, pid_t tid)
{
	return &l->names[(unsigned)tid % NAMES_KNOWN];
}

static const char *comm_of(struct container_learner *l, pid_t tid)
{
	struct known_name *k = place_of(l, tid);

	if (k->tid != tid) {
		k->tid = tid;
		read_comm(tid, k->comm);
	}
	return k->comm;
}

/* New tasks may get numbers that others had. */
static void forget(struct container_learner *l, pid_t tid, unsigned effect)
{
	if (effect & CALL_MAKES_TASKS)
		memset(l->names, 0, sizeof(l->names));
	else if ((effect & CALL_RENAMES) && place_of(l, tid)->tid == tid)
		place_of(l, tid)->tid = 0;
}

/* ---- the threads ---- */

static void fail(struct container_learner *l, const char *what)
{
	int num = errno;

	(void)pthread_mutex_lock(&l->lock);
	if (!l->failed.num)
		(void)codef(&l->failed, num,
			    "--seccomp-learn: %s a system call of the container, which was killed",
			    what);
	(void)pthread_mutex_unlock(&l->lock);
	(void)sys_pidfd_send_signal(l->init, SIGKILL);
}

/* 1: one was taken. 0: it was not there any more. */
static int receive(const struct container_learner *l, struct seccomp_notif *q)
{
	memset(q, 0, l->request_size); /* the kernel demands it */
	if (ioctl(l->listener, SECCOMP_IOCTL_NOTIF_RECV, q) == 0)
		return 1;
	return errno == ENOENT || errno == EINTR ? 0 : -errno;
}

/*
 * The same, or -ESHUTDOWN at the end: no process has the filter any more, or we are told. What poll(2) has announced can
 * be received without waiting, even if it was taken back meanwhile.
 */
static int await_call(const struct container_learner *l, struct seccomp_notif *q)
{
	struct pollfd fds[] = { { .fd = l->listener, .events = POLLIN },
				{ .fd = l->stop, .events = POLLIN } };

	if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[1].revents)
		return -ESHUTDOWN;
	if (fds[0].revents & POLLIN)
		return receive(l, q);
	return fds[0].revents ? -ESHUTDOWN : 0;
}

/* Who asks waits for the answer: until then its number is its own. One that was killed meanwhile is not counted. */
static int answer(struct container_learner *l, const struct seccomp_notif *q,
		  struct seccomp_notif_resp *a)
{
	pid_t tid = (pid_t)q->pid;
	char comm[16];

	(void)pthread_mutex_lock(&l->lock);
	memcpy(comm, comm_of(l, tid), sizeof(comm));
	(void)pthread_mutex_unlock(&l->lock);
	memset(a, 0, l->response_size);
	a->id = q->id;
	a->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if (ioctl(l->listener, SECCOMP_IOCTL_NOTIF_SEND, a) < 0)
		return errno == ENOENT || errno == EINPROGRESS ? 0 : -errno;
	(void)pthread_mutex_lock(&l->lock);
	forget(l, tid, seccomp_learned_add(l->learned, &q->data, comm));
	(void)pthread_mutex_unlock(&l->lock);
	return 0;
}

static bool more_wait(const struct container_learner *l)
{
	struct pollfd one = { .fd = l->listener, .events = POLLIN };

	return poll(&one, 1, 0) > 0 && (one.revents & POLLIN);
}

static void *learn(void *learner)
{
	struct container_learner *l = learner;
	const struct buffers *b = &l->buffers[l->taken_buffers++];
	const struct sched_param least = { .sched_priority = 1 };
	int r;

	/* A call is to be taken at once, where we may do that. By the kernel's call: that of musl does nothing. */
	(void)syscall(SYS_sched_setscheduler, 0, SCHED_RR | SCHED_RESET_ON_FORK, &least);
	do {
		bool alone;

		(void)pthread_mutex_lock(&l->turn);
		do {
			r = await_call(l, b->request);
			/* While nobody else asks no other thread need wake up. */
			alone = r > 0 && !more_wait(l);
			if (alone)
				r = answer(l, b->request, b->response);
		} while (alone && r >= 0);
		(void)pthread_mutex_unlock(&l->turn);
		if (r > 0)
			r = answer(l, b->request, b->response);
	} while (r >= 0);
	if (r != -ESHUTDOWN) {
		errno = -r;
		fail(l, "answer");
	}
	return NULL;
}

static int begin_threads(struct container_learner *l, struct error *err)
{
	pthread_attr_t attr;
	int r = pthread_attr_init(&attr);

	if (r)
		return codef(err, r, "threads for --seccomp-learn");
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	l->taken_buffers = 0;
	while (r == 0 && l->n_threads < THREADS) {
		r = pthread_create(&l->threads[l->n_threads], &attr, learn, l);
		l->n_threads += r == 0;
	}
	(void)pthread_attr_destroy(&attr);
	/* Fewer will do. */
	return l->n_threads ? 0 : codef(err, r, "threads for --seccomp-learn");
}

static void end_threads(struct container_learner *l)
{
	uint64_t one = 1;

	if (l->n_threads)
		(void)!write(l->stop, &one, sizeof(one));
	while (l->n_threads)
		(void)pthread_join(l->threads[--l->n_threads], NULL);
	close_fds((int[]){ l->listener, l->stop, l->init }, 3);
	l->listener = l->stop = l->init = -EBADF;
}

int learner_take(void *learner, int listener, int pidfd, struct error *err)
{
	struct container_learner *l = learner;
	sigset_t all, before;
	int r;

	end_threads(l);
	l->listener = listener;
	l->stop = eventfd(0, EFD_CLOEXEC);
	l->init = fcntl(pidfd, F_DUPFD_CLOEXEC, 3);
	if (l->stop < 0 || l->init < 0)
		return sysf(err, "--seccomp-learn");
	/* Who asks and who answers take turns: the kernel need not look for another CPU. Older ones do. */
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	/* Signals are the business of the first thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = begin_threads(l, err);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

/* ---- begin and end ---- */

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static int make_buffers(struct container_learner *l, struct error *err)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return sysf(err, "--seccomp-learn: sizes of seccomp notifications");
	l->request_size = larger(sizes.seccomp_notif, sizeof(struct seccomp_notif));
	l->response_size = larger(sizes.seccomp_notif_resp, sizeof(struct seccomp_notif_resp));
	for (size_t i = 0; i < THREADS; i++) {
		l->buffers[i].request = calloc(1, l->request_size);
		l->buffers[i].response = calloc(1, l->response_size);
		if (!l->buffers[i].request || !l->buffers[i].response)
			return failf(err, ENOMEM, "--seccomp-learn: out of memory");
	}
	l->learned = seccomp_learned_new();
	return l->learned ? 0 : failf(err, ENOMEM, "--seccomp-learn: out of memory");
}

int container_learner_new(struct container_learner **ret, struct error *err)
{
	struct seccomp_program probe = { 0 };
	auto_(container_learner_free) struct container_learner *l = NULL;
	int r = seccomp_learning_program(&probe, err);

	seccomp_program_done(&probe);
	if (r < 0)
		return error_context(err, "--seccomp-learn");
	l = calloc(1, sizeof(*l));
	if (!l)
		return sysf(err, "--seccomp-learn");
	l->listener = l->stop = l->init = -EBADF;
	(void)pthread_mutex_init(&l->turn, NULL);
	(void)pthread_mutex_init(&l->lock, NULL);
	r = make_buffers(l, err);
	if (r == 0)
		*ret = take_ptr(l);
	return r;
}

void container_learner_free(struct container_learner *l)
{
	if (!l)
		return;
	end_threads(l);
	seccomp_learned_free(l->learned);
	for (size_t i = 0; i < THREADS; i++) {
		free(l->buffers[i].request);
		free(l->buffers[i].response);
	}
	(void)pthread_mutex_destroy(&l->turn);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

int learner_compare(struct container_learner *l, const struct spec_seccomp *profile,
		    const char *cache_dir, struct error *err)
{
	struct seccomp_program program = { 0 };
	int r;

	if (!profile)
		return 0;
	if (spec_seccomp_notifies(profile)) {
		failf(err, EINVAL,
		      "--seccomp-learn: the profile has SCMP_ACT_NOTIFY, and a process has one listener only: "
		      "learn without it");
		return spec_error(profile->json, NULL, err);
	}
	r = seccomp_compile(profile, cache_dir, &program, err);
	if (r < 0)
		return r;
	log_warn(
		"the profile of the config is not in force in this run, which learns: what it would refuse is let through, "
		"and written down");
	seccomp_learned_judge(l->learned, &program);
	return 0;
}

int container_learner_finish(struct container_learner *l, const char *id, const char *path,
			     struct container_learned *ret, struct error *err)
{
	auto_str text = STR_INIT;
	int r;

	end_threads(l);
	*ret = (struct container_learned){ 0 };
	ret->calls = seccomp_learned_calls(l->learned, &ret->refused);
	if (!ret->calls)
		return 0;
	r = seccomp_learned_profile(l->learned, id, &text, &ret->unnamed, err);
	if (r < 0)
		return r;
	if (file_renew_at(AT_FDCWD, path, str_text(&text), text.n, 0644) < 0)
		return sysf(err, "--seccomp-learn: write '%s'", path);
	if (!l->failed.num)
		return 0;
	*err = l->failed;
	return -err->num;
}
