/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>

#include "base/self.h"
#include "base/sys.h"
#include "plan/pass.h"

#define TREES_MAX (PLAN_FDS_MAX - 256) /* the table is for namespaces and streams too */

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

bool sources_may_enter(void)
{
	const uint64_t rights = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_CHROOT;

	return (self_status()->permitted & rights) == rights;
}

/*
 * Without these rights only the child itself can clone: by path, in its own namespaces. Of a container that runs the child
 * has not the host's tree before it: then a process of ours clones in a copy of our mounts (control/mounts.c).
 */
bool sources_wait(const struct compile *c)
{
	return c->mounts_are_locked && (c->in->live || sources_may_enter());
}

int source_failed(const struct source *s, int num, struct error *err)
{
	if (num == -EINVAL && !s->place && !s->recursive)
		failf(err, EINVAL,
		      "%s '%s': mounts below it are locked to it in a user namespace: "
		      "'rbind' takes them along",
		      s->what, s->path);
	else if (num == -EINVAL)
		failf(err, EINVAL, "%s '%s' lies in another mount namespace than the container's",
		      s->what, s->path);
	else if (num == -EMFILE)
		failf(err, EMFILE,
		      "%s '%s': the limit of open files (RLIMIT_NOFILE) is too low for so many mounts: "
		      "raise the hard limit of who calls (ulimit -Hn; LimitNOFILE of the engine's service)",
		      s->what, s->path);
	else
		codef(err, num, "%s '%s'%s", s->what, s->path, s->late && !s->of_host ? " of the rootfs" : "");
	return spec_error(s->json, s->member, err);
}

static int apply(int tree, bool recursive, const struct mount_attr *attr)
{
	struct mount_attr a = *attr;

	return sys_mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &a) < 0 ?
		       -errno :
		       0;
}

int source_finish(const struct source *s, int tree, struct error *err)
{
	struct mount_attr apart = { .propagation = s->propagation };
	struct mount_attr ids = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)s->userns };
	int r = s->propagation ? apply(tree, true, &apart) : 0;

	if (r < 0)
		return codef(err, r, "propagation of '%s'", s->path);
	r = s->userns >= 0 ? apply(tree, s->idmap_recursive, &ids) : 0;
	if (r == -EINVAL)
		return codef(err, r, "idmap of '%s': its filesystem%s cannot be idmapped by this kernel",
			     s->path, s->idmap_recursive ? ", or one mounted below," : "");
	return r < 0 ? codef(err, r, "idmap of '%s'", s->path) : 0;
}

static int no_memory(struct error *err)
{
	return failf(err, ENOMEM, "mounts: out of memory");
}

/* A copy among those of the result; its strings live as long as that. */
static int note(struct compile *c, struct source *s, struct error *err)
{
	struct compiled *out = c->out;
	struct arena *a = plan_arena(c->b);
	struct source *v = out->sources;

	if (out->n_sources % 32 == 0)
		v = arena_grow(a, v, out->n_sources * sizeof(*v), (out->n_sources + 32) * sizeof(*v));
	s->path = arena_strdup(a, s->path);
	if (!v || !s->path) {
		close_fd(s->userns);
		return no_memory(err);
	}
	s->index = s->late ? (int)out->n_sources : plan_take_fd(c->b, -EBADF);
	out->sources = v;
	v[out->n_sources++] = *s;
	return 0;
}

static int ask(struct compile *c, struct source *s, struct error *err)
{
	int r = note(c, s, err);

	if (r < 0)
		return r;
	plan_feature(c->b, WITH_SOURCES);
	plan_add_s(c->b, PLAN_TREE_ASK, s->path, NULL)->x = (uint64_t)s->index;
	return 0;
}

static int clone_now(const struct source *s)
{
	unsigned flags = OPEN_TREE_CLONE | (s->recursive ? AT_RECURSIVE : 0) |
			 (s->link ? AT_SYMLINK_NOFOLLOW : 0);
	int fd = s->fd >= 0 ? sys_open_tree(s->fd, "", AT_EMPTY_PATH | flags) :
			      sys_open_tree(AT_FDCWD, s->path, flags);

	return fd < 0 ? -errno : fd;
}

static int by_path(struct compile *c, const struct source *s)
{
	plan_add_s(c->b, PLAN_TREE_PATH, s->path, NULL)->flags = (s->recursive ? OP_RECURSIVE : 0) |
								 (s->link ? OP_LINK : 0);
	return 0;
}

static bool too_many(const struct compile *c)
{
	size_t n = plan_n_fds(c->b);

	return c->in->trees_max && (n >= c->in->trees_max || n >= TREES_MAX);
}

/*
 * The child has a copy of the host's tree, in which nothing is a peer of the host's mounts: what must be one stays with us, and
 * so does what is idmapped.
 */
static bool child_can(const struct compile *c, const struct source *s)
{
	bool is_peer = !s->propagation && c->spec->lnx.rootfs_propagation == PROPAGATION_SHARED;

	return !is_peer && s->userns < 0 && !c->in->live && has_namespace(c, CLONE_NEWNS) &&
	       c->out->mount_ns < 0;
}

static int now(struct compile *c, const struct source *s, struct error *err)
{
	auto_(close_fd) int userns = s->userns;
	auto_(close_fd) int tree = -EBADF;

	if (too_many(c) && child_can(c, s))
		return by_path(c, s);
	tree = clone_now(s);
	/* Rootless: only the child, in its own namespaces, may clone. */
	if (tree == -EPERM && userns < 0)
		return by_path(c, s);
	if (tree < 0)
		return source_failed(s, tree, err);
	if (source_finish(s, tree, err) < 0)
		return spec_error(s->json, s->member, err);
	plan_add(c->b, PLAN_TREE_FD)->fd = plan_take_fd(c->b, take_fd(tree));
	return 0;
}

int source_tree(struct compile *c, struct source s, struct error *err)
{
	int r;

	if (s.late)
		return ask(c, &s, err);
	if (!sources_wait(c))
		return now(c, &s, err);
	s.late = s.of_host = too_many(c) && !c->in->live;
	if (s.late)
		return ask(c, &s, err);
	r = note(c, &s, err);
	if (r == 0)
		plan_add(c->b, PLAN_TREE_FD)->fd = s.index;
	return r;
}

int source_place(struct compile *c, struct source s, struct error *err)
{
	int r;

	s.place = true;
	r = note(c, &s, err);
	return r < 0 ? r : s.index;
}
