/* SPDX-License-Identifier: Apache-2.0 */

/* OCI create, and run: the walk of docs/ARCHITECTURE.md. */

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/macros.h"
#include "base/timings.h"
#include "fs/root_mount.h"
#include "launch/hooks.h"
#include "launch/limits.h"
#include "host/notify.h"
#include "lifecycle/creation.h"
#include "lifecycle/join.h"
#include "lifecycle/others.h"
#include "lifecycle/start.h"
#include "store/store.h"

static void run_poststop(struct creation *c)
{
	auto_str text = STR_INIT;

	if (c->hooks_ran && container_oci_state(&c->state, STATUS_STOPPED, 0, &text) == 0)
		(void)hooks_run(c->spec->hooks, HOOK_POSTSTOP, c->bundle_path, str_text(&text), true, NULL);
}

/* Hooks inside may have started others, which die with the pid namespace where there is one. The cgroup was empty. */
static void end_left_behind(struct creation *c)
{
	if (c->cgroup_made && c->hooks_ran && !c->state.own_pid_namespace && !cgroup_is_none(c->cgroup))
		if (others_spare(c->rt, c->root, c->o->id, c->cgroup, NULL) == 0)
			(void)cgroup_signal(c->cgroup, SIGKILL, NULL, NULL);
}

void creation_done(struct creation *c)
{
	int *const last[] = { &c->console, &c->notify, &c->bundle, &c->dir, &c->root };
	bool busy;

	/* Nobody waits for its end any more. */
	if (c->child.pid <= 0)
		compiled_take_fd(&c->compiled, &c->child.sync);
	child_done(&c->child);
	if (!c->kept) {
		net_devices_return(c->net_devices);
		if (c->resctrl.fd >= 0)
			resctrl_undo(&c->resctrl, c->spec->lnx.intel_rdt, c->o->id,
				     &c->resctrl_made);
		end_left_behind(c);
		busy = cgroup_undo(c->cgroup) < 0;
		if (busy)
			cgroup_keep(c->cgroup);
		if (c->compiled.root_mount)
			(void)root_unmount(c->rootfs, c->compiled.root_mount, NULL);
		run_poststop(c);
		if (c->pid_file)
			(void)unlink(c->o->pid_file);
		/* Something there does not die: as after a create that was killed, `delete --force` finds it. */
		if (c->dir >= 0 && busy)
			store_abandon(c->dir);
		else if (c->dir >= 0)
			(void)store_remove(c->root, c->o->id, c->dir, NULL);
	}
	join_done(c);
	net_devices_free(c->net_devices);
	resctrl_close(&c->resctrl);
	foreach_array(fd, last)
		compiled_take_fd(&c->compiled, *fd);
	compiled_done(&c->compiled);
	cgroup_free(c->cgroup);
	spec_doc_free(c->doc);
}

/* The container outlives us from here on. */
void creation_keep(struct creation *c)
{
	cgroup_keep(c->cgroup);
	c->child.pid = -1;
	c->kept = true;
}

struct creation creation_of(const struct runtime *rt, const struct create_options *o, bool run)
{
	return (struct creation){
		.rt = rt,
		.o = o,
		.run = run,
		.root = -EBADF,
		.dir = -EBADF,
		.bundle = -EBADF,
		.console = -EBADF,
		.notify = -EBADF,
		.create_state = -EBADF,
		.start_state = -EBADF,
		.hook_output = -EBADF,
		.child = CHILD_INIT,
		.resctrl = RESCTRL_INIT,
	};
}

static int create(struct creation *c, struct error *err)
{
	int r = creation_prepare(c, err);

	if (r < 0)
		return r;
	r = creation_bring_up(c, err);
	if (r == 0 && !c->run)
		r = handshake_send(&c->handshake, SYNC_KEPT, err);
	return r < 0 && c->limited ? limits_explain(c->cgroup, c->spec->lnx.resources, err) : r;
}

int container_create(const struct runtime *rt, const struct create_options *o, struct error *err)
{
	struct creation c = creation_of(rt, o, false);
	int r = create(&c, err);

	if (r == 0)
		creation_keep(&c);
	creation_done(&c);
	return r;
}

bool container_notify(const struct container_process *process)
{
	return notify_take(process->notify, process->pid);
}

/* The handle for `run`, from what is at hand instead of from the files just written. */
int creation_hand_over(struct creation *c, struct container **ret, struct container_process *process,
		       struct error *err)
{
	struct container *container = container_new();
	const struct state *from = &c->state;
	struct state *s;

	if (!container)
		return sysf(err, "container");
	container->rt = c->rt;
	container->root = take_fd(c->root);
	container->dir = take_fd(c->dir);
	container->cgroup = take_ptr(c->cgroup);
	container->doc = take_ptr(c->doc);
	s = &container->state;
	*s = c->state;
	s->created = arena_strdup(container->arena, c->created);
	if (from->restored)
		s->restored = arena_strdup(container->arena, from->restored);
	if (from->resctrl_group)
		s->resctrl_group = arena_strdup(container->arena, from->resctrl_group);
	if (from->resctrl_monitor)
		s->resctrl_monitor = arena_strdup(container->arena, from->resctrl_monitor);
	/* The container may live for days: others must be able to pause or delete it meanwhile. */
	store_unlock(container->dir);
	process->pid = c->state.init.pid;
	process->pidfd = take_fd(c->child.pidfd);
	process->console = take_fd(c->console);
	process->notify = take_fd(c->notify);
	*ret = container;
	return 0;
}

static int run(struct creation *c, struct error *err)
{
	bool lost = false;
	int sig, r = create(c, err);

	if (r < 0)
		return r;
	if (notify_wanted()) {
		c->notify = notify_listen(c->dir, c->child.pid, err);
		if (c->notify < 0 && c->notify != -ENOENT)
			return c->notify;
	}
	r = c->o->ready ? c->o->ready(err) : 0;
	/* The foreground has blocked them now, for the program: what came before was meant for us. */
	sig = r < 0 ? 0 : interrupt_take();
	if (r < 0 || sig)
		return r < 0 ? r : interrupt_fail(sig, err);
	r = handshake_start(&c->handshake, &c->state, STATUS_CREATING, c->child.pid, err);
	timings_mark("start");
	if (r < 0)
		return limits_explain(c->cgroup, c->spec->lnx.resources, err);
	r = start_poststart(c->spec, &c->state, c->dir, &lost, err);
	/* The container was deleted meanwhile; a new one may already use its id. */
	if (lost) {
		cgroup_keep(c->cgroup);
		c->kept = true;
	}
	if (r < 0 || c->notify < 0 || !c->o->detach)
		return r;
	/* Nobody knows how long that takes: others must be able to stop or delete it meanwhile. */
	store_unlock(c->dir);
	notify_forward(c->notify, c->child.pidfd, c->child.pid);
	return 0;
}

int container_run(const struct runtime *rt, const struct create_options *o, struct container **ret,
		  struct container_process *process, struct error *err)
{
	struct creation c = creation_of(rt, o, true);
	int r = run(&c, err);

	if (r == 0) {
		pid_t pid = c.child.pid;

		creation_keep(&c);
		r = creation_hand_over(&c, ret, process, err);
		process->pid = pid;
	}
	creation_done(&c);
	return r;
}
