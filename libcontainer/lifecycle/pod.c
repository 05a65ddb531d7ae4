/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Checkpoint and restore of containers that share namespaces: all of them, or none. Frozen together they are of one moment.
 * Each is dumped with what it shares as external, into a folder of its own; pod.json beside them says who they are. The
 * restore begins with those whose namespaces others join, and gives these the new ones.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "json/json.h"
#include "lifecycle/pod_file.h"
#include "lifecycle/pod_guard.h"
#include "lifecycle/restore.h"
#include "spec/spec.h"
#include "store/store.h"

/* ---- checkpoint ---- */

struct pod_dump {
	struct container *const *c;
	size_t n;
	const struct checkpoint_options *o;
	struct arena *arena;
	const char **names;
	bool *frozen; /* by us */
};

static int lock_all(const struct pod_dump *p, struct error *err)
{
	for (size_t i = 0; i < p->n; i++) {
		enum container_status status = STATUS_STOPPED;
		int r = container_lock_made(p->c[i], err);

		for (size_t j = 0; r == 0 && j < i; j++)
			if (streq(p->names[j], p->names[i]))
				r = failf(err, EINVAL, "container '%s' is named twice", p->names[i]);
		if (r == 0)
			r = container_status(p->c[i], &status, err);
		if (r == 0 && status != STATUS_RUNNING && status != STATUS_PAUSED)
			r = failf(err, EINVAL, "Container cannot be checkpointed in %s state: '%s'",
				  container_status_name(status), p->names[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One that is paused before stays so. */
static int choose_frozen(const struct pod_dump *p, struct error *err)
{
	for (size_t i = 0; i < p->n; i++) {
		struct cgroup *cg = NULL;
		int r = container_cgroup(p->c[i], &cg, err);

		if (r == 0 && cgroup_is_none(cg))
			r = failf(err, EOPNOTSUPP, "container '%s' has no cgroup: it cannot be frozen", p->names[i]);
		if (r == 0)
			r = cgroup_is_frozen(cg);
		if (r < 0)
			return r;
		p->frozen[i] = r == 0;
	}
	return 0;
}

static int freeze_all(const struct pod_dump *p, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n; i++)
		if (p->frozen[i])
			r = cgroup_freeze(p->c[i]->cgroup, true, err);
	return r;
}

static void thaw_all(const struct pod_dump *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct error e = ERROR_INIT;

		if (p->frozen[i] && cgroup_freeze(p->c[i]->cgroup, false, &e) < 0)
			log_warn("container '%s' stays paused: %s", p->names[i], e.msg);
	}
}

static int dump_all(const struct pod_dump *p, const char *folder, const struct pod_guard *guard, struct error *err)
{
	const struct dump_group group = { .names = p->names, .n = p->n, .guard = guard };

	for (size_t i = 0; i < p->n; i++) {
		struct checkpoint_options o = *p->o;
		int r;

		o.leave_running = true; /* until all have been written */
		o.common.image_path = arena_printf(p->arena, "%s/%s", folder, p->names[i]);
		if (o.common.work_path)
			o.common.work_path = arena_printf(p->arena, "%s/%s", p->o->common.work_path, p->names[i]);
		if (!o.common.image_path || (p->o->common.work_path && !o.common.work_path))
			return sysf(err, "pod");
		r = checkpoint_dump(p->c[i], &o, &group, err);
		if (r < 0)
			return error_context(err, "container '%s'", p->names[i]);
	}
	return 0;
}

static int programs(const struct pod_dump *p, const char *argv, const char *phase, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n; i++)
		r = checkpoint_exec(p->c[i], argv, phase, p->o->common.exec_timeout, err);
	return r;
}

static int make_folder(const char *folder, const char *work, struct error *err)
{
	if (mkdir_parents(folder, 0700) < 0)
		return sysf(err, "make image directory '%s'", folder);
	if (work && mkdir_parents(work, 0700) < 0)
		return sysf(err, "make work directory '%s'", work);
	return 0;
}

/* Those who joined first, the makers of namespaces last; which order is the same to the kernel. */
static int destroy_all(const struct pod_dump *p, struct error *err)
{
	int r = 0;

	for (size_t i = p->n; i-- > 0;) {
		int gone = checkpoint_destroy(p->c[i], r < 0 ? NULL : err);

		r = r < 0 ? r : gone;
	}
	return r;
}

static void let_go(const struct pod_dump *p)
{
	thaw_all(p);
	for (size_t i = 0; i < p->n; i++)
		store_unlock(p->c[i]->dir);
}

/* Frozen together, written one by one, and let go or ended together, whatever happens to us. */
static int dump_frozen(const struct pod_dump *p, const char *folder, struct error *err)
{
	struct pod_guard guard = POD_GUARD_INIT;
	int r = pod_guard_begin(&guard, p->c, p->frozen, p->n, err);

	if (r == 0)
		r = freeze_all(p, err);
	if (r == 0)
		r = dump_all(p, folder, &guard, err);
	if (r == 0)
		r = pod_file_write(folder, p->c, p->n, p->arena, err);
	if (r < 0 || p->o->leave_running) {
		let_go(p);
	} else {
		pod_guard_complete(&guard);
		r = destroy_all(p, err);
	}
	pod_guard_end(&guard);
	return r;
}

static int checkpoint_all(const struct pod_dump *p, struct error *err)
{
	const char *folder = p->o->common.image_path ? p->o->common.image_path : "checkpoint";
	int r = programs(p, p->o->pre_dump_exec, "save", err);

	if (r == 0)
		r = make_folder(folder, p->o->common.work_path, err);
	if (r == 0)
		r = lock_all(p, err);
	if (r == 0)
		r = choose_frozen(p, err);
	if (r == 0)
		r = dump_frozen(p, folder, err);
	return r == 0 && p->o->leave_running ? programs(p, p->o->post_resume_exec, "resume", err) : r;
}

int container_checkpoint_pod(struct container *const *c, size_t n, const struct checkpoint_options *o,
			     struct error *err)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct pod_dump p = { .c = c, .n = n, .o = o, .arena = a };

	p.names = a ? arena_array_of(a, const char *, n) : NULL;
	p.frozen = a ? arena_array_of(a, bool, n) : NULL;
	if (!p.names || !p.frozen)
		return sysf(err, "pod");
	for (size_t i = 0; i < n; i++)
		p.names[i] = c[i]->state.id;
	return checkpoint_all(&p, err);
}

