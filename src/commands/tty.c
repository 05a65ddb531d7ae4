/* SPDX-License-Identifier: Apache-2.0 */

/*
 * `tty SOCKET`: takes the terminal that `create` or `run --detach` sends to --console-socket, and connects it with ours
 * until the last program in the container has closed it.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macros.h"
#include "base/names.h"
#include "cli/command.h"
#include "cli/console_socket.h"
#include "cli/proxy.h"
#include "cli/terminal.h"

enum mode { MODE_SINGLE, MODE_NULL };

static struct {
	int mode;
} values;

static const struct name modes[] = { { "single", MODE_SINGLE }, { "null", MODE_NULL } };

/* clang-format off */
static const struct option_row rows[] = {
	{ "mode", 'm', OPTION_CHOICE, .to.choice = &values.mode, .value = "single|null",
	  .summary = "connect the first terminal, or take all and show none [single]",
	  .choices = modes, .n_choices = ARRAY_SIZE(modes) },
};
/* clang-format on */

/* SIGCHLD and the like do not concern us. Keys such as ^C are bytes for the container while our terminal is raw. */
static const int heard[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH, SIGCONT };

struct tty {
	const char *path; /* of the socket; NULL once it is removed */
	int listener, signals;
	bool ended; /* by a signal */
	struct terminal terminal;
	struct proxy proxy;
};

static int open_signals(struct tty *t, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	foreach_array(sig, heard)
		sigaddset(&set, *sig);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return sysf(err, "block signals");
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return t->signals < 0 ? sysf(err, "signalfd") : 0;
}

/* Once a terminal has come, the next container shall hear that nobody listens, and not wait. */
static void stop_listening(struct tty *t)
{
	close_fd(take_fd(t->listener));
	if (t->path)
		(void)unlink(t->path);
	t->path = NULL;
}

static void tty_done(struct tty *t)
{
	stop_listening(t);
	terminal_close(&t->terminal);
	proxy_close(&t->proxy);
	close_fd(t->signals);
}

static void handle_signals(struct tty *t)
{
	struct signalfd_siginfo info;

	while (read(t->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGWINCH && info.ssi_signo != SIGCONT) {
			t->ended = true;
			continue;
		}
		/* After a SIGCONT the shell may have changed our terminal. */
		if (t->proxy.console >= 0 && info.ssi_signo == SIGCONT)
			(void)terminal_raw(&t->terminal);
		if (t->proxy.console >= 0)
			terminal_copy_size(&t->terminal, t->proxy.console);
	}
}

/* 1: something to do on `fds`, which has room for the signals first; 0: only signals, or none. */
static int wait_for(struct tty *t, struct pollfd *fds, size_t n, int timeout, struct error *err)
{
	int r;

	fds[0] = (struct pollfd){ .fd = t->signals, .events = POLLIN };
	r = poll(fds, n, timeout);
	if (r < 0 && errno != EINTR)
		return sysf(err, "poll");
	if (r > 0 && fds[0].revents)
		handle_signals(t);
	return r > (fds[0].revents ? 1 : 0);
}

/* ---- one terminal, connected with ours ---- */

static int connect_ours(struct tty *t, int console, struct error *err)
{
	int r = proxy_open(&t->proxy, console, err);

	if (r < 0)
		return r;
	terminal_open(&t->terminal);
	terminal_copy_size(&t->terminal, console);
	r = terminal_raw(&t->terminal);
	return r < 0 ? codef(err, r, "make the terminal raw") : 0;
}

/* The kernel hangs the terminal up when the last program has closed it: all that was written has been read then. */
static bool is_over(const struct proxy *p)
{
	return p->out.closed && p->out.from == p->out.to;
}

static int connect_single(struct tty *t, int console, struct error *err)
{
	struct pollfd fds[1 + PROXY_FDS];
	int r = connect_ours(t, console, err);

	while (r >= 0 && !t->ended && !is_over(&t->proxy)) {
		int timeout = proxy_prepare(&t->proxy, fds + 1);

		r = wait_for(t, fds, ARRAY_SIZE(fds), timeout, err);
		if (r >= 0)
			proxy_move(&t->proxy, fds + 1, r == 0 && t->proxy.ends_to_say > 0);
	}
	if (r >= 0 && t->proxy.failed)
		return codef(err, t->proxy.failed, "write standard output");
	return r < 0 ? r : 0;
}

