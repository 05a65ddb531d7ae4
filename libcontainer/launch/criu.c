/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/criu.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/helper.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/memfd.h"
#include "base/parse.h"
#include "launch/criu_process.h"

#define HELPER      "orlop-criu"
#define CRIU_SOCKET 3
#define RECORD_MAX  16384
#define END_SECONDS 15
#define SAID_MAX    400

struct criu {
	pid_t pid, helper;
	int socket, output; /* to the helper; a memfd for what CRIU says */
	bool ended;         /* reaped */
	int status;
};

/* ---- requests ---- */

void criu_word(struct str *request, const char *word)
{
	str_addn(request, word, strlen(word) + 1);
}

static void add_number(struct str *request, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	criu_word(request, text);
}

void criu_field(struct str *request, const char *name, const char *value)
{
	criu_word(request, name);
	criu_word(request, value);
}

void criu_number(struct str *request, const char *name, int64_t value)
{
	criu_word(request, name);
	add_number(request, value);
}

void criu_flag(struct str *request, const char *name, bool value)
{
	if (value)
		criu_field(request, name, "1");
}

void criu_pair(struct str *request, const char *name, const char *first, const char *second)
{
	criu_field(request, name, first);
	criu_word(request, second);
}

void criu_request(struct str *request, const char *type)
{
	criu_field(request, type, "0");
}

/* ---- the helper ---- */

static int find_helper(char *path, size_t size, struct error *err)
{
	if (helper_find(HELPER, path, size))
		return 0;
	return failf(err, ENOENT,
		     "'%s' is not there: install it (it is built where libprotobuf-c is found)",
		     ORLOP_LIBEXECDIR "/" HELPER);
}

/* helper_spawn() overwrites low numbers. */
static int move_up(int *fd, struct error *err)
{
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, 8);

	if (moved < 0)
		return sysf(err, "duplicate descriptor");
	close_fd(*fd);
	*fd = moved;
	return 0;
}

static int open_all(struct criu *c, const struct criu_start *start, struct error *err)
{
	static char arg0[] = HELPER;
	char *argv[] = { arg0, NULL }, path[PATH_MAX];
	auto_(close_fd) int theirs = -EBADF;
	auto_(close_fd) int link = -EBADF;
	const struct timeval tick = { .tv_usec = 300000 };
	int ends[2], r = find_helper(path, sizeof(path), err);

	if (r < 0)
		return r;
	c->output = memfd_new("criu");
	if (c->output < 0)
		return codef(err, c->output, "memfd for what CRIU says");
	r = criu_spawn(start, c->output, &c->pid, &link, err);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sysf(err, "socketpair");
	c->socket = ends[0];
	theirs = ends[1];
	/* A signal that comes right before we wait is seen a moment later. */
	if (setsockopt(c->socket, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick)) < 0)
		return sysf(err, "socket for '%s'", path);
	r = move_up(&theirs, err);
	if (r == 0)
		r = move_up(&link, err);
	if (r < 0)
		return r;
	r = helper_spawn(path, argv, (int[]){ theirs, link }, 2, &c->helper);
	return r < 0 ? codef(err, r, "execute '%s'", path) : 0;
}

int criu_open(const struct criu_start *start, struct criu **ret, struct error *err)
{
	auto_(criu_close) struct criu *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return sysf(err, "criu");
	/* What CRIU has begun, and what we have frozen, is to be taken back. */
	interrupt_catch();
	*c = (struct criu){ .pid = -1, .helper = -1, .socket = -EBADF, .output = -EBADF };
	r = open_all(c, start, err);
	if (r < 0)
		return r;
	*ret = take_ptr(c);
	return 0;
}

static void end(struct criu *c)
{
	int status;

	close_fd(c->socket);
	c->socket = -EBADF;
	if (c->helper > 0)
		(void)child_wait(c->helper, END_SECONDS, &status);
	c->helper = -1;
	if (c->pid > 0 && !c->ended) {
		c->ended = true;
		if (child_wait(c->pid, END_SECONDS, &c->status) < 0)
			c->status = 0;
	}
}

void criu_close(struct criu *c)
{
	int saved = errno;

	if (!c)
		return;
	end(c);
	close_fd(c->output);
	free(c);
	errno = saved;
}

pid_t criu_pid(const struct criu *c)
{
	return c->pid;
}

void criu_said(struct criu *c, struct str *out)
{
	auto_str text = STR_INIT;
	size_t n;

	if (lseek(c->output, 0, SEEK_SET) < 0 || file_read_fd(c->output, 65536, &text) < 0)
		return;
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.s[i] < ' ')
			text.s[i] = ' ';
	for (n = text.n; n > 0 && text.s[n - 1] == ' ';)
		n--;
	if (n > SAID_MAX)
		str_printf(out, ": ...%.*s", SAID_MAX, text.s + n - SAID_MAX);
	else if (n)
		str_printf(out, ": %.*s", (int)n, text.s);
}

/* ---- the conversation ---- */

struct record {
	char text[RECORD_MAX + 1];
	const char *at, *end;
	int fd;
};

static const char *next(struct record *r)
{
	const char *word = r->at;

	if (word >= r->end)
		return "";
	r->at += strlen(word) + 1;
	return word;
}

