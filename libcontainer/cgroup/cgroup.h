/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The cgroups of one container, over every layout: v1 hierarchies, the v2 unified tree, or both
 * (hybrid: v1 controllers plus a v2 tree without controllers, which is joined as well and used to kill,
 * to freeze and to know when the container is empty). A struct cgroup_driver per layout does the work;
 * callers see this interface only.
 *
 * Order of use in `create`: cgroup_make() makes empty cgroups -> the child is cloned into the v2 one
 * (cgroup_clone_fd) and enters the v1 ones itself by writing "0" to each of cgroup_entry_fds (no RCU
 * grace period, no second lock) -> after all set-up cgroup_apply() sets the limits, LATE.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "json/json.h"
#include "spec/types.h"

struct cgroup;

struct cgroup_options {
	const char *id;
	const char *path;  /* linux.cgroupsPath, or NULL for the default place          */
	const struct json *origin; /* the /linux node, for places of errors; may be NULL */
	const char *places; /* the caller's /proc/self/cgroup, when it was read already, or NULL */
	const spec_pairs *annotations; /* "org.systemd.property.*" for systemd's unit; or NULL */
	bool systemd;      /* --systemd-cgroup: path is "slice:prefix:name"             */
	bool rootless;     /* no right to make cgroups is no error: cgroup_is_none()    */
	bool disabled;     /* use none at all                                           */
};

/* Where they are to be; nothing is made. */
int cgroup_new(const struct cgroup_options *o, struct cgroup **ret, struct error *err);
/*
 * Makes the cgroup directories (and missing parents; what was made is remembered). Refuses a cgroup
 * that holds processes ("container's cgroup is not empty") or is frozen ("container's cgroup
 * unexpectedly frozen"). Until cgroup_keep(), cgroup_free() removes what was made again. The same options.
 */
int cgroup_make(struct cgroup *c, const struct cgroup_options *o, struct error *err);
/* True when a child enters all by cgroup_entry_fds: then it can be cloned before they are made. */
bool cgroup_enters_itself(const struct cgroup *c);
/* That, before: a negative errno when some of it cannot go, since a process there does not die. */
int cgroup_undo(struct cgroup *c);
void cgroup_free(struct cgroup *c);
DEFINE_AUTO(struct cgroup *, cgroup_free);
void cgroup_keep(struct cgroup *c);

/*
 * What a create that was killed has made: the cgroups that cgroup_make() with the same options makes, as
 * far as they exist; nothing is made. self: a copy of the /proc/self/cgroup of that create, or NULL when
 * the path was absolute. Kept: cgroup_free() removes nothing.
 */
int cgroup_find(const struct cgroup_options *o, const char *self, struct cgroup **ret,
		struct error *err);
/*
 * Removes those that are empty, or are soon. Nothing is killed: the place may be that of a container
 * of somebody else, which the killed create would have refused. False: processes are still in one.
 */
bool cgroup_remove_empty(struct cgroup *c);

/* True when the container has no cgroup of its own (rootless without delegation, or disabled). */
bool cgroup_is_none(const struct cgroup *c);
bool cgroup_is_v2(const struct cgroup *c); /* pure v2 */

/*
 * As a member of the state file, and back. Loading opens nothing until it is needed, and copies no text: what was
 * saved must live as long. What cgroup_save() has not written is -EBADMSG.
 */
void cgroup_save(const struct cgroup *c, struct json_out *o, const char *key);
int cgroup_load(const struct json *saved, struct cgroup **ret, struct error *err);

/*
 * An O_DIRECTORY descriptor (usable for CLONE_INTO_CGROUP) of the v2 cgroup of the container, or of its
 * sub-cgroup `sub` (exec --cgroup; NULL: the top one); -ENOENT without message when there is no v2
 * tree, -ENODEV when that cgroup is not there. For a v2 cgroup with domain controllers enabled and children, falls back to the cgroup of
 * `init` when init > 0 and sub is NULL. The caller closes it.
 */
int cgroup_clone_fd(struct cgroup *c, const char *sub, pid_t init, struct error *err);

/*
 * After a clone into that descriptor was refused with EOPNOTSUPP: 1 when the cgroup lay below a threaded one and is
 * threaded itself now, so that the clone will work; 0 when that was not the reason. -EOPNOTSUPP also for resources that a
 * threaded cgroup cannot limit.
 */
int cgroup_become_threaded(struct cgroup *c, const struct spec_resources *resources, struct error *err);

/*
 * Moves a child that was cloned outside, because cgroup_clone_fd() said -ENOENT and only systemd may
 * move it: a user outside of his manager's cgroups. Does nothing where that is not so.
 */
