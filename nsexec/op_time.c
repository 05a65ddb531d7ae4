/* SPDX-License-Identifier: Apache-2.0 */

/* --timings: when a phase of the plan has ended. No plan has this op unless somebody asked. */

#include <linux/time.h>
#include <linux/time_types.h>

#include "nsexec/stage.h"
#include "nsexec/sys.h"

RARE long op_TIME(struct stage *s, const struct plan_op *op)
{
	struct __kernel_timespec now;
	long r = sys(clock_gettime, CLOCK_MONOTONIC, &now);

	if (r == 0)
		r = sys(pwrite64, s->first_fd + op->fd, &now, sizeof(now), op->x * sizeof(now));
	return r < 0 ? r : 0;
}
