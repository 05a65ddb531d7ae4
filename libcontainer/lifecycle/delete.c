/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "container/handle.h"
#include "fs/root_mount.h"
#include "launch/hooks.h"
#include "host/resctrl.h"
#include "launch/stuck.h"
#include "lifecycle/leftover.h"
#include "lifecycle/others.h"
#include "store/store.h"

#define DEATH_TIMEOUT 10 /* seconds */

/* ---- killing ---- */

/* The end of an init waits for the end of all others in its pid namespace: one of them may be held. */
static bool explain_by_others(struct container *c, struct str *out)
{
	pid_t *pids = NULL;
	size_t n = 0;
	bool found = false;

	if (container_pids(c, &pids, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n && !found; i++) {
		const char *why = pids[i] == c->state.init.pid ? NULL : stuck_why(pids[i]);

		found = why;
		if (found)
			str_printf(out, "it waits for the end of process %d: %s", (int)pids[i], why);
	}
	free(pids);
	return found;
}

static int await_death(struct container *c, int pidfd, struct error *err)
{
	int n = child_await(pidfd, DEATH_TIMEOUT);
	const char *why = n == 0 ? stuck_why(c->state.init.pid) : NULL;
	auto_str others = STR_INIT;

	if (n < 0)
		return codef(err, n, "wait for the end of container '%s'", c->state.id);
	if (n > 0)
		return 0;
	if (!why && explain_by_others(c, &others))
		why = str_text(&others);
	return failf(err, EBUSY,
		     "container '%s': init (process %d) did not die within %d s of SIGKILL: %s",
		     c->state.id, (int)c->state.init.pid, DEATH_TIMEOUT,
		     why ? why : "it still runs");
}

static int kill_init(struct container *c, int pidfd, struct error *err)
{
	int r = container_kill(c, SIGKILL, false, err);

	/* Gone between our look and the signal: all the better. */
	if (r < 0 && r != -ESRCH)
		return r;
	return await_death(c, pidfd, err);
}

static int refuse(const struct container *c, enum container_status status, struct error *err)
{
	return failf(err, EBUSY, "cannot delete container %s that is not stopped: %s ('orlop delete --force' ends it first)",
		     c->state.id, container_status_name(status));
}

/*
 * One that runs is not ended without force. One that was never started is: clients rely on it
 * (docs/decisions/0004-delete-of-created.md). 0 also when it has stopped since we looked.
 */
static int end_unstarted(struct container *c, int pidfd, struct error *err)
{
	enum container_status status = STATUS_STOPPED;
	int r = container_status(c, &status, err);

	if (r < 0 || status == STATUS_STOPPED)
		return r;
	return status == STATUS_CREATED ? kill_init(c, pidfd, err) : refuse(c, status, err);
}

static int end_init(struct container *c, bool force, struct error *err)
{
	auto_(close_fd) int pidfd = container_init_pidfd(c, err);

	if (pidfd == -ESRCH)
		return 0;
	if (pidfd < 0)
		return pidfd;
	return force ? kill_init(c, pidfd, err) : end_unstarted(c, pidfd, err);
}

/* ---- what create has made ---- */

/* What shares a pid namespace with others does not die with init. */
static int sweep(struct container *c, struct error *err)
{
	int r = container_kill(c, SIGKILL, true, err);

	return r < 0 ? error_context(err, "processes left by container '%s'", c->state.id) : 0;
}

/*
 * What is not the container's is not signalled (lifecycle/others.h): its cgroup stays. Without force only where it is known
 * whose it is.
 */
static int remove_used_cgroup(struct container *c, struct cgroup *cg, bool force, struct error *err)
{
	bool ends = container_ends_with_init(c);
	struct error left = ERROR_INIT;
	int r = ends ? 0 : sweep(c, err);

	if (r == 0)
		r = others_spare(c->rt, c->root, c->state.id, cg, err);
	if (r < 0)
		return r;
	r = cgroup_remove(cg, &left);
	/* What forked under the first sweep, or takes long to die. */
	if (r < 0 && !(ends && others_are_in(cg))) {
		r = ends ? 0 : sweep(c, err);
		if (r == 0)
			r = cgroup_remove(cg, &left);
	}
	if (r < 0 && force && ends && others_are_in(cg)) {
		log_warn("container '%s': %s: what is not the container's is left alone, and the cgroup stays",
			 c->state.id, left.msg);
		return 0;
	}
	if (r < 0)
		return codef(err, r, "%s", left.msg);
	if (cgroup_is_shared(cg))
		log_warn("container '%s': its cgroup stays: other containers have it, or cgroups below it", c->state.id);
	return 0;
}

static int remove_cgroup(struct container *c, bool force, struct error *err)
{
	struct cgroup *cg = NULL;
	int r;

	if (!c->state.cgroup && !c->cgroup)
		return 0;
	r = container_cgroup(c, &cg, err);
	if (r < 0 || cgroup_is_none(cg) || cgroup_remove_at_once(cg))
		return r;
	return remove_used_cgroup(c, cg, force, err);
}

/* No filesystem any more: then no groups either. */
static int remove_resctrl(struct container *c, struct error *err)
{
	struct resctrl fs = RESCTRL_INIT;
	int r = 0;

	if (!c->state.resctrl_group && !c->state.resctrl_monitor)
		return 0;
	if (resctrl_open(&fs, NULL) == 0)
		r = resctrl_remove(&fs, c->state.resctrl_group, c->state.resctrl_monitor, err);
	resctrl_close(&fs);
	return r;
}

static int run_hooks(struct container *c, const struct spec_hooks *hooks, struct error *err)
{
	auto_str state = STR_INIT;

	if (container_oci_state(&c->state, STATUS_STOPPED, 0, &state) < 0)
		return codef(err, ENOMEM, "state of '%s'", c->state.id);
	return hooks_run(hooks, HOOK_POSTSTOP, c->state.bundle, str_text(&state), true, err);
}

/*
 * The failure of a poststop hook is a warning by the spec, and so is a config that cannot be read.
 * One that is gone was removed by a delete that came further than this and was cut short.
 */
static void poststop(struct container *c)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct error e = ERROR_INIT;
	int r;

	if (c->state.no_poststop)
		return;
	r = container_config(c, &doc, &e);
	if (r == 0 && doc->spec->hooks)
		r = run_hooks(c, doc->spec->hooks, &e);
	if (r < 0 && r != -ENOENT)
		log_warn("poststop hooks of container '%s' are not run: %s", c->state.id, e.msg);
}

