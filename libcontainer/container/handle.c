/* SPDX-License-Identifier: Apache-2.0 */
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/proc.h"
#include "base/self.h"
#include "base/sys.h"
#include "container/handle.h"
#include "store/store.h"

#define LOCK_TIMEOUT 10 /* seconds */
#define CONFIG_FILE   "config.json"

/* ---- the handle ---- */

static int missing(const struct runtime *rt, const char *id, struct error *err)
{
	char root[PATH_MAX];

	if (!rt) /* a walk over many */
		return failf(err, ENOENT, "container does not exist");
	return store_absent(store_root_path(rt, root, sizeof(root)), id, err);
}

/* The directory of one that somebody has deleted since we opened it has no name any more. */
int container_without_state(const struct container *c, struct error *err)
{
	struct stat st;

	if (fstat(c->dir, &st) < 0 || st.st_nlink == 0)
		return missing(c->rt, c->state.id, err);
	return failf(err, ENOENT,
		     "container does not exist: '%s' is what a killed create has left: 'orlop delete --force' removes it",
		     c->state.id);
}

static int broken(const char *id, struct error *err)
{
	return error_context(err, "container '%s' is broken, 'delete --force' removes it", id);
}

static int read_state(struct container *c, const char *id, struct error *err)
{
	int r = state_read(c->dir, id, c->arena, &c->state, err);

	c->incomplete = r == -ENOENT;
	if (r == -EBADMSG)
		(void)broken(id, err);
	return c->incomplete ? 0 : r;
}

struct container *container_new(void)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct container *c = a ? arena_new_of(a, struct container) : NULL;

	if (c)
		*c = (struct container){ .arena = take_ptr(a), .root = -EBADF, .dir = -EBADF, .init = -EBADF };
	return c;
}

int container_open(int root, const char *id, struct container **ret, struct error *err)
{
	auto_(container_free) struct container *c = container_new();
	int r;

	if (!c)
		return sysf(err, "container '%s'", id);
	c->dir = store_open(root, id, err);
	if (c->dir < 0)
		return c->dir;
	r = read_state(c, id, err);
	if (r < 0)
		return r;
	if (c->incomplete)
		c->state.id = arena_strdup(c->arena, id);
	if (!c->state.id)
		return sysf(err, "container '%s'", id);
	*ret = take_ptr(c);
	return 0;
}

int container_load(const struct runtime *rt, const char *id, struct container **ret,
		   struct error *err)
{
	auto_(close_fd) int root = -EBADF;
	int r = store_check_id(id, err);

	if (r < 0)
		return r;
	root = store_open_root(rt, false, err);
	if (root == -ENOENT)
		return missing(rt, id, err);
	if (root < 0)
		return root;
	r = container_open(root, id, ret, err);
	if (r < 0)
		return r;
	(*ret)->rt = rt;
	(*ret)->root = take_fd(root);
	return 0;
}

void container_free(struct container *c)
{
	if (!c)
		return;
	cgroup_free(c->cgroup);
	spec_doc_free(c->doc);
	close_fds((int[]){ c->dir, c->root, c->init }, 3);
	arena_free(c->arena);
}

int container_lock(struct container *c, struct error *err)
{
	int r = store_lock(c->dir, LOCK_TIMEOUT, err);

	if (r < 0)
		return r;
	return c->incomplete ? read_state(c, c->state.id, err) : 0;
}

/* ---- what it is made of ---- */

/* The root of a user namespace has rights over what it owns, and none of the host's: also where it has the id 0 there. */
bool container_lacks_rights(const struct runtime *rt)
{
	if (rt->rootless >= 0)
		return rt->rootless;
	return caller_euid() != 0 || !self_in_first_userns();
}

struct cgroup_options container_cgroup_options(const struct runtime *rt, const char *id,
					       const struct spec *spec, bool rootless)
{
	return (struct cgroup_options){
		.id = id,
		.path = spec->lnx.cgroups_path,
		.origin = spec->lnx.json,
		.annotations = &spec->annotations,
		.systemd = rt->systemd_cgroup,
		.rootless = rootless,
		.disabled = rt->no_cgroups,
	};
}

