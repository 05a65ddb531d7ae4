/* SPDX-License-Identifier: Apache-2.0 */
#include "control/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/macros.h"

#define PIPE_SIZE    (1 << 20) /* asked for; a user without rights may get less */
#define POOL_MAX     8
#define ROUNDS_MAX   16 /* of one connection before the others have their turn */
#define EVENTS_BATCH 64

struct pipe {
	int r, w;
	size_t size;
};

/* From one socket to the other. */
struct flow {
	struct pipe pipe; /* r < 0: none, nothing is pending */
	size_t pending;
	bool ended, shut; /* the source is at its end; so is the destination told */
};

struct connection;
struct watch;

/* What epoll gives back: the kind stands first in both. */
enum kind { KIND_CONNECTION, KIND_WATCH };

struct connection {
	enum kind kind;
	int a, b;
	bool connecting, queued, dead;
	unsigned failures;
	relay_failed *failed;
	void *ctx;
	struct flow there, back;
	struct connection *prev, *next;   /* of all            */
	struct connection *next_in_queue; /* of those with work, or dead ones */
};

struct watch {
	enum kind kind;
	int fd;
	relay_event *event;
	void *ctx;
	struct watch *next;
};

struct relay {
	int epoll;
	struct connection *all, *queue, *dead;
	struct watch *watches;
	struct pipe pool[POOL_MAX];
	size_t n_pool;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

/* ---- pipes ---- */

static int pipe_take(struct relay *r, struct pipe *ret)
{
	int fds[2], size;

	if (r->n_pool) {
		*ret = r->pool[--r->n_pool];
		return 0;
	}
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	size = fcntl(fds[1], F_SETPIPE_SZ, PIPE_SIZE);
	if (size < 0)
		size = fcntl(fds[1], F_GETPIPE_SZ);
	*ret = (struct pipe){ fds[0], fds[1], size > 0 ? (size_t)size : 4096 };
	return 0;
}

static void pipe_close(struct pipe *p)
{
	close_fd(p->r);
	close_fd(p->w);
	p->r = p->w = -EBADF;
}

/* An empty one serves the next. */
static void pipe_give(struct relay *r, struct pipe *p)
{
	if (p->r >= 0 && r->n_pool < POOL_MAX)
		r->pool[r->n_pool++] = *p;
	else
		pipe_close(p);
	p->r = p->w = -EBADF;
}

/* ---- one direction ---- */

static bool would_block(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static ssize_t move(int from, int to, size_t n)
{
	return splice(from, NULL, to, NULL, n, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

/* 1: something moved, 0: nothing can now, or a negative errno: the connection is broken. */
static int flow_round(struct relay *r, struct flow *f, int from, int to)
{
	bool moved = false;
	ssize_t n;
	int e;

	if (!f->ended && f->pending == 0 && f->pipe.r < 0) {
		e = pipe_take(r, &f->pipe);
		if (e < 0)
			return e;
	}
	if (!f->ended && f->pending < f->pipe.size) {
		n = move(from, f->pipe.w, f->pipe.size - f->pending);
		if (n < 0 && !would_block(n))
			return -errno;
		f->ended = n == 0;
		f->pending += n > 0 ? (size_t)n : 0;
		moved = n > 0;
	}
	if (f->pending) {
		n = move(f->pipe.r, to, f->pending);
		if (n < 0 && !would_block(n))
			return -errno;
		f->pending -= n > 0 ? (size_t)n : 0;
		moved = moved || n > 0;
	}
	return moved;
}

/* 1: it stopped for others' sake and has more to do. */
static int flow_pump(struct relay *r, struct flow *f, int from, int to)
{
	int e = 1;

	for (unsigned i = 0; e > 0 && i < ROUNDS_MAX && !f->shut; i++)
		e = flow_round(r, f, from, to);
	if (f->pending == 0 && f->pipe.r >= 0)
		pipe_give(r, &f->pipe);
	if (e >= 0 && f->ended && f->pending == 0 && !f->shut) {
		(void)shutdown(to, SHUT_WR);
		f->shut = true;
	}
	return e > 0 && f->shut ? 0 : e;
}

/* ---- connections ---- */

static void enqueue(struct relay *r, struct connection *c)
{
	if (c->queued || c->dead)
		return;
	c->queued = true;
	c->next_in_queue = r->queue;
	r->queue = c;
}

/* Both sides see that it broke, as they would without us between them. */
static void reset_on_close(int fd)
{
	const struct linger now = { .l_onoff = 1 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* Events of it may be in the batch that is being handled: freed after that. */
static void free_later(struct relay *r, struct connection *c, bool broken)
{
	if (c->dead)
		return;
	if (broken) {
		reset_on_close(c->a);
		reset_on_close(c->b);
	}
	close_fd(c->a);
	close_fd(c->b);
	pipe_close(&c->there.pipe);
	pipe_close(&c->back.pipe);
	if (c->prev)
		c->prev->next = c->next;
	else
		r->all = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->dead = true;
	if (!c->queued) {
		c->next_in_queue = r->dead;
		r->dead = c;
	}
	if (r->closed)
		r->closed(r->closed_ctx);
}

static void free_dead(struct relay *r)
{
	while (r->dead) {
		struct connection *c = r->dead;

		r->dead = c->next_in_queue;
		free(c);
	}
}

static int listen_to(struct relay *r, struct connection *c, int fd)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
				 .data.ptr = c };

	return epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

/* Whether b is there by now; else another socket may be tried. */
static bool connected(struct relay *r, struct connection *c)
{
	int num = 0, other;
	socklen_t n = sizeof(num);
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);

	if (!c->connecting)
		return true;
	if (getsockopt(c->b, SOL_SOCKET, SO_ERROR, &num, &n) < 0)
		num = errno;
	if (num == 0 && getpeername(c->b, (struct sockaddr *)&peer, &size) == 0) {
		c->connecting = false;
		return true;
	}
	if (num == 0)
		return false;
	other = c->failed ? c->failed(c->ctx, num, ++c->failures) : -num;
	if (other < 0) {
		free_later(r, c, true);
		return false;
	}
	close_fd(c->b);
	c->b = other;
	if (listen_to(r, c, other) < 0)
		free_later(r, c, true);
	return false;
}

static void pump(struct relay *r, struct connection *c)
{
	int there, back;

	if (c->dead || !connected(r, c))
		return;
	there = flow_pump(r, &c->there, c->a, c->b);
	back = there < 0 ? there : flow_pump(r, &c->back, c->b, c->a);
	if (there < 0 || back < 0)
		free_later(r, c, true);
	else if (c->there.shut && c->back.shut)
		free_later(r, c, false);
	else if (there > 0 || back > 0)
		enqueue(r, c);
}

int relay_add(struct relay *r, int a, int b, relay_failed *failed, void *ctx, struct error *err)
{
	struct connection *c = calloc(1, sizeof(*c));
	int e;

	if (!c) {
		close_fd(a);
		close_fd(b);
		return sysf(err, "connection");
	}
	*c = (struct connection){ .kind = KIND_CONNECTION, .a = a, .b = b, .connecting = true,
				  .failed = failed, .ctx = ctx, .next = r->all };
	c->there.pipe = c->back.pipe = (struct pipe){ -EBADF, -EBADF, 0 };
	if (r->all)
		r->all->prev = c;
	r->all = c;
	e = listen_to(r, c, a);
	if (e == 0)
		e = listen_to(r, c, b);
	if (e < 0) {
		free_later(r, c, true);
		return codef(err, e, "epoll");
	}
	return 0;
}

void relay_on_close(struct relay *r, void (*closed)(void *ctx), void *ctx)
{
	r->closed = closed;
	r->closed_ctx = ctx;
}

/* ---- the loop ---- */

int relay_new(struct relay **ret, struct error *err)
{
	auto_(relay_free) struct relay *r = calloc(1, sizeof(*r));

	if (!r)
		return sysf(err, "relay");
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll < 0)
		return sysf(err, "epoll");
	*ret = take_ptr(r);
	return 0;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	r->closed = NULL;
	while (r->all)
		free_later(r, r->all, true);
	while (r->queue) {
		struct connection *c = r->queue;

		r->queue = c->next_in_queue;
		free(c);
	}
	free_dead(r);
	while (r->n_pool)
		pipe_close(&r->pool[--r->n_pool]);
	while (r->watches) {
		struct watch *w = r->watches;

		r->watches = w->next;
		free(w);
	}
	close_fd(r->epoll);
	free(r);
}

int relay_watch(struct relay *r, int fd, relay_event *event, void *ctx, struct error *err)
{
	struct watch *w = calloc(1, sizeof(*w));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = w };

	if (!w)
		return sysf(err, "epoll");
	*w = (struct watch){ .kind = KIND_WATCH, .fd = fd, .event = event, .ctx = ctx, .next = r->watches };
	r->watches = w;
	return epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? sysf(err, "epoll") : 0;
}

void relay_pause(struct relay *r, int fd, bool paused)
{
	for (struct watch *w = r->watches; w; w = w->next) {
		struct epoll_event e = { .events = paused ? 0 : EPOLLIN, .data.ptr = w };

		if (w->fd == fd)
			(void)epoll_ctl(r->epoll, EPOLL_CTL_MOD, fd, &e);
	}
}

/* Those that stopped for others' sake. */
static void serve_queue(struct relay *r)
{
	struct connection *c = r->queue;

	r->queue = NULL;
	while (c) {
		struct connection *next = c->next_in_queue;

		c->queued = false;
		if (c->dead) {
			c->next_in_queue = r->dead;
			r->dead = c;
		} else {
			pump(r, c);
		}
		c = next;
	}
}

static int serve(struct relay *r, const struct epoll_event *e, struct error *err)
{
	enum kind kind = *(const enum kind *)e->data.ptr;
	struct watch *w = e->data.ptr;

	if (kind == KIND_WATCH)
		return w->event(w->ctx, e->events, err);
	pump(r, e->data.ptr);
	return 0;
}

int relay_run(struct relay *r, struct error *err)
{
	struct epoll_event events[EVENTS_BATCH];
	int done = 0;

	while (done == 0) {
		int n = epoll_wait(r->epoll, events, EVENTS_BATCH, r->queue ? 0 : -1);

		if (n < 0 && errno != EINTR)
			return sysf(err, "epoll");
		for (int i = 0; i < n && done == 0; i++)
			done = serve(r, &events[i], err);
		serve_queue(r);
		free_dead(r);
	}
	return done < 0 ? done : 0;
}
