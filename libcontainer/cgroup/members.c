/* SPDX-License-Identifier: Apache-2.0 */

/* The processes of a container: list, freeze, signal, and the removal once they are gone. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "cgroup/cgroup_internal.h"

int cgroup_freeze(struct cgroup *c, bool frozen, struct error *err)
{
	if (!c->driver)
		return failf(err, ENOTSUP, "the container has no cgroup to freeze");
	return c->driver->freeze(c, frozen, err);
}

int cgroup_is_frozen(struct cgroup *c)
{
	return c->driver ? c->driver->is_frozen(c) : 0;
}

static int thaw_one(int dir, void *ctx)
{
	(void)ctx;
	return file_write_at(dir, "freezer.state", "THAWED");
}

/* Two links more than sub-cgroups: without any there is nothing to walk. */
static bool has_children(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_nlink != 2;
}

int cgroup_thaw_all(struct cgroup *c, struct error *err)
{
	static const struct tree_visitor thaw = { .enter = thaw_one };
	const struct cgroup_tree *t = c->driver ? tree_of(c, "freezer") : NULL;
	int r = cgroup_is_frozen(c) == 1 ? cgroup_freeze(c, false, err) : 0;

	if (r < 0 || !t || t->v2 || !has_children(t->path))
		return r;
	r = tree_walk(t->path, &thaw);
	return r < 0 ? codef(err, r, "thaw the cgroups below '%s'", t->path) : 0;
}

/* From the cgroup `below` the mountpoint up to its top: cgroup.freeze is each one's own word. */
static bool unified_froze(const char *mount, char *below)
{
	char dir[PATH_MAX];
	uint64_t frozen;

	for (char *end = below + strlen(below); end > below; end = strrchr(below, '/')) {
		*end = 0;
		if (snprintf(dir, sizeof(dir), "%s%s", mount, below) < (int)sizeof(dir) &&
		    tree_read_u64(dir, "cgroup.freeze", &frozen) == 0 && frozen)
			return true;
	}
	return false;
}

/* freezer.state tells of those above too. */
static bool freezer_froze(const char *mount, const char *below)
{
	auto_str state = STR_INIT;
	char dir[PATH_MAX];

	return snprintf(dir, sizeof(dir), "%s/freezer%s", mount, below) < (int)sizeof(dir) &&
	       tree_read(dir, "freezer.state", &state) == 0 && !streq(str_text(&state), "THAWED");
}

bool cgroup_froze(pid_t pid)
{
	const struct cgroup_host *host = &cgroup_real_host;
	auto_str text = STR_INIT;
	char path[PATH_MAX];
	bool hybrid;

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (tree_read_file(path, &text) < 0)
		return false;
	(void)snprintf(path, sizeof(path), "%s/unified", host->mount);
	hybrid = access(path, F_OK) == 0;
	for (char *line = text.s, *end; line && *line; line = end) {
		char *below = strstr(line, ":/");

		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = 0;
		if (starts_with(line, "0::/") && unified_froze(hybrid ? path : host->mount, line + 3))
			return true;
		if (below && strstr(line, ":freezer:/") && freezer_froze(host->mount, below + 1))
			return true;
	}
	return false;
}

static const char *procs_path(struct cgroup *c)
{
	struct cgroup_tree *t = c->unified;

	if (!t)
		t = tree_of(c, "devices");
	return t ? t->path : c->trees[0].path;
}

int cgroup_pids(struct cgroup *c, pid_t **ret, size_t *n, struct error *err)
{
	struct pid_list list = { 0 };
	int r = c->driver ? tree_pids(procs_path(c), &c->spared, &list) : 0;

	if (r < 0) {
		free(list.v);
		return codef(err, r, "processes of cgroup '%s'", procs_path(c));
	}
	*ret = list.v;
	*n = list.n;
	return 0;
}

/* ---- cgroups of other containers ---- */

static int spare(struct cgroup *c, const char *path)
{
	struct tree_id *v;
	struct stat st;

	if (stat(path, &st) < 0)
		return 0; /* gone */
	v = realloc(c->spared.v, (c->spared.n + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	v[c->spared.n++] = (struct tree_id){ st.st_dev, st.st_ino };
	c->spared.v = v;
	return 0;
}

static bool is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 && path[n] == '/';
}

int cgroup_spare(struct cgroup *c, const struct cgroup *other, bool same)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < other->n; i++)
		for (size_t k = 0; r == 0 && k < c->n; k++) {
			const char *theirs = other->trees[i].path, *ours = c->trees[k].path;

			if (is_below(theirs, ours) || (same && streq(theirs, ours)))
				r = spare(c, theirs);
		}
	return r;
}

bool cgroup_is_shared(const struct cgroup *c)
{
	return c->spared.n > 0;
}

/* Whether the container's own cgroup is another's as well, of which systemd would end all. */
static bool is_anothers(struct cgroup *c)
{
	auto_(close_fd) int dir = openat(AT_FDCWD, procs_path(c), O_PATH | O_DIRECTORY | O_CLOEXEC);

	return c->spared.n && dir >= 0 && tree_is_spared(&c->spared, dir);
}

/* ---- signals ---- */

#define SIGNAL_BATCH 64

