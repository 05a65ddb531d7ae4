/* SPDX-License-Identifier: Apache-2.0 */

/* Paths that are hidden, or made read-only. */

#include <errno.h>
#include <linux/magic.h>
#include <string.h>

#include "base/macros.h"
#include "plan/pass.h"

/* ---- masked and read-only paths ---- */

static int add_hidden(struct compile *c, enum plan_code code, const struct resolved_path *p,
		      uint32_t *proc, struct error *err)
{
	char *dir = p->magic ? arena_strndup(c->arena, p->path, p->mount_length) : NULL;
	bool is_proc = dir && p->magic == PROC_SUPER_MAGIC && streq(dir, "/proc");
	struct plan_op *op;

	if (p->magic && !dir)
		return failf(err, ENOMEM, "masked paths: out of memory");
	/* One offset for all below /proc: the stage need not look for it again. */
	op = plan_add_s(c->b, code, p->path, is_proc && *proc ? NULL : dir);
	if (is_proc && *proc)
		op->s2 = *proc;
	op->x = p->magic;
	if (is_proc)
		*proc = op->s2;
	return 0;
}

int pass_masks(struct compile *c, struct error *err)
{
	uint32_t proc = 0;
	int r;

	plan_origin(c->b, c->spec->lnx.json, "maskedPaths");
	foreach_list(path, &c->resolved->masked) {
		r = add_hidden(c, PLAN_MASK, path, &proc, err);
		if (r < 0)
			return r;
	}
	plan_origin(c->b, c->spec->lnx.json, "readonlyPaths");
	foreach_list(path, &c->resolved->readonly) {
		r = add_hidden(c, PLAN_READONLY, path, &proc, err);
		if (r < 0)
			return r;
	}
	return 0;
}
