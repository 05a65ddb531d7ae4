/* SPDX-License-Identifier: Apache-2.0 */

/*
 * `delete --force` of a container whose state.json cannot be read: a disk was full, the power failed, another version
 * wrote it. What lies beside it tells enough: config.json and the copy of the caller's cgroups say where the container's
 * cgroup is, and that cgroup holds its processes. It was empty when create made it, so that all in it are the container's,
 * but for those of containers that came later (lifecycle/others.h).
 */

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "base/proc.h"
#include "container/handle.h"
#include "lifecycle/leftover.h"
#include "lifecycle/others.h"
#include "resolve/resolve.h"
#include "store/store.h"

#define LOCK_TIMEOUT 10 /* seconds */

/* Not in the pid namespace in which create was called: that of our own, as a rule. */
static bool is_in_another(pid_t pid, void *ctx)
{
	uint64_t theirs = 0;

	return proc_namespace(pid, "pid", &theirs) < 0 || theirs != *(const uint64_t *)ctx;
}

static int kill_all(struct cgroup *cg, int dir, const struct resolved *config, struct error *err)
{
	bool ends_with_init = resolved_makes_namespace(config, CLONE_NEWPID) &&
			      faccessat(dir, STORE_OUTLIVES, F_OK, 0) < 0;
	uint64_t ours = 0;
	const struct cgroup_members members = { is_in_another, &ours };

	if (!ends_with_init || proc_namespace(0, "pid", &ours) < 0)
		return cgroup_signal(cg, SIGKILL, NULL, err);
	return cgroup_signal(cg, SIGKILL, &members, err);
}

static int kill_and_remove(const struct runtime *rt, int root, int dir, const char *id, struct cgroup *cg,
			   const struct resolved *config, struct error *err)
{
	struct error left = ERROR_INIT;
	int r = others_spare(rt, root, id, cg, err);

	if (r == 0)
		r = kill_all(cg, dir, config, err);
	if (r < 0)
		return r;
	r = cgroup_remove(cg, &left);
	if (r < 0 && !others_are_in(cg))
		r = cgroup_remove(cg, err);
	if (r < 0 && !others_are_in(cg))
		return r;
	if (r < 0)
		log_warn("container '%s': %s: what is not the container's is left alone, and the cgroup stays", id, left.msg);
	else if (cgroup_is_shared(cg))
		log_warn("container '%s': its cgroup stays: other containers have it, or cgroups below it", id);
	return 0;
}

/* 1: its cgroup was found. */
static int end_processes(const struct runtime *rt, int root, int dir, const char *id,
			 const struct resolved *config, struct error *err)
{
	auto_(cgroup_free) struct cgroup *cg = NULL;
	int r = leftover_cgroup(rt, dir, id, config->spec, &cg, err);

	if (r < 0 || cgroup_is_none(cg))
		return r;
	r = kill_and_remove(rt, root, dir, id, cg, config, err);
	return r < 0 ? r : 1;
}

/* config NULL: it could not be read. */
static void warn_of_rest(const char *id, const struct resolved *config, bool ended)
{
	const struct spec *spec = config ? config->spec : NULL;

	if (!ended)
		log_warn("container '%s' has no cgroup that could be found: its processes, if any, still run", id);
	if (spec && spec->hooks && spec->hooks->kind[HOOK_POSTSTOP].n)
		log_warn("poststop hooks of container '%s' are not run: its state is broken", id);
	if (config && !resolved_has_namespace(config, CLONE_NEWNS))
		log_warn("mounts of container '%s' in the host's mount namespace stay: its state is broken", id);
}

static int remove_all(const struct runtime *rt, int root, int dir, const char *id, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	const struct resolved *config = NULL;
	struct error e = ERROR_INIT;
	int r = 0;

	if (container_read_config(dir, &doc, &e) < 0)
		log_warn("container '%s': %s", id, e.msg);
	else
		r = resolve_existing(doc->spec, doc->arena, &config, err);
	if (config)
		r = end_processes(rt, root, dir, id, config, err);
	if (r < 0)
		return r;
	if (config)
		leftover_resctrl(id, config->spec->lnx.intel_rdt);
	warn_of_rest(id, config, r > 0);
	return store_remove(root, id, dir, err);
}

int container_delete_broken(const struct runtime *rt, const char *id, struct error *err)
{
	auto_(close_fd) int root = -EBADF, dir = -EBADF;
	int r = store_check_id(id, err);

	if (r < 0)
		return r;
	root = store_open_root(rt, false, err);
	/* Gone meanwhile. */
	if (root == -ENOENT)
		return 0;
	if (root < 0)
		return root;
	dir = store_open(root, id, err);
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	r = store_lock(dir, LOCK_TIMEOUT, err);
	if (r == 0)
		r = remove_all(rt, root, dir, id, err);
	return r == -ENOENT ? 0 : r;
}
