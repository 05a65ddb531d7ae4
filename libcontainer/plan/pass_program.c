/* SPDX-License-Identifier: Apache-2.0 */

/* The program: the wait for START, its environment, descriptors and filter, the fork and the execve. */

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/program_file.h"
#include "base/str.h"
#include "plan/pass.h"
#include "security/seccomp_learn.h"

/* ---- waiting for START ---- */

/* Of those whose default it is to end a process, as a set of the kernel's. */
static uint64_t ending_signals(void)
{
	static const int others[] = { SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP,
				      SIGTTIN, SIGTTOU, SIGURG,  SIGWINCH };
	uint64_t set = ~UINT64_C(0);

	foreach_array(sig, others)
		set &= ~(UINT64_C(1) << (*sig - 1));
	return set;
}

/* Elsewhere the kernel does it. */
static bool is_pid_1(const struct compile *c)
{
	return resolved_makes_namespace(c->resolved, CLONE_NEWPID);
}

static int add_fork(struct compile *c, struct error *err);
static bool is_found_early(const struct compile *c);

int pass_created(struct compile *c, struct error *err)
{
	const bool waits = c->in->start_socket >= 0;
	struct plan_op *accept;
	int socket, r;

	/* Clients show what create says; of start's failure some tell the status only. */
	if (c->process && is_found_early(c)) {
		plan_origin(c->b, c->process->json, "args");
		plan_add(c->b, PLAN_FIND_EXEC);
		plan_origin(c->b, NULL, NULL);
	}
	plan_add(c->b, PLAN_CLOSE_REST)->x = c->forks_last;
	/*
	 * From here on end of file tells of the runtime's death; its normal exit must not kill. Without who answers for its
	 * filter a program cannot even end itself.
	 */
	plan_add(c->b, PLAN_PDEATHSIG)->x = c->in->learns ? SIGKILL : 0;
	/* Before `create` can return: what is sent right after it waits until it is read. */
	if (waits && is_pid_1(c))
		plan_add(c->b, PLAN_SIGNALS)->x = UINT64_MAX;
	plan_add(c->b, PLAN_SYNC)->x = SYNC_CREATED;
	r = c->forks_last ? add_fork(c, err) : 0;
	if (r < 0)
		return r;
	if (!waits) {
		plan_add(c->b, PLAN_SYNC)->x = SYNC_START;
		return 0;
	}
	plan_feature(c->b, WITH_START_SOCKET);
	plan_add(c->b, PLAN_SYNC)->x = SYNC_KEPT;
	socket = plan_take_kept_fd(c->b, c->in->start_socket);
	accept = plan_add(c->b, PLAN_ACCEPT);
	accept->fd = socket;
	accept->x = is_pid_1(c) ? ending_signals() : 0;
	return 0;
}

/* ---- the program ---- */

static const char *env_value(const struct spec_process *p, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = p->env.n; i-- > 0;)
		if (strncmp(p->env.v[i], name, n) == 0 && p->env.v[i][n] == '=')
			return p->env.v[i] + n + 1;
	return NULL;
}

/* Is there a later entry for the same variable? */
static bool is_overridden(const struct spec_process *p, size_t i)
{
	size_t n = strcspn(p->env.v[i], "=");

	for (size_t j = i + 1; j < p->env.n; j++)
		if (strncmp(p->env.v[i], p->env.v[j], n) == 0 && p->env.v[j][n] == p->env.v[i][n] &&
		    p->env.v[i][n] == '=')
			return true;
	return false;
}

/* Known to the process itself: it may share its pid namespace with others. */
static void add_listen_pid(struct compile *c)
{
	plan_add(c->b, PLAN_LISTEN_PID)->x = c->in->init ? 2 : 1;
}

/* The last entry of a variable counts; systemd's two are ours to give (sd_listen_fds(3)). */
static int make_environment(struct compile *c, struct plan_span *ret)
{
	const struct spec_process *p = c->process;
	const char **env = arena_array_of(c->arena, const char *, p->env.n + 3);
	const char *home = env_value(p, "HOME");
	size_t n = 0;

	if (!env)
		return -ENOMEM;
	for (size_t i = 0; i < p->env.n; i++) {
		bool empty_home = home && !*home && starts_with(p->env.v[i], "HOME=");

		if (!empty_home && !is_overridden(p, i))
			env[n++] = p->env.v[i];
	}
	if (c->in->listen_fds)
		env[n++] = arena_printf(c->arena, "LISTEN_FDS=%u", c->in->listen_fds);
	if (c->in->notify)
		env[n++] = "NOTIFY_SOCKET=" NOTIFY_INSIDE;
	if (!home || !*home)
		plan_add(c->b, PLAN_HOME)->x = p->user.uid;
	if (c->in->listen_fds && !c->in->init)
		add_listen_pid(c);
	*ret = plan_strings(c->b, env, n);
	return 0;
}

