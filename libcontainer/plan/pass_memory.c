/* SPDX-License-Identifier: Apache-2.0 */

/* linux.memoryPolicy: on which NUMA nodes the program's memory lies. */

#include <errno.h>

#include "base/macros.h"
#include "base/parse.h"
#include "plan/pass.h"

#define NODES_MAX 32768 /* a page of bits is all that set_mempolicy(2) reads */

/* As many 64 bit words as the highest node needs. */
static size_t words_used(const uint32_t *mask)
{
	size_t n = NODES_MAX / 32;

	while (n > 0 && !mask[n - 1])
		n--;
	return (n + 1) / 2 * 2;
}

/*
 * Twice in a plan. Early, so that what this kernel refuses fails the create. And again when the limits
 * are in place: the kernel reads node numbers against the cpuset of the moment, and changes the policy
 * with every change of that.
 */
int pass_memory_policy(struct compile *c, struct error *err)
{
	const struct spec_memory_policy *p = c->spec->lnx.memory_policy;
	uint32_t mask[NODES_MAX / 32] = { 0 };
	struct plan_span nodes = { 0 };
	struct plan_op *op;

	if (!p || !c->process)
		return 0;
	if (p->nodes && parse_list(p->nodes, mask, ARRAY_SIZE(mask)) < 0) {
		failf(err, ERANGE, "memory nodes '%.80s': there are never more than %d", p->nodes,
		      NODES_MAX);
		return spec_error(p->json, "nodes", err);
	}
	if (words_used(mask))
		nodes = plan_numbers(c->b, mask, words_used(mask));
	plan_origin(c->b, p->json, NULL);
	op = plan_add(c->b, PLAN_MEMORY_POLICY);
	op->x = (uint64_t)(unsigned)p->mode | p->flags;
	op->l1 = nodes;
	return 0;
}
