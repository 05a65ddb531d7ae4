/* SPDX-License-Identifier: Apache-2.0 */

/* The child's half of the handshake: records, and descriptors beside them (unix(7), SCM_RIGHTS). */

#include "nsexec/stage.h"
#include "nsexec/sys.h"

#define SOL_SOCKET 1
#define SCM_RIGHTS 1
#define MSG_NOSIGNAL 0x4000
#define MSG_CMSG_CLOEXEC 0x40000000
#define MSG_CTRUNC 8
#define FDS_A_RECORD 253 /* SCM_MAX_FD of the kernel */

/* The kernel's struct user_msghdr and struct cmsghdr, which no uapi header exports. */
struct io_vector {
	void *base;
	size_t size;
};
struct message_header {
	void *name;
	int name_size;
	struct io_vector *io;
	size_t n_io;
	void *control;
	size_t control_size;
	unsigned flags;
};
struct control_header {
	size_t size;
	int level, type;
};

struct rights {
	struct control_header head;
	int fds[FDS_A_RECORD];
};

static long retry_interrupted(long call, int fd, struct message_header *m, int flags)
{
	long n;

	do
		n = sys_call6(call, fd, (long)m, flags, 0, 0, 0);
	while (n == -EINTR);
	return n;
}

/* Index and code: `start`, another process, has no plan to look the code up in. */
static uint32_t failed_op(const struct stage *s)
{
	if (!s->plan || s->at >= s->plan->ops.n)
		return SYNC_NO_OP_STAGE;
	return s->at << 16 | plan_ops(s->plan)[s->at].code;
}

long record_send(struct stage *s, enum sync_step step, int32_t num, int fd)
{
	struct sync_message record = { step, num, failed_op(s), s->detail };
	struct io_vector io = { &record, sizeof(record) };
	struct message_header m = { .io = &io, .n_io = 1 };
	struct {
		struct control_header head;
		int fd;
		int pad;
	} rights = { { sizeof(struct control_header) + sizeof(int), SOL_SOCKET, SCM_RIGHTS }, fd, 0 };
	long n;

	if (step != SYNC_FAILED &&
	    sync_allowed(s->plan->features, s->last, step, SYNC_CHILD) < 0)
		return -EPROTO;
	if (fd >= 0) {
		m.control = &rights;
		m.control_size = sizeof(rights);
	}
	n = retry_interrupted(__NR_sendmsg, s->sync, &m, MSG_NOSIGNAL);
	if (n < 0)
		return n;
	s->last = step;
	return 0;
}

static long receive(int sync, struct sync_message *record, struct rights *rights, size_t *n_fds)
{
	struct io_vector io = { record, sizeof(*record) };
	struct message_header m = {
		.io = &io,
		.n_io = 1,
		.control = rights,
		.control_size = rights ? sizeof(*rights) : 0,
	};
	long n = retry_interrupted(__NR_recvmsg, sync, &m, MSG_CMSG_CLOEXEC);

	if (n < 0)
		return n;
	if (n == 0)
		return -EPIPE;
	if (n != sizeof(*record) || (m.flags & MSG_CTRUNC))
		return -EPROTO;
	if (!rights || m.control_size < sizeof(rights->head))
		return 0;
	if (rights->head.level != SOL_SOCKET || rights->head.type != SCM_RIGHTS)
		return -EPROTO;
	*n_fds = (rights->head.size - sizeof(rights->head)) / sizeof(int);
	return 0;
}

static long take_step(struct stage *s, const struct sync_message *record, enum sync_step step)
{
	if (record->step != step ||
	    sync_allowed(s->plan->features, s->last, record->step, SYNC_PARENT) < 0)
		return -EPROTO;
	s->last = step;
	return 0;
}

long record_receive(struct stage *s, enum sync_step step)
{
	struct sync_message record;
	long r = receive(s->sync, &record, NULL, NULL);

	return r < 0 ? r : take_step(s, &record, step);
}

long record_receive_fd(struct stage *s, enum sync_step step)
{
	struct sync_message record;
	struct rights rights;
	size_t n = 0;
	long r = receive(s->sync, &record, &rights, &n);

	r = r < 0 ? r : take_step(s, &record, step);
	if (r < 0)
		return r;
	return n == 1 ? rights.fds[0] : -EPROTO;
}

/* The first record: nothing is known yet, so only its own step is checked. */
long record_receive_table(struct stage *s)
{
	struct sync_message record;

	do {
		struct rights rights;
		size_t n = 0;
		long r = receive(s->sync, &record, &rights, &n);

		if (r < 0)
			return r;
		if (record.step != SYNC_TABLE || n == 0 || s->n_fds + n > PLAN_FDS_MAX)
			return -EPROTO;
		if (s->n_fds == 0)
			s->first_fd = rights.fds[0];
		/* All above SYNC_FD was free, so the kernel gave us numbers in a row. */
		for (size_t i = 0; i < n; i++)
			if (rights.fds[i] != s->first_fd + (int)s->n_fds++)
				return -EPROTO;
	} while (record.more);
	s->last = SYNC_TABLE;
	return 0;
}
