/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/macros.h"

#define PIPE_CHUNK 4096       /* a write of that much to a pipe does not block after POLLOUT             */
#define QUIET_MS   50         /* how long the last output of a dead process may take to reach us         */
#define REOPEN_MS  200        /* how often to look whether a closed terminal was opened again            */
#define LAST_BYTES (1U << 20) /* what is read after its end while others hold the terminal               */
#define LAST_ROOM  (1U << 17) /* more than a terminal holds when its last program has ended              */
#define READER_MS  10000      /* how long a reader may take nothing after the end                        */
#define ENDS       5          /* how often the end of input is said, for a program that was not ready    */
#define ENDS_MS    1000

static bool is_empty(const struct stream *s)
{
	return s->from == s->to;
}

/*
 * A terminal that nobody reads blocks a write of more than it has room for. The flag O_NONBLOCK belongs to the open
 * file, which others share: so ours is opened anew. Where that is not allowed it may block.
 */
static int open_output(void)
{
	int fd = -1;

	if (isatty(STDOUT_FILENO))
		fd = openat(AT_FDCWD, "/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? STDOUT_FILENO : fd;
}

int proxy_open(struct proxy *p, int console, struct error *err)
{
	/* Static: no load for the stack, and there is one foreground. */
	static page_aligned char in[PIPE_CHUNK], out[PIPE_CHUNK];
	int flags = fcntl(console, F_GETFL);

	/* A process that reads nothing must not block us while it waits for us to read. */
	if (flags < 0 || fcntl(console, F_SETFL, flags | O_NONBLOCK) < 0)
		return sysf(err, "console");
	*p = (struct proxy){ .console = console,
			     .output = open_output(),
			     .in = { .buf = in },
			     .out = { .buf = out } };
	return 0;
}

void proxy_close(struct proxy *p)
{
	if (p->output != STDOUT_FILENO)
		close_fd(p->output);
	*p = (struct proxy)PROXY_INIT;
}

/* ---- bytes ---- */

/* Any failure of a source is its end: EIO is what a pty says when its other side is closed. */
static void fill(struct stream *s, int fd)
{
	ssize_t n = read(fd, s->buf, PIPE_CHUNK);

	if (n > 0) {
		s->from = 0;
		s->to = (size_t)n;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		s->closed = true;
	}
}

/* A sink that fails swallows what comes: the process must not hang because nobody listens. */
static void drain(struct stream *s, int fd, int *failed)
{
	ssize_t n = *failed ? (ssize_t)(s->to - s->from)
			    : write(fd, s->buf + s->from, s->to - s->from);

	if (n >= 0)
		s->from += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR)
		*failed = errno;
}

/* ---- the end of the input ---- */

/*
 * Who reads a terminal is told the end by a character. In the middle of a line the first one hands the line over only.
 * A program that has not set its terminal up yet may lose it: so it is said again, a few times.
 */
static void say_end(struct proxy *p)
{
	struct termios t;

	if (p->ends_to_say == 0 || !is_empty(&p->in))
		return;
	p->ends_to_say--;
	if (tcgetattr(p->console, &t) < 0 || t.c_cc[VEOF] == _POSIX_VDISABLE)
		return;
	p->in.from = p->in.to = 0;
	if (p->last != '\n')
		p->in.buf[p->in.to++] = (char)t.c_cc[VEOF];
	p->in.buf[p->in.to++] = (char)t.c_cc[VEOF];
	p->last = '\n';
}

static void read_input(struct proxy *p)
{
	fill(&p->in, STDIN_FILENO);
	if (!is_empty(&p->in))
		p->last = p->in.buf[p->in.to - 1];
	if (!p->in.closed)
		return;
	p->ends_to_say = ENDS;
	say_end(p);
}

/* ---- while the program lives ---- */

