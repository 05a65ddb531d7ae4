/* SPDX-License-Identifier: Apache-2.0 */

/* What the program's process is: its session, its terminal, its identity and its rights. */

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <termios.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "plan/pass.h"
#include "security/security.h"

#define DEFAULT_UMASK 0022 /* as runc and crun: an engine's own does not reach containers */

int pass_process_early(struct compile *c, struct error *err)
{
	(void)err;
	if (!c->forks_last) /* else it is the forked one */
		plan_add(c->b, PLAN_SETSID);
	if (c->in->keyring)
		plan_add_s(c->b, PLAN_KEYRING, c->in->keyring, NULL);
	return 0;
}

int pass_console(struct compile *c, struct error *err)
{
	struct plan_op *op;

	(void)err;
	if (!c->process || !c->process->terminal)
		return 0;
	plan_origin(c->b, c->process->json, "terminal");
	op = plan_add(c->b, PLAN_CONSOLE);
	op->x = c->process->user.uid;
	if (!c->in->exec && !c->resolved->dev_is_bound)
		op->flags |= OP_FILE;
	if (c->forks_last)
		op->flags |= OP_LATER;
	plan_feature(c->b, WITH_CONSOLE);
	return 0;
}

int pass_system(struct compile *c, struct error *err)
{
	const struct spec *s = c->spec;

	plan_origin(c->b, s->json, "hostname");
	if (s->hostname)
		plan_add_s(c->b, PLAN_HOSTNAME, s->hostname, NULL);
	plan_origin(c->b, s->json, "domainname");
	if (s->domainname)
		plan_add_s(c->b, PLAN_DOMAINNAME, s->domainname, NULL);
	foreach_list(p, &c->resolved->sysctls) {
		int r;

		plan_origin(c->b, p->json, NULL);
		r = compile_proc_write(c, p->path, p->value, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- rights ---- */

#define SYS_ADMIN (1ULL << CAP_SYS_ADMIN)

static bool allows_all(const struct compile *c, const struct seccomp_call *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!seccomp_allows(&c->filter, &calls[i]))
			return false;
	return true;
}

/* What one that `create` has forked does until the program: it waits for `start`, places descriptors, looks HOME up. */
static bool allows_creation(const struct compile *c)
{
	/* clang-format off */
	static const struct seccomp_call calls[] = {
		{ __NR_madvise, { 0 } },     { __NR_accept4, { SYNC_FD } },   { __NR_recvfrom, { SYNC_FD } },
		{ __NR_nanosleep, { 0 } },   { __NR_close, { SYNC_FD } },     { __NR_rt_sigprocmask, { 0 } },
		{ __NR_fcntl, { SYNC_FD } }, { __NR_dup3, { SYNC_FD } },      { __NR_close_range, { SYNC_FD } },
		{ __NR_getpid, { 0 } },      { __NR_openat, { 0 } },          { __NR_openat2, { 0 } },
		{ __NR_statx, { 0 } },       { __NR_read, { SYNC_FD } },      { __NR_write, { SYNC_FD } },
		{ __NR_clock_gettime, { 0 } },
	};
	/* clang-format on */
	const struct spec_hooks *hooks = c->spec->hooks;

	/* Of hooks and of --init there is more than can be said here. */
	return !c->in->init && !c->spec->lnx.memory_policy &&
		!(hooks && hooks->kind[HOOK_START_CONTAINER].n) &&
		allows_all(c, calls, ARRAY_SIZE(calls));
}

/*
 * Without no_new_privs a filter is loaded with CAP_SYS_ADMIN. It is gone with the execve: what a program gets is computed
 * from the other sets (capabilities(7)). Who is forked among the container's processes has no right that the program has
 * not: its filter is loaded before (early), if it allows what is still to be done then.
 */
static bool filter_comes_early(const struct compile *c, const struct caps_plan *caps)
{
	/* clang-format off */
	const struct seccomp_call calls[] = {
		{ __NR_capset, { 0 } },
		{ __NR_clone, { CLONE_PARENT | CLONE_PIDFD | SIGCHLD } },
		{ __NR_sendmsg, { SYNC_FD } },
		{ __NR_exit_group, { 0 } },
		{ __NR_setsid, { 0 } },
		{ __NR_ioctl, { 0, TIOCSCTTY } },
		{ __NR_recvmsg, { SYNC_FD } },
		{ c->program < 0 ? __NR_execve : __NR_execveat, { 0 } },
	};
	/* clang-format on */
	const struct seccomp_call rlimit = { __NR_prlimit64, { 0 } };

	/* A listener's agent is to be told of the process that it answers. */
	if (!c->filter_loaded || c->process->no_new_privileges || (caps->permitted & SYS_ADMIN) ||
	    c->filter.notify)
		return false;
	if (!allows_all(c, calls, ARRAY_SIZE(calls)) || (!c->in->exec && !allows_creation(c)))
		return false;
	return (!c->process->rlimits.n && !c->in->nofile) || seccomp_allows(&c->filter, &rlimit);
}

static int add_capabilities(struct compile *c, struct error *err)
{
	const struct spec_process *p = c->process;
	bool filter_needs_rights = (c->spec->lnx.seccomp || c->in->learns) && !p->no_new_privileges;
	struct caps_plan caps;
	struct plan_op *op;
	int r = caps_compile(p->capabilities, has_namespace(c, CLONE_NEWUSER), &caps, err);

	if (r < 0)
		return r;
	if (c->forks_last) {
		c->filter_early = filter_comes_early(c, &caps);
		filter_needs_rights = filter_needs_rights && c->filter.count;
	}
	plan_origin(c->b, p->json, "capabilities");
	op = plan_add(c->b, PLAN_BOUNDING);
	op->x = caps.bounding;
	plan_origin(c->b, p->json, "user");
	op = plan_add(c->b, PLAN_IDS);
	op->x = p->user.uid;
	op->y = p->user.gid;
	plan_origin(c->b, p->json, "capabilities");
	op = plan_add(c->b, PLAN_CAPS);
	op->x = caps.effective;
	op->y = caps.permitted;
	op->z = caps.inheritable;
	if (filter_needs_rights) {
		op->x |= SYS_ADMIN;
		op->y |= SYS_ADMIN;
	}
	if (caps.ambient)
		plan_add(c->b, PLAN_AMBIENT)->x = caps.ambient;
	c->caps = caps;
	return 0;
}

/* A user namespace without the right to setgroups(2) has none that can. */
static bool setgroups_denied(void)
{
	auto_str text = STR_INIT;

	return file_read_at(AT_FDCWD, "/proc/self/setgroups", 64, &text) == 0 &&
		starts_with(str_text(&text), "deny");
}

/* An unprivileged caller that maps only itself had to give setgroups up (user_namespaces(7)). */
static bool may_set_groups(const struct compile *c)
{
	if (!c->in->rootless)
		return true;
	if (c->spec->lnx.gid_mappings.n == 1 && c->spec->lnx.gid_mappings.v[0].size == 1)
		return false;
	return !setgroups_denied();
}

static bool joins_userns(const struct compile *c)
{
	return resolved_joins_namespace(c->resolved, CLONE_NEWUSER) ||
		(c->in->exec && resolved_has_namespace(c->resolved, CLONE_NEWUSER));
}

/* The runtime's own groups go before the user namespace is joined, which may forbid it. */
void compile_drop_groups(struct compile *c)
{
	if (c->process && joins_userns(c) && !c->resolved->keeps_groups && may_set_groups(c))
		plan_add(c->b, PLAN_GROUPS)->flags = OP_OPTIONAL;
}

static int add_groups(struct compile *c, struct error *err)
{
	const struct spec_user *u = &c->process->user;

	/* podman's `--group-add keep-groups` */
	if (c->resolved->keeps_groups)
		return 0;
	plan_origin(c->b, u->json, "additionalGids");
	if (may_set_groups(c)) {
		struct plan_op *op;
		struct plan_span ids =
			plan_numbers(c->b, u->additional_gids.v, u->additional_gids.n);

		op = plan_add(c->b, PLAN_GROUPS);
		op->l1 = ids;
		c->out->drop_groups = !c->in->exec && joins_userns(c);
		op->flags = joins_userns(c) && !u->additional_gids.n ? OP_OPTIONAL : 0;
		return 0;
	}
	if (!u->additional_gids.n)
		return 0;
	failf(err, EPERM, "additional groups need more than one mapped gid");
	return spec_error(u->json, "additionalGids", err);
}

static int add_label(struct compile *c, struct error *err)
{
	const char *file = NULL;
	char value[4096], path[128];
	int r = lsm_exec_label(c->process, &file, value, sizeof(value), err);

	if (r < 0 || !file)
		return r;
	snprintf(path, sizeof(path), "self/attr/%s", file);
	plan_origin(c->b, c->process->json,
		    c->process->apparmor_profile ? "apparmorProfile" : "selinuxLabel");
	return compile_proc_write(c, path, value, err);
}

/* Whoever enters a new root comes to its top. */
static bool is_there(const struct compile *c)
{
	return !c->in->exec && streq(c->process->cwd, "/");
}

void compile_cwd(struct compile *c)
{
	struct plan_op *op;

	if (is_there(c))
		return;
	plan_origin(c->b, c->process->json, "cwd");
	op = plan_add_s(c->b, PLAN_CHDIR, c->process->cwd, NULL);
	op->flags = c->in->exec ? OP_RETRY : OP_CREATE | OP_RETRY;
}

int pass_process(struct compile *c, struct error *err)
{
	const struct spec_process *p = c->process;
	int r;

	if (!p)
		return 0;
	r = add_label(c, err);
	if (r < 0)
		return r;
	if (c->spec->lnx.personality) {
		plan_origin(c->b, c->spec->lnx.personality->json, NULL);
		plan_add(c->b, PLAN_PERSONALITY)->x = c->spec->lnx.personality->domain;
	}
	if (c->in->exec || !c->spec->root->readonly)
		compile_cwd(c);
	r = add_groups(c, err);
	if (r == 0 && c->forks_last)
		r = compile_filter(c, err);
	if (r == 0)
		r = add_capabilities(c, err);
	if (r < 0)
		return r;
	plan_origin(c->b, p->json, "cwd");
	if (!is_there(c))
		plan_add_s(c->b, PLAN_CHDIR, p->cwd, NULL);
	plan_origin(c->b, p->json, "user");
	plan_add(c->b, PLAN_UMASK)->x = p->user.umask.set ? p->user.umask.value : DEFAULT_UMASK;
	if (p->no_new_privileges) {
		plan_origin(c->b, p->json, "noNewPrivileges");
		plan_add(c->b, PLAN_NO_NEW_PRIVS);
	}
	return 0;
}