int cgroup_attach(struct cgroup *c, const char *sub, pid_t pid, struct error *err);

/*
 * Descriptors of the v1 `tasks` files, opened for writing, one per hierarchy: to be written "0" by the
 * process that enters. `subs`: exec's --cgroup values ("cpu,cpuacct:/sub" or "/sub", ".." refused), may
 * be empty. Appends to fds (room for `max`), returns the count. The caller closes them.
 */
int cgroup_entry_fds(struct cgroup *c, const char *const *subs, size_t n_subs, int *fds, size_t max,
		     struct error *err);

/*
 * A process that was forked outside, where a clone inside is refused by the pids limit: into all of them, as
 * cgroup_clone_fd() and cgroup_entry_fds() say. Each takes the kernel about 10 ms (nsexec/op_ns.c).
 */
int cgroup_take_in(struct cgroup *c, const char *const *subs, size_t n_subs, const char *sub, pid_t init,
		   pid_t pid, struct error *err);

/* What of cgroup_apply() with `devices` can be done before, while the child is busy. Cannot fail. */
void cgroup_prepare(struct cgroup *c, const struct spec_resources *r);

/* Limits. NULL resources: nothing. Device rules only when `devices` (update leaves them alone). */
int cgroup_apply(struct cgroup *c, const struct spec_resources *r, bool devices, struct error *err);

/* What a config's mount of type "cgroup" needs: the hierarchies as they are to appear. */
struct cgroup_hierarchy {
	const char *name;      /* "cpu,cpuacct", "name=systemd" without the name= : folder name below the mount */
	const char *mountpoint; /* on the host, e.g. "/sys/fs/cgroup/cpu,cpuacct" */
	const char *path;      /* the container's cgroup, absolute host path      */
	const char *options;   /* mount data for a new instance: "cpu,cpuacct", "none,name=systemd"; "" for v2 */
	bool v2;
	const char *links[4];  /* symlinks beside it: "cpu" -> "cpu,cpuacct"; NULL ends */
};
/* Borrowed from c. */
size_t cgroup_hierarchies(const struct cgroup *c, const struct cgroup_hierarchy **ret);

/* The container's v2 directory and delegate files become uid:gid (spec L9). */
int cgroup_chown(struct cgroup *c, uid_t uid, gid_t gid, struct error *err);

int cgroup_freeze(struct cgroup *c, bool frozen, struct error *err);
int cgroup_is_frozen(struct cgroup *c); /* 0, 1, or negative errno; a missing cgroup is 0 */
/*
 * So that what was killed can die: a process that a v1 freezer holds dies when it is thawed, not before, and a container
 * that may write its cgroups can have frozen sub-cgroups of its own.
 */
int cgroup_thaw_all(struct cgroup *c, struct error *err);
/* Whether the cgroup that a process is in, or one above it, is frozen; false when that cannot be seen. */
bool cgroup_froze(pid_t pid);

/*
 * `other` is of another container: those of its cgroups that lie below ours (with `same`, or are ours) are neither looked
 * into, nor signalled, nor removed by what follows. -ENOMEM.
 */
int cgroup_spare(struct cgroup *c, const struct cgroup *other, bool same);
bool cgroup_is_shared(const struct cgroup *c); /* so it was */

/* All process ids in the container's cgroups, sub-cgroups included; malloc'd array. 0 when gone. */
int cgroup_pids(struct cgroup *c, pid_t **ret, size_t *n, struct error *err);
/* Of all that are in a cgroup those that are meant. */
struct cgroup_members {
	bool (*has)(pid_t pid, void *ctx);
	void *ctx;
};
/*
 * SIGKILL to all: cgroup.kill where there is one, else freeze + signal each + thaw. Other signals: each. members: only
 * to these; NULL: to all.
 */
int cgroup_signal(struct cgroup *c, int sig, const struct cgroup_members *members, struct error *err);
/*
 * Removes the cgroups, sub-cgroups first; waits a bounded time for dying processes. Missing is fine. What is spared stays,
 * with what is above it, and is no failure.
 */
int cgroup_remove(struct cgroup *c, struct error *err);
/* The same where nothing is left in them: true when they are gone. Nothing is waited for. */
bool cgroup_remove_at_once(struct cgroup *c);

/* The count of OOM kills in the container so far, or -1 when it cannot be known. */
int64_t cgroup_oom_kills(struct cgroup *c);
/* Current memory use in bytes, or -1. */
int64_t cgroup_memory_usage(struct cgroup *c);

/* events --stats: the "data" object of runc's shape, written with key `key`. */
int cgroup_stats(struct cgroup *c, struct json_out *o, const char *key, struct error *err);