static int64_t next_number(struct record *r)
{
	int64_t value;

	return parse_i64(next(r), &value) < 0 ? 0 : value;
}

static int went_away(struct criu *c, struct error *err)
{
	auto_str said = STR_INIT;

	end(c);
	criu_said(c, &said);
	if (WIFSIGNALED(c->status))
		return failf(err, EPIPE, "criu was ended by signal %d%s", WTERMSIG(c->status),
			     str_text(&said));
	return failf(err, EPIPE, "criu ended without an answer (exit status %d)%s",
		     WEXITSTATUS(c->status), str_text(&said));
}

static int send_words(struct criu *c, const struct str *words, struct error *err)
{
	if (!str_ok(words))
		return failf(err, ENOMEM, "criu: out of memory");
	if (send(c->socket, words->s, words->n, MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET)
		return went_away(c, err);
	return sysf(err, "send a request of %zu bytes to '%s'", words->n, HELPER);
}

static void take_fd_of(struct msghdr *m, struct record *r)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&r->fd, CMSG_DATA(c), sizeof(r->fd));
}

static int hear(struct criu *c, struct record *r, struct error *err)
{
	union criu_control control;
	struct iovec part = { .iov_base = r->text, .iov_len = RECORD_MAX };
	struct msghdr m = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n;

	r->fd = -EBADF;
	while ((n = recvmsg(c->socket, &m, MSG_CMSG_CLOEXEC)) < 0 &&
	       (errno == EINTR || errno == EAGAIN)) {
		int sig = interrupt_take();

		if (sig)
			return interrupt_fail(sig, err);
	}
	if (n < 0 && errno != ECONNRESET)
		return sysf(err, "answer of '%s'", HELPER);
	if (n <= 0)
		return went_away(c, err);
	take_fd_of(&m, r);
	r->text[n] = 0;
	r->at = r->text;
	r->end = r->text + n;
	return 0;
}

static int ask(struct criu *c, const char *type, const char *wanted, struct record *r,
	       struct error *err)
{
	auto_str request = STR_INIT;
	const char *word;
	int ret;

	criu_field(&request, type, "1");
	ret = send_words(c, &request, err);
	if (ret == 0)
		ret = hear(c, r, err);
	if (ret < 0)
		return ret;
	close_fd(r->fd);
	word = next(r);
	if (streq(word, wanted))
		return 0;
	return failf(err, EPROTO, "criu does not answer to '%s' ('%s')", type, word);
}

int criu_version(struct criu *c, unsigned least, unsigned *ret, struct error *err)
{
	struct record answer;
	int r = ask(c, "VERSION", "version", &answer, err);

	if (r < 0)
		return r;
	*ret = (unsigned)next_number(&answer);
	log_debug("criu %u.%u.%u", *ret / 10000, *ret / 100 % 100, *ret % 100);
	if (*ret >= least)
		return 0;
	return failf(err, ENOTSUP, "CRIU version %u.%u.%u must be %u.%u or higher", *ret / 10000,
		     *ret / 100 % 100, *ret % 100, least / 10000, least / 100 % 100);
}

int criu_features(struct criu *c, struct criu_features *ret, struct error *err)
{
	struct record answer;
	int r = ask(c, "FEATURE_CHECK", "features", &answer, err);

	if (r < 0)
		return r;
	ret->mem_track = next_number(&answer);
	ret->lazy_pages = next_number(&answer);
	return 0;
}

static int handle(struct criu *c, struct record *r, criu_notified *notified, void *data,
		  struct error *first, struct error *err)
{
	auto_str reply = STR_INIT;
	const char *script = next(r);
	pid_t pid = (pid_t)next_number(r);
	struct error e = ERROR_INIT;
	int ret;

	log_debug("criu: %s %d", script, (int)pid);
	/* After a failure come those of the way back, which are to succeed. */
	ret = first->num ? 0 : notified(data, script, pid, r->fd, &e);
	if (ret < 0)
		*first = e;
	criu_field(&reply, "reply", ret < 0 ? "0" : "1");
	return send_words(c, &reply, err);
}

static void read_result(struct record *r, struct criu_result *ret)
{
	(void)next(r);
	ret->success = next_number(r);
	ret->num = (int)next_number(r);
	ret->pid = (pid_t)next_number(r);
	(void)snprintf(ret->text, sizeof(ret->text), "%s", next(r));
}

int criu_run(struct criu *c, const struct str *request, criu_notified *notified, void *data,
	     struct criu_result *ret, struct error *err)
{
	struct error first = ERROR_INIT; /* of a notification: the cause of what follows */
	struct record record;
	int r = send_words(c, request, err);

	while (r == 0) {
		const char *word;

		r = hear(c, &record, err);
		if (r < 0)
			break;
		word = next(&record);
		if (streq(word, "result")) {
			close_fd(record.fd);
			read_result(&record, ret);
			break;
		}
		if (streq(word, "notify"))
			r = handle(c, &record, notified, data, &first, err);
		else
			r = failf(err, EPROTO, "criu: '%s' does not make sense here", word);
		close_fd(record.fd);
	}
	if (!first.num)
		return r;
	if (err)
		*err = first;
	return -first.num;
}