/* ---- restore ---- */

struct pod_restore {
	const struct runtime *rt;
	const struct restore_options *o;
	struct pod_file pod;
	struct arena *arena;
	struct restoration *r;
	struct restore_options *options;
	size_t started;
};

/* All that the pod has, and none else. */
static int check_ids(const struct pod_file *pod, const char *const *ids, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		bool known = false;

		foreach_list(member, &pod->members)
			known |= streq(member->id, ids[i]);
		if (!known)
			return failf(err, EINVAL, "the checkpoint has no container '%s'", ids[i]);
	}
	foreach_list(member, &pod->members) {
		bool given = n == 0;

		for (size_t i = 0; i < n; i++)
			given |= streq(member->id, ids[i]);
		if (!given)
			return failf(err, EINVAL, "the checkpoint has container '%s' as well: all or none are restored",
				     member->id);
	}
	return 0;
}

static int prepare(struct pod_restore *p, size_t i, struct error *err)
{
	const struct pod_member *member = &p->pod.members.v[i];
	struct restore_options *o = &p->options[i];
	int r;

	*o = *p->o;
	o->create.id = member->id;
	o->create.bundle = member->bundle;
	o->common.image_path = arena_printf(p->arena, "%s/%s", p->o->common.image_path ? p->o->common.image_path
										       : "checkpoint", member->id);
	if (o->common.work_path)
		o->common.work_path = arena_printf(p->arena, "%s/%s", p->o->common.work_path, member->id);
	if (!o->common.image_path)
		return sysf(err, "pod");
	p->r[i] = restoration_of(p->rt, o);
	p->r[i].pod = true;
	p->started = i + 1;
	r = restoration_prepare(&p->r[i], err);
	if (r < 0)
		return error_context(err, "container '%s'", member->id);
	if (p->r[i].m && p->r[i].m->containers != p->pod.members.n)
		return failf(err, EINVAL, "container '%s' was one of %zu, the pod has %zu", member->id,
			     p->r[i].m->names.n, p->pod.members.n);
	return 0;
}

