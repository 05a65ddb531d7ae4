/* SPDX-License-Identifier: Apache-2.0 */

/* The root filesystem: where it comes from, and the step into it. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"
#include "fs/mountinfo.h"
#include "fs/root_mount.h"
#include "plan/pass.h"

#define MOUNTINFO_MAX ((size_t)64 << 20)

static const unsigned propagation_flag[] = {
	[PROPAGATION_UNSET] = MS_SLAVE,
	[PROPAGATION_SHARED] = MS_SHARED,
	[PROPAGATION_SLAVE] = MS_SLAVE,
	[PROPAGATION_PRIVATE] = MS_PRIVATE,
	[PROPAGATION_UNBINDABLE] = MS_UNBINDABLE,
};

/*
 * The tree is cloned here, in the parent, so that a directory which the container's root user cannot
 * reach is no obstacle; then the child needs the path only to have a place to mount it on.
 */
static int clone_root(const char *path, unsigned propagation)
{
	struct mount_attr attr = { .propagation = propagation };
	auto_(close_fd) int fd = sys_open_tree(AT_FDCWD, path,
					   OPEN_TREE_CLONE | AT_RECURSIVE);

	if (fd < 0)
		return -errno;
	/* Nothing that is mounted in the container may appear on the host. */
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0)
		return -errno;
	return take_fd(fd);
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (!path[n] || path[n] == '/');
}

/*
 * --no-pivot leaves the host's mounts in the container's mount namespace, out of sight. As long as a procfs or sysfs is among
 * them that nothing covers, the kernel lets a user namespace in the container mount a new one, without the masks of ours
 * (mount_too_revealing()). Those in the rootfs itself go before it is mounted: later its own are found by that path.
 */
static int detach_kernel_fs(struct compile *c, bool in_rootfs, struct error *err)
{
	auto_str text = STR_INIT;
	struct mountinfo m;
	char *at;
	int r = file_read_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text);

	if (r < 0)
		return codef(err, r, "read '/proc/self/mountinfo'");
	at = text.s;
	while (mountinfo_next(&at, &m))
		if ((streq(m.type, "proc") || streq(m.type, "sysfs")) && streq(m.root, "/") &&
		    is_below(m.mountpoint, c->in->rootfs) == in_rootfs)
			plan_add_s(c->b, PLAN_DETACH, m.mountpoint, NULL);
	return 0;
}

static bool leaves_old_root(const struct compile *c)
{
	return c->in->no_pivot && has_namespace(c, CLONE_NEWNS);
}

/* In the child's mount namespace, and by us: the container's root user may be unable to search the way to it. */
static int root_later(struct compile *c, unsigned propagation, struct error *err)
{
	struct source s = { SOURCE_INIT,
			    .what = "rootfs",
			    .path = c->in->rootfs,
			    .recursive = true,
			    .propagation = propagation,
			    .json = c->spec->root->json,
			    .member = "path" };
	int place = source_place(c, s, err), r;

	s.of_place = true;
	r = place < 0 ? place : source_tree(c, s, err);
	if (r == 0)
		plan_add_s(c->b, PLAN_ROOT_AT, c->in->rootfs, NULL)->fd = place;
	return r;
}

int pass_root(struct compile *c, struct error *err)
{
	enum spec_propagation wanted = c->spec->lnx.rootfs_propagation;
	unsigned first = propagation_flag[wanted];
	int fd;

	plan_origin(c->b, c->spec->root->json, "path");
	/* An unbindable tree could not be cloned: that comes last (pass_enter_root). */
	if (wanted == PROPAGATION_UNBINDABLE)
		first = MS_PRIVATE;
	if (first == MS_SHARED)
		first = MS_SLAVE;
	/* The host's own namespace is left as it is: only the root there is ours. */
	if (has_namespace(c, CLONE_NEWNS))
		plan_add(c->b, PLAN_PROPAGATION)->x = c->in->no_pivot ? MS_PRIVATE : first;
	if (leaves_old_root(c) && detach_kernel_fs(c, true, err) < 0)
		return -err->num;
	if (sources_wait(c))
		return root_later(c, first, err);
	fd = clone_root(c->in->rootfs, first);
	if (fd >= 0) {
		if (!has_namespace(c, CLONE_NEWNS))
			c->out->root_mount = mount_id(fd);
		plan_add_s(c->b, PLAN_ROOT_FD, c->in->rootfs, NULL)->fd = plan_take_fd(c->b, fd);
		return 0;
	}
	if (fd != -EPERM) {
		codef(err, fd, "rootfs '%s'", c->in->rootfs);
		return spec_error(c->spec->root->json, "path", err);
	}
	plan_add_s(c->b, PLAN_ROOT_PATH, c->in->rootfs, NULL); /* rootless */
	return 0;
}

int pass_enter_root(struct compile *c, struct error *err)
{
	enum spec_propagation wanted = c->spec->lnx.rootfs_propagation;
	struct plan_op *op;

	plan_origin(c->b, c->spec->root->json, NULL);
	if (leaves_old_root(c) && detach_kernel_fs(c, false, err) < 0)
		return -err->num;
	if (!has_namespace(c, CLONE_NEWNS))
		plan_add(c->b, PLAN_CHROOT);
	else
		plan_add(c->b, c->in->no_pivot ? PLAN_MOVE_ROOT : PLAN_PIVOT);
	if (wanted == PROPAGATION_SHARED || wanted == PROPAGATION_UNBINDABLE) {
		plan_origin(c->b, c->spec->lnx.json, "rootfsPropagation");
		op = plan_add(c->b, PLAN_ROOT_SETATTR);
		op->z = propagation_flag[wanted];
	}
	if (c->resolved->readonly_root) {
		if (c->process) /* it may have to be made */
			compile_cwd(c);
		if (c->spec->root->readonly)
			plan_origin(c->b, c->spec->root->json, "readonly");
		else
			plan_origin(c->b, c->spec->lnx.json, "readonlyPaths");
		plan_add(c->b, PLAN_ROOT_SETATTR)->x = MOUNT_ATTR_RDONLY;
	}
	return 0;
}
