/* SPDX-License-Identifier: Apache-2.0 */

/* The cgroup and the child of `create` up to CREATED, step by step, each a line of the table at the end. */

#include "lifecycle/creation.h"

#include <errno.h>
#include <linux/sched.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/macros.h"
#include "base/proc.h"
#include "base/timings.h"
#include "fs/idmap.h"
#include "launch/cgroup_owner.h"
#include "launch/console.h"
#include "launch/hooks.h"
#include "launch/limits.h"
#include "launch/mount_sources.h"
#include "launch/streams.h"
#include "lifecycle/learner.h"
#include "lifecycle/start.h"
#include "lifecycle/steps.h"


/* ---- the child, as early as it can be: it and the kernel make namespaces while we go on ---- */

/* What a cgroup is, is not asked beforehand: only the kernel's refusal is a reason to look. */
static int clone_into(struct creation *c, const struct compiled *with, int cgroup, struct error *err)
{
	struct error threaded = ERROR_INIT;
	int r = stage_spawn(with, cgroup, false, &c->child, err);

	if (r != -EOPNOTSUPP || cgroup < 0)
		return r;
	r = cgroup_become_threaded(c->cgroup, c->spec->lnx.resources, &threaded);
	if (r == 0)
		return -EOPNOTSUPP;
	*err = threaded;
	if (r < 0)
		return r;
	child_done(&c->child);
	return stage_spawn(with, cgroup, false, &c->child, err);
}

static int spawn(struct creation *c, const struct compiled *with, struct error *err)
{
	auto_(close_fd) int cgroup = cgroup_clone_fd(c->cgroup, NULL, 0, err);
	int r;

	if (cgroup < 0 && cgroup != -ENOENT)
		return cgroup;
	r = clone_into(c, with, cgroup, err);
	if (r < 0)
		return r;
	c->handshake = (struct handshake){
		.sync = c->child.sync,
		.pidfd = c->child.pidfd,
		.pid = c->child.pid,
		.forks_last = with->forks_last,
		.config = c->resolved,
		.process = c->spec->process,
		.take_listener = c->o->learner ? learner_take : NULL,
		.take_data = c->o->learner,
	};
	c->state.init.pid = c->child.pid;
	r = cgroup_attach(c->cgroup, NULL, c->child.pid, err);
	if (r < 0)
		return r;
	return limits_raise(c->child.pid, c->spec->process, err);
}

/* Whenever what it is to be cloned with is known and, if it is to start in the cgroup, that is made. */
static int spawn_early(struct creation *c, struct error *err)
{
	struct compiled with = { 0 };

	if (c->child.pid > 0 || !plan_clone_flags(c->resolved, &with.clone_flags) ||
	    !(c->cgroup_made || cgroup_enters_itself(c->cgroup)))
		return STEP_SKIPPED;
	/*
	 * The kernel needs more time for a network namespace than for all else here: the child makes it while we go on. Not
	 * where we look for it before the child has answered; nor in a v2 cgroup of the container's, which then were charged
	 * for it (90 KiB).
	 */
	if (!cgroup_is_v2(c->cgroup) && !c->spec->lnx.net_devices.n)
		with.unshare_flags = with.clone_flags & CLONE_NEWNET;
	return spawn(c, &with, err);
}

int creation_make_cgroup(struct creation *c, struct error *err)
{
	int r = cgroup_make(c->cgroup, &c->cgroup_options, err);

	c->cgroup_made = r == 0;
	return r;
}

static int spawn_late(struct creation *c, struct error *err)
{
	int r = c->child.pid > 0 ? STEP_SKIPPED : spawn(c, &c->compiled, err);

	c->handshake.plan = c->compiled.plan;
	c->handshake.compiled = &c->compiled;
	c->handshake.features = plan_features(c->compiled.plan);
	c->handshake.hook_output = c->hook_output < 0 ? 0 : c->hook_output;
	c->state.root_mount = c->compiled.root_mount;
	return r;
}

/*
 * Before it has executed the stage: until then nothing but our own uid is needed to look at it (ptrace(2), access mode
 * checks).
 */