/* Marks with -1 the pids of `batch` that are not in the cgroup any more. */
static int drop_strangers(struct cgroup *c, pid_t *batch, size_t n)
{
	struct pid_list now = { 0 };
	int r = tree_pids(procs_path(c), &c->spared, &now);

	for (size_t i = 0; r == 0 && i < n; i++) {
		size_t at = 0;

		while (at < now.n && now.v[at] != batch[i])
			at++;
		if (at == now.n)
			batch[i] = -1;
	}
	free(now.v);
	return r;
}

/*
 * A pid read before pidfd_open() and again after it is that process, not one that reuses its
 * number.
 */
static int signal_batch(struct cgroup *c, pid_t *batch, size_t n, int sig, const struct cgroup_members *m)
{
	int fds[SIGNAL_BATCH], r;

	for (size_t i = 0; i < n; i++)
		fds[i] = sys_pidfd_open(batch[i], 0);
	r = drop_strangers(c, batch, n);
	for (size_t i = 0; m && i < n; i++)
		if (batch[i] > 0 && !m->has(batch[i], m->ctx))
			batch[i] = -1;
	for (size_t i = 0; i < n; i++) {
		if (r == 0 && fds[i] >= 0 && batch[i] > 0 &&
		    sys_pidfd_send_signal(fds[i], sig) < 0 && errno != ESRCH)
			r = -errno;
		close_fd(fds[i]);
	}
	return r;
}

static int signal_each(struct cgroup *c, int sig, const struct cgroup_members *m)
{
	struct pid_list list = { 0 };
	int r = tree_pids(procs_path(c), &c->spared, &list);

	for (size_t i = 0; r == 0 && i < list.n; i += SIGNAL_BATCH)
		r = signal_batch(c, list.v + i, min_of(list.n - i, (size_t)SIGNAL_BATCH), sig, m);
	free(list.v);
	return r;
}

int cgroup_signal(struct cgroup *c, int sig, const struct cgroup_members *m, struct error *err)
{
	bool freeze = false;
	int r;

	if (!c->driver || is_anothers(c))
		return 0;
	if (sig == SIGKILL && c->unified && !m && !c->spared.n) {
		r = tree_write(c->unified->path, "cgroup.kill", "1");
		if (r == 0)
			return 0;
		/* Kernels before 5.14 lack the file, threaded cgroups refuse it. */
		log_debug("cgroup '%s': cgroup.kill: %s", c->unified->path, errno_words(r));
	}
	/* Nothing escapes by forking while it is frozen. */
	if (sig == SIGKILL && c->driver->is_frozen(c) == 0)
		freeze = c->driver->freeze(c, true, NULL) == 0;
	r = signal_each(c, sig, m);
	if (freeze || sig == SIGKILL)
		(void)c->driver->freeze(c, false, NULL);
	return r < 0 ? codef(err, r, "signal %d to cgroup '%s'", sig, procs_path(c)) : 0;
}

/* ---- removal ---- */

static int not_removed(const struct cgroup_tree *t, int r, struct error *err)
{
	struct pid_list list = { 0 };

	(void)tree_pids(t->path, NULL, &list);
	free(list.v);
	if (list.n)
		return failf(err, EBUSY, "remove cgroup '%s': %zu process(es) still in it", t->path,
			     list.n);
	return codef(err, r, "remove cgroup '%s'", t->path);
}

static bool remove_emptied(const char *path, int64_t deadline)
{
	int64_t pause = 50000;

	/* What is below it is nobody's of ours. */
	while (rmdir(path) < 0 && errno == EBUSY && !has_children(path)) {
		if (clock_ns() >= deadline)
			return false;
		sleep_ns(pause);
		pause = min_of(pause * 2, INT64_C(20000000));
	}
	return true;
}

/* Processes of the killed create's are dying. */
bool cgroup_remove_empty(struct cgroup *c)
{
	const int64_t deadline = clock_ns() + INT64_C(2000000000);
	bool none_busy = true;

	for (size_t i = 0; i < c->n; i++)
		none_busy = remove_emptied(c->trees[i].path, deadline) && none_busy;
	return none_busy;
}

bool cgroup_remove_at_once(struct cgroup *c)
{
	bool gone = !c->unit;

	for (size_t i = 0; c->driver && i < c->n && gone; i++)
		gone = rmdir(c->trees[i].path) == 0 || errno == ENOENT;
	return gone;
}

/* All that can go does; the first failure is told. */
int cgroup_remove(struct cgroup *c, struct error *err)
{
	struct error unit = ERROR_INIT;
	int64_t deadline = 0;
	int ret = 0;

	/* Its manager may be gone, or its message bus: a unit without a cgroup is none. */
	if (c->unit && !is_anothers(c) && systemd_remove(c, &unit) < 0)
		log_debug("unit of the container: %s", unit.msg);
	for (size_t i = 0; c->driver && i < c->n; i++) {
		int r;

		if (rmdir(c->trees[i].path) == 0 || errno == ENOENT)
			continue;
		if (!deadline)
			deadline = clock_ns() + (int64_t)c->host->timeout_ms * 1000000;
		r = tree_remove(c->trees[i].path, &c->spared, deadline);
		if (r < 0 && ret == 0)
			ret = not_removed(&c->trees[i], r, err);
	}
	return ret;
}
