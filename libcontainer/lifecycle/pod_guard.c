/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/pod_guard.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/macros.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "lifecycle/checkpoint.h"

#define CRIU_SECONDS 20

enum word { WORD_CRIU, WORD_COMPLETE, WORD_DONE };

struct record {
	enum word word;
	pid_t pid; /* WORD_CRIU */
};

/* What is to be done when the other end is silent for ever. */
struct duty {
	struct container *const *c;
	const bool *frozen;
	size_t n;
	bool complete;
	int criu; /* a pidfd of the last one, or -EBADF */
};

/* CRIU puts the freezer back as it has found it, which is frozen: only after its end a thaw is the last word. */
static void bring_to_an_end(const struct duty *d)
{
	if (d->criu >= 0)
		(void)child_await(d->criu, CRIU_SECONDS);
	for (size_t i = d->n; i-- > 0;) {
		if (d->complete)
			(void)checkpoint_destroy(d->c[i], NULL);
		else if (d->frozen[i])
			(void)cgroup_freeze(d->c[i]->cgroup, false, NULL);
	}
}

static void take_note(struct duty *d, const struct record *r)
{
	switch (r->word) {
	case WORD_CRIU:
		close_fd(d->criu);
		d->criu = sys_pidfd_open(r->pid, 0);
		break;
	case WORD_COMPLETE: d->complete = true; break;
	case WORD_DONE: _exit(0);
	}
}

static void __attribute__((noreturn)) stand_by(int socket, struct duty *d)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	struct record r;
	ssize_t got;

	/* What ends us by its group or its terminal is not to end the guard. */
	(void)setpgid(0, 0);
	foreach_array(sig, ignored)
		(void)signal(*sig, SIG_IGN);
	while ((got = read(socket, &r, sizeof(r))) == sizeof(r) || (got < 0 && errno == EINTR))
		if (got > 0)
			take_note(d, &r);
	bring_to_an_end(d);
	_exit(0);
}

int pod_guard_begin(struct pod_guard *g, struct container *const *c, const bool *frozen, size_t n,
		    struct error *err)
{
	struct duty duty = { .c = c, .frozen = frozen, .n = n, .criu = -EBADF };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sysf(err, "socketpair");
	g->pid = fork();
	if (g->pid == 0) {
		(void)close(ends[1]);
		stand_by(ends[0], &duty);
	}
	(void)close(ends[0]);
	if (g->pid < 0) {
		(void)close(ends[1]);
		return sysf(err, "fork");
	}
	g->socket = ends[1];
	return 0;
}

static void say(const struct pod_guard *g, enum word word, pid_t pid)
{
	const struct record r = { .word = word, .pid = pid };
	ssize_t n;

	if (!g || g->pid <= 0)
		return;
	do
		n = send(g->socket, &r, sizeof(r), MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
}

void pod_guard_criu(const struct pod_guard *g, pid_t criu)
{
	say(g, WORD_CRIU, criu);
}

void pod_guard_complete(const struct pod_guard *g)
{
	say(g, WORD_COMPLETE, 0);
}

void pod_guard_end(struct pod_guard *g)
{
	if (g->pid <= 0)
		return;
	say(g, WORD_DONE, 0);
	close_fd(g->socket);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*g = (struct pod_guard)POD_GUARD_INIT;
}
