/* SPDX-License-Identifier: Apache-2.0 */

/* One process of a container, found by a number, and what the kernel does with signals for pid 1. */

#include "container/select_process.h"

#include <errno.h>
#include <signal.h>

#include "base/macros.h"
#include "base/proc.h"
#include "base/signals.h"
#include "base/sys.h"

struct pids {
	pid_t *v;
	size_t n;
};

static void pids_done(struct pids *p)
{
	free(p->v);
}
#define auto_pids __attribute__((cleanup(pids_done))) struct pids

static bool has(const struct pids *p, pid_t pid)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i] == pid)
			return true;
	return false;
}

/*
 * A pidfd of a member: it is one when the number is in the container after the pidfd was opened too, so
 * a number that was given to another process meanwhile does not fool us.
 */
static int open_member(struct container *c, pid_t pid, struct error *err)
{
	auto_(close_fd) int fd = sys_pidfd_open(pid, 0);
	auto_pids now = { 0 };
	int r;

	if (fd < 0)
		return errno == ESRCH || errno == EINVAL ? -ESRCH
							 : sysf(err, "process %d", (int)pid);
	r = container_pids(c, &now.v, &now.n, err);
	if (r < 0)
		return r;
	return has(&now, pid) ? take_fd(fd) : -ESRCH;
}

/* How many pid namespaces lie between us and the container: where its own numbers stand in NSpid. */
static int own_level(struct container *c, size_t *ret)
{
	struct proc_signals s;
	int r = proc_signals(c->state.init.pid, &s);

	if (r == 0)
		*ret = s.depth - 1;
	return r;
}

static pid_t find_inside(struct container *c, pid_t inside, struct error *err)
{
	auto_pids all = { 0 };
	struct proc_signals s;
	size_t level = 0;
	int r = container_pids(c, &all.v, &all.n, err);

	if (r < 0)
		return r;
	if (own_level(c, &level) < 0)
		return -ESRCH;
	for (size_t i = 0; i < all.n; i++)
		if (proc_signals(all.v[i], &s) == 0 && s.depth > level && s.ids[level] == inside)
			return all.v[i];
	return -ESRCH;
}

int container_select_process(struct container *c, const struct process_selector *t, pid_t *pid,
		struct error *err)
{
	pid_t named = t->host_pid > 0 ? t->host_pid : t->pid;
	int r;

	if (named <= 0) {
		*pid = c->state.init.pid;
		r = container_init_pidfd(c, err);
		return r == -ESRCH ? failf(err, ESRCH, "container not running") : r;
	}
	r = *pid = t->host_pid > 0 ? t->host_pid : find_inside(c, t->pid, err);
	if (r > 0)
		r = open_member(c, *pid, err);
	if (r == -ESRCH)
		return failf(err, ESRCH, "container '%s' has no process %d%s", c->state.id,
			     (int)named, t->host_pid > 0 ? " (of the host)" : "");
	return r;
}

/* ---- the foreground process group ---- */

/* By each of its members, as pidfds: a number of a group may be another group's before we signal it. */
static int signal_group(struct container *c, pid_t group, int64_t tty, int sig, struct error *err)
{
	auto_pids all = { 0 };
	struct proc_stat s;
	bool sent = false;
	int r = container_pids(c, &all.v, &all.n, err);

	for (size_t i = 0; r == 0 && i < all.n; i++) {
		auto_(close_fd) int fd = sys_pidfd_open(all.v[i], 0);

		if (fd < 0 || proc_stat(all.v[i], &s) < 0 || s.pgrp != group || s.tty != tty)
			continue;
		if (sys_pidfd_send_signal(fd, sig) == 0)
			sent = true;
		else if (errno != ESRCH)
			r = sysf(err, "send signal %d to process %d", sig, (int)all.v[i]);
	}
	if (r == 0 && !sent)
		return failf(err, ESRCH, "the foreground process group of container '%s' is empty",
			     c->state.id);
	return r;
}

static int signal_foreground(struct container *c, pid_t pid, int sig, struct error *err)
{
	struct proc_stat s;
	int r = proc_stat(pid, &s);

	if (r < 0)
		return codef(err, r, "process %d", (int)pid);
	if (s.tty == 0)
		return failf(err, ENOTTY,
			     "process %d of container '%s' has no terminal: no foreground "
			     "process group",
			     (int)pid, c->state.id);
	if (s.tpgid <= 0)
		return failf(err, ESRCH,
			     "no process group of container '%s' is in the foreground of its "
			     "terminal",
			     c->state.id);
	return signal_group(c, s.tpgid, s.tty, sig, err);
}

int container_kill_process(struct container *c, const struct process_selector *t, int sig,
			  struct error *err)
{
	auto_(close_fd) int pidfd = -EBADF;
	pid_t pid = 0;

	pidfd = container_select_process(c, t, &pid, err);
	if (pidfd < 0)
		return pidfd;
	if (t->foreground)
		return signal_foreground(c, pid, sig, err);
	if (sys_pidfd_send_signal(pidfd, sig) < 0)
		return sysf(err, "send signal %d to process %d", sig, (int)pid);
	return 0;
}

/* ---- what the kernel discards ---- */

/* They end or stop a pid 1 from outside, wake it, or do nothing to anybody by default. */
static bool needs_no_handler(int sig)
{
	static const int signals[] = { 0, SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGURG, SIGWINCH };

	foreach_array(s, signals)
		if (*s == sig)
			return true;
	return false;
}

/* kernel/signal.c, sig_ignored(): what is blocked is kept, for sigwait(3) and signalfd(2) too. */
int container_discards_signal(struct container *c, int sig, struct str *why)
{
	auto_(close_fd) int alive = container_init_pidfd(c, NULL);
	struct proc_signals s;
	char name[16];
	uint64_t bit;

	if (alive < 0 || needs_no_handler(sig) || proc_signals(c->state.init.pid, &s) < 0)
		return 0;
	bit = UINT64_C(1) << (sig - 1);
	if (s.ids[s.depth - 1] != 1 || (s.caught | s.blocked) & bit ||
	    proc_awaits_signal(c->state.init.pid))
		return 0;
	str_printf(why, "pid 1 %s %s: the kernel discards it",
		   s.ignored & bit ? "ignores" : "has no handler for",
		   signal_name(sig, name, sizeof(name)));
	return 1;
}
