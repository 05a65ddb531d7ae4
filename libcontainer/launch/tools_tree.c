/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Made by a short-lived child in a mount namespace of its own, where it can mount without anybody seeing it. It shares our
 * descriptors, and leaves the finished tree there.
 */

#include "launch/tools_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"
#include "plan/compile.h"

#define PATIENCE   30 /* seconds */
#define CACHE_MAX  ((size_t)8 << 20)
#define LINKS_MAX  4096
#define ATTRIBUTES (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

/* What the child tells: shared memory. */
struct result {
	int tree; /* a number in our table of descriptors */
	int num;  /* errno, when it has failed            */
	char what[256];
};

struct work {
	struct result *result;
	const char *dir;
	int userns;
	int scratch; /* our tmpfs                             */
	int empty;   /* a directory there: the second layer   */
};

/* ---- the child ---- */

static int failed(const struct work *w, const char *fmt, ...) printf_like(2, 3);
static int failed(const struct work *w, const char *fmt, ...)
{
	va_list args;

	w->result->num = errno;
	va_start(args, fmt);
	(void)vsnprintf(w->result->what, sizeof(w->result->what), fmt, args);
	va_end(args);
	return -1;
}

/* Ours alone: what is mounted here is seen nowhere else. In it the kernel has locked what a user namespace must not change. */
static int enter(const struct work *w)
{
	struct mount_attr attr = { .propagation = MS_PRIVATE };

	if (w->userns >= 0) {
		if (setns(w->userns, CLONE_NEWUSER) < 0)
			return failed(w, "join the container's user namespace");
		if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
			return failed(w, "become root of the container's user namespace");
	}
	if (unshare(CLONE_NEWNS) < 0)
		return failed(w, "make a mount namespace");
	if (sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr) < 0)
		return failed(w, "make the mounts private");
	return 0;
}

static int new_tmpfs(void)
{
	auto_(close_fd) int fs = sys_fsopen("tmpfs");

	if (fs < 0 || sys_fsconfig_option(fs, "mode", "0755") < 0 ||
	    sys_fsconfig_option(fs, "size", "16m") < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE) < 0)
		return -1;
	return sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

static int attach(int mount, int dir, const char *name)
{
	return (int)syscall(SYS_move_mount, mount, "", dir, name, MOVE_MOUNT_F_EMPTY_PATH);
}

