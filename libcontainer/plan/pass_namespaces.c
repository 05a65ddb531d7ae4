/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Namespaces and cgroups. New ones come with the clone itself, except those that must be made later: the
 * cgroup namespace (after the cgroup is entered) and the time namespace (entered by the next execve).
 * Existing ones are joined by the stage, unless a user or pid namespace is among them or a new user
 * namespace is made: then all are joined before the clone, with the caller's rights.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/parse.h"
#include "base/sys.h"
#include "plan/pass.h"

#define V1_HIERARCHIES_MAX 32
#define CPUS_MAX 8192 /* NR_CPUS of any kernel */

static bool is_list(const char *cpus)
{
	return cpus && cpus[strspn(cpus, ", \n")];
}

/*
 * All CPUs that the cgroup allows, not those the caller happens to be bound to. Of execCPUAffinity,
 * `initial` is applied by the parent (launch/limits.h); with that alone nothing changes here.
 */
static int set_affinity(struct compile *c, struct error *err)
{
	const struct spec_cpu_affinity *a =
		c->in->exec && c->process ? c->process->exec_cpu_affinity : NULL;
	uint32_t cpus[CPUS_MAX / 32] = { 0 };
	struct plan_span mask;

	plan_origin(c->b, a ? a->json : NULL, "final");
	if (a && is_list(a->final)) {
		if (parse_list(a->final, cpus, ARRAY_SIZE(cpus)) < 0) {
			failf(err, ERANGE, "CPUs '%.80s': there are never more than %d", a->final,
			      CPUS_MAX);
			return spec_error(a->json, "final", err);
		}
	} else if (a && is_list(a->initial)) {
		return 0;
	} else {
		memset(cpus, 0xff, sizeof(cpus));
	}
	mask = plan_numbers(c->b, cpus, ARRAY_SIZE(cpus));
	plan_add(c->b, PLAN_AFFINITY)->l1 = mask;
	return 0;
}

int pass_cgroup(struct compile *c, struct error *err)
{
	int fds[V1_HIERARCHIES_MAX];
	int n = c->in->no_cgroup_entry ? 0 :
					 cgroup_entry_fds(c->in->cgroup, c->in->exec_cgroups,
							  c->in->n_exec_cgroups, fds, ARRAY_SIZE(fds), err);

	if (n < 0)
		return n;
	plan_origin(c->b, c->spec->lnx.json, "cgroupsPath");
	for (int i = 0; i < n; i++)
		plan_add(c->b, PLAN_CGROUP_ENTER)->fd = plan_take_fd(c->b, fds[i]);
	if (!c->in->exec && resolved_makes_namespace(c->resolved, CLONE_NEWCGROUP))
		plan_add(c->b, PLAN_UNSHARE)->x = CLONE_NEWCGROUP;
	return set_affinity(c, err);
}

static bool is_our(const char *namespace, int fd)
{
	struct stat theirs, ours;

	return fstat(fd, &theirs) == 0 && stat(namespace, &ours) == 0 &&
	       theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
}

#define INITIAL_CGROUP_NAMESPACE 0xeffffffbU /* PROC_CGROUP_INIT_INO of the kernel */

/* Ours, or the machine's, which may be another: in it the superblock of cgroup2 has the machine's options. */
static bool is_hosts_cgroup_namespace(int fd)
{
	struct stat st;

	return is_our("/proc/self/ns/cgroup", fd) ||
	       (fstat(fd, &st) == 0 && st.st_ino == INITIAL_CGROUP_NAMESPACE);
}

/* A mount namespace that is there already: another user namespace may own it. */
static int note_mount_namespace(struct compile *c, int fd, struct error *err)
{
	auto_(close_fd) int owner = ioctl(fd, NS_GET_USERNS);

	c->mounts_are_locked = owner < 0 || !is_our("/proc/self/ns/user", owner);
	c->out->mount_ns = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return c->out->mount_ns < 0 ? sysf(err, "duplicate descriptor") : 0;
}

static void add_setns(struct compile *c, uint64_t type, int index)
{
	struct plan_op *op = plan_add(c->b, PLAN_SETNS);

	op->fd = index;
	op->x = type;
}

/* For procfs, and to be joined by the stage. */
static int keep_joined_pids(struct compile *c, int fd, struct error *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return sysf(err, "duplicate descriptor");
	c->joined_pids = plan_take_fd(c->b, copy);
	return 0;
}

