/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The child shares our memory until it executes the stage, as after vfork(2): nothing is copied, and it does nothing
 * but system calls. Unlike after vfork(2) we do not wait for that: its clone gives it a stack of its own, and it may take as
 * long as cgroup and plan are made. So a child that
 * somebody stops or freezes in this moment is one that does not answer (launch/handshake.c), not one that holds us.
 *
 *   plain            clone3(CLONE_VM | namespaces) -> stage; some of the namespaces it may make itself, while we go on
 *   new user ns      the same without CLONE_VM: it must wait for us to write its id mappings, since an
 *                    execve by an unmapped user would lose all capabilities
 *   exec             clone3(CLONE_VM) -> stage, in our own namespaces: it enters those of the container, where others may
 *                    see it, when it has nothing of ours any more, and forks the process (nsexec/op_fork.c)
 *   joined pid ns    as exec, with the new namespaces in the clone, where kernel and config allow it
 *                    (plan/pass_namespaces.c). With a user namespace the child joins and makes all of them itself, before the
 *                    stage
 *   joins first      a helper, sharing memory and descriptors with us, joins namespaces and makes the
 *                    child as our own (CLONE_PARENT), without CLONE_VM: we stay where we are, and so does our pidfd
 */
#include "launch/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/program_file.h"
#include "base/self.h"
#include "base/sys.h"
#include "launch/failure.h"
#include "launch/handshake.h"
#include "launch/stuck.h"
#include "nsexec/sync.h"
#include "nsexec/sys.h"
#include "spec/spec.h"

extern const char stage_image[], stage_image_end[];

struct request {
	struct clone_args args;
	int stage, sync;             /* numbers above SYNC_FD */
	int other_end;               /* of sync, the runtime's; a child with descriptors of its own has it too */
	uint64_t unshare;            /* namespaces that the child makes itself */
	bool enters_itself;          /* the child joins namespaces and makes new ones, no helper */
	bool wait_mapped, become_root, drop_groups;
	uint64_t ignored; /* signals, of 1 the lowest bit */
	const struct join *joins;
	size_t n_joins;
	/* results, written by the helper, and by the kernel when it makes the child */
	volatile int error;          /* negative errno   */
	volatile int failed_join;    /* index, or -1     */
	volatile pid_t pid;          /* of the child     */
	volatile int pidfd;
};

#define STACK_SIZE 4096

/*
 * What helper and child use of our memory, while we go on: not on our stack. One child at a time, until it has executed the
 * stage.
 */
static struct {
	_Alignas(16) char helper_stack[STACK_SIZE];
	char child_stack[STACK_SIZE];
	struct request request;
} shared;

/* ---- the child's part: system calls only, no errno, no return ---- */

#define CHILD_CODE __attribute__((noinline, no_sanitize("address", "undefined"), no_stack_protector))

static CHILD_CODE long take_root_ids(void)
{
	long r = sys(setresgid, 0, 0, 0);

	return r < 0 ? r : sys(setresuid, 0, 0, 0);
}

/* Our own copy of the runtime's end would keep its death from us. */
static CHILD_CODE long wait_mapped(int sync, int other_end)
{
	struct sync_message record;
	long n = sys(close, other_end);

	if (n == 0)
		n = sys(read, sync, &record, sizeof(record));

	if (n != sizeof(record) || record.step != SYNC_MAPPED)
		return n < 0 ? n : -EPIPE;
	return take_root_ids();
}

/* What our caller ignores the program shall not: execve(2) would pass it on. */
static CHILD_CODE void reset_ignored(uint64_t ignored)
{
	static const uint64_t action[4]; /* the kernel's struct sigaction: SIG_DFL */

	for (int sig = 1; ignored; sig++, ignored >>= 1)
		if (ignored & 1)
			(void)sys(rt_sigaction, sig, action, 0, sizeof(uint64_t));
}

/* Namespaces that the joined user namespace owns can be joined only after it, others only before. */
static CHILD_CODE long join_all(struct request *r)
{
	uint64_t done = 0;

	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < r->n_joins; i++) {
			bool user = r->joins[i].flags == CLONE_NEWUSER;
			long e;

			if ((done >> i & 1) || (user && round == 0))
				continue;
			e = sys(setns, r->joins[i].fd, r->joins[i].flags);
			if (e == 0) {
				done |= 1ULL << i;
				if (user) /* now the rest */
					i = (size_t)-1;
			} else if (round == 1 || e != -EPERM) {
				r->failed_join = (int)i;
				return e;
			}
			if (user && e == 0 && take_root_ids() < 0)
				return -EPERM;
		}
	return 0;
}