static int mount_sources(struct creation *c, struct error *err)
{
	return c->compiled.n_sources ? mount_sources_clone(&c->compiled, c->child.pid, c->child.pidfd, err) :
				       STEP_SKIPPED;
}

/* A child that joins and makes its namespaces itself has them now. */
static int await_entered(struct creation *c, struct error *err)
{
	return c->compiled.enters_itself ? handshake_await(&c->handshake, SYNC_ENTERED, NULL, NULL, err) : STEP_SKIPPED;
}

static int map_ids(struct creation *c, struct error *err)
{
	const struct spec_linux *l = &c->spec->lnx;
	int r;

	if (!c->compiled.new_userns)
		return 0;
	r = idmap_write(c->child.pid, &l->uid_mappings, &l->gid_mappings, geteuid() == 0, err);
	return r < 0 ? r : handshake_send(&c->handshake, SYNC_MAPPED, err);
}

/* Before the child has children of its own: they are where it is. */
int creation_enter_resctrl(struct creation *c, struct error *err)
{
	const struct spec_intel_rdt *rdt = c->spec->lnx.intel_rdt;
	int r;

	if (!rdt)
		return 0;
	r = resctrl_open(&c->resctrl, err);
	if (r < 0)
		return spec_error(rdt->json, NULL, err);
	r = resctrl_create(&c->resctrl, rdt, c->o->id, c->child.pid, &c->resctrl_made, err);
	if (r < 0)
		return r;
	resctrl_paths(rdt, c->o->id, &c->resctrl_paths);
	c->state.resctrl_group = rdt->clos_id ? NULL : c->resctrl_paths.group;
	c->state.resctrl_monitor = c->resctrl_made.monitor ? c->resctrl_paths.monitor : NULL;
	return 0;
}

static int move_net_devices(struct creation *c, struct error *err)
{
	return net_devices_move(&c->spec->lnx, compiled_joined(&c->compiled, CLONE_NEWNET), c->child.pid, &c->net_devices, err);
}

/* As its pid namespace numbers it, whoever made that. */
static pid_t pid_inside(const struct creation *c)
{
	struct proc_signals s;

	if (c->state.own_pid_namespace)
		return 1;
	if (!resolved_has_namespace(c->resolved, CLONE_NEWPID) || proc_signals(c->child.pid, &s) < 0 || !s.depth)
		return c->child.pid;
	return s.ids[s.depth - 1];
}

/* A regular file: a hook that does not read it cannot hurt us by SIGPIPE or by a full pipe. */
static int fill_hook_memfd(struct creation *c, int fd, enum container_status status,
			   struct error *err)
{
	auto_str text = STR_INIT;

	if (fd < 0)
		return 0;
	if (container_oci_state(&c->state, status, pid_inside(c), &text) < 0)
		return failf(err, ENOMEM, "state for hooks: out of memory");
	if (pwrite(fd, str_text(&text), text.n, 0) != (ssize_t)text.n)
		return sysf(err, "state for hooks");
	return 0;
}

static int send_table(struct creation *c, struct error *err)
{
	int r = fill_hook_memfd(c, c->create_state, STATUS_CREATING, err);

	if (r == 0 && !c->compiled.forks_last) /* else it has no number yet */
		r = fill_hook_memfd(c, c->start_state, STATUS_CREATED, err);
	if (r == 0)
		streams_give(c->resolved, c->spec->process);
	/* From here on hooks may run, may hang, and what they did wants poststop to undo it. */
	c->hooks_ran = c->spec->hooks != NULL;
	if (c->hooks_ran)
		interrupt_catch();
	return r < 0 ? r : handshake_send_table(&c->handshake, err);
}

