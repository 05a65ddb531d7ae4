/* SPDX-License-Identifier: Apache-2.0 */

/* Hooks: the runtime's own are a step of the handshake, the container's are ops. */

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "base/memfd.h"
#include "base/str.h"
#include "plan/pass.h"

/* Offsets of the strings, a zero, the strings: nsexec/op_exec.c. The index in the fd table. */
static int environment_file(struct compile *c, const spec_strings *env, struct error *err)
{
	uint64_t at = (env->n + 1) * sizeof(at), zero = 0;
	auto_str text = STR_INIT;
	int fd;

	foreach_list(entry, env) {
		str_addn(&text, (const char *)&at, sizeof(at));
		at += strlen(*entry) + 1;
	}
	str_addn(&text, (const char *)&zero, sizeof(zero));
	foreach_list(entry, env)
		str_addn(&text, *entry, strlen(*entry) + 1);
	if (!str_ok(&text))
		return failf(err, ENOMEM, "environment of hooks: out of memory");
	fd = memfd_sealed("environment", str_text(&text), text.n);
	return fd < 0 ? codef(err, fd, "environment of hooks") : plan_take_fd(c->b, fd);
}

/*
 * environment: in the folder of the root filesystem, before that is the root, with the environment in that descriptor. 0: where
 * the program will run; flags: OP_ENV gives one without an environment of its own that of the program.
 */
static void add_hook(struct compile *c, const struct spec_hook *h, size_t index, int state,
		     int environment, uint16_t flags)
{
	const char *const argv0[] = { h->path };
	const spec_strings *env = h->has_env && !environment ? &h->env : NULL;
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
	op->y = (uint64_t)environment;
	op->z = index;
	op->flags = h->has_env ? 0 : flags;
}

int pass_create_hooks(struct compile *c, struct error *err)
{
	const struct spec_hooks *h = c->spec->hooks;

	if (!h)
		return 0;
	if (c->in->hook_output >= 0)
		plan_hook_output(c->b, c->in->hook_output, h->kind[HOOK_START_CONTAINER].n > 0);
	if (h->kind[HOOK_PRESTART].n || h->kind[HOOK_CREATE_RUNTIME].n) {
		plan_feature(c->b, WITH_RUNTIME_HOOKS);
		plan_add(c->b, PLAN_SYNC)->x = SYNC_ROOTED;
		plan_add(c->b, PLAN_SYNC)->x = SYNC_HOOKED;
	}
	if (h->kind[HOOK_CREATE_CONTAINER].n) {
		int state = plan_take_fd(c->b, c->in->hook_state);

		for (size_t i = 0; i < h->kind[HOOK_CREATE_CONTAINER].n; i++) {
			const struct spec_hook *hook = &h->kind[HOOK_CREATE_CONTAINER].v[i];
			int env = environment_file(c, hook->has_env ? &hook->env : &c->in->environment, err);

			if (env < 0)
				return env;
			add_hook(c, hook, i, state, env, 0);
		}
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
		add_hook(c, &h->kind[HOOK_START_CONTAINER].v[i], i, state, 0,
			 c->process ? OP_ENV : 0);
	return 0;
}
