/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/nodes.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/sys.h"

#define HELPER_SECONDS 30

/* What the helper leaves in memory that both have. */
struct result {
	int error;     /* negative errno */
	size_t failed; /* index of the node */
	int trees[];
};

/* Mounted somewhere, since before Linux 6.15 a part of a detached mount cannot be cloned. */
static int new_tmpfs(void)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };
	auto_(close_fd) int fs = sys_fsopen("tmpfs");
	auto_(close_fd) int mount = -EBADF;

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE) < 0)
		return -errno;
	mount = sys_fsmount(fs, 0);
	if (mount < 0 || sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private) < 0 ||
	    sys_move_mount(mount, "/") < 0)
		return -errno;
	return take_fd(mount);
}

static int make_node(int dir, const char *name, const struct node *n)
{
	const uid_t uid = n->uid == UINT32_MAX ? 0 : n->uid;
	const gid_t gid = n->gid == UINT32_MAX ? 0 : n->gid;
	int tree;

	/* The mode by chmod: whatever our umask is. */
	if (mknodat(dir, name, n->mode & S_IFMT, makedev(n->major, n->minor)) < 0 ||
	    fchmodat(dir, name, n->mode & 07777, 0) < 0 ||
	    fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	tree = sys_open_tree(dir, name, OPEN_TREE_CLONE);
	return tree < 0 ? -errno : tree;
}

/* In a mount namespace of its own, with our descriptors: the trees are ours too. */
static void helper(const struct node *v, size_t n, struct result *out)
{
	auto_(close_fd) int dir = new_tmpfs();

	out->error = dir < 0 ? dir : 0;
	for (size_t i = 0; out->error == 0 && i < n; i++) {
		char name[24];

		snprintf(name, sizeof(name), "%zu", i);
		out->trees[i] = make_node(dir, name, &v[i]);
		if (out->trees[i] < 0) {
			out->error = out->trees[i];
			out->failed = i;
		}
	}
}

static int run_helper(const struct node *v, size_t n, struct result *out, struct error *err)
{
	struct clone_args args = { .flags = CLONE_NEWNS | CLONE_FILES, .exit_signal = SIGCHLD };
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	int status, r;

	if (pid < 0)
		return sysf(err, "mount namespace to make device nodes in");
	if (pid == 0) {
		helper(v, n, out);
		_exit(0);
	}
	r = child_wait(pid, HELPER_SECONDS, &status);
	if (r < 0)
		return codef(err, r, "wait for the helper that makes device nodes");
	if (status != 0 && out->error == 0)
		out->error = -ECHILD;
	return out->error < 0 ? codef(err, out->error, "make the device node") : 0;
}

int nodes_make(struct node *v, size_t n, size_t *failed, struct error *err)
{
	const size_t size = sizeof(struct result) + n * sizeof(int);
	struct result *out = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	*failed = n;
	if (out == MAP_FAILED)
		return sysf(err, "memory to make device nodes");
	out->failed = n;
	for (size_t i = 0; i < n; i++)
		out->trees[i] = -EBADF;
	r = run_helper(v, n, out, err);
	*failed = out->failed;
	for (size_t i = 0; i < n; i++) {
		if (r < 0)
			close_fd(out->trees[i]);
		else
			v[i].tree = out->trees[i];
	}
	(void)munmap(out, size);
	return r;
}
