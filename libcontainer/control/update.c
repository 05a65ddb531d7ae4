/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "container/handle.h"
#include "host/resctrl.h"

static int lock_running(struct container *c, struct error *err)
{
	enum container_status status = STATUS_STOPPED;
	int r = container_lock_made(c, err);

	if (r == 0)
		r = container_status(c, &status, err);
	if (r == 0 && (status == STATUS_STOPPED || status == STATUS_CREATING))
		return failf(err, ESRCH, "container not running: '%s' is %s", c->state.id,
			     container_status_name(status));
	return r;
}

static int cgroup_to_update(struct container *c, struct cgroup **cg, struct error *err)
{
	int r = container_cgroup(c, cg, err);

	if (r < 0)
		return r;
	if (cgroup_is_none(*cg))
		return failf(err, EOPNOTSUPP,
			     "container '%s' has no cgroup: there are no limits to change",
			     c->state.id);
	return 0;
}

/* What 0 means was said when the container was made. */
static int older_words(struct container *c, struct spec_resources *r, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	int e;

	if (!r->pids || !r->pids->limit.set || r->pids->limit.value != 0)
		return 0;
	e = container_config(c, &doc, err);
	if (e == 0 && spec_zero_pids_is_no_limit(doc->spec))
		r->pids->limit.value = -1;
	return e;
}

int container_update(struct container *c, const char *resources_json, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct cgroup *cg = NULL;
	int r = spec_parse_resources(resources_json, strlen(resources_json), "resources", &doc,
				     err);

	if (r < 0)
		return r;
	r = lock_running(c, err);
	if (r == 0)
		r = cgroup_to_update(c, &cg, err);
	if (r == 0)
		r = older_words(c, doc->resources, err);
	if (r < 0)
		return r;
	/* Device rules are set once, at create: writing them anew would cut off a reader. */
	return cgroup_apply(cg, doc->resources, false, err);
}

int container_update_rdt(struct container *c, const char *l3_cache, const char *mem_bw,
			 struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct resctrl fs = RESCTRL_INIT;
	const struct spec_intel_rdt *rdt;
	int r = lock_running(c, err);

	if (r == 0)
		r = container_config(c, &doc, err);
	if (r < 0)
		return r;
	rdt = doc->spec->lnx.intel_rdt;
	if (!rdt)
		return failf(err, EINVAL,
			     "the config of container '%s' has no /linux/intelRdt: it is in no group whose "
			     "schemata could change",
			     c->state.id);
	r = resctrl_open(&fs, err);
	if (r == 0)
		r = resctrl_update(&fs, rdt, c->state.id, l3_cache, mem_bw, err);
	resctrl_close(&fs);
	return r;
}
