/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macros.h"

/* For the exit and signal handlers, which get no argument. */
static struct {
	int fd;
	volatile sig_atomic_t raw;
	struct termios before;
} saved = { .fd = -EBADF };

static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

static void restore(void)
{
	if (!saved.raw)
		return;
	saved.raw = 0;
	(void)tcsetattr(saved.fd, TCSADRAIN, &saved.before);
}

void terminal_restore(void)
{
	restore();
}

/* The handler was installed for one time: the signal raised again ends us as it would have. */
static void restore_and_crash(int sig)
{
	restore();
	(void)raise(sig);
}

static int arm(void)
{
	static bool armed;
	struct sigaction action = { .sa_handler = restore_and_crash,
				    .sa_flags = SA_RESETHAND | SA_NODEFER };

	if (armed)
		return 0;
	if (atexit(restore) != 0)
		return -ENOMEM;
	foreach_array(sig, crashes)
		if (sigaction(*sig, &action, NULL) < 0)
			return -errno;
	armed = true;
	return 0;
}

/* Input may come from a pipe while a person still watches: any of the three shows the terminal. */
void terminal_open(struct terminal *t)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (isatty(fd)) {
			*t = (struct terminal){ .fd = fd };
			return;
		}
	}
	t->fd = openat(AT_FDCWD, "/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	t->owned = true;
}

void terminal_close(struct terminal *t)
{
	restore();
	if (t->owned)
		close_fd(t->fd);
	*t = (struct terminal)TERMINAL_INIT;
}

int terminal_raw(struct terminal *t)
{
	struct termios raw;
	int r;

	if (t->fd < 0)
		return 0;
	if (!saved.raw && tcgetattr(t->fd, &saved.before) < 0)
		return -errno;
	r = arm();
	if (r < 0)
		return r;
	raw = saved.before;
	cfmakeraw(&raw);
	/* The program's output is not shown there, and what others write is none of ours. */
	if (!isatty(STDOUT_FILENO))
		raw.c_oflag |= saved.before.c_oflag & OPOST;
	/* Recorded first: a crash between the two then restores what was never changed. */
	saved.fd = t->fd;
	saved.raw = 1;
	if (tcsetattr(t->fd, TCSADRAIN, &raw) < 0)
		return -errno;
	return 0;
}

void terminal_copy_size(const struct terminal *t, int pty)
{
	struct winsize size;

	if (t->fd < 0 || ioctl(t->fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
		return;
	(void)ioctl(pty, TIOCSWINSZ, &size);
}