/*
 * The record goes last: a delete that is cut short at any point leaves a stopped container whose
 * delete can be repeated, and what is gone already is no error then.
 */
static int destroy(struct container *c, bool force, struct error *err)
{
	int r = remove_cgroup(c, force, err);

	if (r == 0)
		r = remove_resctrl(c, err);
	if (r == 0 && c->state.root_mount)
		r = root_unmount(c->state.rootfs, c->state.root_mount, err);
	if (r < 0)
		return r;
	poststop(c);
	return store_remove(c->root, c->state.id, c->dir, err);
}

/* A create that is under way holds the lock: only a killed one leaves its directory to us. */
static int lock(struct container *c, bool force, struct error *err)
{
	enum container_status status = STATUS_STOPPED;
	int r = 0;

	if (!force && c->incomplete)
		r = container_status(c, &status, err);
	if (r == 0 && status != STATUS_STOPPED)
		r = refuse(c, status, err);
	return r < 0 ? r : container_lock(c, err);
}

int container_delete(struct container *c, bool force, struct error *err)
{
	int r = lock(c, force, err);

	/* With force, someone else's delete is as good as ours. */
	if (r == -ENOENT && force)
		return 0;
	if (r < 0)
		return r;
	if (c->incomplete) {
		r = container_remove_leftovers(c->rt, c->root, c->dir, c->state.id, err);
		return r < 0 ? r : store_remove(c->root, c->state.id, c->dir, err);
	}
	r = end_init(c, force, err);
	return r < 0 ? r : destroy(c, force, err);
}
