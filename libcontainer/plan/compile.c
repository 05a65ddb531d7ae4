/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/compile.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>

#include "base/macros.h"
#include "base/timings.h"
#include "plan/pass.h"

struct pass {
	pass_fn *run;
	const char *name; /* for --timings */
};

/* clang-format off */
/* THE ORDER of what the child does. */
static const struct pass create_passes[] = {
	/* first: all that follows is accounted to the container */
	{ pass_cgroup,        "cgroup" },
	{ pass_namespaces,    "namespaces" },
	{ pass_root,          "root" },
	{ pass_mounts,        "mounts" },
	{ pass_devices,       "devices" },
	{ pass_process_early, "session, keyring" },
	/* see the mounts; their paths are the host's */
	{ pass_create_hooks,  "createContainer hooks" },
	/* processes that are made from here on are seen by those who are in it */
	{ pass_joined_pids,   "pid namespace" },
	/* needs the session, /dev/pts; after the hooks as in sync.def */
	{ pass_console,       "console" },
	/* with the host's /dev/null, so before the pivot */
	{ pass_masks,         "masked and read-only paths" },
	/* nothing is made in the root from here on */
	{ pass_seal_mounts,   "read-only mounts" },
	{ pass_enter_root,    "pivot" },
	{ pass_system,        "hostname, sysctl" },
	/* to fail early */
	{ pass_memory_policy, "memory policy" },
	/* ids, capabilities, ...: rights are gone from here on */
	{ pass_process,       "process" },
	/* waits for START */
	{ pass_created,       "created, waiting for start" },
	/* by the limits as they are now */
	{ pass_memory_policy, "memory policy" },
	/* the filter is the last of what makes the program's process */
	{ pass_program,       "environment, filter" },
	/* as the program runs, and so in the filter, as runc has it */
	{ pass_start_hooks,   "startContainer hooks" },
	{ pass_exec,          NULL },
};

/* The stage executes it in the host's pid namespace up to the fork: see nsexec/op_fork.c. */
static const struct pass exec_passes[] = {
	{ pass_cgroup,          "cgroup" },
	{ pass_exec_namespaces, "namespaces" },
	{ pass_process_early,   "keyring" },
	{ pass_console,         "console" },
	{ pass_tools,           "tools" },
	{ pass_memory_policy,   "memory policy" },
	{ pass_process,         "process" },
	{ pass_fork,           "program, fork" },
	{ pass_exec,            NULL },
};
/* Mounts that come later. */
static const struct pass live_passes[] = {
	{ pass_live_namespaces, "namespaces" },
	{ pass_mounts,          "mounts" },
	{ pass_seal_mounts,     "read-only mounts" },
	{ pass_live_end,        NULL },
};
/* clang-format on */

void compiled_done(struct compiled *c)
{
	for (size_t i = 0; i < c->n_joins; i++)
		close_fd(c->joins[i].fd);
	for (size_t i = 0; i < c->n_sources; i++)
		close_fd(c->sources[i].userns);
	if (c->plan) {
		close_fd(c->mount_ns);
		close_fd(c->host_root);
	}
	plan_builder_free(c->plan);
	*c = (struct compiled){ 0 };
}

void compiled_take_fd(struct compiled *c, int *fd)
{
	if (*fd >= 0 && !(c->plan && plan_close_later(c->plan, *fd)))
		close_fd(*fd);
	*fd = -EBADF;
}

void compile_dir(struct compile *c, const char *path)
{
	if (!c->dir || !streq(c->dir, path))
		plan_add_s(c->b, PLAN_DIR, path, NULL);
	c->dir = path;
}