static int single(struct tty *t, struct error *err)
{
	auto_(close_fd) int console = -EBADF;

	while (!t->ended) {
		struct pollfd fds[2] = { [1] = { .fd = t->listener, .events = POLLIN } };
		int r = wait_for(t, fds, ARRAY_SIZE(fds), -1, err);

		if (r > 0)
			r = console_socket_take(t->listener, err);
		if (r == -EAGAIN || r == 0)
			continue;
		if (r < 0)
			return r;
		console = r;
		stop_listening(t);
		return connect_single(t, console, err);
	}
	return 0;
}

/* ---- all terminals, whose output nobody wants ---- */

struct crowd {
	struct pollfd *fds; /* signals, the listener, then a terminal each */
	size_t n;
};

static void crowd_done(struct crowd *c)
{
	for (size_t i = 2; i < c->n; i++)
		close_fd(c->fds[i].fd);
	free(c->fds);
}
#define auto_crowd __attribute__((cleanup(crowd_done))) struct crowd

static int crowd_grow(struct crowd *c, int fd, struct error *err)
{
	struct pollfd *fds = realloc(c->fds, (c->n + 1) * sizeof(*fds));

	if (!fds)
		return sysf(err, "a terminal more");
	c->fds = fds;
	c->fds[c->n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return 0;
}

static int crowd_take(struct tty *t, struct crowd *c, struct error *err)
{
	auto_(close_fd) int fd = console_socket_take(t->listener, err);
	int r;

	if (fd == -EAGAIN)
		return 0;
	if (fd < 0)
		return fd;
	r = crowd_grow(c, fd, err);
	if (r == 0)
		(void)take_fd(fd);
	return r;
}

/* false: it is over. */
static bool swallow(int fd)
{
	char waste[4096];
	ssize_t n = read(fd, waste, sizeof(waste));

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static int null(struct tty *t, struct error *err)
{
	auto_crowd c = { 0 };
	int r = crowd_grow(&c, t->signals, err);

	if (r == 0)
		r = crowd_grow(&c, t->listener, err);
	while (r >= 0 && !t->ended) {
		r = wait_for(t, c.fds, c.n, -1, err);
		if (r <= 0)
			continue;
		for (size_t i = c.n; i-- > 2;) {
			if (!c.fds[i].revents || swallow(c.fds[i].fd))
				continue;
			close_fd(c.fds[i].fd);
			c.fds[i] = c.fds[--c.n];
		}
		if (c.fds[1].revents)
			r = crowd_take(t, &c, err);
	}
	return r < 0 ? r : 0;
}

static int run(const struct invocation *inv, struct error *err)
{
	struct tty t = { .listener = -EBADF, .signals = -EBADF, .terminal = TERMINAL_INIT, .proxy = PROXY_INIT };
	int r = open_signals(&t, err);

	if (r == 0)
		r = t.listener = console_socket_listen(inv->args[0], err);
	if (r >= 0) {
		t.path = inv->args[0];
		r = values.mode == MODE_NULL ? null(&t, err) : single(&t, err);
	}
	tty_done(&t);
	return r;
}

const struct command cmd_tty = {
	.name = "tty",
	.operands = "SOCKET",
	.summary = "be the terminal of a detached container",
	.about = "Listens on SOCKET, a new file, for what 'create' or 'run --detach' sends by\n"
		 "--console-socket, and connects that terminal with this one. Ends when the container has\n"
		 "closed it, and by a signal.",
	.examples = "  orlop tty tty.sock                                  in one terminal, and in another:\n"
		    "  orlop run --detach --console-socket tty.sock demo\n"
		    "  orlop tty --mode null /run/tty.sock &               for containers that nobody looks at",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
