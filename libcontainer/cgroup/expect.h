/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What linux.resources asks of a cgroup against what its files say. */

#include "cgroup/cgroup.h"

/* found NULL: it cannot be seen. */
typedef void cgroup_expect_visit(void *ctx, const char *file, const char *wanted, const char *found,
				 bool same);
int cgroup_expect(struct cgroup *c, const struct spec_resources *r, cgroup_expect_visit *visit,
		  void *ctx, struct error *err);
