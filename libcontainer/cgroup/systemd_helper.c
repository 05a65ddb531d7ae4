/* SPDX-License-Identifier: Apache-2.0 */

/* The program orlop-systemd, which speaks D-Bus for us: found, started, asked. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/helper.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/sys.h"
#include "cgroup/systemd.h"

#define HELPER "orlop-systemd"
#define ANSWER_MAX 8192
#define ANSWER_SECONDS 120 /* its own calls end after 30 each */

struct systemd_helper {
	pid_t pid;
	int socket;
};

/* ---- the request ---- */

void request_word(struct str *request, const char *word)
{
	str_addn(request, word, strlen(word) + 1);
}

void request_number(struct str *request, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	request_word(request, text);
}

void request_property(struct str *request, const char *name, unsigned since, const char *signature,
		      const struct str *values)
{
	uint64_t n = 0;

	for (size_t i = 0; i < values->n; i++)
		n += values->s[i] == 0;
	request_word(request, name);
	request_number(request, since);
	request_word(request, signature);
	request_number(request, n);
	if (values->n)
		str_addn(request, values->s, values->n);
	request->bad |= values->bad;
}

/* ---- its process ---- */

static int find_helper(char *path, size_t size, struct error *err)
{
	if (helper_find(HELPER, path, size))
		return 0;
	return failf(err, ENOENT,
		     "'%s' is not there: install it (it is built where libsystemd is found), or use "
		     "the cgroupfs manager instead of systemd",
		     ORLOP_LIBEXECDIR "/" HELPER);
}

static int spawn_helper(const char *path, bool user, int socket, pid_t *pid)
{
	static char arg0[] = HELPER, of_user[] = "user", of_system[] = "system";
	char *argv[] = { arg0, user ? of_user : of_system, NULL };

	return helper_spawn(path, argv, &socket, 1, pid);
}

int systemd_helper_open(bool user, struct systemd_helper **ret, struct error *err)
{
	auto_(systemd_helper_close) struct systemd_helper *h = calloc(1, sizeof(*h));
	auto_(close_fd) int theirs = -EBADF;
	const struct timeval timeout = { .tv_sec = ANSWER_SECONDS };
	char path[PATH_MAX];
	int ends[2], r = find_helper(path, sizeof(path), err);

	if (r < 0)
		return r;
	if (!h || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sysf(err, "socket for '%s'", path);
	h->socket = ends[0];
	theirs = ends[1];
	if (setsockopt(h->socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
		return sysf(err, "socket for '%s'", path);
	if (theirs < 3) {
		int low = theirs;

		theirs = fcntl(low, F_DUPFD_CLOEXEC, 3);
		close_fd(low);
		if (theirs < 0)
			return sysf(err, "socket for '%s'", path);
	}
	r = spawn_helper(path, user, theirs, &h->pid);
	if (r < 0)
		return codef(err, r, "execute '%s'", path);
	*ret = take_ptr(h);
	return 0;
}

void systemd_helper_close(struct systemd_helper *h)
{
	int status, saved = errno;

	if (!h)
		return;
	close_fd(h->socket);
	if (h->pid > 0)
		(void)child_wait(h->pid, ANSWER_SECONDS, &status);
	free(h);
	errno = saved;
}

static int read_answer(const char *text, size_t n, struct str *answer, struct error *err)
{
	const char *second = text + strlen(text) + 1, *third;
	uint64_t num;

	if (streq(text, "ok") && second < text + n) {
		if (answer)
			str_add(answer, second);
		return !answer || str_ok(answer) ? 0 : failf(err, ENOMEM, "systemd: out of memory");
	}
	third = second < text + n ? second + strlen(second) + 1 : text + n;
	if (!streq(text, "error") || third >= text + n || parse_u64(second, &num) < 0 || !num ||
	    num > 4095)
		return failf(err, EPROTO, "'%s' does not make sense", HELPER);
	return failf(err, (int)num, "systemd: %s", third);
}

int systemd_helper_ask(struct systemd_helper *h, const struct str *request, struct str *answer,
		       struct error *err)
{
	char text[ANSWER_MAX];
	ssize_t n;

	if (!str_ok(request))
		return failf(err, ENOMEM, "systemd: out of memory");
	log_debug("systemd: %s '%s'", request->s, request->s + strlen(request->s) + 1);
	if (send(h->socket, request->s, request->n, MSG_NOSIGNAL) < 0)
		return sysf(err, "send a request of %zu bytes to '%s'", request->n, HELPER);
	do
		n = recv(h->socket, text, sizeof(text) - 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return failf(err, ETIMEDOUT, "'%s' did not answer within %d s", HELPER, ANSWER_SECONDS);
	if (n < 0)
		return sysf(err, "answer of '%s'", HELPER);
	if (n == 0)
		return failf(err, EPIPE, "'%s' ended without an answer", HELPER);
	text[n] = 0;
	return read_answer(text, (size_t)n, answer, err);
}
