/* SPDX-License-Identifier: Apache-2.0 */

/* Hooks: the runtime's own are a step of the handshake, the container's are ops. */

#include <errno.h>

#include "base/macros.h"
#include "plan/pass.h"

/*
 * in_root: in the folder of the root filesystem, before that is the root. Else where the program will run; flags: OP_ENV
 * gives one without an environment of its own that of the program.
 */
static void add_hook(struct compile *c, const struct spec_hook *h, size_t index, int state,
		     bool in_root, uint16_t flags)
{
	const char *const argv0[] = { h->path };
	const spec_strings *env = h->has_env ? &h->env : in_root ? &c->in->environment : NULL;
	struct plan_span argv = h->args.n ? plan_strings(c->b, h->args.v, h->args.n) :
					    plan_strings(c->b, argv0, 1);
	struct plan_span envp = { 0, 0 };
	struct plan_op *op;

	if (env)
		envp = plan_strings(c->b, env->v, env->n);
	plan_origin(c->b, h->json, NULL);
	op = plan_add_s(c->b, PLAN_HOOK, h->path, NULL);
	op->l1 = argv;
	op->l2 = envp;
	op->fd = state;
	op->x = h->timeout.set ? (uint64_t)h->timeout.value : 0;
	op->y = in_root;
	op->z = index;
	op->flags = h->has_env ? 0 : flags;
}

int pass_create_hooks(struct compile *c, struct error *err)
{
	const struct spec_hooks *h = c->spec->hooks;

	(void)err;
	if (!h)
		return 0;
	if (c->in->hook_output >= 0)
		plan_hook_output(c->b, c->in->hook_output);
	if (h->kind[HOOK_PRESTART].n || h->kind[HOOK_CREATE_RUNTIME].n) {
		plan_feature(c->b, WITH_RUNTIME_HOOKS);
		plan_add(c->b, PLAN_SYNC)->x = SYNC_ROOTED;
		plan_add(c->b, PLAN_SYNC)->x = SYNC_HOOKED;
	}
	if (h->kind[HOOK_CREATE_CONTAINER].n) {
		int state = plan_take_fd(c->b, c->in->hook_state);

		for (size_t i = 0; i < h->kind[HOOK_CREATE_CONTAINER].n; i++)
			add_hook(c, &h->kind[HOOK_CREATE_CONTAINER].v[i], i, state, true, 0);
	}
	return 0;
}

int pass_start_hooks(struct compile *c, struct error *err)
{
	const struct spec_hooks *h = c->spec->hooks;
	int state;

	(void)err;
	if (!h || !h->kind[HOOK_START_CONTAINER].n)
		return 0;
	state = plan_take_kept_fd(c->b, c->in->start_hook_state);
	for (size_t i = 0; i < h->kind[HOOK_START_CONTAINER].n; i++)
		add_hook(c, &h->kind[HOOK_START_CONTAINER].v[i], i, state, false,
			 c->process ? OP_ENV : 0);
	return 0;
}