int container_cgroup(struct container *c, struct cgroup **ret, struct error *err)
{
	int r;

	if (!c->cgroup && !c->state.cgroup)
		return failf(err, ENOENT, "container '%s' has no record of its cgroup",
			     c->state.id);
	if (!c->cgroup) {
		r = cgroup_load(c->state.cgroup, &c->cgroup, err);
		if (r == -EBADMSG)
			(void)broken(c->state.id, err);
		if (r < 0)
			return r;
	}
	*ret = c->cgroup;
	return 0;
}

int container_lock_made(struct container *c, struct error *err)
{
	int r;

	if (c->incomplete && store_is_locked(c->dir) > 0)
		return failf(err, EBUSY, "container not running: it is being created");
	r = container_lock(c, err);
	return r == 0 && c->incomplete ? container_without_state(c, err) : r;
}

static int open_config(int dir, struct error *err)
{
	int fd = store_open_file(dir, CONFIG_FILE, err);

	return fd == -ENOENT ? codef(err, ENOENT, "open " CONFIG_FILE) : fd;
}

int container_read_config(int dir, struct spec_doc **ret, struct error *err)
{
	auto_(close_fd) int fd = open_config(dir, err);

	return fd < 0 ? fd : spec_load_config_fd(fd, CONFIG_FILE, ret, err);
}

int container_config(struct container *c, struct spec_doc **ret, struct error *err)
{
	return container_read_config(c->dir, ret, err);
}

int container_open_config(struct container *c, struct error *err)
{
	int fd = open_config(c->dir, err);

	return fd < 0 ? error_context(err, "config of container '%s'", c->state.id) : fd;
}

int container_init_pidfd(struct container *c, struct error *err)
{
	int pidfd = identity_open(&c->state.init);

	if (pidfd >= 0 || pidfd == -ESRCH)
		return pidfd;
	return codef(err, pidfd, "open process %d of container '%s'", (int)c->state.init.pid,
		     c->state.id);
}

/* ---- status ---- */

int container_frozen(struct container *c, struct error *err)
{
	struct cgroup *cg = NULL;
	int r;

	if (!c->state.cgroup && !c->cgroup)
		return 0;
	r = container_cgroup(c, &cg, err);
	if (r < 0)
		return r;
	if (cgroup_is_none(cg))
		return 0;
	r = cgroup_is_frozen(cg);
	return r < 0 ? codef(err, r, "look whether container '%s' is paused", c->state.id) : r;
}

/* A create that ends between our two looks has written state.json before it let go of the lock. */
static int incomplete_status(struct container *c, enum container_status *ret, struct error *err)
{
	int r = store_is_locked(c->dir);

	if (r < 0)
		return codef(err, r, "state directory of '%s'", c->state.id);
	if (r > 0) {
		*ret = STATUS_CREATING;
		return 0;
	}
	r = read_state(c, c->state.id, err);
	if (r < 0)
		return r;
	return c->incomplete ? container_without_state(c, err) : container_status(c, ret, err);
}

/*
 * The socket's file alone does not tell: `start` may have been killed before it removed it. Nobody
 * listens any more then (*silent), nor while init dies. An init that does takes our visit for a `start` that
 * changed its mind.
 */
static bool awaits_start(int dir, bool *silent)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_(close_fd) int fd = -EBADF;

	if (faccessat(dir, START_SOCKET, F_OK, 0) < 0)
		return false;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return true;
	(void)snprintf(address.sun_path, sizeof(address.sun_path),
		       "/proc/self/fd/%d/" START_SOCKET, dir);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return true;
	*silent = errno == ECONNREFUSED;
	return !*silent && errno != ENOENT;
}

int container_status(struct container *c, enum container_status *ret, struct error *err)
{
	auto_(close_fd) int pidfd = -EBADF;
	bool silent = false;
	int r;

	if (c->incomplete)
		return incomplete_status(c, ret, err);
	pidfd = container_init_pidfd(c, err);
	if (pidfd == -ESRCH) {
		*ret = STATUS_STOPPED;
		return 0;
	}
	if (pidfd < 0)
		return pidfd;
	r = container_frozen(c, err);
	if (r < 0)
		return r;
	if (r > 0)
		*ret = STATUS_PAUSED;
	else if (awaits_start(c->dir, &silent))
		*ret = STATUS_CREATED;
	else /* one that was never started, and ends just now, does not run */
		*ret = silent && proc_is_exiting(c->state.init.pid) ? STATUS_STOPPED : STATUS_RUNNING;
	return 0;
}
