/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/others.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/proc.h"
#include "lifecycle/leftover.h"
#include "store/ids.h"
#include "store/store.h"

struct search {
	const struct runtime *rt;
	int root;
	struct cgroup *cg;
	struct timespec created;
};

/* By the config that create has kept: a broken container has it too, and one that is not complete. */
static bool time_of_creation(int root, const char *id, struct timespec *ret)
{
	char path[NAME_MAX + sizeof("/config.json")];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/config.json", id);
	if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	*ret = st.st_mtim;
	return true;
}

static bool is_earlier(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static int spare(const struct search *s, const char *id, const struct cgroup *theirs)
{
	struct timespec created;
	bool same = time_of_creation(s->root, id, &created) && !is_earlier(&created, &s->created);

	return cgroup_spare(s->cg, theirs, same);
}

/* Where its config says that it is. */
static int spare_by_config(const struct search *s, const char *id)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_(cgroup_free) struct cgroup *theirs = NULL;
	auto_(close_fd) int dir = store_open(s->root, id, NULL);

	if (dir < 0 || container_read_config(dir, &doc, NULL) < 0 ||
	    leftover_cgroup(s->rt, dir, id, doc->spec, &theirs, NULL) < 0)
		return 0;
	return spare(s, id, theirs);
}

/* What cannot be read has not been made, or is gone. */
static int spare_of(const struct search *s, const char *id)
{
	auto_(container_free) struct container *c = NULL;
	struct cgroup *theirs = NULL;

	if (container_open(s->root, id, &c, NULL) < 0 || c->incomplete)
		return spare_by_config(s, id);
	if (container_cgroup(c, &theirs, NULL) < 0)
		return 0;
	return spare(s, id, theirs);
}

int others_spare(const struct runtime *rt, int root, const char *id, struct cgroup *cg, struct error *err)
{
	struct search s = { .rt = rt, .root = root, .cg = cg };
	auto_ids ids = { 0 };
	int r = ids_read(root, &ids);

	(void)time_of_creation(root, id, &s.created);
	for (size_t i = 0; r == 0 && i < ids.n; i++)
		if (!streq(ids.v[i], id))
			r = spare_of(&s, ids.v[i]);
	return r < 0 ? codef(err, r, "cgroups of other containers") : 0;
}

/* Whoever takes such a name is waited for, no more. */
static bool has_name_of_ours(pid_t pid)
{
	char name[16];

	proc_name(pid, name);
	return starts_with(name, "orlop") || streq(name, "criu");
}

static bool ends_by_itself(pid_t pid, uint64_t our_namespace)
{
	uint64_t theirs = 0;
	int r;

	if (proc_is_exiting(pid))
		return true;
	r = proc_namespace(pid, "pid", &theirs);
	return r == -ENOENT || r == -ESRCH || (theirs == our_namespace && has_name_of_ours(pid));
}

bool others_are_in(struct cgroup *cg)
{
	uint64_t ours = 0;
	pid_t *pids = NULL;
	size_t n = 0;
	bool found = false;

	(void)proc_namespace(0, "pid", &ours);
	if (cgroup_pids(cg, &pids, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n && !found; i++)
		found = !ends_by_itself(pids[i], ours);
	free(pids);
	return found;
}

bool container_ends_with_init(const struct container *c)
{
	return c->state.own_pid_namespace && faccessat(c->dir, STORE_OUTLIVES, F_OK, 0) < 0 && errno == ENOENT;
}

int container_outlives_init(const struct container *c, struct error *err)
{
	auto_(close_fd) int fd = -EBADF;

	if (!c->state.own_pid_namespace)
		return 0;
	fd = openat(c->dir, STORE_OUTLIVES, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? sysf(err, "note that processes may outlive the container's init") : 0;
}