static int join(struct compile *c, const struct resolved_namespace *ns, struct error *err)
{
	auto_(close_fd) int fd = resolve_open_namespace(ns, err);
	int r = fd < 0 ? fd : resolve_check_joined(c->resolved, ns, fd, err);

	if (r == 0 && ns->type == CLONE_NEWNS)
		r = note_mount_namespace(c, fd, err);
	if (ns->type == CLONE_NEWCGROUP)
		c->own_cgroup_namespace = r == 0 && !is_hosts_cgroup_namespace(fd);
	if (r < 0)
		return r;
	if (c->forks_last && ns->type == CLONE_NEWPID) {
		r = keep_joined_pids(c, fd, err);
		if (r < 0 || c->pids_come_late)
			return r;
	}
	if (c->resolved->joins_first && (!c->forks_last || c->enters_itself)) {
		c->out->joins[c->out->n_joins++] =
			(struct join){ .fd = take_fd(fd), .flags = ns->type, .origin = ns->json };
	} else {
		plan_origin(c->b, ns->json, "path");
		add_setns(c, ns->type, plan_take_fd(c->b, take_fd(fd)));
	}
	return 0;
}

int pass_joined_pids(struct compile *c, struct error *err)
{
	(void)err;
	if (!c->pids_come_late)
		return 0;
	foreach_list(ns, &c->resolved->namespaces)
		if (ns->type == CLONE_NEWPID)
			plan_origin(c->b, ns->json, "path");
	add_setns(c, CLONE_NEWPID, c->joined_pids);
	return 0;
}

static int time_offsets(struct compile *c, struct error *err)
{
	const struct spec_time_offset *m = &c->spec->lnx.monotonic, *b = &c->spec->lnx.boottime;
	char text[128];
	int n = 0, r;

	if (!m->set && !b->set)
		return 0;
	plan_origin(c->b, c->spec->lnx.json, "timeOffsets");
	if (m->set)
		n = snprintf(text, sizeof(text), "monotonic %lld %u\n", (long long)m->secs,
			     m->nanosecs);
	if (b->set)
		snprintf(text + n, sizeof(text) - (size_t)n, "boottime %lld %u\n",
			 (long long)b->secs, b->nanosecs);
	/* The file is root's while the stage cannot be traced, and root of a user namespace is another. */
	if (resolved_has_namespace(c->resolved, CLONE_NEWUSER))
		plan_add(c->b, PLAN_DUMPABLE)->x = 1;
	r = compile_proc_write(c, "self/timens_offsets", text, err);
	if (resolved_has_namespace(c->resolved, CLONE_NEWUSER))
		plan_add(c->b, PLAN_DUMPABLE);
	return r;
}

/* Namespaces that come with the clone. */
static uint64_t clone_flags(const struct resolved *r)
{
	return r->new_namespaces & ~(uint64_t)(CLONE_NEWCGROUP | CLONE_NEWTIME);
}

bool plan_clone_flags(const struct resolved *resolved, uint64_t *flags)
{
	*flags = clone_flags(resolved);
	return !resolved->joins_first;
}

/* What is to do in a new one, or to make it where it does not come with the clone (CLONE_NEWCGROUP: pass_cgroup). */
static int new_namespace(struct compile *c, const struct resolved_namespace *ns, struct error *err)
{
	plan_origin(c->b, ns->json, NULL);
	if (ns->type == CLONE_NEWNET)
		plan_add(c->b, PLAN_LOOPBACK_UP);
	if (ns->type != CLONE_NEWTIME)
		return 0;
	plan_add(c->b, PLAN_UNSHARE)->x = CLONE_NEWTIME;
	return time_offsets(c, err);
}

/* ---- a fork into a pid namespace of others ---- */

/* mount(2) takes no descriptors. */
static bool has_proc_by_page(const struct resolved *r)
{
	foreach_list(m, &r->mounts)
		if (m->page && streq(m->type, "proc"))
			return true;
	return false;
}

static bool has_procfs(const struct resolved *r)
{
	foreach_list(m, &r->mounts)
		if (m->type && streq(m->type, "proc"))
			return true;
	return false;
}

/* The procfs of a pid namespace that its maker is not in: since Linux 6.17. */
static bool procfs_shows(int pids)
{
	auto_(close_fd) int fs = sys_fsopen("proc");

	return fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_SET_FD, "pidns", NULL, pids) == 0;
}

