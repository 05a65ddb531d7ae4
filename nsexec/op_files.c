/* SPDX-License-Identifier: Apache-2.0 */

/* Devices, links and the console. */

#include <asm/ioctls.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/stat.h>

#include "nsexec/stage.h"
#include "nsexec/sys.h"

#define NODE_TYPES (S_IFCHR | S_IFBLK | S_IFIFO)

long op_DIR(struct stage *s, const struct plan_op *op)
{
	bool made;
	long fd = path_make(s->root, stage_s1(s, op), false, true, 0755, &made);

	if (fd < 0)
		return fd;
	s->dir = (int)fd;
	return 0;
}

/* Spec L5: a file that is there already must be that very device. */
static long check_node(int dir, const char *name, const struct plan_op *op)
{
	unsigned major = (unsigned)(op->y >> 32), minor = (unsigned)op->y;
	struct statx st;
	long r = sys(statx, dir, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_BASIC_STATS, &st);

	if (r < 0)
		return r;
	if ((st.stx_mode & S_IFMT) != (op->x & S_IFMT))
		return -EEXIST;
	if ((op->x & S_IFMT) != S_IFIFO && (st.stx_rdev_major != major || st.stx_rdev_minor != minor))
		return -EEXIST;
	return 0;
}

static RARE long attach_node(struct stage *s, int tree, const struct plan_op *op)
{
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	bool made;
	long r, target;

	r = check_node(tree, "", op);
	if (r == 0)
		r = sys(mount_setattr, tree, "", AT_EMPTY_PATH, &read_only, sizeof(read_only));
	if (r < 0)
		return -EPERM; /* of mknod */
	target = path_make_plain(s->dir, stage_s1(s, op), true, 0, &made);
	if (target < 0)
		return target;
	r = sys(move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	sys(close, target);
	return r;
}

/*
 * The kernel lets us make no nodes (a user namespace around us, rules for devices, a filter): the host's of the same
 * numbers is as good. It is not for the container to change.
 */
static RARE long bind_node(struct stage *s, const struct plan_op *op)
{
	long r, tree = sys(open_tree, AT_FDCWD, stage_s2(s, op), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return -EPERM; /* of mknod */
	r = attach_node(s, (int)tree, op);
	sys(close, tree);
	return r;
}

long op_MKNOD(struct stage *s, const struct plan_op *op)
{
	const char *name = stage_s1(s, op);
	long r, device = device_number((uint32_t)(op->y >> 32), (uint32_t)op->y);

	if (device < 0)
		return device;
	r = sys(mknodat, s->dir, name, op->x, device);
	if (r == -EPERM && op->s2)
		return bind_node(s, op);
	if (r == -EEXIST && (op->flags & OP_OPTIONAL))
		return 0;
	if (r == -EEXIST)
		r = check_node(s->dir, name, op);
	if (r == 0 && (op->flags & OP_OWNER))
		r = sys(fchownat, s->dir, name, op->z >> 32, op->z & 0xffffffff,
			AT_SYMLINK_NOFOLLOW);
	return r;
}

static bool is_same_link(int dir, const char *name, const char *wanted)
{
	char link[4096];
	long n = sys(readlinkat, dir, name, link, sizeof(link) - 1);

	if (n < 0)
		return false;
	link[n] = 0;
	return text_same(link, wanted);
}

long op_SYMLINK(struct stage *s, const struct plan_op *op)
{
	const char *name = stage_s1(s, op);
	long r = sys(symlinkat, stage_s2(s, op), s->dir, name);

	if (r == -EEXIST && (op->flags & OP_REPLACE)) {
		r = sys(unlinkat, s->dir, name, 0);
		if (r == 0)
			r = sys(symlinkat, stage_s2(s, op), s->dir, name);
	}
	if (r == -EEXIST && (op->flags & OP_SAME) && !is_same_link(s->dir, name, stage_s2(s, op)))
		return r;
	return r == -EEXIST ? 0 : r;
}

/*
 * The pty comes from the container's own devpts, which is verified; the slave is opened by the master
 * (TIOCGPTPEER), not by a name that the image could have put there (CVE-2025-52565).
 */
static long open_master(int root)
{
	struct statfs fs;
	int unlock = 0;
	long r, fd = path_open(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return fd;
	r = sys(fstatfs, fd, &fs);
	if (r == 0 && fs.f_type != DEVPTS_SUPER_MAGIC)
		r = -ENODEV;
	if (r == 0)
		r = sys(ioctl, fd, TIOCSPTLCK, &unlock);
	if (r < 0)
		sys(close, fd);
	return r < 0 ? r : fd;
}

static long mount_console(int root, int slave)
{
	bool made;
	long r, mount, target = path_make_plain(root, "/dev/console", true, 0, &made);

	if (target < 0)
		return target;
	mount = sys(open_tree, slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mount < 0)
		return mount;
	r = sys(move_mount, mount, "", target, "",
		MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	sys(close, target);
	sys(close, mount);
	return r;
}

long op_TERMINAL(struct stage *s, const struct plan_op *op)
{
	(void)s;
	(void)op;
	return sys(ioctl, 0, TIOCSCTTY, 0);
}

static long become_terminal(int slave, bool later)
{
	long r = later ? 0 : sys(ioctl, slave, TIOCSCTTY, 0);

	for (int fd = 0; r >= 0 && fd <= 2; fd++)
		r = sys(dup3, slave, fd, 0);
	return r < 0 ? r : 0;
}

long op_CONSOLE(struct stage *s, const struct plan_op *op)
{
	long r, slave, master = open_master(s->root);

	if (master < 0)
		return master;
	slave = sys(ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return slave;
	r = sys(fchown, slave, op->x, -1);
	if (r == 0 && (op->flags & OP_FILE))
		r = mount_console(s->root, (int)slave);
	if (r == 0)
		r = become_terminal((int)slave, op->flags & OP_LATER);
	if (r == 0)
		r = record_send(s, SYNC_CONSOLE, 0, (int)master);
	sys(close, master);
	sys(close, slave);
	return r;
}
