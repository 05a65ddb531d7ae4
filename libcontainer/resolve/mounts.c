/* SPDX-License-Identifier: Apache-2.0 */

/* mounts[], and the paths to hide or to make read-only. */

#include <linux/sched.h>

#include "resolve/part.h"

static int check_paths(const struct resolver *r)
{
	const struct spec_linux *l = &r->spec->lnx;

	if ((!l->masked_paths.n && !l->readonly_paths.n) || resolve_has_namespace(r, CLONE_NEWNS))
		return 0;
	return refuse_spec(r, l->json, l->masked_paths.n ? "maskedPaths" : "readonlyPaths",
			   "unable to restrict sys entries without a private mount namespace");
}

int resolve_mounts(const struct resolver *r)
{
	return check_paths(r);
}
