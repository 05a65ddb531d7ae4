/* SPDX-License-Identifier: Apache-2.0 */

/* Waiting without a daemon: a pidfd tells the end of a process also to those who are not its parent. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/proc.h"
#include "container/exit.h"
#include "container/select_process.h"

struct watch {
	struct container_waiter *w;
	pid_t pid;
};

static bool is_init(const struct container_waiter *w)
{
	return !w->target || (w->target->pid <= 0 && w->target->host_pid <= 0);
}

/* A zombie is still there to be asked, a record may be kept; else nobody knows. */
static void report_stopped(struct container_waiter *w)
{
	auto_(close_fd) int pidfd = identity_open_zombie(&w->c->state.init);
	struct process_end end = { 0 };
	struct container_exit now;

	w->done = true;
	if (exit_read(w->c, &w->exit) > 0 && !w->exit.rough)
		return;
	if (pidfd < 0 || process_end(w->c->state.init.pid, pidfd, 0, &end) <= 0 || !end.known)
		return;
	exit_explain(w->c, &end, true, &now);
	if (!now.rough || !w->exit.known)
		w->exit = now;
}

static int refuse_stopped(struct container *c, struct error *err)
{
	struct container_waiter w = { .c = c };
	auto_str words = STR_INIT;

	report_stopped(&w);
	container_exit_words(&w.exit, &words);
	return failf(err, EINVAL,
		     "cannot exec in a stopped container: the container has stopped (init %s)",
		     str_text(&words));
}

/*
 * The init of a pid namespace that ends kills all others in it and waits until they are reaped, by whoever:
 * so long, a process can join, but clone(2) there is ENOMEM.
 */
int exit_refuse(struct container *c, struct error *err)
{
	auto_(close_fd) int pidfd = container_init_pidfd(c, NULL);
	struct proc_stat s;

	if (pidfd == -ESRCH)
		return refuse_stopped(c, err);
	if (pidfd >= 0 && proc_stat(c->state.init.pid, &s) == 0 && s.exiting)
		return failf(
			err, EINVAL,
			"cannot exec in a stopped container: the container is stopping (init waits for "
			"the end of the other processes of its pid namespace)");
	return 0;
}

static int open_watch(struct container_waiter *w, struct watch *ret, struct error *err)
{
	static const struct process_selector init = { 0 };
	enum container_status status = STATUS_STOPPED;
	int fd;

	w->done = false;
	*ret = (struct watch){ .w = w };
	if (is_init(w)) {
		int r = container_status(w->c, &status, err);

		if (r < 0)
			return r;
		if (status == STATUS_STOPPED) {
			report_stopped(w);
			return -ESRCH;
		}
	}
	fd = container_select_process(w->c, w->target ? w->target : &init, &ret->pid, err);
	if (fd != -ESRCH || !is_init(w))
		return fd;
	/* Between our two looks. */
	report_stopped(w);
	return fd;
}

static int finish(const struct watch *watch, int pidfd, struct error *err)
{
	struct container_waiter *w = watch->w;
	struct process_end end;
	int r = process_end(watch->pid, pidfd, 0, &end);

	if (r < 0)
		return codef(err, r, "how process %d ended", (int)watch->pid);
	if (r == 0)
		return 0;
	exit_explain(w->c, &end, is_init(w), &w->exit);
	clock_text(w->exit.finished);
	w->done = true;
	/* A root that we may only read is no reason not to tell. */
	if (is_init(w))
		(void)exit_keep(w->c, &w->exit, EXIT_TIMEOUT, NULL);
	return 1;
}

/* 1: enough have ended. */
static int look(struct pollfd *fds, const struct watch *watches, size_t n, bool any,
		struct error *err)
{
	size_t left = 0;
	bool one = false;

	for (size_t i = 0; i < n; i++) {
		int r = 0;

		if (fds[i].fd >= 0 && fds[i].revents)
			r = finish(&watches[i], fds[i].fd, err);
		if (r < 0)
			return r;
		if (r > 0) {
			close_fd(fds[i].fd);
			fds[i].fd = -1;
		}
		one |= watches[i].w->done;
		left += !watches[i].w->done;
	}
	return left == 0 || (any && one);
}

static int wait_all(struct pollfd *fds, const struct watch *watches, size_t n, bool any,
		    int64_t timeout_ms, struct error *err)
{
	int64_t until = timeout_ms < 0 ? -1 : clock_ms() + timeout_ms;

	for (;;) {
		int64_t left = until < 0 ? -1 : until - clock_ms();
		int r = look(fds, watches, n, any, err);

		if (r != 0)
			return r < 0 ? r : 0;
		if (until >= 0 && left <= 0)
			return failf(err, ETIMEDOUT, "still running after %.1f s",
				     (double)timeout_ms / 1000);
		if (poll(fds, n, (int)min_of(left, (int64_t)60000)) < 0 && errno != EINTR)
			return sysf(err, "wait");
	}
}

static int open_and_wait(struct pollfd *fds, struct watch *watches, struct container_waiter *w,
			 size_t n, bool any, int64_t timeout_ms, struct error *err)
{
	int r = 0;
	size_t i;

	for (i = 0; r == 0 && i < n; i++) {
		fds[i] = (struct pollfd){ .fd = open_watch(&w[i], &watches[i], err),
					  .events = POLLIN };
		if (fds[i].fd < 0 && !w[i].done)
			r = fds[i].fd;
	}
	if (r == 0)
		r = wait_all(fds, watches, n, any, timeout_ms, err);
	while (i-- > 0)
		close_fd(fds[i].fd);
	return r;
}

int container_wait(struct container_waiter *w, size_t n, bool any, int64_t timeout_ms,
		   struct error *err)
{
	struct pollfd *fds = calloc(n, sizeof(*fds));
	struct watch *watches = calloc(n, sizeof(*watches));
	int r = fds && watches ? open_and_wait(fds, watches, w, n, any, timeout_ms, err)
			       : sysf(err, "wait");

	free(watches);
	free(fds);
	return r;
}
