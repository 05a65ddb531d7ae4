/* SPDX-License-Identifier: Apache-2.0 */

/* Mounts for a container that runs: the stage enters its mount namespace, attaches them, and is done. */

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"
#include "plan/pass.h"

/* What a new filesystem of the container's must be made in. */
static const struct {
	const char *type;
	uint64_t namespace;
} kernel_types[] = {
	{ "proc", CLONE_NEWPID },   { "sysfs", CLONE_NEWNET },   { "mqueue", CLONE_NEWIPC },
	{ "cgroup", CLONE_NEWCGROUP }, { "cgroup2", CLONE_NEWCGROUP },
};

/* Not the pid namespace, but for a proc: nobody in the container sees the stage. */
static uint64_t wanted_namespaces(const struct compile *c)
{
	uint64_t flags = CLONE_NEWNS;

	foreach_list(m, &c->resolved->mounts) {
		if (m->kind == MOUNT_CGROUP)
			flags |= CLONE_NEWCGROUP;
		foreach_array(k, kernel_types)
			if (m->type && streq(m->type, k->type))
				flags |= k->namespace;
	}
	return flags & c->owned;
}

static int join_user(struct compile *c, struct error *err)
{
	auto_(close_fd) int fd = -EBADF;
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)c->in->init_pid);
	fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	/* The number is init's as long as its pidfd says that it lives. */
	if (fd < 0 || sys_pidfd_send_signal(c->in->init_pidfd, 0) < 0)
		return sysf(err, "user namespace of the container");
	c->out->joins[c->out->n_joins++] = (struct join){ .fd = take_fd(fd), .flags = CLONE_NEWUSER };
	return 0;
}

int pass_live_namespaces(struct compile *c, struct error *err)
{
	int fd, r = 0;

	c->owned = c->resolved->own_namespaces;
	if (!(c->owned & CLONE_NEWNS))
		return failf(err, EINVAL,
			     "the container has no mount namespace of its own: a mount would be the host's");
	c->mounts_are_locked = has_namespace(c, CLONE_NEWUSER);
	if (c->mounts_are_locked)
		r = join_user(c, err);
	if (r < 0)
		return r;
	fd = fcntl(c->in->init_pidfd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return sysf(err, "pidfd of the container's init");
	c->out->joins[c->out->n_joins++] = (struct join){ .fd = fd, .flags = wanted_namespaces(c) };
	plan_add(c->b, PLAN_DUMPABLE);
	plan_add_s(c->b, PLAN_ROOT_PLAIN, "/", NULL);
	return 0;
}

/* The runtime ends the stage here. */
int pass_live_end(struct compile *c, struct error *err)
{
	(void)err;
	plan_origin(c->b, NULL, NULL);
	plan_add(c->b, PLAN_CLOSE_REST);
	plan_add(c->b, PLAN_SYNC)->x = SYNC_CREATED;
	plan_add(c->b, PLAN_SYNC)->x = SYNC_START;
	return 0;
}

/* ---- filesystems whose options name files of the host ---- */

bool live_needs_host(const struct compile *c, const struct resolved_mount *m)
{
	if (!c->in->live || m->copy_up || m->mode_of_target)
		return false;
	for (size_t i = 0; i < m->n_options; i++)
		if (m->options[i].value && m->options[i].value[0] == '/')
			return true;
	return false;
}

static int configure(int fs, const struct mount_option_value *o, struct error *err)
{
	unsigned command = o->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

	if (syscall(SYS_fsconfig, fs, command, o->key, o->value, 0) == 0)
		return 0;
	return sysf(err, "filesystem option '%s%s%s'", o->key, o->value ? "=" : "",
		    o->value ? o->value : "");
}

int live_host_filesystem(struct compile *c, const struct resolved_mount *m, struct error *err)
{
	auto_(close_fd) int fs = -EBADF;
	int fd, r;

	/* Made here it would have no locks, and the container's root could take "ro" off it. */
	if (c->mounts_are_locked)
		return failf(err, EPERM,
			     "mount on '%s': a filesystem of type '%s' on files of the host cannot be added to a "
			     "container with a user namespace",
			     m->destination, m->type);
	fs = sys_fsopen(m->type);
	if (fs < 0)
		return sysf(err, "filesystem type '%s'", m->type);
	for (size_t i = 0; i < m->n_options; i++) {
		r = configure(fs, &m->options[i], err);

		if (r < 0)
			return r;
	}
	r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE);
	if (r < 0 && errno == ENOTBLK)
		return failf(err, ENOTBLK,
			     "mount on '%s': this kernel mounts type '%s' from block devices only: attach the image to "
			     "one ('losetup --find --show FILE'), and give that",
			     m->destination, m->type);
	if (r < 0)
		return sysf(err, "make the filesystem '%s'", m->type);
	fd = sys_fsmount(fs, (unsigned)m->top.set);
	if (fd < 0)
		return sysf(err, "mount the filesystem '%s'", m->type);
	plan_add(c->b, PLAN_TREE_FD)->fd = plan_take_fd(c->b, fd);
	return 0;
}