/* execvp(3): a name without a slash is looked for along PATH, and an empty entry is the directory. */
static int program_candidates(struct compile *c, struct plan_span *ret)
{
	const char *name = c->process->args.v[0], *path = env_value(c->process, "PATH");
	const char **list;
	char *copy, *dir;
	size_t n = 0, room = 1;

	if (strchr(name, '/') || !*name) {
		*ret = plan_strings(c->b, &name, 1);
		return 0;
	}
	copy = arena_strdup(c->arena, path ? path : RESOLVE_DEFAULT_PATH);
	for (const char *at = copy; at && *at; at++)
		room += *at == ':';
	list = arena_array_of(c->arena, const char *, room);
	if (!copy || !list)
		return -ENOMEM;
	while ((dir = strsep(&copy, ":"))) {
		list[n] = arena_printf(c->arena, "%s/%s", *dir ? dir : ".", name);
		if (!list[n++])
			return -ENOMEM;
	}
	*ret = plan_strings(c->b, list, n);
	return 0;
}

/*
 * Descriptors of the caller's: all of ours are close-on-exec. Their places in the fd table are those of their numbers, so
 * a gap among them is filled by another one: then no placement hits a number that is still in use (plan_check.c).
 */
static bool is_callers(unsigned number)
{
	int flags = fcntl((int)number, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

int compile_take_preserved(struct compile *c, struct error *err)
{
	struct rlimit limit = { 0 };
	unsigned end = 0, any = 0, n = c->in->preserve_fds, closed = n;

	if (!n || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	for (unsigned i = 0; i < n && i + 3 < limit.rlim_cur; i++)
		if (is_callers(i + 3)) {
			any = i + 3;
			end = i + 1;
		} else if (closed == n) {
			closed = i;
		}
	if (closed < n)
		log_warn("--preserve-fds %u: descriptor %u is not open, and so not passed on", n,
			 closed + 3);
	c->preserved = arena_array_of(c->arena, int, end);
	if (end && !c->preserved)
		return failf(err, ENOMEM, "--preserve-fds: out of memory");
	for (unsigned i = 0; i < end; i++) {
		bool there = is_callers(i + 3);
		int fd = fcntl((int)(there ? i + 3 : any), F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			return sysf(err, "--preserve-fds: descriptor %u", i + 3);
		fd = plan_take_kept_fd(c->b, fd);
		c->preserved[i] = there ? fd : -1;
	}
	c->n_preserved = end;
	return 0;
}

/* The first number that is not the program's: of those in front of it some may be closed. */
static unsigned placed_end(const struct compile *c)
{
	return 3 + c->n_preserved + (c->program >= 0);
}

static void place_preserved(struct compile *c)
{
	if (placed_end(c) > 3)
		plan_add(c->b, PLAN_SYNC_MOVE)->x = placed_end(c);
	for (unsigned i = 0; i < c->n_preserved; i++) {
		struct plan_op *op;

		/* One that is closed there is a hole, and not one of ours. */
		op = plan_add(c->b, PLAN_FD_PLACE);
		op->fd = c->preserved[i];
		op->x = 3 + i;
	}
	if (c->program >= 0) {
		struct plan_op *op = plan_add(c->b, PLAN_FD_PLACE);

		op->fd = c->program;
		op->x = placed_end(c) - 1;
		op->y = O_CLOEXEC;
	}
}

/* Where errors of the filter lie: a run that learns may have none in its config. */
static void filter_origin(struct compile *c)
{
	plan_origin(c->b, c->spec->lnx.seccomp ? c->spec->lnx.seccomp->json : NULL, NULL);
}

int compile_filter(struct compile *c, struct error *err)
{
	int r;

	if (c->filter_loaded || !(c->spec->lnx.seccomp || c->in->learns))
		return 0;
	filter_origin(c);
	r = c->in->learns
		? seccomp_learning_program(&c->filter, err)
		: seccomp_compile(c->spec->lnx.seccomp, c->in->cache_dir, &c->filter, err);
	if (r < 0)
		return r;
	c->filter_loaded = true;
	return 0;
}

static int add_seccomp(struct compile *c, struct error *err)
{
	struct plan_op *op;
	int r = compile_filter(c, err);

	if (r < 0)
		return r;
	if (c->filter.count == 0) /* nothing is forbidden */
		return 0;
	if (plan_bpf(c->b, c->filter.bpf, c->filter.count) < 0)
		return failf(err, ENOMEM, "seccomp: out of memory");
	filter_origin(c);
	op = plan_add(c->b, PLAN_SECCOMP);
	op->x = c->filter.flags;
	if (c->filter.notify) {
		plan_feature(c->b, WITH_LISTENER);
		/* TSYNC and a listener exclude each other; there is one thread. */
		op->x &= ~(uint64_t)SECCOMP_FILTER_FLAG_TSYNC;
	}
	return 0;
}

static void add_rlimits(struct compile *c)
{
	const struct rlimit *nofile = c->in->nofile;
	struct plan_op *op;

	if (nofile) {
		op = plan_add(c->b, PLAN_RLIMIT);
		op->x = RLIMIT_NOFILE;
		op->y = nofile->rlim_cur;
		op->z = nofile->rlim_max;
	}
	foreach_list(l, &c->process->rlimits) {
		plan_origin(c->b, l->json, NULL);
		op = plan_add(c->b, PLAN_RLIMIT);
		op->x = (uint64_t)l->type;
		op->y = l->soft;
		op->z = l->hard;
	}
}

extern const char init_image[], init_image_end[];

/* Readable, unlike the stage: whoever may trace the container's other processes may join the namespaces of pid 1. */
static int add_init(struct compile *c, struct error *err)
{
	int fd;

	if (!c->in->init)
		return 0;
	/* cppcheck-suppress comparePointers ; both are the assembler's, of one section */
	fd = program_file("orlop-init", 0555, init_image, (size_t)(init_image_end - init_image));
	if (fd < 0)
		return codef(err, fd, "file of --init");
	fd = plan_take_kept_fd(c->b, fd);
	plan_add(c->b, PLAN_INIT)->fd = fd;
	if (c->in->listen_fds)
		add_listen_pid(c);
	return 0;
}

static int add_program(struct compile *c, struct error *err)
{
	const struct spec_process *p = c->process;
	struct plan_span paths, argv, envp;
	int r;

	plan_origin(c->b, p->json, "env");
	r = make_environment(c, &envp);
	plan_origin(c->b, p->json, "args");
	if (r == 0)
		r = program_candidates(c, &paths);
	if (r < 0)
		return failf(err, ENOMEM, "process: out of memory");
	argv = plan_strings(c->b, p->args.v, p->args.n);
	plan_exec(c->b, paths, argv, envp);
	return 0;
}

/* What hooks in the container have as well: the environment, the limits, the filter. */
int pass_program(struct compile *c, struct error *err)
{
	int r;

	if (!c->process)
		return 0;
	r = add_program(c, err);
	if (r < 0)
		return r;
	place_preserved(c);
	plan_add(c->b, PLAN_SIGNALS);
	add_rlimits(c);
	return c->filter_early ? 0 : add_seccomp(c, err);
}

/* "/proc/self" is somebody else before the fork, or nobody: the execve will tell. */
static bool is_found_early(const struct compile *c)
{
	return c->program < 0 && (!c->forks_last || !starts_with(c->process->args.v[0], "/proc/"));
}

/* The stage's last act, with what comes right before it, and the first of what is forked. */
static int add_fork(struct compile *c, struct error *err)
{
	struct plan_op *op;

	c->after_fork = true;
	if (c->filter_early) {
		int r = add_seccomp(c, err);

		if (r < 0)
			return r;
		plan_origin(c->b, c->process->json, "capabilities");
		op = plan_add(c->b, PLAN_CAPS);
		op->x = c->caps.effective;
		op->y = c->caps.permitted;
		op->z = c->caps.inheritable;
	}
	plan_origin(c->b, NULL, NULL);
	plan_add(c->b, PLAN_FORK)->y = SYNC_FORKED;
	plan_feature(c->b, WITH_FORK);
	plan_add(c->b, PLAN_SETSID);
	if (c->process->terminal)
		plan_add(c->b, PLAN_TERMINAL);
	return 0;
}

/*
 * All that takes a right, or is known before, is done; then the process is forked that the container sees. It sets its resource
 * limits itself: the stage's clone could fail of them.
 */
int pass_fork(struct compile *c, struct error *err)
{
	int r = add_program(c, err);

	if (r < 0)
		return r;
	if (is_found_early(c))
		plan_add(c->b, PLAN_FIND_EXEC);
	plan_origin(c->b, NULL, NULL);
	plan_add(c->b, PLAN_SIGNALS);
	place_preserved(c);
	plan_add(c->b, PLAN_CLOSE_OTHERS)->x = placed_end(c);
	plan_add(c->b, PLAN_SYNC)->x = SYNC_CREATED;
	r = add_fork(c, err);
	if (r < 0)
		return r;
	add_rlimits(c);
	plan_origin(c->b, NULL, NULL);
	plan_add(c->b, PLAN_SYNC)->x = SYNC_START;
	return c->filter_early ? 0 : add_seccomp(c, err);
}

int pass_exec(struct compile *c, struct error *err)
{
	struct plan_op *op;
	int r;

	if (!c->process)
		return 0;
	r = add_init(c, err);
	if (r < 0)
		return r;
	plan_origin(c->b, c->process->json, "args");
	op = plan_add(c->b, PLAN_EXEC);
	if (c->program >= 0)
		op->x = placed_end(c) - 1;
	return 0;
}
