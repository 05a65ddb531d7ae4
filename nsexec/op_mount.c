/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Mounts, by descriptor from first to last: a filesystem or a tree is a detached mount (s->mount), the
 * place for it is an O_PATH descriptor inside the root (s->target), ATTACH joins the two. No path is
 * looked up twice, so there is no moment between a check and a use.
 */

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include "nsexec/stage.h"
#include "nsexec/sys.h"

/* Descriptors are not closed one by one but, when there are many, all at once; the rest by CLOSE_REST. */
#define SCRATCH_MAX 100
#define MNT_DETACH 2
#define UMOUNT_NOFOLLOW 8

static long set_attributes(int fd, const struct plan_op *op, int idmap)
{
	struct mount_attr attr = {
		.attr_set = op->x | (idmap >= 0 ? MOUNT_ATTR_IDMAP : 0),
		.attr_clr = op->y,
		.propagation = op->z,
		.userns_fd = idmap >= 0 ? (uint64_t)idmap : 0,
	};

	return sys(mount_setattr, fd, "",
		   AT_EMPTY_PATH | (op->flags & OP_RECURSIVE ? AT_RECURSIVE : 0), &attr,
		   sizeof(attr));
}

static long set_fd(int *slot, long fd)
{
	if (fd < 0)
		return fd;
	*slot = (int)fd;
	return 0;
}