static int runtime_hooks(struct creation *c, struct error *err)
{
	auto_str text = STR_INIT;
	int r;

	if (!(c->handshake.features & WITH_RUNTIME_HOOKS))
		return 0;
	r = handshake_await(&c->handshake, SYNC_ROOTED, NULL, NULL, err);
	if (r < 0)
		return r;
	if (container_oci_state(&c->state, STATUS_CREATING, c->child.pid, &text) < 0)
		return failf(err, ENOMEM, "state for hooks: out of memory");
	clock_text(c->created);
	r = state_write_creating(c->dir, &c->state, c->cgroup, err);
	if (r < 0)
		return r;
	r = hooks_run(c->spec->hooks, HOOK_PRESTART, c->bundle_path, str_text(&text), false, err);
	if (r == 0)
		r = hooks_run(c->spec->hooks, HOOK_CREATE_RUNTIME, c->bundle_path, str_text(&text), false,
			      err);
	return r < 0 ? r : handshake_send(&c->handshake, SYNC_HOOKED, err);
}

/* What needs no container yet is done while the stage makes it. */
static int prepare(struct creation *c, struct error *err)
{
	cgroup_prepare(c->cgroup, c->spec->lnx.resources);
	/* Else it is ours, as a rule; root asks nothing more of the kernel here. */
	if (c->rootless || resolved_has_namespace(c->resolved, CLONE_NEWUSER))
		(void)proc_namespace(c->child.pid, "user", &c->state.user_namespace);
	return identity_of(c->child.pid, c->child.pidfd, &c->state.init, err);
}

/* In a pid namespace of others: who it is from now on, for us and for the hooks that are still to come. */
static int await_fork(struct creation *c, struct error *err)
{
	int r = handshake_await_fork(&c->handshake, SYNC_FORKED, &c->child, err);

	if (r < 0)
		return r;
	child_settle(&c->child);
	c->state.init.pid = c->child.pid;
	r = identity_of(c->child.pid, c->child.pidfd, &c->state.init, err);
	return r < 0 ? r : fill_hook_memfd(c, c->start_state, STATUS_CREATED, err);
}

static int await_created(struct creation *c, struct error *err)
{
	int r = take_console(&c->handshake, c->o->console_socket, &c->console, err);

	if (r == 0)
		r = handshake_await(&c->handshake, SYNC_CREATED, NULL, NULL, err);
	return r == 0 && c->compiled.forks_last ? await_fork(c, err) : r;
}

static int set_limits(struct creation *c, struct error *err)
{
	int r;

	c->limited = true;
	r = cgroup_apply(c->cgroup, c->spec->lnx.resources, true, err);
	if (r == 0)
		r = cgroup_owner_set(c->cgroup, c->resolved, c->child.pid, err);
	if (r == 0)
		r = limits_priorities(c->child.pid, c->spec->process, err);
	return r < 0 ? r : limits_oom_score(c->child.pid, c->spec->process, err);
}

int creation_record(struct creation *c, struct error *err)
{
	int r;

	clock_text(c->created);
	r = state_write(c->dir, &c->state, c->cgroup, err);
	if (c->handshake.features & WITH_RUNTIME_HOOKS)
		state_end_creating(c->dir);
	if (r == 0)
		r = write_pid_file(c->o->pid_file, c->child.pid, err);
	if (r < 0)
		return r;
	c->pid_file = c->o->pid_file != NULL;
	return send_pidfd(c->o->pidfd_socket, c->child.pidfd, err);
}

int creation_bring_up(struct creation *c, struct error *err)
{
	/* clang-format off */
	static const STEP_OF(struct creation) steps[] = {
		{ spawn_early,      "clone" },
		{ creation_make_cgroup, "cgroup" },
		{ spawn_early,      "clone" },
		{ creation_compile, "plan" },
		{ spawn_late,       "clone" },
		{ await_entered,    "namespaces" },
		{ mount_sources,    "mount sources" },
		{ map_ids,          "id mappings" },
		{ creation_enter_resctrl, "resctrl" },
		{ move_net_devices, "network devices" },
		{ send_table,       "descriptors" },
		{ prepare,          "limits, prepared" },
		{ runtime_hooks,    "createRuntime hooks" },
		{ await_created,    "waiting for the stage" },
		{ set_limits,       "limits" },
		{ creation_record, "state" },
	};
	/* clang-format on */

	return steps_walk(steps, c, err);
}
