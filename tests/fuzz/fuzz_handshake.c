/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a child says, to the parent and to the stage's own half of the handshake: any records, in any
 * number, with and without descriptors. Every wait ends, a refusal has words, and no descriptor is lost.
 *
 * The input: what is expected (a byte), then records as length, how many descriptors, and bytes.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/sys.h"
#include "launch/handshake.h"
#include "nsexec/stage.h"
#include "plan/builder.h"
#include "spec/spec.h"

#define RECORD_MAX 32
#define FDS_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
long fuzz_syscall(long number, ...);

/* The stage's half makes true calls here. */
long fuzz_syscall(long number, ...)
{
	va_list ap;
	long a[6];

	va_start(ap, number);
	foreach_array(arg, a)
		*arg = va_arg(ap, long);
	va_end(ap);
	return syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* A child that has ended and is not reaped: what the parent looks at when the socket is silent. */
static int dead_child(void)
{
	static int pidfd = -1;
	pid_t pid;

	if (pidfd >= 0)
		return pidfd;
	pid = fork();
	if (pid == 0)
		_exit(3);
	pidfd = sys_pidfd_open(pid, 0);
	return pidfd;
}

static void send_record(int to, const uint8_t *bytes, size_t n, size_t n_fds)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} rights = { 0 };
	struct iovec io = { (void *)(uintptr_t)bytes, n };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };

	if (n_fds) {
		m.msg_control = &rights;
		m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		rights.head = (struct cmsghdr){ CMSG_LEN(n_fds * sizeof(int)), SOL_SOCKET,
						SCM_RIGHTS };
	}
	(void)sendmsg(to, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_all(int to, const uint8_t *at, const uint8_t *end)
{
	while (end - at > 2) {
		size_t n = at[0] % (RECORD_MAX + 1), fds = at[1] % (FDS_MAX + 1);

		at += 2;
		if ((size_t)(end - at) < n)
			n = (size_t)(end - at);
		send_record(to, at, n, fds);
		at += n;
	}
}

static const char config[] =
	"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"mounts\":[{\"destination\":\"/d\","
	"\"type\":\"tmpfs\"}],\"process\":{\"args\":[\"a\"],\"cwd\":\"/\",\"user\":{\"uid\":0,"
	"\"gid\":0}},\"hooks\":{\"startContainer\":[{\"path\":\"/h\"}]}}";

/* An op of each kind, from the mount. */
static struct plan_builder *all_ops(const struct spec *s)
{
	struct plan_builder *b = plan_builder_new();
	static const char *const words[] = { "a" };
	struct plan_span list = plan_strings(b, words, 1);

	plan_exec(b, list, list, list);
	for (unsigned code = 0; code < PLAN_CODES; code++) {
		plan_origin(b, s->mounts.v[0].json, "destination");
		plan_add_s(b, (enum plan_code)code, "one", "two");
	}
	(void)plan_seal(b, NULL); /* malformed, but laid out: only its words are wanted */
	return b;
}

static void parent(int sync, unsigned what)
{
	static struct spec_doc *doc;
	static struct plan_builder *plan;
	static const struct resolved *config_meaning;
	struct handshake t = { .sync = sync, .pidfd = dead_child(), .features = what & ((1U << PLAN_FEATURES) - 1) };

	if (!doc) {
		must(spec_parse_config(config, sizeof(config) - 1, "c", &doc, NULL) == 0, "config");
		must(resolve_existing(doc->spec, doc->arena, &config_meaning, NULL) == 0, "what it means");
		plan = all_ops(doc->spec);
	}
	t.config = config_meaning;
	if (what & 0x40) {
		t.plan = plan;
		t.process = doc->spec->process;
	}
	t.last = SYNC_TABLE;
	for (int i = 0; i < 8; i++) {
		enum sync_step step = sync_next(t.features, t.last);
		struct error e = ERROR_INIT;
		int fd = -1, num, r;

		if (step == SYNC_STEPS)
			r = handshake_await_exec(&t, &e);
		else if (sync_from(step) == SYNC_PARENT)
			r = handshake_send(&t, step, &e);
		else
			r = handshake_await(&t, step, &fd, &num, &e);
		if (fd >= 0)
			close(fd);
		must((r < 0) == (e.msg[0] != 0), "a failure without words, or words without one");
		if (r < 0 || step == SYNC_STEPS)
			return;
	}
}

static void child(int sync, unsigned what)
{
	struct plan plan = { .features = what & ((1U << PLAN_FEATURES) - 1) };
	struct stage s = { .sync = sync, .root = -1, .at = UINT32_MAX };

	if (record_receive_table(&s) == 0) {
		s.plan = &plan;
		while (sync_next(plan.features, s.last) != SYNC_STEPS) {
			enum sync_step step = sync_next(plan.features, s.last);
			long r = sync_from(step) == SYNC_PARENT ? record_receive(&s, step) :
								  record_send(&s, step, 0, -1);

			if (r < 0)
				break;
		}
		must(s.n_fds <= PLAN_FDS_MAX, "more descriptors than a plan may have");
	}
	/* The stage keeps what came until it ends. */
	close_range((unsigned)sync + 1, ~0U, 0);
}

static unsigned open_files(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/fd");

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned runs;
	unsigned before = 0;
	int ends[2];

	if (!size)
		return 0;
	(void)dead_child();
	if (runs++ % 64 == 1)
		before = open_files();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	send_all(ends[0], data + 1, data + size);
	(void)shutdown(ends[0], SHUT_WR);
	if (data[0] & 0x80)
		child(ends[1], data[0]);
	else
		parent(ends[1], data[0]);
	close(ends[0]);
	close(ends[1]);
	must(!before || open_files() <= before, "a descriptor is lost");
	return 0;
}
