/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Connections of the host to ports of a container. The listening sockets are made here, where they belong; then
 * this process enters the container's network namespace, and every socket that it makes from then on is one of
 * the container's. What is accepted stays the host's.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/sys.h"
#include "container/handle.h"
#include "control/relay.h"

#define BACKLOG      1024
#define CONNECT_MS   10000
#define COPY_SIZE    (1 << 16)

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* ---- where it listens ---- */

static socklen_t local_address(const struct container_forward *f, union address *ret)
{
	*ret = (union address){ 0 };
	if (inet_pton(AF_INET, f->address, &ret->in.sin_addr) == 1) {
		ret->in.sin_family = AF_INET;
		ret->in.sin_port = htons(f->local);
		return sizeof(ret->in);
	}
	if (inet_pton(AF_INET6, f->address, &ret->in6.sin6_addr) != 1)
		return 0;
	ret->in6.sin6_family = AF_INET6;
	ret->in6.sin6_port = htons(f->local);
	return sizeof(ret->in6);
}

static int listen_on(const union address *a, socklen_t n, const char *name, struct error *err)
{
	auto_(close_fd) int fd =
		socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int yes = 1;

	if (fd < 0)
		return sysf(err, "socket");
	if (a->any.sa_family != AF_UNIX)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (a->any.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (bind(fd, &a->any, n) < 0 || listen(fd, BACKLOG) < 0)
		return sysf(err, "listen on %s", name);
	return take_fd(fd);
}

static int listen_unix(const char *path, struct error *err)
{
	union address a = { .un.sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (n >= sizeof(a.un.sun_path))
		return failf(err, ENAMETOOLONG, "socket '%s': a path of more than %zu bytes", path,
			     sizeof(a.un.sun_path) - 1);
	memcpy(a.un.sun_path, path, n);
	return listen_on(&a, sizeof(a.un), path, err);
}

static int listen_tcp(const struct container_forward *f, struct error *err)
{
	union address a;
	socklen_t n = local_address(f, &a);
	char name[80];

	if (!n)
		return failf(err, EINVAL, "'%s' is no address", f->address);
	(void)snprintf(name, sizeof(name), strchr(f->address, ':') ? "[%s]:%u" : "%s:%u", f->address,
		       f->local);
	return listen_on(&a, n, name, err);
}

/* ---- the container's side ---- */

/* True: the container has the network that we are in. */
static bool same_network(pid_t pid)
{
	struct stat ours, theirs;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return stat("/proc/self/ns/net", &ours) == 0 && stat(path, &theirs) == 0 &&
		ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

/* Who may not enter the network namespace as he is may by way of the user namespace that is his. */
static int enter(struct container *c, int pidfd, struct error *err)
{
	if (same_network(c->state.init.pid)) {
		log_warn("container '%s' has the network of the host: its ports are the host's",
			 c->state.id);
		return 0;
	}
	if (setns(pidfd, CLONE_NEWNET) == 0 || setns(pidfd, CLONE_NEWUSER | CLONE_NEWNET) == 0)
		return 0;
	if (errno == ESRCH)
		return failf(err, ESRCH, "container not running");
	return sysf(err, "enter the network namespace of container '%s'", c->state.id);
}

static int open_init(struct container *c, struct error *err)
{
	enum container_status status = STATUS_STOPPED;
	int r = container_status(c, &status, err), pidfd;

	if (r < 0)
		return r;
	if (status == STATUS_STOPPED || status == STATUS_CREATING)
		return failf(err, ESRCH, "container not running");
	pidfd = container_init_pidfd(c, err);
	return pidfd == -ESRCH ? failf(err, ESRCH, "container not running") : pidfd;
}

/* Of the loopback; 0 or a negative errno in *num when it cannot even begin. */
static int dial(bool v6, uint16_t port, int *num)
{
	const union address in = { .in = { .sin_family = AF_INET,
					   .sin_port = htons(port),
					   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	const union address in6 = { .in6 = { .sin6_family = AF_INET6,
					     .sin6_port = htons(port),
					     .sin6_addr = IN6ADDR_LOOPBACK_INIT } };
	const union address *a = v6 ? &in6 : &in;
	auto_(close_fd) int fd =
		socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int yes = 1;

	*num = 0;
	if (fd < 0 || (connect(fd, &a->any, v6 ? sizeof(a->in6) : sizeof(a->in)) < 0 &&
		       errno != EINPROGRESS)) {
		*num = -errno;
		return -errno;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	return take_fd(fd);
}

/* By IPv4 first, as most servers listen, then by IPv6. */
static int dial_any(uint16_t port)
{
	int num, fd = dial(false, port, &num), other;

	if (fd >= 0)
		return fd;
	other = dial(true, port, &num);
	return other >= 0 ? other : fd;
}

/* ---- listening ---- */

struct forwarding;

struct listener {
	struct forwarding *all;
	const struct container_forward *f;
	int fd;
	bool paused;
};

struct forwarding {
	struct container *c;
	struct relay *relay;
	int pidfd, signals;
	struct listener *v;
	size_t n;
};

static void refused(const struct listener *l, int num)
{
	log_warn("container '%s', port %u: %s", l->all->c->state.id, l->f->remote, errno_words(num));
}

/* It did not answer by IPv6 either. */
static int last(void *ctx, int num, unsigned times)
{
	const struct listener *l = ctx;

	(void)times;
	refused(l, num);
	return -num;
}

static int second(void *ctx, int num, unsigned times)
{
	const struct listener *l = ctx;
	int e, fd = times == 1 ? dial(true, l->f->remote, &e) : -num;

	if (fd < 0)
		refused(l, num);
	return fd;
}

/* Out of descriptors: those that wait are accepted when a connection ends. */
static void pause_all(struct forwarding *all, bool paused)
{
	for (size_t i = 0; i < all->n; i++) {
		if (all->v[i].paused == paused)
			continue;
		all->v[i].paused = paused;
		relay_pause(all->relay, all->v[i].fd, paused);
	}
}

static void on_close(void *ctx)
{
	pause_all(ctx, false);
}

static void forward(struct listener *l, int from)
{
	const int yes = 1;
	int num, other, to = dial(false, l->f->remote, &num);
	bool v6 = to < 0;

	if (v6)
		to = dial(true, l->f->remote, &other);
	if (to < 0) {
		const struct linger now = { .l_onoff = 1 };

		/* What IPv4 said is what people look for. */
		refused(l, -num);
		(void)setsockopt(from, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close_fd(from);
		return;
	}
	(void)setsockopt(from, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	(void)relay_add(l->all->relay, from, to, v6 ? last : second, l, NULL);
}

static int on_accept(void *ctx, uint32_t events, struct error *err)
{
	struct listener *l = ctx;

	(void)events;
	for (;;) {
		int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			forward(l, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE) {
			log_warn("out of descriptors: further connections wait");
			pause_all(l->all, true);
			return 0;
		}
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return 0;
		return sysf(err, "accept a connection");
	}
}

/* Taken, so that it does not come once it is not blocked any more. */
static int on_signal(void *ctx, uint32_t events, struct error *err)
{
	const struct forwarding *all = ctx;
	struct signalfd_siginfo info;

	(void)events;
	(void)err;
	return read(all->signals, &info, sizeof(info)) == sizeof(info);
}

static int on_end(void *ctx, uint32_t events, struct error *err)
{
	(void)ctx;
	(void)events;
	(void)err;
	return 1;
}

/* ---- beginning and end ---- */

static int open_signals(sigset_t *old)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, old);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int begin(struct forwarding *all, const struct container_forward *v, size_t n,
		 struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct listener *l = &all->v[i];

		*l = (struct listener){ .all = all, .f = &v[i] };
		l->fd = v[i].unix_path ? listen_unix(v[i].unix_path, err) : listen_tcp(&v[i], err);
		if (l->fd < 0)
			return l->fd;
		all->n++;
	}
	return 0;
}

static int watch(struct forwarding *all, struct error *err)
{
	int r = relay_watch(all->relay, all->pidfd, on_end, all, err);

	if (r == 0)
		r = relay_watch(all->relay, all->signals, on_signal, all, err);
	for (size_t i = 0; r == 0 && i < all->n; i++)
		r = relay_watch(all->relay, all->v[i].fd, on_accept, &all->v[i], err);
	relay_on_close(all->relay, on_close, all);
	return r;
}

static void end(struct forwarding *all)
{
	relay_free(all->relay);
	for (size_t i = 0; i < all->n; i++) {
		close_fd(all->v[i].fd);
		if (all->v[i].f->unix_path)
			(void)unlink(all->v[i].f->unix_path);
	}
	free(all->v);
	close_fd(all->signals);
	close_fd(all->pidfd);
}

int container_port_forward(struct container *c, const struct container_forward *v, size_t n,
			   container_ready *ready, struct error *err)
{
	struct forwarding all = { .c = c, .signals = -EBADF };
	sigset_t old;
	int r;

	all.pidfd = open_init(c, err);
	if (all.pidfd < 0)
		return all.pidfd;
	all.v = calloc(n + 1, sizeof(*all.v));
	r = all.v ? relay_new(&all.relay, err) : sysf(err, "port-forward");
	/* Two for each connection. */
	allow_descriptors();
	if (r == 0)
		r = begin(&all, v, n, err);
	all.signals = open_signals(&old);
	if (r == 0 && all.signals < 0)
		r = sysf(err, "signals");
	if (r == 0)
		r = enter(c, all.pidfd, err);
	if (r == 0)
		r = watch(&all, err);
	if (r == 0 && ready)
		r = ready(err);
	if (r == 0)
		r = relay_run(all.relay, err);
	end(&all);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

/* ---- one stream ---- */

static int await_connection(int fd, int *num)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t n = sizeof(*num);

	if (poll(&p, 1, CONNECT_MS) != 1)
		return -ETIMEDOUT;
	*num = 0;
	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, num, &n);
	return -*num;
}

static int connect_now(struct container *c, uint16_t port, struct error *err)
{
	int r = -ECONNREFUSED;

	for (int v6 = 0; v6 < 2; v6++) {
		int num, e;
		auto_(close_fd) int fd = v6 ? dial(true, port, &num) : dial_any(port);

		e = fd < 0 ? fd : await_connection(fd, &num);
		if (e == 0 && fcntl(fd, F_SETFL, 0) == 0)
			return take_fd(fd);
		/* What IPv4 said is what people look for. */
		r = v6 ? r : e;
	}
	return codef(err, r, "container '%s', port %u", c->state.id, port);
}

/* What cannot be spliced (a terminal, a file opened to append) is copied. */
static int copy(int from, int to)
{
	char *buf = malloc(COPY_SIZE);
	ssize_t n;
	int r = buf ? 1 : -ENOMEM;

	while (r > 0) {
		do
			n = read(from, buf, COPY_SIZE);
		while (n < 0 && errno == EINTR);
		r = n < 0 ? -errno : n > 0;
		if (n > 0 && write_all(to, buf, (size_t)n) < 0)
			r = -errno;
	}
	free(buf);
	return r;
}

/* From our input to the container, in a process of its own: neither direction waits for the other. */
static void send_input(int in, int fd)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)copy(in, fd);
	(void)shutdown(fd, SHUT_WR);
}

static int stream(int fd, int in, int out, struct error *err)
{
	pid_t pid = fork();
	int status, r;

	if (pid < 0)
		return sysf(err, "fork");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		close_fd(out);
		send_input(in, fd);
		_exit(0);
	}
	r = copy(fd, out);
	/* The container has closed: nobody reads what is still to come from our input. */
	(void)kill(pid, SIGKILL);
	(void)child_wait(pid, 10, &status);
	if (r == -EPIPE || r == -ECONNRESET || r == 0)
		return 0;
	return codef(err, r, "copy from the container");
}

int container_port_stream(struct container *c, uint16_t port, int in, int out, struct error *err)
{
	auto_(close_fd) int pidfd = open_init(c, err), fd = -EBADF;
	int r;

	if (pidfd < 0)
		return pidfd;
	r = enter(c, pidfd, err);
	if (r < 0)
		return r;
	fd = connect_now(c, port, err);
	return fd < 0 ? fd : stream(fd, in, out, err);
}
