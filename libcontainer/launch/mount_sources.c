/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/mount_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/sys.h"
#include "launch/stuck.h"
#include "nsexec/sys.h"

#define STACK_SIZE 4096

/* What the helper does, and what it finds: it shares our memory and our descriptors. */
struct request {
	int ns;              /* of the mount namespace, or a pidfd of who is in it              */
	int root;            /* what our own root directory is there; -EBADF: that of the namespace */
	int dir;             /* paths are inside of this directory, links too; -EBADF: as the host has them */
	const struct source *sources;
	bool late;           /* the late ones, not the others */
	int *fds;            /* a descriptor for each, a negative errno, or 0: not wanted       */
	size_t n;
	volatile int error;  /* entering it */
};

static struct {
	_Alignas(16) char stack[STACK_SIZE];
	struct request request;
} shared;

/* ---- the helper's part: system calls only, no errno, no return ---- */

#define HELPER_CODE __attribute__((noinline, no_sanitize("address", "undefined"), no_stack_protector))

static HELPER_CODE long enter(const struct request *r)
{
	long e = sys(setns, r->ns, CLONE_NEWNS);

	if (e == 0 && r->root >= 0)
		e = sys(fchdir, r->root);
	if (e == 0 && r->root >= 0)
		e = sys(chroot, ".");
	return e;
}

static HELPER_CODE long walk_inside(int dir, const char *path, bool link)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | (link ? O_NOFOLLOW : 0),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return sys(openat2, dir, path, &how, sizeof(how));
}

static HELPER_CODE long open_source(const struct request *r, size_t i)
{
	const struct source *s = &r->sources[i];
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (s->recursive ? AT_RECURSIVE : 0);
	long fd, tree;

	if (s->place)
		return sys(openat, AT_FDCWD, s->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->of_place)
		return r->fds[i - 1] < 0 ? r->fds[i - 1] :
					   sys(open_tree, r->fds[i - 1], "", flags | AT_EMPTY_PATH);
	if (r->dir < 0)
		return sys(open_tree, AT_FDCWD, s->path, flags | (s->link ? AT_SYMLINK_NOFOLLOW : 0));
	fd = walk_inside(r->dir, s->path, s->link);
	if (fd < 0)
		return fd;
	tree = sys(open_tree, fd, "", flags | AT_EMPTY_PATH);
	(void)sys(close, fd);
	return tree;
}

static HELPER_CODE __attribute__((noreturn)) void helper_main(void *request)
{
	struct request *r = request;

	r->error = (int)enter(r);
	for (size_t i = 0; r->error == 0 && i < r->n; i++)
		if (r->sources[i].late == r->late)
			r->fds[i] = (int)open_source(r, i);
	for (;;)
		(void)sys(exit_group, 0);
}

/* ---- our part ---- */

static int await_helper(pid_t pid, int pidfd, struct error *err)
{
	struct stuck s = { 0 };
	const char *why = NULL;
	int r;

	do
		r = child_await(pidfd, STUCK_TICK);
	while (r == 0 && !(why = stuck_check(&s, pid)));
	if (r > 0) {
		(void)waitpid(pid, NULL, __WALL);
		return 0;
	}
	(void)sys_pidfd_send_signal(pidfd, SIGKILL);
	child_reap(pid, pidfd);
	return r == 0 ? stuck_fail(pid, why, err) : codef(err, r, "wait for the mount sources");
}

static int run_helper(const struct request *what, struct error *err)
{
	auto_(close_fd) int pidfd = -EBADF;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FILES | CLONE_PIDFD,
		.exit_signal = SIGCHLD,
		.pidfd = (uintptr_t)&pidfd,
		.stack = (uintptr_t)shared.stack,
		.stack_size = STACK_SIZE,
	};
	long pid;
	int r;

	shared.request = *what;
	shared.request.error = -ECHILD;
	pid = sys_clone3_call(&args, sizeof(args), helper_main, &shared.request);
	if (pid < 0)
		return codef(err, (int)pid, "clone");
	r = await_helper((pid_t)pid, pidfd, err);
	if (r == 0 && shared.request.error < 0)
		r = codef(err, shared.request.error, "enter the container's mount namespace");
	return r;
}

/* What our root directory is in its copy of our mount namespace: we may be in a chroot(2). */
static int open_root_of(pid_t pid, struct error *err)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? sysf(err, "open '%s'", path) : fd;
}

/* The first failure, in the order of the config. All that was opened is the plan's. */
int mount_sources_take(struct compiled *c, const int *fds, struct error *err)
{
	const struct source *failed = NULL;
	int num = 0;

	for (size_t i = 0; i < c->n_sources; i++) {
		if (!c->sources[i].late && fds[i] >= 0)
			plan_fill_fd(c->plan, c->sources[i].index, fds[i]);
		if (fds[i] < 0 && !failed) {
			failed = &c->sources[i];
			num = fds[i];
		}
	}
	return failed ? source_failed(failed, num, err) : 0;
}

static int finish(const struct source *s, int tree, struct error *err)
{
	if (s->place || source_finish(s, tree, err) == 0)
		return 0;
	return spec_error(s->json, s->member, err);
}

int mount_sources_clone(struct compiled *c, pid_t child, int pidfd, struct error *err)
{
	bool joined = c->mount_ns >= 0;
	auto_(close_fd) int root = joined ? -EBADF : open_root_of(child, err);
	int *fds = arena_array_of(plan_arena(c->plan), int, c->n_sources);
	struct request request = {
		.ns = joined ? c->mount_ns : pidfd,
		.root = root,
		.dir = -EBADF,
		.sources = c->sources,
		.fds = fds,
		.n = c->n_sources,
	};
	int r;

	if (!joined && root < 0)
		return root;
	for (size_t i = 0; i < c->n_sources && c->host_root < 0 && root >= 0; i++)
		if (c->sources[i].of_host)
			c->host_root = fcntl(root, F_DUPFD_CLOEXEC, 3);
	if (!fds)
		return failf(err, ENOMEM, "mounts: out of memory");
	for (size_t i = 0; i < c->n_sources; i++)
		fds[i] = c->sources[i].late ? 0 : -ECHILD;
	r = run_helper(&request, err);
	if (r == 0)
		r = mount_sources_take(c, fds, err);
	for (size_t i = 0; r == 0 && i < c->n_sources; i++)
		if (!c->sources[i].late)
			r = finish(&c->sources[i], fds[i], err);
	return r;
}

int mount_source_late(const struct compiled *c, int pidfd, int root, int number, struct error *err)
{
	bool known = number >= 0 && (size_t)number < c->n_sources && c->sources[number].late;
	const struct source *s = known ? &c->sources[number] : NULL;
	auto_(close_fd) int tree = -EBADF;
	int fd = -ECHILD, r;
	struct request request = {
		.ns = c->mount_ns >= 0 ? c->mount_ns : pidfd,
		.root = s && s->of_host ? c->host_root : -EBADF,
		.dir = s && s->of_host ? -EBADF : root,
		.sources = s,
		.late = true,
		.fds = &fd,
		.n = 1,
	};

	if (!s)
		return failf(err, EPROTO, "the child asks for mount source %d, which there is not", number);
	r = run_helper(&request, err);
	tree = fd;
	if (r < 0)
		return r;
	if (tree < 0)
		return source_failed(s, tree, err);
	r = finish(s, tree, err);
	return r < 0 ? r : take_fd(tree);
}
