/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"

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

/* The length of what stands at s and can be printed as it is; 0: a control character or no UTF-8. */
static size_t plain_length(const unsigned char *s, size_t n, size_t *skip)
{
	size_t length = utf8_sequence(s, n);

	*skip = length ? length : 1;
	return length && !utf8_is_control(utf8_code(s, length)) ? length : 0;
}

void output_add_plain(struct str *out, const char *text, size_t n)
{
	size_t skip;

	for (size_t i = 0; i < n; i += skip) {
		size_t plain = plain_length((const unsigned char *)text + i, n - i, &skip);

		str_addn(out, plain ? text + i : "?", plain ? plain : 1);
	}
}