/* Its namespaces by path are those of members that have been restored already. */
static int join_members(struct pod_restore *p, size_t i, struct error *err)
{
	foreach_list(join, &p->pod.members.v[i].joins) {
		pid_t pid = p->r[join->member].c.child.pid;
		struct resolved_namespace *ns = NULL;

		foreach_list(at, &p->r[i].c.resolved->namespaces)
			if (at->type == join->type)
				ns = (struct resolved_namespace *)at;
		if (!ns || pid <= 0)
			return failf(err, EINVAL, "container '%s' has no %s namespace to join", p->pod.members.v[i].id,
				     spec_namespace_name(join->type));
		ns->path = arena_printf(p->arena, "/proc/%d/ns/%s", (int)pid, pod_namespace_file(join->type));
		if (!ns->path)
			return sysf(err, "pod");
	}
	return 0;
}

static int restore_all(struct pod_restore *p, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->pod.members.n; i++)
		r = prepare(p, i, err);
	for (size_t i = 0; r == 0 && i < p->pod.members.n; i++) {
		r = join_members(p, i, err);
		if (r == 0)
			r = restoration_run(&p->r[i], err);
		if (r < 0)
			return error_context(err, "container '%s'", p->pod.members.v[i].id);
	}
	return r;
}

static int run_programs(struct pod_restore *p, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && p->o->post_restore_exec && i < p->pod.members.n; i++) {
		auto_(container_free) struct container *c = NULL;

		r = container_load(p->rt, p->pod.members.v[i].id, &c, err);
		if (r == 0)
			r = checkpoint_exec(c, p->o->post_restore_exec, "restore", p->o->common.exec_timeout, err);
	}
	return r;
}

static int restore_pod(struct pod_restore *p, const char *const *ids, size_t n, struct error *err)
{
	int r = pod_file_read(p->o->common.image_path ? p->o->common.image_path : "checkpoint", p->arena, &p->pod, err);

	if (r == 0)
		r = check_ids(&p->pod, ids, n, err);
	if (r == 0 && p->o->common.work_path && mkdir_parents(p->o->common.work_path, 0700) < 0)
		r = sysf(err, "make work directory '%s'", p->o->common.work_path);
	if (r < 0)
		return r;
	p->r = arena_array_of(p->arena, struct restoration, p->pod.members.n);
	p->options = arena_array_of(p->arena, struct restore_options, p->pod.members.n);
	if (!p->r || !p->options)
		return sysf(err, "pod");
	r = restore_all(p, err);
	/* Others may look at them now; they are ours until all are done. */
	for (size_t i = 0; r == 0 && i < p->started; i++)
		store_unlock(p->r[i].c.dir);
	if (r == 0)
		r = run_programs(p, err);
	for (size_t i = p->started; i-- > 0;) {
		if (r == 0)
			creation_keep(&p->r[i].c);
		restoration_done(&p->r[i]);
	}
	return r;
}

int container_restore_pod(const struct runtime *rt, const struct restore_options *o, const char *const *ids,
			  size_t n, struct error *err)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct pod_restore p = { .rt = rt, .o = o, .arena = a };

	return a ? restore_pod(&p, ids, n, err) : sysf(err, "pod");
}
