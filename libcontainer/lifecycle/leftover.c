/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a create leaves that was killed before its record was on disk. Its processes die by themselves
 * (the handshake's end of file); its mounts and descriptors go with them; its cgroups and resctrl groups
 * stay.
 */

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "container/handle.h"
#include "host/resctrl.h"
#include "lifecycle/leftover.h"
#include "store/store.h"

int leftover_cgroup(const struct runtime *rt, int dir, const char *id, const struct spec *spec,
		    struct cgroup **ret, struct error *err)
{
	const struct cgroup_options o = container_cgroup_options(rt, id, spec, container_lacks_rights(rt));
	auto_(close_fd) int places = store_open_file(dir, "cgroup", err);
	char self[64];

	if (places < 0 && places != -ENOENT)
		return places;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", places);
	return cgroup_find(&o, places >= 0 ? self : NULL, ret, err);
}

static void remove_cgroups(const struct runtime *rt, int dir, const char *id, const struct spec *spec)
{
	auto_(cgroup_free) struct cgroup *cg = NULL;
	struct error e = ERROR_INIT;

	if (leftover_cgroup(rt, dir, id, spec, &cg, &e) < 0)
		log_debug("container '%s' was never made: %s", id, e.msg);
	else
		cgroup_remove_empty(cg);
}

void leftover_resctrl(const char *id, const struct spec_intel_rdt *rdt)
{
	struct resctrl fs = RESCTRL_INIT;

	if (rdt && resctrl_open(&fs, NULL) == 0)
		resctrl_sweep(&fs, rdt, id);
	resctrl_close(&fs);
}

void container_remove_leftovers(const struct runtime *rt, int dir, const char *id)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct error e = ERROR_INIT;

	/* Half written, it tells as much: then nothing was made yet. */
	if (container_read_config(dir, &doc, &e) == 0) {
		remove_cgroups(rt, dir, id, doc->spec);
		leftover_resctrl(id, doc->spec->lnx.intel_rdt);
	} else {
		log_debug("container '%s' was never made: %s", id, e.msg);
	}
	store_remove_files(dir);
}