int proxy_prepare(struct proxy *p, struct pollfd fds[PROXY_FDS])
{
	for (size_t i = 0; i < PROXY_FDS; i++)
		fds[i] = (struct pollfd){ .fd = -1 };
	if (p->console < 0)
		return -1;
	fds[0].events = (short)((is_empty(&p->out) && !p->out.closed ? POLLIN : 0) | (is_empty(&p->in) ? 0 : POLLOUT));
	/* Without an event to wait for, a hung-up terminal would wake us for ever. */
	fds[0].fd = fds[0].events ? p->console : -1;
	if (is_empty(&p->in) && !p->in.closed)
		fds[1] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	if (!is_empty(&p->out))
		fds[2] = (struct pollfd){ .fd = p->output, .events = POLLOUT };
	if (p->out.closed)
		return REOPEN_MS;
	return p->ends_to_say ? ENDS_MS : -1;
}

void proxy_move(struct proxy *p, const struct pollfd fds[PROXY_FDS], bool timed_out)
{
	int input_failed = 0;

	if (timed_out) {
		p->out.closed = false;
		say_end(p);
	}
	if (fds[2].revents)
		drain(&p->out, p->output, &p->failed);
	if (fds[0].revents & POLLOUT && !is_empty(&p->in))
		drain(&p->in, p->console, &input_failed);
	if (fds[0].revents & (POLLIN | POLLHUP | POLLERR) && is_empty(&p->out) && !p->out.closed)
		fill(&p->out, p->console);
	if (fds[1].revents)
		read_input(p);
	/* Nobody holds the terminal: keys are lost, as they are on a real one. */
	if (input_failed || (fds[0].revents & POLLHUP && !is_empty(&p->in)))
		p->in.from = p->in.to = 0;
}

/* ---- after its end ---- */

/* A pipe can take all that the terminal still holds, and then its reader has all the time it wants. */
static void widen_pipe(void)
{
	int size = fcntl(STDOUT_FILENO, F_GETPIPE_SZ);

	if (size > 0)
		(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, size + (int)LAST_ROOM);
}

static bool wants_us_to_end(int signals)
{
	static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		foreach_array(sig, ending)
			if (info.ssi_signo == (uint32_t)*sig)
				return true;
	return false;
}

/* 1: go on; 0: that was all, or nobody waits for it any more. */
static int finish_step(struct proxy *p, int signals, size_t *total, int64_t *deadline)
{
	const bool writing = !is_empty(&p->out);
	struct pollfd fds[] = {
		{ .fd = writing ? p->output : p->console, .events = writing ? POLLOUT : POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	const int64_t left = *deadline - clock_ms();
	int n = poll(fds, ARRAY_SIZE(fds), writing ? (int)(left > 0 ? left : 0) : QUIET_MS);

	if (n < 0)
		return errno == EINTR;
	if (fds[1].revents && wants_us_to_end(signals))
		return 0;
	if (!fds[0].revents)
		return writing ? left > 0 : n > 0;
	if (!writing) {
		fill(&p->out, p->console);
		*total += p->out.to - p->out.from;
		return 1;
	}
	drain(&p->out, p->output, &p->failed);
	*deadline = clock_ms() + READER_MS;
	return 1;
}

/*
 * What the process wrote last is still in the terminal, and the kernel hands it over a moment later. The
 * end of the data comes only when every process has closed it; a daemon left behind may never do so.
 */
int proxy_finish(struct proxy *p, int signals, struct error *err)
{
	int64_t deadline = clock_ms() + READER_MS;
	size_t total = 0;

	p->in.closed = true;
	p->in.from = p->in.to = 0;
	p->out.closed = false;
	widen_pipe();
	while (total < LAST_BYTES && (!p->out.closed || !is_empty(&p->out)))
		if (!finish_step(p, signals, &total, &deadline))
			break;
	if (!is_empty(&p->out) && !p->failed)
		return failf(err, EPIPE, "write standard output: nobody reads it, the last of it is lost");
	return p->failed ? codef(err, p->failed, "write standard output") : 0;
}
