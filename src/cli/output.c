/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

int output_to(int fd, const void *data, size_t n)
{
	static const struct timespec now = { 0 };
	sigset_t pipe, before, pending;
	int r;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &pipe, &before) < 0)
		return -errno;
	r = write_all(fd, data, n);
	/* A blocked and one already pending before are not ours to take. */
	if (r == -EPIPE && !sigismember(&before, SIGPIPE) && sigpending(&pending) == 0 &&
	    sigismember(&pending, SIGPIPE))
		(void)sigtimedwait(&pipe, NULL, &now);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

int output(const struct str *text, struct error *err)
{
	int r;

	if (!str_ok(text))
		return codef(err, ENOMEM, "write standard output");
	r = output_to(STDOUT_FILENO, text->s, text->n);
	return r < 0 ? codef(err, r, "write standard output") : 0;
}

static size_t plain_length(const char *text)
{
	size_t n = 0;

	while ((unsigned char)text[n] >= 0x20 && text[n] != 0x7f)
		n++;
	return n;
}

void output_add_plain(struct str *out, const char *text)
{
	while (*text) {
		size_t n = plain_length(text);

		str_addn(out, text, n);
		text += n;
		if (*text) {
			str_addn(out, "?", 1);
			text++;
		}
	}
}
