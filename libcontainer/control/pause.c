/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "container/handle.h"

static int set_frozen(struct container *c, bool frozen, struct error *err)
{
	struct cgroup *cg = NULL;
	int r = container_cgroup(c, &cg, err);

	if (r < 0)
		return r;
	if (cgroup_is_none(cg))
		return failf(err, EOPNOTSUPP, "container '%s' has no cgroup: it cannot be paused",
			     c->state.id);
	return cgroup_freeze(cg, frozen, err);
}

int container_pause(struct container *c, struct error *err)
{
	enum container_status status = STATUS_STOPPED;
	int r = container_lock_made(c, err);

	if (r == 0)
		r = container_status(c, &status, err);
	if (r < 0)
		return r;
	if (status != STATUS_RUNNING && status != STATUS_CREATED)
		return failf(err, ESRCH, "container not running: '%s' is %s", c->state.id,
			     container_status_name(status));
	return set_frozen(c, true, err);
}

int container_resume(struct container *c, struct error *err)
{
	enum container_status status = STATUS_STOPPED;
	int r = container_lock_made(c, err);

	if (r == 0)
		r = container_status(c, &status, err);
	if (r < 0)
		return r;
	if (status != STATUS_PAUSED)
		return failf(err, EINVAL, "container not paused: '%s' is %s", c->state.id,
			     container_status_name(status));
	return set_frozen(c, false, err);
}
