/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "container_internal.h"

static int check_updatable(struct container *c, struct cgroup **cg, struct error *err)
{
	enum container_status status = STATUS_STOPPED;
	int r = container_status(c, &status, err);

	if (r < 0)
		return r;
	if (status == STATUS_STOPPED || status == STATUS_CREATING)
		return failf(err, ESRCH, "container not running");
	r = container_cgroup(c, cg, err);
	if (r < 0)
		return r;
	if (cgroup_is_none(*cg))
		return failf(err, EOPNOTSUPP,
			     "container '%s' has no cgroup: there are no limits to change",
			     c->state.id);
	return 0;
}

int container_update(struct container *c, const char *resources_json, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct cgroup *cg = NULL;
	int r = spec_parse_resources(resources_json, strlen(resources_json), "resources", &doc,
				     err);

	if (r < 0)
		return r;
	r = container_lock(c, err);
	if (r == 0)
		r = check_updatable(c, &cg, err);
	if (r < 0)
		return r;
	/* Device rules are set once, at create: writing them anew would cut off a reader. */
	return cgroup_apply(cg, doc->resources, false, err);
}
