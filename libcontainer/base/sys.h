/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* System calls that the C library does not wrap, or wraps with a cache we do not want. */

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* openat2(2); O_CLOEXEC is always added. */
static inline int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode,
			      uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/* Our effective uid, which never changes: the kernel has told it at the start, no call is needed. */
static inline uid_t caller_euid(void)
{
	return (uid_t)getauxval(AT_EUID);
}

static inline int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int sys_pidfd_send_signal(int pidfd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

/* open_tree(2); OPEN_TREE_CLOEXEC is always added. */
static inline int sys_open_tree(int dir, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC);
}

/* fsopen(2), fsconfig(2) of a command and fsmount(2); close-on-exec is always added. */
static inline int sys_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int sys_fsconfig(int fs, unsigned command)
{
	return (int)syscall(SYS_fsconfig, fs, command, NULL, NULL, 0);
}

/* value NULL: a flag. */
static inline int sys_fsconfig_option(int fs, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0);
}

static inline int sys_fsmount(int fs, unsigned attrs)
{
	return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attrs);
}

/* move_mount(2) of a detached mount to a path of the host. */
static inline int sys_move_mount(int mount, const char *path)
{
	return (int)syscall(SYS_move_mount, mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
}

static inline int sys_mount_setattr(int dir, const char *path, unsigned flags,
				    const struct mount_attr *attr)
{
	return (int)syscall(SYS_mount_setattr, dir, path, flags, attr, sizeof(*attr));
}

static inline int sys_statx(int dir, const char *path, int flags, unsigned mask, struct statx *ret)
{
	return (int)syscall(SYS_statx, dir, path, flags, mask, ret);
}

/* CLOSE_RANGE_CLOEXEC, or 0 to close. */
static inline int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

/* What our caller left open without O_CLOEXEC is not the business of what we execute. */
static inline int keep_inherited_fds_from_exec(void)
{
	long most;

	if (sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	/* A filter forbids it, or its flag. */
	most = sysconf(_SC_OPEN_MAX);
	for (int fd = 3; fd < most; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

static inline int sys_pidfd_getfd(int pidfd, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}
