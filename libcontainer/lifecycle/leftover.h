/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a killed create left. */

#include "cgroup/cgroup.h"
#include "runtime.h"
#include "spec/types.h"

/*
 * A create that was killed before it wrote state.json: removes its cgroups, as its config.json tells
 * where they are, and its files. `dir` is <root>/<id>, locked. A cgroup that others use is left; -EBUSY, and the files stay:
 * what the create started is still in it.
 */
int container_remove_leftovers(const struct runtime *rt, int root, int dir, const char *id, struct error *err);

/*
 * The cgroup that a create of this config has made, as far as it is there; cgroup_is_none(): none is. `dir` may hold the
 * copy of the caller's cgroups. Where systemd made the cgroup, its place is not known.
 */
int leftover_cgroup(const struct runtime *rt, int dir, const char *id, const struct spec *spec,
		    struct cgroup **ret, struct error *err);
/* Removes the groups of Intel RDT that a create of this config has made; NULL: none. */
void leftover_resctrl(const char *id, const struct spec_intel_rdt *rdt);