char *compile_parent(const struct compile *c, const char *path)
{
	size_t n = (size_t)(path_last(path) - path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return n ? arena_strndup(c->arena, path, n) : arena_strdup(c->arena, "/");
}

int compile_proc(struct compile *c, struct error *err)
{
	auto_(close_fd) int fd = -EBADF;
	struct statfs fs;

	if (c->proc >= 0)
		return c->proc;
	fd = openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return sysf(err, "open /proc");
	if (fstatfs(fd, &fs) < 0)
		return sysf(err, "statfs /proc");
	if (fs.f_type != PROC_SUPER_MAGIC)
		return failf(err, ENODEV, "/proc is not a procfs: mount one there");
	c->proc = plan_take_fd(c->b, take_fd(fd));
	return c->proc;
}

int compile_proc_write(struct compile *c, const char *path, const char *text, struct error *err)
{
	int proc = compile_proc(c, err);

	if (proc < 0)
		return proc;
	plan_add_s(c->b, PLAN_PROC_WRITE, path, text)->fd = proc;
	return 0;
}

/* What a pass added takes until here; `file` is the index of the file for the times, or -1. */
static void add_time(struct compile *c, int file, const char *phase)
{
	int place = file >= 0 && phase ? timings_stage_phase(phase) : -1;
	struct plan_op *op;

	/* The forked process has not the file. */
	if (place < 0 || (c->after_fork && c->in->exec))
		return;
	plan_origin(c->b, NULL, NULL);
	op = plan_add(c->b, PLAN_TIME);
	op->fd = file;
	op->x = (uint64_t)place;
}

static int add_time_file(struct compile *c, struct error *err)
{
	int fd;

	if (!timings_wanted())
		return -1;
	fd = timings_stage_file();
	if (fd >= 0)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? sysf(err, "file for --timings") : plan_take_kept_fd(c->b, fd);
}

static int run_passes(struct compile *c, struct error *err)
{
	const struct pass *pass = c->in->live ? live_passes : c->in->exec ? exec_passes : create_passes;
	size_t n = c->in->live ? ARRAY_SIZE(live_passes)
		: c->in->exec  ? ARRAY_SIZE(exec_passes)
			       : ARRAY_SIZE(create_passes);
	int time_file;

	if (compile_take_preserved(c, err) < 0)
		return -err->num;
	if (c->in->exec && c->in->program > 0)
		c->program = plan_take_kept_fd(c->b, c->in->program);
	time_file = add_time_file(c, err);
	if (time_file < -1)
		return time_file;
	add_time(c, time_file, "start of the stage");
	for (size_t i = 0; i < n; i++) {
		int r;

		plan_origin(c->b, NULL, NULL);
		r = pass[i].run(c, err);
		if (r < 0)
			return r;
		add_time(c, time_file, pass[i].name);
	}
	return 0;
}

int plan_compile(const struct compile_input *in, struct compiled *ret, struct error *err)
{
	auto_compiled out = { .plan = plan_builder_new(), .mount_ns = -EBADF, .host_root = -EBADF,
			     .forks_last = in->exec };
	auto_(arena_free) struct arena *arena = arena_new();
	struct compile c = {
		.in = in,
		.spec = in->resolved->spec,
		.resolved = in->resolved,
		.process = in->process,
		.out = &out,
		.b = out.plan,
		.arena = arena,
		.proc = -1,
		.joined_pids = -1,
		.program = -1,
		.forks_last = in->exec,
	};
	int r;

	if (!out.plan || !arena)
		return failf(err, ENOMEM, "plan: out of memory");
	r = run_passes(&c, err);
	seccomp_program_done(&c.filter);
	if (r < 0)
		return r;
	if (plan_seal(out.plan, err) < 0)
		return -err->num;
	*ret = out;
	out = (struct compiled){ 0 };
	return 0;
}

int compiled_joined(const struct compiled *c, uint64_t type)
{
	const struct plan *p = plan_blob(c->plan);
	size_t n_fds;
	const int *fds = plan_fd_table(c->plan, &n_fds);

	for (size_t i = 0; i < c->n_joins; i++)
		if (c->joins[i].flags == type)
			return c->joins[i].fd;
	for (uint32_t i = 0; i < p->ops.n; i++) {
		const struct plan_op *op = &plan_ops(p)[i];

		if (op->code == PLAN_SETNS && op->x == type)
			return fds[op->fd];
	}
	return -ENOENT;
}
