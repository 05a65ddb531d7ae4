/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The fork of the process that becomes the program, where a container's processes may see it: the stage has entered the
 * namespaces, given up the rights and closed the descriptors, all of it outside of the container's pid namespace. The forked
 * process has no more than the program will have. The stage then tells the runtime of it and ends.
 */

#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/stat.h>

#include "nsexec/stage.h"
#include "nsexec/sys.h"

#define SIGCHLD 17

static long root_of(struct statx *st)
{
	return sys(statx, AT_FDCWD, "/", 0, STATX_INO, st);
}

static bool same_file(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor;
}

/*
 * setns(2) goes to the top of what is mounted on the root of a mount namespace. That is not the container's where somebody
 * has left mounts of the host there: our own root is never entered again.
 */
long op_ENTER(struct stage *s, const struct plan_op *op)
{
	struct statx before, after;
	bool mounts = op->x & CLONE_NEWNS;
	long r = mounts ? root_of(&before) : 0;

	if (r == 0)
		r = sys(setns, stage_fd(s, op), op->x);
	if (r == 0 && mounts)
		r = root_of(&after);
	if (r == 0 && mounts && same_file(&before, &after))
		r = -EXDEV;
	return r;
}

/* Those below x are the program's: the standard streams, and what was placed. */
long op_CLOSE_OTHERS(struct stage *s, const struct plan_op *op)
{
	uint64_t from = op->x;
	long r = 0;

	s->root = -1;
	stage_forget(s);
	if ((uint64_t)s->sync > from)
		r = close_between((uint32_t)from, (uint32_t)s->sync - 1);
	if (r == 0)
		r = close_between((uint64_t)s->sync >= from ? (uint32_t)s->sync + 1 : (uint32_t)from, ~0U);
	return r;
}

/*
 * clone(2), which filters know from every fork: they see the flags. The runtime is the parent, by CLONE_PARENT, and our
 * exit signal is the child's.
 */
long op_FORK(struct stage *s, const struct plan_op *op)
{
	int pidfd = -1;
	long pid = sys(clone, op->x | CLONE_PARENT | CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);

	if (pid < 0)
		return pid;
	if (pid == 0) { /* the step is said for us */
		s->last = (enum sync_step)op->y;
		return 0;
	}
	/* A failure: the runtime is gone, and the child will see it. */
	(void)record_send(s, (enum sync_step)op->y, (int32_t)pid, pidfd);
	stage_die(0);
	return 0;
}
