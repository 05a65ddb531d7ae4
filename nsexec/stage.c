/* SPDX-License-Identifier: Apache-2.0 */

/* Receives the plan, executes it. Every failure ends in fail(). */

#include "nsexec/stage.h"

#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>

#include "nsexec/sys.h"

#define PLAN_FD 0 /* in the fd table */

/* The config's filter may refuse even that; it cannot refuse to let us crash. */
void stage_die(int status)
{
	sys(exit_group, status);
	for (;;)
		SYS_TRAP();
}

/* What a hook has said goes with its failure: `start` is another process than the one that made the file. */
static int hook_output(const struct stage *s)
{
	if (!s->plan || s->at >= s->plan->ops.n || plan_ops(s->plan)[s->at].code != PLAN_HOOK ||
	    !s->plan->hook_output)
		return -1;
	return s->first_fd + (int)s->plan->hook_output;
}

static void fail(struct stage *s, long num)
{
	/* EPIPE: the runtime is gone, nobody is left to be told. */
	if (num != -EPIPE)
		(void)record_send(s, SYNC_FAILED, (int32_t)-num, hook_output(s));
	stage_die(1);
}

static long execute(struct stage *s, const struct plan_op *op)
{
	switch (op->code) {
#define OP(name, uses, doc) \
	case PLAN_##name:   \
		return op_##name(s, op);
#include "nsexec/ops.def"
#undef OP
	default:
		return -ENOSYS;
	}
}

/* The parent has checked the sealed plan whole (plan_check.c); here only that it is that plan. */
static long map_plan(struct stage *s)
{
	struct plan head;
	int fd = s->first_fd + PLAN_FD;
	long n = sys(pread64, fd, &head, sizeof(head), 0);
	long at;

	if (n != sizeof(head) || head.magic != PLAN_MAGIC || head.version != PLAN_VERSION ||
	    head.n_fds != s->n_fds)
		return -EPROTO;
	at = sys(mmap, 0, head.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (at < 0 && at > -4096)
		return at;
	s->plan = (const struct plan *)at;
	return 0;
}

void stage_run(struct stage *s)
{
	long r;

	s->sync = SYNC_FD;
	s->root = -1;
	stage_forget(s);
	/* Until it executes the user's program, `ps` tells what this process is. */
	(void)sys(prctl, PR_SET_NAME, "orlop:init", 0, 0, 0);
	s->umask = (uint32_t)sys(umask, 0);
	s->at = UINT32_MAX;
	r = sys(fcntl, SYNC_FD, F_SETFD, FD_CLOEXEC);
	if (r == 0)
		r = record_receive_table(s);
	if (r == 0)
		r = map_plan(s);
	for (s->at = 0; r == 0 && s->at < s->plan->ops.n; s->at++)
		r = execute(s, &plan_ops(s->plan)[s->at]);
	if (s->at > 0)
		s->at--; /* the one that failed */
	fail(s, r < 0 ? r : -ENOEXEC);
	__builtin_unreachable();
}

char **stage_list(const struct stage *s, struct plan_span span)
{
	uint64_t *slot = (uint64_t *)((char *)(uintptr_t)s->plan + span.at);

	/* Done before (an offset is below the size of any plan, a pointer is not)? */
	for (uint32_t i = 0; i < span.n; i++)
		if (slot[i] && slot[i] < PLAN_SIZE_MAX)
			slot[i] += (uintptr_t)s->plan;
	return (char **)slot;
}