/* Whether it can be joined with the rights of the user namespace that the container joins. */
static bool is_owned_by_joined_users(const struct resolved *r, int pids)
{
	auto_(close_fd) int owner = ioctl(pids, NS_GET_USERNS);
	struct stat owners, joined;

	foreach_list(ns, &r->namespaces)
		if (ns->type == CLONE_NEWUSER && ns->path)
			return owner >= 0 && fstat(owner, &owners) == 0 && stat(ns->path, &joined) == 0 &&
			       owners.st_ino == joined.st_ino && owners.st_dev == joined.st_dev;
	return false;
}

/*
 * Whether what the container's own hooks are must not be seen in the pid namespace, and can be hidden: they run before it is
 * joined. With a user namespace that does not own it, it has to be joined first of all, with the host's rights.
 */
static bool hides_hooks(struct compile *c, int pids)
{
	const struct spec_hooks *hooks = c->spec->hooks;
	bool users = c->resolved->own_namespaces & CLONE_NEWUSER;

	c->pids_come_late = hooks && hooks->kind[HOOK_CREATE_CONTAINER].n;
	return !c->pids_come_late || !users || is_owned_by_joined_users(c->resolved, pids);
}

/*
 * In a pid namespace that is there already others look on. setns(2) leaves the stage outside of it: it does all that takes
 * rights, and forks the process that has the program's (nsexec/op_fork.c). Else a helper makes the process there at once.
 */
static bool forks_last(struct compile *c)
{
	struct error ignored = ERROR_INIT; /* join() will say it */

	if (!c->process || has_proc_by_page(c->resolved))
		return false;
	foreach_list(ns, &c->resolved->namespaces) {
		auto_(close_fd) int fd = -EBADF;

		if (ns->type != CLONE_NEWPID || !ns->path)
			continue;
		fd = resolve_open_namespace(ns, &ignored);
		return fd >= 0 && (!has_procfs(c->resolved) || procfs_shows(fd)) && hides_hooks(c, fd);
	}
	return false;
}

int pass_namespaces(struct compile *c, struct error *err)
{
	const struct resolved *resolved = c->resolved;

	c->forks_last = c->out->forks_last = forks_last(c);
	c->pids_come_late = c->pids_come_late && c->forks_last;
	if (c->forks_last) {
		c->enters_itself = c->out->enters_itself = resolved->own_namespaces & CLONE_NEWUSER;
		if (c->enters_itself)
			plan_feature(c->b, WITH_ENTRY);
		/* Who is in the namespace of the runtime itself may see the stage. */
		plan_add(c->b, PLAN_DUMPABLE);
	}
	c->out->clone_flags = clone_flags(resolved);
	c->owned = resolved->own_namespaces;
	foreach_list(ns, &resolved->namespaces) {
		int r = ns->path ? join(c, ns, err) : new_namespace(c, ns, err);

		if (r < 0)
			return r;
	}
	c->own_cgroup_namespace |= !!(resolved->new_namespaces & CLONE_NEWCGROUP);
	c->mounts_are_locked |= has_namespace(c, CLONE_NEWUSER) && has_namespace(c, CLONE_NEWNS);
	c->out->new_userns = resolved->new_namespaces & CLONE_NEWUSER;
	if (c->out->new_userns)
		plan_feature(c->b, WITH_IDMAP);
	return 0;
}

/* All of init's namespaces at once, by its pidfd: setns(2), since Linux 5.8. */
int pass_exec_namespaces(struct compile *c, struct error *err)
{
	uint64_t wanted = c->in->exec_namespaces ? c->in->exec_namespaces : ~UINT64_C(0);
	bool time = c->in->time_namespace && wanted & CLONE_NEWTIME;

	c->owned = c->resolved->own_namespaces & wanted;
	/* Of a container that shares the host's pid namespace, processes may see us. */
	plan_add(c->b, PLAN_DUMPABLE);
	if (c->owned || time) {
		int fd = fcntl(c->in->init_pidfd, F_DUPFD_CLOEXEC, 3);
		struct plan_op *op;

		if (fd < 0)
			return sysf(err, "pidfd of the container's init");
		compile_drop_groups(c);
		op = plan_add(c->b, PLAN_ENTER);
		op->fd = plan_take_fd(c->b, fd);
		op->x = c->owned | (time ? CLONE_NEWTIME : 0);
		if (c->owned & CLONE_NEWUSER)
			plan_add(c->b, PLAN_IDS); /* root there */
	}
	if (c->process->terminal)
		plan_add_s(c->b, PLAN_ROOT_PLAIN, "/", NULL);
	return 0;
}
