/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a create leaves that was killed before its record was on disk. Its processes die by themselves
 * (the handshake's end of file); its mounts and descriptors go with them; its cgroups and resctrl groups
 * stay. What a restore leaves does not die: CRIU's processes and those that it restores wait for each other.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "container/handle.h"
#include "host/resctrl.h"
#include "lifecycle/leftover.h"
#include "lifecycle/others.h"
#include "store/store.h"

#define REMOVAL_TRIES 5 /* of two seconds each */

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

/* The cgroup was empty when the restore made it: all in it came from there, but for what other containers have. */
static void end_restored(const struct runtime *rt, int root, int dir, const char *id, struct cgroup *cg)
{
	if (faccessat(dir, STORE_RESTORES, F_OK, 0) == 0 && others_spare(rt, root, id, cg, NULL) == 0)
		(void)cgroup_signal(cg, SIGKILL, NULL, NULL);
}

static int remove_cgroups(const struct runtime *rt, int root, int dir, const char *id, const struct spec *spec,
			  struct error *err)
{
	auto_(cgroup_free) struct cgroup *cg = NULL;
	struct error e = ERROR_INIT;

	if (leftover_cgroup(rt, dir, id, spec, &cg, &e) < 0) {
		log_debug("container '%s' was never made: %s", id, e.msg);
		return 0;
	}
	end_restored(rt, root, dir, id, cg);
	for (int tries = 0; tries < REMOVAL_TRIES; tries++)
		if (cgroup_remove_empty(cg) || others_are_in(cg))
			return 0;
	return failf(err, EBUSY, "container '%s': what its killed create started is still in its cgroup", id);
}

void leftover_resctrl(const char *id, const struct spec_intel_rdt *rdt)
{
	struct resctrl fs = RESCTRL_INIT;

	if (rdt && resctrl_open(&fs, NULL) == 0)
		resctrl_sweep(&fs, rdt, id);
	resctrl_close(&fs);
}

int container_remove_leftovers(const struct runtime *rt, int root, int dir, const char *id, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct error e = ERROR_INIT;
	int r = 0;

	/* Half written, it tells as much: then nothing was made yet. */
	if (container_read_config(dir, &doc, &e) == 0) {
		r = remove_cgroups(rt, root, dir, id, doc->spec, err);
		leftover_resctrl(id, doc->spec->lnx.intel_rdt);
	} else {
		log_debug("container '%s' was never made: %s", id, e.msg);
	}
	if (r == 0) {
		store_remove_files(dir);
		(void)unlinkat(dir, STORE_RESTORES, 0);
	}
	return r;
}
