/* SPDX-License-Identifier: Apache-2.0 */

/* Kernel parameters: one mapping of names, for who checks them and for who writes them. */

#include "resolve/part.h"
#include "spec/spec.h"
#include "spec/sysctl.h"

int resolve_sysctls(const struct resolver *r)
{
	const spec_pairs *pairs = &r->spec->lnx.sysctl;

	r->out->sysctls.v = arena_array_of(r->arena, struct resolved_sysctl, pairs->n + 1);
	if (!r->out->sysctls.v)
		return resolve_no_memory(r);
	foreach_list(pair, pairs) {
		char path[512];

		/* The rules of spec/ have refused it then. */
		if (sysctl_path(pair->key, path, sizeof(path)) < 0)
			continue;
		r->out->sysctls.v[r->out->sysctls.n++] = (struct resolved_sysctl){
			.json = pair->json,
			.name = pair->key,
			.path = arena_printf(r->arena, "sys/%s", path),
			.value = pair->value,
			.type = sysctl_namespace(path),
		};
		if (!r->out->sysctls.v[r->out->sysctls.n - 1].path)
			return resolve_no_memory(r);
	}
	return 0;
}