static bool is_directory(int fd)
{
	struct statx st;

	return sys(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 &&
	       (st.stx_mode & S_IFMT) == S_IFDIR;
}

/* The kernel says EINVAL to a directory on a file and to a file on a directory: here -ENOTDIR and -EISDIR. */
static long attach(int mount, int target)
{
	long r = sys(move_mount, mount, "", target, "",
		     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	bool on_directory = r == -EINVAL && is_directory(target);

	if (r != -EINVAL || is_directory(mount) == on_directory)
		return r;
	return on_directory ? -EISDIR : -ENOTDIR;
}

/* Only between mounts: no register is needed any more but keep, the root or (opened before what is closed) dir. */
static void close_scratch(struct stage *s, int keep, long newest)
{
	int dir = keep == s->dir ? keep : -1;

	if (newest < keep + SCRATCH_MAX)
		return;
	(void)close_from(keep + 1);
	stage_forget(s);
	s->dir = dir;
}

/* ---- the root ---- */

long op_PROPAGATION(struct stage *s, const struct plan_op *op)
{
	struct mount_attr attr = { .propagation = op->x };

	(void)s;
	return sys(mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr));
}

static long open_root(struct stage *s, int dir, const char *path)
{
	return set_fd(&s->root, sys(openat, dir, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* The root is the tree itself, whatever has come to the path meanwhile. */
long op_ROOT_FD(struct stage *s, const struct plan_op *op)
{
	int tree = stage_fd(s, op);
	long r = sys(move_mount, tree, "", AT_FDCWD, stage_s1(s, op), MOVE_MOUNT_F_EMPTY_PATH);

	return r < 0 ? r : open_root(s, tree, ".");
}

/* The place was looked up by the runtime: we may not be allowed to search the directories above it. */
long op_ROOT_AT(struct stage *s, const struct plan_op *op)
{
	long r = attach(s->mount, stage_fd(s, op));

	return r < 0 ? r : open_root(s, s->mount, ".");
}

/* One look-up: what is cloned is what it is mounted on. */
long op_ROOT_PATH(struct stage *s, const struct plan_op *op)
{
	long dir = sys(openat, AT_FDCWD, stage_s1(s, op), O_PATH | O_DIRECTORY | O_CLOEXEC);
	long r, tree;

	if (dir < 0)
		return dir;
	tree = sys(open_tree, dir, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree < 0)
		return tree;
	r = sys(move_mount, tree, "", dir, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	return r < 0 ? r : open_root(s, (int)tree, ".");
}

long op_ROOT_PLAIN(struct stage *s, const struct plan_op *op)
{
	return open_root(s, AT_FDCWD, stage_s1(s, op));
}

/*
 * -EXDEV when a mount lies on top of our root. A path that begins at the root does not meet that one, but its ".." does, and
 * so does setns(2). Else a descriptor of the root, which CLOSE_REST closes.
 */
static long root_is_topmost(void)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV,
	};

	return sys(openat2, AT_FDCWD, "..", &how, sizeof(how));
}

/*
 * pivot_root(2), "pivot_root(".", ".")": the old root lies on top of the new one, our working directory, and whatever the
 * caller had mounted over its "/" lies on top of that. All of them go, one by one from the top.
 */
long op_PIVOT(struct stage *s, const struct plan_op *op)
{
	long r = sys(fchdir, s->root), topmost = -EXDEV;

	(void)op;
	if (r == 0)
		r = sys(pivot_root, ".", ".");
	while (r == 0 && topmost == -EXDEV) {
		r = sys(umount2, ".", MNT_DETACH);
		if (r == 0)
			topmost = root_is_topmost();
	}
	return r < 0 ? r : topmost < 0 ? topmost : 0;
}

long op_PIVOT_BELOW(struct stage *s, const struct plan_op *op)
{
	long r = sys(fchdir, s->root);

	if (r == 0)
		r = sys(pivot_root, ".", stage_s1(s, op));
	return r;
}

/*
 * For roots that pivot_root cannot leave (initramfs). What lies below the old root stays mounted and is only out of sight;
 * DETACH has taken the kernel's own views of the host away before.
 */
long op_MOVE_ROOT(struct stage *s, const struct plan_op *op)
{
	long r = sys(fchdir, s->root);

	(void)op;
	if (r == 0)
		r = sys(move_mount, s->root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	if (r == 0)
		r = sys(chroot, ".");
	return r < 0 ? r : sys(chdir, "/");
}

long op_CHROOT(struct stage *s, const struct plan_op *op)
{
	long r = sys(fchdir, s->root);

	(void)op;
	if (r == 0)
		r = sys(chroot, ".");
	return r < 0 ? r : sys(chdir, "/");
}

long op_ROOT_SETATTR(struct stage *s, const struct plan_op *op)
{
	(void)s;
	struct mount_attr attr = { .attr_set = op->x, .propagation = op->z };

	return sys(mount_setattr, AT_FDCWD, "/", op->flags & OP_RECURSIVE ? AT_RECURSIVE : 0, &attr,
		   sizeof(attr));
}

/* ---- what is mounted ---- */

long op_FS_OPEN(struct stage *s, const struct plan_op *op)
{
	return set_fd(&s->fs, sys(fsopen, stage_s1(s, op), FSOPEN_CLOEXEC));
}

long op_FS_OPTION(struct stage *s, const struct plan_op *op)
{
	const char *value = stage_s2(s, op);

	if (op->fd >= 0)
		return sys(fsconfig, s->fs, FSCONFIG_SET_FD, stage_s1(s, op), 0, stage_fd(s, op));
	return sys(fsconfig, s->fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
		   stage_s1(s, op), value, 0);
}

long op_FS_MODE(struct stage *s, const struct plan_op *op)
{
	struct statx st;
	char octal[12] = "1777";
	long r;

	(void)op;
	if (!s->target_made) {
		r = sys(statx, s->target, "", AT_EMPTY_PATH, STATX_MODE, &st);
		if (r < 0)
			return r;
		text_octal(octal, st.stx_mode & 07777);
	}
	return sys(fsconfig, s->fs, FSCONFIG_SET_STRING, "mode", octal, 0);
}

long op_FS_PICK(struct stage *s, const struct plan_op *op)
{
	(void)op;
	return set_fd(&s->fs, sys(fspick, s->target, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));
}

long op_FS_RECONFIGURE(struct stage *s, const struct plan_op *op)
{
	(void)op;
	return sys(fsconfig, s->fs, FSCONFIG_CMD_RECONFIGURE, 0, 0, 0);
}

long op_FS_MOUNT(struct stage *s, const struct plan_op *op)
{
	long r = sys(fsconfig, s->fs, FSCONFIG_CMD_CREATE, 0, 0, 0);

	if (r < 0)
		return r;
	return set_fd(&s->mount, sys(fsmount, s->fs, FSMOUNT_CLOEXEC, op->x));
}

/* A tmpfs on target with a directory "m" in it; our working directory. */
static long enter_scratch(struct stage *s)
{
	long fs = sys(fsopen, "tmpfs", FSOPEN_CLOEXEC), mount, r;

	if (fs < 0)
		return fs;
	r = sys(fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
	mount = r < 0 ? r : sys(fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (mount < 0)
		return mount;
	r = sys(mkdirat, mount, "m", 0700);
	if (r == 0)
		r = attach((int)mount, s->target);
	return r < 0 ? r : sys(fchdir, mount);
}

/*
 * fsconfig(2) takes values of 255 bytes, mount(2) a page of them, but a path as the place. So it is mounted on a path that
 * nobody else knows, and cloned from there: then it is a detached mount as all others, for the verified target.
 */
long op_FS_PAGE(struct stage *s, const struct plan_op *op)
{
	char **words = stage_list(s, op->l1); /* type, source, options */
	long r = enter_scratch(s);

	if (r < 0)
		return r;
	r = sys(mount, words[1], "m", words[0], op->x, words[2]);
	if (r == 0)
		r = set_fd(&s->mount, sys(open_tree, AT_FDCWD, "m", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	(void)sys(umount2, ".", MNT_DETACH);
	(void)sys(chdir, "/");
	return r;
}

long op_TREE_FD(struct stage *s, const struct plan_op *op)
{
	s->mount = stage_fd(s, op);
	return 0;
}

static long clone_tree(struct stage *s, const struct plan_op *op, int dir, const char *path,
		       unsigned flags)
{
	if (op->flags & OP_RECURSIVE)
		flags |= AT_RECURSIVE;
	return set_fd(&s->mount, sys(open_tree, dir, path,
					 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags));
}

long op_TREE_PATH(struct stage *s, const struct plan_op *op)
{
	return clone_tree(s, op, AT_FDCWD, stage_s1(s, op),
			  op->flags & OP_LINK ? AT_SYMLINK_NOFOLLOW : 0);
}

long op_TREE_ROOT(struct stage *s, const struct plan_op *op)
{
	long fd = path_open(s->root, stage_s1(s, op), O_PATH | (op->flags & OP_LINK ? O_NOFOLLOW : 0));

	s->mount = -1;
	if (fd < 0)
		return fd == -ENOENT && op->flags & OP_OPTIONAL ? 0 : fd;
	return clone_tree(s, op, (int)fd, "", AT_EMPTY_PATH);
}

/* What only the runtime may do: search the directories there, map ids of a filesystem that is not ours. */
long op_TREE_ASK(struct stage *s, const struct plan_op *op)
{
	long r = record_send(s, SYNC_SOURCE, (int32_t)op->x, s->root);

	return r < 0 ? r : set_fd(&s->mount, record_receive_fd(s, SYNC_TREE));
}

long op_MOUNT_SETATTR(struct stage *s, const struct plan_op *op)
{
	return set_attributes(s->mount, op, stage_fd(s, op));
}

/* ---- where it goes ---- */

long op_TARGET(struct stage *s, const struct plan_op *op)
{
	bool file = op->flags & OP_LIKE_MOUNT ? !is_directory(s->mount) : (op->flags & OP_FILE) != 0;
	long fd = -ENOENT;

	if (op->flags & OP_LINK)
		fd = path_open(s->root, stage_s1(s, op), O_PATH | O_NOFOLLOW);
	s->target_made = false;
	if (fd != -ENOENT)
		return set_fd(&s->target, fd);
	if (op->flags & OP_PLAIN)
		fd = path_make_plain(s->root, stage_s1(s, op), file, (uint32_t)op->x, &s->target_made);
	else
		fd = path_make(s->root, stage_s1(s, op), file, op->flags & OP_CREATE,
			       (uint32_t)op->x, &s->target_made);
	return set_fd(&s->target, fd);
}

long op_TARGET_SETATTR(struct stage *s, const struct plan_op *op)
{
	return set_attributes(s->target, op, -1);
}

long op_COPY_UP(struct stage *s, const struct plan_op *op)
{
	if (op->x && !s->copy.bounded)
		s->copy = (struct copy_budget){ .bounded = true, .left = op->x };
	return copy_tree(s->target, s->mount, &s->copy);
}

/* Onto a new directory in one of our own making; without _T_SYMLINKS no link is followed. */
static long attach_in_dir(int mount, int dir, const char *name)
{
	long r = sys(mkdirat, dir, name, 0755);

	if (r < 0 && r != -EEXIST)
		return r;
	return sys(move_mount, mount, "", dir, name, MOVE_MOUNT_F_EMPTY_PATH);
}

long op_ATTACH(struct stage *s, const struct plan_op *op)
{
	long r;

	if (op->flags & OP_OPTIONAL && s->mount < 0)
		return 0;
	if (op->flags & OP_IN_DIR) {
		r = attach_in_dir(s->mount, s->dir, stage_s1(s, op));
		close_scratch(s, s->dir, s->mount);
		return r;
	}
	r = attach(s->mount, s->target);
	if (r == 0 && (op->flags & OP_ROOT))
		r = set_fd(&s->root, sys(fcntl, s->mount, F_DUPFD_CLOEXEC, s->root));
	close_scratch(s, s->root, s->target);
	return r;
}

/* ---- masked and read-only paths ---- */

/*
 * Whoever can write to the root could put a directory of his own in the place of /proc while we work,
 * and take it away later with what we hid in it. So a path below the kernel's filesystems is looked up
 * in the mount itself, which is verified and then held by descriptor.
 */
static long open_kernel_fs(struct stage *s, const struct plan_op *op)
{
	struct statfs fs;
	long r, fd;

	for (int i = 0; i < 2; i++)
		if (s->kernel_fs[i].fd >= 0 && s->kernel_fs[i].at == op->s2)
			return s->kernel_fs[i].fd;
	fd = path_open_plain(s->root, stage_s2(s, op), O_PATH | O_DIRECTORY);
	if (fd < 0) /* also when it is not there any more: what cannot be hidden must not be left open */
		return fd == -ENOENT || fd == -ENOTDIR ? -EXDEV : fd;
	r = sys(fstatfs, fd, &fs);
	if (r == 0 && (uint64_t)fs.f_type != op->x)
		r = -EXDEV;
	if (r < 0) {
		sys(close, fd);
		return r;
	}
	s->kernel_fs[1] = s->kernel_fs[0];
	s->kernel_fs[0].fd = (int)fd;
	s->kernel_fs[0].at = op->s2;
	return fd;
}

static long open_hidden(struct stage *s, const struct plan_op *op)
{
	const char *below = stage_s2(s, op);
	long fd;

	if (!below)
		return path_open(s->root, stage_s1(s, op), O_PATH);
	fd = open_kernel_fs(s, op);
	return fd < 0 ? fd : path_open((int)fd, stage_s1(s, op) + text_len(below), O_PATH);
}

/*
 * What is mounted over the root's own directory nobody would ever see (an image's link may lead there). Below the kernel's
 * filesystems there is no need to look.
 */
static long is_root(const struct stage *s, const struct plan_op *op, long fd)
{
	struct statx a, b;
	long r;

	if (op->s2)
		return 0;
	r = sys(statx, fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &a);
	if (r == 0)
		r = sys(statx, s->root, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &b);
	return r < 0 ? r : a.stx_ino == b.stx_ino && a.stx_mnt_id == b.stx_mnt_id;
}

static long clone_of(int fd)
{
	return sys(open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/* One empty read-only tmpfs serves all directories. */
static long empty_directory(struct stage *s)
{
	long mount, fs;

	if (s->mask_dir >= 0)
		return clone_of(s->mask_dir);
	fs = sys(fsopen, "tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return fs;
	mount = sys(fsconfig, fs, FSCONFIG_SET_STRING, "size", "0", 0);
	if (mount == 0)
		mount = sys(fsconfig, fs, FSCONFIG_SET_STRING, "nr_inodes", "2", 0);
	if (mount == 0)
		mount = sys(fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
	if (mount == 0)
		mount = sys(fsmount, fs, FSMOUNT_CLOEXEC,
			    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				    MOUNT_ATTR_NOEXEC);
	if (mount >= 0)
		s->mask_dir = (int)mount;
	return mount;
}

/*
 * The host's /dev/null, found in the host's root before the pivot: an image cannot replace it (CVE-2025-31133). It is
 * the host's own node: read-only, its mode and owner are not the container's to change. Who writes to a device writes
 * to it all the same.
 */
static long null_device(struct stage *s)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
	};
	long r, mount;

	if (s->mask_file >= 0)
		return clone_of(s->mask_file);
	mount = sys(open_tree, AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mount < 0)
		return mount;
	r = sys(mount_setattr, mount, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	if (r < 0)
		return r;
	s->mask_file = (int)mount;
	return mount;
}

/* What covers it is locked to it in every user namespace below, and counts as a mask there (mount_namespaces(7)). */
static long cover(struct stage *s, const char *path)
{
	long mount, target = sys(openat, AT_FDCWD, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (target < 0)
		return target;
	mount = empty_directory(s);
	return mount < 0 ? mount : attach((int)mount, (int)target);
}

long op_DETACH(struct stage *s, const struct plan_op *op)
{
	long r = sys(umount2, stage_s1(s, op), MNT_DETACH | UMOUNT_NOFOLLOW);

	if (r == -EINVAL || r == -EPERM)
		r = cover(s, stage_s1(s, op));
	return r == -ENOENT ? 0 : r; /* it went with the one it was mounted on */
}

long op_MASK(struct stage *s, const struct plan_op *op)
{
	struct statx st;
	long r, mount, target = open_hidden(s, op);

	if (target < 0)
		return target == -ENOENT || target == -ENOTDIR ? 0 : target;
	r = is_root(s, op, target);
	if (r != 0)
		return r < 0 ? r : -EBUSY;
	r = sys(statx, target, "", AT_EMPTY_PATH, STATX_TYPE, &st);
	if (r < 0)
		return r;
	mount = (st.stx_mode & S_IFMT) == S_IFDIR ? empty_directory(s) : null_device(s);
	r = mount < 0 ? mount : attach((int)mount, (int)target);
	close_scratch(s, s->root, mount);
	return r;
}

long op_READONLY(struct stage *s, const struct plan_op *op)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	long r, mount, target = open_hidden(s, op);

	if (target < 0)
		return target == -ENOENT || target == -ENOTDIR ? 0 : target;
	r = is_root(s, op, target);
	if (r != 0)
		return r < 0 ? r : sys(mount_setattr, s->root, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	mount = sys(open_tree, target, "",
		    AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mount < 0)
		return mount;
	r = sys(mount_setattr, mount, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	if (r == 0)
		r = attach((int)mount, (int)target);
	close_scratch(s, s->root, mount);
	return r;
}
