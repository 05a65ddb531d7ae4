/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/handshake.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "launch/failure.h"
#include "launch/mount_sources.h"
#include "launch/stuck.h"

#define FDS_A_RECORD 250 /* the kernel takes 253 (SCM_MAX_FD), musl 1024 bytes of them and their header */

union rights {
	struct cmsghdr head;
	char room[CMSG_SPACE(FDS_A_RECORD * sizeof(int))];
};

static int send_record(const struct handshake *t, const struct sync_message *record,
		       const int *fds, size_t n)
{
	struct iovec io = { (void *)(uintptr_t)record, sizeof(*record) };
	union rights rights;
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };
	ssize_t sent;

	if (n) {
		m.msg_control = &rights;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		rights.head = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(n * sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&rights.head), fds, n * sizeof(int));
	}
	do
		sent = sendmsg(t->sync, &m, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

int handshake_send(struct handshake *t, enum sync_step step, struct error *err)
{
	struct sync_message record = { .step = step };
	int r = sync_allowed(t->features, t->last, step, SYNC_PARENT);

	if (r == 0)
		r = send_record(t, &record, NULL, 0);
	if (r == -EPIPE || r == -ECONNRESET)
		return failure_of_death(t, err);
	if (r < 0)
		return codef(err, r, "tell the child %s", sync_name(step));
	t->last = step;
	return 0;
}

int handshake_send_table(struct handshake *t, struct error *err)
{
	struct sync_message record = { .step = SYNC_TABLE };
	size_t n, at = 0;
	const int *fds = plan_fd_table(t->plan, &n);

	if (sync_allowed(t->features, t->last, SYNC_TABLE, SYNC_PARENT) < 0)
		return failf(err, EPROTO, "the descriptor table is out of turn");
	while (at < n) {
		size_t now = n - at < FDS_A_RECORD ? n - at : FDS_A_RECORD;
		int r;

		record.more = (uint32_t)(n - at - now);
		r = send_record(t, &record, fds + at, now);
		if (r == -EPIPE || r == -ECONNRESET)
			return failure_of_death(t, err);
		if (r < 0)
			return codef(err, r, "send the descriptor table");
		at += now;
	}
	t->last = SYNC_TABLE;
	return 0;
}

int handshake_watch(int sync, struct error *err)
{
	const struct timeval tick = { .tv_sec = STUCK_TICK };

	if (setsockopt(sync, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick)) < 0 ||
	    setsockopt(sync, SOL_SOCKET, SO_SNDTIMEO, &tick, sizeof(tick)) < 0)
		return sysf(err, "set the timeouts of a socket");
	return 0;
}

/* What the kernel hands over beside a record: who sent it, where that was asked for, and one descriptor. */
static void take_control(struct msghdr *m, int *fd, pid_t *sender)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct ucred who;

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(fd, CMSG_DATA(c), sizeof(int));
		if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(sizeof(who))) {
			memcpy(&who, CMSG_DATA(c), sizeof(who));
			*sender = who.pid;
		}
	}
}

/* 1: a record; 0: end of file; -EAGAIN: silence; -EINTR: a signal. */
static int receive_now(const struct handshake *t, struct sync_message *record, int *fd, pid_t *sender, int flags)
{
	struct iovec io = { record, sizeof(*record) };
	const size_t senders = t->forks_last ? CMSG_SPACE(sizeof(struct ucred)) : 0;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int))];
	} rights;
	struct msghdr m = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &rights,
		.msg_controllen = senders + CMSG_LEN(sizeof(int)), /* not CMSG_SPACE: that has room for two */
	};
	ssize_t n;

	/* ECONNRESET: it went and left one of our records unread. Told once, before what it has sent. */
	do
		n = recvmsg(t->sync, &m, MSG_CMSG_CLOEXEC | flags);
	while (n < 0 && errno == ECONNRESET);
	if (n < 0)
		return -errno;
	take_control(&m, fd, sender);
	if (n == 0)
		return 0;
	return n == sizeof(*record) && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ? 1 : -EPROTO;
}

