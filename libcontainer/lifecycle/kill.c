/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/proc.h"
#include "base/sys.h"
#include "container/handle.h"
#include "lifecycle/others.h"
#include "store/store.h"

/* NULL in *ret: the container has no cgroup of its own. */
static int own_cgroup(struct container *c, struct cgroup **ret, struct error *err)
{
	*ret = NULL;
	if (!c->state.cgroup && !c->cgroup)
		return 0;
	return container_cgroup(c, ret, err);
}

static int not_running(const char *id, bool all, struct error *err)
{
	return all ? 0 : failf(err, ESRCH, "container not running: '%s' has stopped", id);
}

/* Marked first: else the end of init could be laid to an OOM kill of another process before. */
static int signal_init(struct container *c, int pidfd, int sig, bool all, struct error *err)
{
	int num;

	if (sig == SIGKILL)
		store_mark_killed(c->dir, true);
	if (sys_pidfd_send_signal(pidfd, sig) == 0)
		return 0;
	num = errno;
	if (sig == SIGKILL)
		store_mark_killed(c->dir, false);
	errno = num;
	if (num == ESRCH)
		return not_running(c->state.id, all, err);
	return sysf(err, "send signal %d to the container's init", sig);
}

static void pids_free(pid_t *pids)
{
	free(pids);
}
DEFINE_AUTO(pid_t *, pids_free);

/* In init's pid namespace, or in one below it. */
static bool is_inside(pid_t pid, void *ctx)
{
	return proc_is_in_pid_namespace(pid, *(const uint64_t *)ctx);
}

/* All processes of a container that has a pid namespace; of what else is in its cgroup none. */
static int signal_inside(struct container *c, struct cgroup *cg, int sig, struct error *err)
{
	uint64_t inode = 0;
	const struct cgroup_members inside = { is_inside, &inode };
	int r = proc_namespace(c->state.init.pid, "pid", &inode);

	/* Gone: then all are. */
	if (r == -ENOENT || r == -ESRCH)
		return 0;
	if (r < 0)
		return codef(err, r, "pid namespace of container '%s'", c->state.id);
	return cgroup_signal(cg, sig, &inside, err);
}

static int count(struct cgroup *cg, size_t *n, struct error *err)
{
	auto_(pids_free) pid_t *pids = NULL;

	return cgroup_pids(cg, &pids, n, err);
}

/* Also when init is gone: what it left behind shares the host's pid namespace. */
static int sweep(struct container *c, struct cgroup *cg, int sig, bool alive, bool all,
		 struct error *err)
{
	size_t n = 1;
	int r = alive ? 0 : count(cg, &n, err);

	if (r == 0 && n)
		r = others_spare(c->rt, c->root, c->state.id, cg, err);
	if (r == 0 && n && !alive)
		r = count(cg, &n, err);
	if (r < 0)
		return r;
	if (n == 0)
		return not_running(c->state.id, all, err);
	r = cgroup_signal(cg, sig, NULL, err);
	return r < 0 ? error_context(err, "container '%s'", c->state.id) : 0;
}

static int signal_container(struct container *c, int pidfd, int sig, bool all, struct error *err)
{
	bool wide = all || (sig == SIGKILL && !c->state.own_pid_namespace);
	bool own = all ? container_ends_with_init(c) : c->state.own_pid_namespace;
	struct cgroup *cg = NULL;
	int r = 0;

	if (pidfd < 0 && own)
		return not_running(c->state.id, all, err);

	if (wide || sig == SIGKILL)
		r = own_cgroup(c, &cg, err);
	if (r < 0)
		return r;
	if (cg && cgroup_is_none(cg))
		cg = NULL;
	if (pidfd < 0 && (!wide || !cg))
		return not_running(c->state.id, all, err);
	/* Whatever becomes of the sweep: the one process of certain identity is killed first. */
	if (pidfd >= 0 && (!wide || !cg || sig == SIGKILL))
		r = signal_init(c, pidfd, sig, all, err);
	if (r == 0 && wide && cg && !own)
		r = sweep(c, cg, sig, pidfd >= 0, all, err);
	else if (r == 0 && wide && cg && sig != SIGKILL)
		r = signal_inside(c, cg, sig, err);
	if (r == 0 && sig == SIGKILL && cg)
		r = cgroup_thaw_all(cg, err); /* signalled first, it does no more */
	return r;
}

/* A create that is under way has no init yet; one that was killed left no container. */
static int settle(struct container *c, struct error *err)
{
	enum container_status status = STATUS_STOPPED;

	return c->incomplete ? container_status(c, &status, err) : 0;
}

int container_kill(struct container *c, int sig, bool all, struct error *err)
{
	int pidfd, r = settle(c, err);

	if (r < 0)
		return r;
	pidfd = c->init = container_init_pidfd(c, err);
	if (pidfd < 0 && pidfd != -ESRCH)
		return pidfd;
	return signal_container(c, pidfd, sig, all, err);
}

/* A container without cgroup has one process that we know of. */
static int only_init(struct container *c, pid_t **ret, size_t *n, struct error *err)
{
	auto_(close_fd) int pidfd = container_init_pidfd(c, err);
	pid_t *pids;

	if (pidfd < 0 && pidfd != -ESRCH)
		return pidfd;
	pids = calloc(1, sizeof(*pids));
	if (!pids)
		return sysf(err, "processes of '%s'", c->state.id);
	pids[0] = c->state.init.pid;
	*ret = pids;
	*n = pidfd >= 0;
	return 0;
}

int container_pids(struct container *c, pid_t **ret, size_t *n, struct error *err)
{
	struct cgroup *cg = NULL;
	int r = settle(c, err);

	if (r == 0)
		r = own_cgroup(c, &cg, err);
	if (r < 0)
		return r;
	if (!cg || cgroup_is_none(cg))
		return only_init(c, ret, n, err);
	return cgroup_pids(cg, ret, n, err);
}