/*
 * What the helper does for others, and the clone: a child that stays outside of the pid namespace that it joins does it itself,
 * since who is cloned after that is inside.
 */
static CHILD_CODE long enter_namespaces(struct request *r, struct sync_message *failed)
{
	const struct sync_message entered = { .step = SYNC_ENTERED };
	long e;

	if (r->drop_groups)
		(void)sys(setgroups, 0, 0);
	failed->op = SYNC_NO_OP_JOIN;
	e = join_all(r);
	failed->more = (uint32_t)r->failed_join;
	if (e < 0)
		return e;
	failed->op = SYNC_NO_OP_NAMESPACES;
	if (r->unshare)
		e = sys(unshare, r->unshare);
	/* New ids have taken it away. */
	if (e == 0)
		e = sys(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (e == 0)
		e = sys(write, r->sync, &entered, sizeof(entered));
	failed->op = SYNC_NO_OP_STAGE;
	return e < 0 ? e : 0;
}

#define FDS_MOST (1U << 20)

/* What our caller leaked to us goes no further (CVE-2024-21626): also where a filter forbids the call, or its flag. */
static CHILD_CODE long keep_from_exec(unsigned first)
{
	uint64_t limit[2] = { 0 };
	long e = sys(close_range, first, ~0U, CLOSE_RANGE_CLOEXEC);

	if (e == 0)
		return 0;
	e = sys(prlimit64, 0, RLIMIT_NOFILE, 0, limit);
	for (unsigned fd = first; fd < limit[0] && fd < FDS_MOST; fd++)
		(void)sys(fcntl, fd, F_SETFD, FD_CLOEXEC);
	return e;
}

static CHILD_CODE __attribute__((noreturn)) void child_main(void *request)
{
	struct request *r = request;
	static char arg0[] = "orlop", arg1[] = "init", *argv[] = { arg0, arg1, NULL },
		    *envp[] = { NULL };
	struct sync_message failed = { .step = SYNC_FAILED, .op = SYNC_NO_OP_STAGE };
	long e = sys(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

	if (e == 0 && r->enters_itself) {
		e = enter_namespaces(r, &failed);
	} else if (e == 0 && r->unshare) {
		e = sys(unshare, r->unshare);
		failed.op = e < 0 ? SYNC_NO_OP_NAMESPACES : SYNC_NO_OP_STAGE;
	}
	if (e == 0 && r->wait_mapped)
		e = wait_mapped(r->sync, r->other_end);
	if (e == 0)
		e = sys(dup3, r->sync, SYNC_FD, 0);
	reset_ignored(r->ignored);
	if (e >= 0)
		e = keep_from_exec(SYNC_FD + 1);
	if (e == 0)
		e = sys(execveat, r->stage, "", argv, envp, AT_EMPTY_PATH);
	failed.num = (int32_t)-e;
	(void)sys(write, r->sync, &failed, sizeof(failed));
	for (;;)
		(void)sys(exit_group, 1);
}

static CHILD_CODE long clone_child(struct request *r)
{
	return sys_clone3_call(&r->args, sizeof(r->args), child_main, r);
}

static CHILD_CODE __attribute__((noreturn)) void helper_main(void *request)
{
	struct request *r = request;
	long e;

	/* EPERM: an ordinary user cannot, and they are his own. */
	if (r->drop_groups)
		(void)sys(setgroups, 0, 0);
	e = join_all(r);

	if (e == 0 && r->become_root)
		e = take_root_ids();
	if (e == 0)
		e = clone_child(r);
	if (e < 0)
		r->error = (int)e;
	for (;;)
		(void)sys(exit_group, 0);
}

/* ---- our part ---- */

static long clone_helper(struct request *r, int *pidfd)
{
	/* The cgroup before the user namespace: inside it nobody may enter a cgroup of the host's. */
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FILES | CLONE_PIDFD | (r->args.flags & CLONE_INTO_CGROUP),
		.exit_signal = SIGCHLD,
		.pidfd = (uintptr_t)pidfd,
		.stack = (uintptr_t)shared.helper_stack,
		.stack_size = STACK_SIZE,
		.cgroup = r->args.cgroup,
	};

	r->args.flags &= ~(uint64_t)CLONE_INTO_CGROUP;
	return sys_clone3_call(&args, sizeof(args), helper_main, r);
}

/* It may be in the container's cgroup, which others can freeze. */
static int await_helper(pid_t helper, int pidfd, bool wait_for_thaw, struct error *err)
{
	struct stuck s = { 0 };
	const char *why = NULL;
	int r;

	do
		r = child_await(pidfd, STUCK_TICK);
	while (r == 0 && (wait_for_thaw || !(why = stuck_check(&s, helper))));
	if (r > 0) {
		(void)waitpid(helper, NULL, __WALL);
		return 0;
	}
	(void)sys_pidfd_send_signal(pidfd, SIGKILL);
	child_reap(helper, pidfd);
	if (r == 0)
		return stuck_fail(helper, why, err);
	return codef(err, r, "wait for the helper that joins the namespaces");
}

/* clone(2): the init of a pid namespace has ended, and nobody can come into it any more. */
static int clone_failed(const struct compiled *c, int num, struct error *err)
{
	for (size_t i = 0; num == -ENOMEM && i < c->n_joins; i++) {
		if (c->joins[i].flags != CLONE_NEWPID)
			continue;
		failf(err, ESRCH,
		      "join the pid namespace: the process that was its init has ended, so no other can be made in it");
		return spec_error(c->joins[i].origin, "path", err);
	}
	return codef(err, num, CLONE_FAILED);
}

static int spawn_joined(struct request *r, const struct compiled *c, bool wait_for_thaw,
			struct error *err)
{
	auto_(close_fd) int pidfd = -EBADF;
	long helper;
	int e;

	r->args.flags |= CLONE_PARENT;
	r->args.exit_signal = 0;
	helper = clone_helper(r, &pidfd);
	if (helper < 0)
		return codef(err, (int)helper, "clone");
	e = await_helper((pid_t)helper, pidfd, wait_for_thaw, err);
	if (e < 0 || r->pid)
		return e;
	if (r->error == 0)
		return failf(err, ECHILD, "the helper that joins the namespaces was killed");
	if (r->failed_join < 0)
		return clone_failed(c, r->error, err);
	return failure_of_join(c, (size_t)r->failed_join, r->error, err);
}

static const char *clone_words(const struct compiled *c, long error)
{
	if (error == -EACCES && c->forks_last)
		return "clone into the container's cgroup (may this user move a process there from the cgroup that the caller is in?)";
	if (error == -EPERM && c->new_userns && !c->enters_itself)
		return CLONE_FAILED " (the kernel refuses a user namespace to a caller in a chroot, and some hosts to all but root)";
	return c->forks_last ? "clone" : CLONE_FAILED;
}

static int spawn_plain(struct request *r, const struct compiled *c, struct error *err)
{
	long pid = clone_child(r);

	return pid < 0 ? codef(err, (int)pid, "%s", clone_words(c, pid)) : 0;
}

/* Who sends a record, by the kernel's word: a process of the container may have taken the socket from the one that the stage forks. */
static int watch(int sync, bool forks_last, struct error *err)
{
	const int on = 1;

	if (forks_last && setsockopt(sync, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return sysf(err, "ask for the senders on a socket");
	return handshake_watch(sync, err);
}

/*
 * Sealed, so that a container which finds it as /proc/PID/exe cannot change it (CVE-2019-5736). Not
 * readable: the kernel then lets nobody in a user namespace trace the stage (ptrace(2)); and of an owner
 * whom no user namespace knows, whose root could read it else. Only root can give it away.
 */
#define NOBODYS_ID 0xfffffffeU /* in no container's id mappings */

static int stage_file(bool owned_by_nobody, struct error *err)
{
	int fd = program_file("orlop-stage", 0111, stage_image,
			      (size_t)(stage_image_end - stage_image));

	if (fd < 0)
		return codef(err, fd, "file of the stage");
	if (owned_by_nobody && geteuid() == 0)
		(void)!fchownat(fd, "", NOBODYS_ID, NOBODYS_ID, AT_EMPTY_PATH);
	return fd;
}

/* The child puts its end at SYNC_FD: nothing it still needs may lie there. */
static int above_sync_fd(int *fd, struct error *err)
{
	int moved;

	if (*fd > SYNC_FD)
		return 0;
	moved = fcntl(*fd, F_DUPFD_CLOEXEC, SYNC_FD + 1);
	if (moved < 0)
		return sysf(err, "duplicate descriptor");
	close_fd(*fd);
	*fd = moved;
	return 0;
}

void child_replace(struct child *c, pid_t pid, int pidfd)
{
	c->stage = c->pid;
	c->stage_pidfd = c->pidfd;
	c->pid = pid;
	c->pidfd = pidfd;
}

void child_settle(struct child *c)
{
	/* As a rule it has ended long since. */
	if (c->stage > 0 && waitpid(c->stage, NULL, __WALL | WNOHANG) == 0)
		child_reap(c->stage, c->stage_pidfd);
	close_fd(c->stage_pidfd);
	c->stage = -1;
	c->stage_pidfd = -EBADF;
}

void child_done(struct child *c)
{
	close_fd(c->sync);
	if (c->pid > 0) {
		(void)sys_pidfd_send_signal(c->pidfd, SIGKILL);
		child_reap(c->pid, c->pidfd);
	}
	close_fd(c->pidfd);
	child_settle(c);
	*c = (struct child)CHILD_INIT;
}

static void fill_request(struct request *r, const struct compiled *c, int cgroup)
{
	*r = (struct request){
		.args = { .flags = (c->enters_itself ? 0 : c->clone_flags & ~c->unshare_flags) | CLONE_PIDFD |
				   CLONE_PARENT_SETTID,
			  .exit_signal = SIGCHLD,
			  .pidfd = (uintptr_t)&r->pidfd,
			  .parent_tid = (uintptr_t)&r->pid,
			  .stack = (uintptr_t)shared.child_stack,
			  .stack_size = STACK_SIZE },
		.unshare = c->enters_itself ? c->clone_flags : c->unshare_flags,
		.enters_itself = c->enters_itself,
		.wait_mapped = c->new_userns,
		.joins = c->joins,
		.n_joins = c->n_joins,
		.drop_groups = c->drop_groups,
		.failed_join = -1,
		.pidfd = -EBADF,
	};
	/* Who is in the namespaces that are joined sees the child at once: what it shares with us they could write to. */
	if (!c->new_userns && !c->n_joins)
		r->args.flags |= CLONE_VM;
	if (cgroup >= 0) {
		r->args.flags |= CLONE_INTO_CGROUP;
		r->args.cgroup = (uint64_t)cgroup;
	}
	for (size_t i = 0; i < c->n_joins; i++)
		r->become_root |= (c->joins[i].flags & CLONE_NEWUSER) &&
				  c->joins[i].flags != CLONE_NEWUSER;
}

int stage_spawn(const struct compiled *c, int cgroup, bool wait_for_thaw, struct child *ret,
		struct error *err)
{
	auto_(close_fd) int stage = stage_file(c->n_joins > 0 || c->forks_last, err);
	auto_(close_fd) int theirs = -EBADF;
	struct request *r = &shared.request;
	int ends[2], e;
	if (stage < 0)
		return stage;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sysf(err, "socketpair");
	ret->sync = ends[0];
	theirs = ends[1];
	if (above_sync_fd(&stage, err) < 0 || above_sync_fd(&theirs, err) < 0 ||
	    watch(ends[0], c->forks_last, err) < 0)
		return -err->num;
	fill_request(r, c, cgroup);
	r->ignored = self_status()->ignored;
	r->stage = stage;
	r->sync = theirs;
	r->other_end = ends[0];
	/*
	 * The child has a copy of our memory, while those whose namespaces it joins see it: they
	 * shall not trace it (CVE-2016-9962). An unprivileged caller could not write its id mappings then.
	 */
	if (c->n_joins && (!c->new_userns || geteuid() == 0))
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	e = c->n_joins && !c->enters_itself ? spawn_joined(r, c, wait_for_thaw, err) : spawn_plain(r, c, err);
	/* There may be a child although its helper was held: it is the caller's to end. */
	if (r->pid) {
		ret->pid = r->pid;
		ret->pidfd = r->pidfd;
	}
	return e;
}