static bool has_ended(const struct handshake *t)
{
	siginfo_t info = { 0 };

	return t->pidfd >= 0 && waitid(P_PIDFD, (id_t)t->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0;
}

/* Who ends between its fork and the word of it leaves the forked process, which has the socket too, and waits as we do. */
static int receive(const struct handshake *t, struct sync_message *record, int *fd, pid_t *sender,
		   struct error *err)
{
	struct stuck s = { 0 };
	const char *why = NULL;
	bool ended = false;
	int r, sig;

	for (;;) {
		r = receive_now(t, record, fd, sender, ended ? MSG_DONTWAIT : 0);
		if (r != -EAGAIN && r != -EINTR)
			break;
		/* And nothing has come since. */
		if (r == -EAGAIN && ended)
			return 0;
		ended = has_ended(t);
		/* Somebody may get tired of waiting. A container that was there before is not ours to take back. */
		if (t->plan)
			interrupt_catch();
		sig = interrupt_take();
		if (sig)
			return interrupt_fail(sig, err);
		if (r == -EAGAIN && !t->wait_for_thaw && (why = stuck_check(&s, t->pid)))
			return stuck_fail(t->pid, why, err);
	}
	return r < 0 ? codef(err, r, "its record") : r;
}

/* What the child wants to mount from where it has mounted already: `root`, a descriptor. */
static int give_source(struct handshake *t, const struct sync_message *asked, int root,
		       struct error *err)
{
	const struct sync_message record = { .step = SYNC_TREE };
	auto_(close_fd) int tree = -EBADF;
	int r;

	if (!t->compiled || root < 0 ||
	    sync_allowed(t->features, t->last, SYNC_SOURCE, SYNC_CHILD) < 0)
		return failf(err, EPROTO, "the child asks for a mount source out of turn");
	tree = mount_source_late(t->compiled, t->pidfd, root, asked->num, err);
	if (tree < 0)
		return tree;
	r = send_record(t, &record, &tree, 1);
	if (r == -EPIPE || r == -ECONNRESET)
		return failure_of_death(t, err);
	if (r < 0)
		return codef(err, r, "send a mount source");
	t->last = SYNC_TREE;
	return 0;
}

/* The next record that is no SOURCE. */
static int receive_step(struct handshake *t, struct sync_message *record, int *fd,
			pid_t *sender, struct error *err)
{
	int r = receive(t, record, fd, sender, err);

	while (r == 1 && record->step == SYNC_SOURCE) {
		r = give_source(t, record, *fd, err);
		close_fd(*fd);
		*fd = -EBADF;
		if (r == 0)
			r = receive(t, record, fd, sender, err);
		else
			return r;
	}
	return r;
}

/* sender: its pid as the kernel saw it; 0 where that is not asked for. */
static int await(struct handshake *t, enum sync_step step, int *fd, int *num, pid_t *sender,
		 struct error *err)
{
	auto_(close_fd) int got = -EBADF;
	struct sync_message record = { 0 };
	int r = receive_step(t, &record, &got, sender, err);

	if (r == 0)
		return failure_of_death(t, err);
	if (r < 0)
		return record.step == SYNC_SOURCE ?
			       r :
			       error_context(err, "wait for the child's %s", sync_name(step));
	t->pids_limit_reached = record.step == SYNC_FAILED && (record.op & 0xffff) == PLAN_FORK && record.num == EAGAIN;
	if (record.step == SYNC_FAILED)
		return failure_of_op(t, &record, err);
	if (record.step != step || sync_allowed(t->features, t->last, step, SYNC_CHILD) < 0)
		return failf(err, EPROTO, "the child said %s where %s was due",
			     sync_name(record.step), sync_name(step));
	t->last = step;
	if (fd)
		*fd = take_fd(got);
	if (num)
		*num = record.num;
	return 0;
}

int handshake_await(struct handshake *t, enum sync_step step, int *fd, int *num, struct error *err)
{
	pid_t sender = 0;

	return await(t, step, fd, num, &sender, err);
}

int handshake_await_fork(struct handshake *t, enum sync_step step, struct child *child, struct error *err)
{
	auto_(close_fd) int pidfd = -EBADF;
	pid_t sender = 0;
	int pid = 0, r = await(t, step, &pidfd, &pid, &sender, err);

	if (r < 0)
		return r;
	/* The forked process has the socket as well, and others may have taken it from that one. */
	if (sender != child->pid || pidfd < 0 || pid <= 0)
		return failf(err, EPROTO, "process %d, which is not the stage, said %s", (int)sender,
			     sync_name(step));
	child_replace(child, pid, take_fd(pidfd));
	t->pid = child->pid;
	t->pidfd = child->pidfd;
	return 0;
}

int handshake_await_exec(struct handshake *t, struct error *err)
{
	auto_(close_fd) int got = -EBADF; /* what a hook has said */
	struct sync_message record = { 0 };
	pid_t sender = 0;
	int r = receive(t, &record, &got, &sender, err);

	if (r < 0)
		return error_context(err, "wait for the program's start");
	t->hook_failed = r == 1 && record.step == SYNC_FAILED && (record.op & 0xffff) == PLAN_HOOK;
	if (r == 1 && record.step == SYNC_FAILED) {
		if (got >= 0)
			t->hook_output = got;
		r = failure_of_op(t, &record, err);
		t->hook_output = 0; /* closed, or not needed any more */
		return r;
	}
	if (r == 1)
		return failf(err, EPROTO, "the child said %s after START", sync_name(record.step));
	return failure_of_early_death(t, err);
}