/* Over "/": who begins a path there still begins below it, so all paths of the host go on to be as they were. */
static int make_scratch(struct work *w)
{
	w->scratch = new_tmpfs();
	if (w->scratch < 0 || sys_move_mount(w->scratch, "/") < 0 ||
	    mkdirat(w->scratch, "empty", 0755) < 0 || mkdirat(w->scratch, "root", 0755) < 0)
		return failed(w, "a place for the tools");
	w->empty = openat(w->scratch, "empty", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return w->empty < 0 ? failed(w, "a place for the tools") : 0;
}

/* By our directory and a link of the kernel: a name of the user's would have to be short and without colons. */
static int overlay(const struct work *w, const char *dir, int below)
{
	auto_(close_fd) int top = openat(AT_FDCWD, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_(close_fd) int fs = -EBADF;
	char layers[48];
	int mount;

	if (top < 0 || fchdir(top) < 0)
		return failed(w, "tools '%s'", dir);
	fs = sys_fsopen("overlay");
	if (fs < 0)
		return failed(w, "tools '%s': the kernel's overlay filesystem", dir);
	(void)snprintf(layers, sizeof(layers), ".:/proc/self/fd/%d", below);
	if (sys_fsconfig_option(fs, "lowerdir", layers) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE) < 0)
		return failed(w, "tools '%s': an overlay of it", dir);
	mount = sys_fsmount(fs, ATTRIBUTES);
	return mount < 0 ? failed(w, "tools '%s': mount it", dir) : mount;
}

static int make_places(const struct work *w, int root)
{
	static const char *const names[] = { "proc", "dev", "sys", "tmp", TOOLS_CONTAINER };

	foreach_array(name, names)
		if (mkdirat(root, *name, 0755) < 0)
			return failed(w, "make '%s'", *name);
	return 0;
}

/* ---- the host's ---- */

static int copy_link(int from, const char *path, int to, const char *name)
{
	char target[4096];
	ssize_t n = readlinkat(from, path, target, sizeof(target) - 1);

	if (n < 0)
		return -1;
	target[n] = 0;
	return symlinkat(target, to, name);
}

/* A link to /usr stays one, a directory is shown. */
static int add_part(const struct work *w, int root, const char *name)
{
	auto_(close_fd) int mount = -EBADF;
	char path[16];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/%s", name);
	if (lstat(path, &st) < 0)
		return 0;
	if (S_ISLNK(st.st_mode))
		return copy_link(AT_FDCWD, path, root, name) < 0 ? failed(w, "link '%s'", path) : 0;
	if (!S_ISDIR(st.st_mode))
		return 0;
	mount = overlay(w, path, w->empty);
	if (mount < 0)
		return -1;
	if (mkdirat(root, name, 0755) < 0 || attach(mount, root, name) < 0)
		return failed(w, "tools '%s'", path);
	return 0;
}

/* Many a tool is a link that leads here (update-alternatives(1)). */
static void copy_alternatives(int etc)
{
	auto_(close_fd) int to = -EBADF;
	DIR *d = opendir("/etc/alternatives");
	const struct dirent *e;

	if (d && mkdirat(etc, "alternatives", 0755) == 0)
		to = openat(etc, "alternatives", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (unsigned n = 0; to >= 0 && n < LINKS_MAX && (e = readdir(d)); n++)
		(void)copy_link(dirfd(d), e->d_name, to, e->d_name);
	if (d)
		(void)closedir(d);
}

/* Where the loader finds libraries that lie in unusual places. */
static void copy_loader_cache(int etc)
{
	auto_str text = STR_INIT;

	if (file_read_at(AT_FDCWD, "/etc/ld.so.cache", CACHE_MAX, &text) == 0)
		(void)file_renew_at(etc, "ld.so.cache", str_text(&text), text.n, 0644);
}

/* Names and addresses are the container's. Never what decides which code tools load. */
static int make_etc(const struct work *w, int root)
{
	static const char *const links[] = { "passwd",        "group",    "hosts",
					     "resolv.conf",   "hostname", "localtime",
					     "nsswitch.conf", "services" };
	auto_(close_fd) int etc = -EBADF;
	char target[64];

	if (mkdirat(root, "etc", 0755) < 0)
		return failed(w, "make 'etc'");
	etc = openat(root, "etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (etc < 0)
		return failed(w, "open 'etc'");
	foreach_array(name, links) {
		(void)snprintf(target, sizeof(target), "../" TOOLS_CONTAINER "/etc/%s", *name);
		if (symlinkat(target, etc, *name) < 0)
			return failed(w, "link 'etc/%s'", *name);
	}
	copy_alternatives(etc);
	copy_loader_cache(etc);
	return 0;
}

static int host_tree(const struct work *w)
{
	static const char *const parts[] = {
		"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"
	};
	auto_(close_fd) int root = new_tmpfs();
	struct mount_attr attr = { .attr_set = ATTRIBUTES };
	int tree;

	if (root < 0 || attach(root, w->scratch, "root") < 0)
		return failed(w, "a place for the tools");
	if (make_places(w, root) < 0 || make_etc(w, root) < 0)
		return -1;
	foreach_array(name, parts)
		if (add_part(w, root, *name) < 0)
			return -1;
	tree = sys_open_tree(root, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
	if (tree < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0)
		return failed(w, "the tree of the tools");
	return tree;
}

static int folder_tree(const struct work *w)
{
	auto_(close_fd) int places = openat(w->scratch, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (places < 0)
		return failed(w, "a place for the tools");
	return make_places(w, places) < 0 ? -1 : overlay(w, w->dir, places);
}

static void build(struct work *w)
{
	int tree = enter(w);

	if (tree == 0)
		tree = make_scratch(w);
	if (tree == 0)
		tree = w->dir ? folder_tree(w) : host_tree(w);
	w->result->tree = tree;
}

/* ---- the caller ---- */

static int take(const struct result *result, const char *dir, struct error *err)
{
	if (result->tree >= 0)
		return result->tree;
	if (result->num == 0)
		return failf(err, ECHILD, "the helper that puts the tools together was killed");
	if (result->num == EACCES && dir)
		return failf(err, EACCES,
			     "%s: permission denied: the container's root must be able to read it",
			     result->what);
	return codef(err, result->num, "%s", result->what);
}

int tools_tree_open(const char *dir, int userns, struct error *err)
{
	struct result *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct work w = {
		.result = result, .dir = dir, .userns = userns, .scratch = -EBADF, .empty = -EBADF
	};
	int r, status = 0;
	pid_t pid;

	if (result == MAP_FAILED)
		return sysf(err, "tools");
	result->tree = -ECHILD;
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		build(&w);
		_exit(0);
	}
	r = pid < 0 ? -errno : child_wait(pid, PATIENCE, &status);
	r = r < 0 ? codef(err, r, "the helper that puts the tools together")
		  : take(result, dir, err);
	(void)munmap(result, sizeof(*result));
	return r;
}
