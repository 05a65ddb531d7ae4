/* SPDX-License-Identifier: Apache-2.0 */

/* A further process in a running container: a short plan that begins with setns() on init's pidfd. */

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/proc.h"
#include "container/exit.h"
#include "container/handle.h"
#include "launch/console.h"
#include "launch/limits.h"
#include "host/resctrl.h"
#include "launch/spawn.h"
#include "launch/streams.h"
#include "launch/tools_tree.h"
#include "lifecycle/host_program.h"
#include "lifecycle/join.h"
#include "lifecycle/others.h"
#include "lifecycle/start.h"
#include "lifecycle/steps.h"
#include "resolve/resolve.h"
#include "spec/objects.h"
#include "spec/spec.h"
#include "validate/validate.h"

struct execution {
	struct container *c;
	const struct exec_options *o;
	struct arena *arena;
	struct spec_doc *config_doc, *file;
	const struct resolved *config; /* resolve_existing() */
	struct spec_process process; /* with the options applied */
	struct cgroup *cgroup;
	uint64_t namespaces;         /* CLONE_NEW* of --ns; 0: all */
	int init;                    /* pidfd */
	struct compiled compiled;
	struct child child;
	struct handshake handshake;
	struct host_program program;
	int console;
	bool pid_file;               /* written */
	bool pids_limit_reached;     /* the container's pids limit is reached */
};

static void execution_done(struct execution *e)
{
	int *const last[] = { &e->console, &e->program.fd, &e->init };

	/* Nobody waits for its end any more. */
	if (e->child.pid <= 0)
		compiled_take_fd(&e->compiled, &e->child.sync);
	child_done(&e->child);
	foreach_array(fd, last)
		compiled_take_fd(&e->compiled, *fd);
	compiled_done(&e->compiled);
	spec_doc_free(e->file);
	spec_doc_free(e->config_doc);
	arena_free(e->arena);
}

static int check_status(struct execution *e, struct error *err)
{
	enum container_status status;
	int r = container_status(e->c, &status, err);

	if (r < 0)
		return r;
	if (status == STATUS_STOPPED)
		return exit_refuse(e->c, err);
	if (status == STATUS_CREATING)
		return failf(err, EINVAL, "cannot exec in a stopped container");
	if (status == STATUS_PAUSED && !e->o->ignore_paused)
		return failf(err, EINVAL,
			     "cannot exec in a paused container (use --ignore-paused to override)");
	e->init = container_init_pidfd(e->c, err);
	if (e->init == -ESRCH)
		return exit_refuse(e->c, err);
	return e->init < 0 ? e->init : 0;
}

/* ---- the process: a file, or the container's own with changes ---- */

static int add_environment(struct execution *e, struct error *err)
{
	struct spec_process *p = &e->process;
	const char **env = arena_array_of(e->arena, const char *, p->env.n + e->o->n_env + 1);

	if (!env)
		return failf(err, ENOMEM, "env: out of memory");
	for (size_t i = 0; i < p->env.n; i++)
		env[i] = p->env.v[i];
	for (size_t i = 0; i < e->o->n_env; i++) {
		const char *equals = strchr(e->o->env[i], '=');

		if (!equals || equals == e->o->env[i])
			return failf(err, EINVAL, "env: expected 'NAME=value', found '%s'",
				     e->o->env[i]);
		env[p->env.n + i] = e->o->env[i];
	}
	p->env.v = env;
	p->env.n += e->o->n_env;
	return 0;
}

/* To those of the config. */
static int add_groups(struct execution *e, struct error *err)
{
	struct spec_user *u = &e->process.user;
	size_t n = u->additional_gids.n, more = e->o->n_additional_gids;
	uint32_t *gids;

	if (!more)
		return 0;
	gids = arena_array_of(e->arena, uint32_t, n + more);
	if (!gids)
		return failf(err, ENOMEM, "additional gids: out of memory");
	for (size_t i = 0; i < n + more; i++)
		gids[i] = i < n ? u->additional_gids.v[i] : e->o->additional_gids[i - n];
	u->additional_gids.v = gids;
	u->additional_gids.n += more;
	return 0;
}

/* "UID[:GID]"; names are the caller's to resolve. */
static int set_user(struct execution *e, struct error *err)
{
	struct spec_user *u = &e->process.user;
	const char *text = e->o->user, *colon = text ? strchr(text, ':') : NULL;
	char *uid;

	if (text) {
		uid = arena_strndup(e->arena, text, colon ? (size_t)(colon - text) : strlen(text));
		if (!uid || parse_u32(uid, &u->uid) < 0 ||
		    (colon && parse_u32(colon + 1, &u->gid) < 0) || u->uid == UINT32_MAX ||
		    u->gid == UINT32_MAX)
			return failf(err, EINVAL, "user '%s': expected UID[:GID], both numbers", text);
	}
	return add_groups(e, err);
}

/*
 * Given capabilities are effective; ambient only for what the container's program inherits anyway. An unknown one
 * is left out, as of a config (P10).
 */
static int add_capabilities(struct execution *e, struct error *err)
{
	struct spec_capabilities *caps = arena_new_of(e->arena, struct spec_capabilities);
	uint64_t more = 0;

	if (!e->o->n_caps)
		return 0;
	if (!caps)
		return failf(err, ENOMEM, "capabilities: out of memory");
	if (e->process.capabilities)
		*caps = *e->process.capabilities;
	for (size_t i = 0; i < e->o->n_caps; i++) {
		const struct name *cap = names_find(names_capabilities.v, names_capabilities.n,
						    e->o->caps[i]);

		if (cap)
			more |= cap->value;
		else
			log_warn("ignoring unknown capability '%s'", e->o->caps[i]);
	}
	caps->bounding |= more;
	caps->effective |= more;
	caps->permitted |= more;
	caps->ambient |= more & caps->inheritable;
	e->process.capabilities = caps;
	return 0;
}

static int count_args(const char *const *args)
{
	int n = 0;

	while (args && args[n])
		n++;
	return n;
}

/* The program's name comes in front where it is of this host. */
static int set_args(struct execution *e, struct error *err)
{
	const struct exec_options *o = e->o;
	size_t n = (size_t)count_args(o->args);
	const char **args;

	e->process.args.v = (const char **)(uintptr_t)o->args;
	e->process.args.n = n;
	if (!o->host_program)
		return 0;
	args = arena_array_of(e->arena, const char *, n + 1);
	if (!args)
		return failf(err, ENOMEM, "args: out of memory");
	args[0] = o->host_program;
	for (size_t i = 0; i < n; i++)
		args[i + 1] = o->args[i];
	e->process.args.v = args;
	e->process.args.n = n + 1;
	return 0;
}

static int own_process(struct execution *e, struct error *err)
{
	const struct exec_options *o = e->o;
	int r;

	if (e->config->spec->process)
		e->process = *e->config->spec->process;
	else
		e->process.cwd = "/";
	e->process.json = NULL; /* what fails is not in that file */
	e->process.terminal = o->tty;
	e->process.no_new_privileges |= o->no_new_privs;
	if (!o->tty)
		e->process.console_size = NULL;
	if (o->cwd)
		e->process.cwd = o->cwd;
	if (o->apparmor)
		e->process.apparmor_profile = o->apparmor;
	if (o->process_label)
		e->process.selinux_label = o->process_label;
	r = set_args(e, err);
	if (r == 0)
		r = add_environment(e, err);
	if (r == 0)
		r = set_user(e, err);
	return r < 0 ? r : add_capabilities(e, err);
}

static int file_process(struct execution *e, struct error *err)
{
	int r = spec_load_process(AT_FDCWD, e->o->process_file, &e->file, err);

	if (r == 0)
		e->process = *e->file->process;
	if (r == 0 && e->o->tty)
		e->process.terminal = true;
	return r;
}

static int load(struct execution *e, struct error *err)
{
	int r = container_config(e->c, &e->config_doc, err);

	if (r == 0)
		r = resolve_existing(e->config_doc->spec, e->arena, &e->config, err);
	if (r == 0)
		r = e->o->process_file ? file_process(e, err) : own_process(e, err);
	if (r == 0 && e->o->host_program)
		r = host_program_open(e->o->host_program, &e->program, err);
	if (r < 0)
		return r;
	if (e->process.args.n == 0)
		return failf(err, EINVAL, "exec args cannot be empty: the command stands after the container's id");
	if (e->process.cwd[0] != '/')
		return failf(err, EINVAL, "cwd '%s' is not an absolute path", e->process.cwd);
	return resolve_terminal(&e->process, e->o->detach, e->o->console_socket, err);
}

/* ---- into the container ---- */

/*
 * Init's user namespace is the one that it was created in, or it has made a new one by itself and left the container's (there
 * is no way back). Then all its namespaces may be of its own making, and a program of the container's root would run in
 * them. Asked when we have entered them: what was right now was right then.
 */
static int check_user_namespace(struct execution *e, struct error *err)
{
	uint64_t wanted = e->c->state.user_namespace, inode = 0;
	int r = 0;

	/* Of a container that an older version has made it is not known. */
	if (!wanted && resolved_has_namespace(e->config, CLONE_NEWUSER))
		return 0;
	if (!wanted)
		r = proc_namespace(0, "user", &wanted);
	if (r == 0)
		r = proc_namespace(e->c->state.init.pid, "user", &inode);
	if (r < 0)
		return codef(err, r, "user namespace of the container's init");
	if (inode == wanted)
		return 0;
	return failf(err, EPERM,
		     "the container's init has left the user namespace that the container was created in: what it "
		     "calls its namespaces may not be the container's");
}

static int wanted_namespaces(struct execution *e, struct error *err)
{
	int r = e->o->namespaces ? join_parse_types("--ns", e->o->namespaces, &e->namespaces, err) : 0;

	if (r == 0 && e->namespaces && !(e->namespaces & CLONE_NEWPID))
		r = container_outlives_init(e->c, err);
	return r;
}

/* As the innermost of the pid namespaces that it is in numbers it. */
static int write_internal_pid(const struct execution *e, struct error *err)
{
	struct proc_signals s;
	int r;

	if (!e->o->internal_pid_file)
		return 0;
	r = proc_signals(e->child.pid, &s);
	if (r < 0)
		return codef(err, r, "pid file '%s'", e->o->internal_pid_file);
	return write_pid_file(e->o->internal_pid_file, s.ids[s.depth - 1], err);
}

/* Those of another container's rootfs, or a folder: that has a slash. 0: the root is the container's. */
static int open_tools(struct execution *e, struct error *err)
{
	bool user = resolved_has_namespace(e->config, CLONE_NEWUSER);
	auto_(container_free) struct container *other = NULL;
	const char *dir = e->o->tools;
	int r;

	if (!e->o->with_tools)
		return 0;
	if (dir && !strchr(dir, '/')) {
		r = container_load(e->c->rt, dir, &other, err);
		if (r == -ENOENT)
			return failf(err, ENOENT, "--tools '%s': no such container (a folder has a slash: './%s')",
				     dir, dir);
		if (r < 0)
			return r;
		dir = other->state.rootfs;
	}
	return tools_tree_open(dir, user ? e->init : -EBADF, err);
}

/* Descriptors that the plan takes, so they are made for each. */
static int open_for_plan(struct execution *e, struct compile_input *in, struct error *err)
{
	in->program = e->program.fd < 0 ? 0 : fcntl(e->program.fd, F_DUPFD_CLOEXEC, 3);
	if (in->program < 0)
		return sysf(err, "duplicate descriptor");
	in->tools = open_tools(e, err);
	return in->tools < 0 ? in->tools : 0;
}

static int compile(struct execution *e, struct error *err)
{
	int r = wanted_namespaces(e, err);
	struct compile_input in = {
		.resolved = e->config,
		.process = &e->process,
		.id = e->c->state.id,
		.keyring = e->c->state.keyring,
		.bundle = -EBADF,
		.cgroup = e->cgroup,
		.exec_cgroups = e->o->cgroups,
		.n_exec_cgroups = e->o->n_cgroups,
		.cache_dir = e->c->state.rootless ? NULL : "/run/orlop-seccomp",
		.exec = true,
		.no_cgroup_entry = e->pids_limit_reached,
		.rootless = e->c->state.rootless,
		.foreground = true,
		.preserve_fds = e->o->preserve_fds,
		.start_socket = -EBADF,
		.init_pidfd = e->init,
		.time_namespace = e->c->state.time_namespace,
		.exec_namespaces = e->namespaces,
		.hook_state = -EBADF,
		.start_hook_state = -EBADF,
		.hook_output = -EBADF,
	};

	if (r == 0)
		r = open_for_plan(e, &in, err);
	return r < 0 ? r : plan_compile(&in, &e->compiled, err);
}

static int enter_resctrl(struct execution *e, struct error *err)
{
	const struct spec_intel_rdt *rdt = e->config->spec->lnx.intel_rdt;
	struct resctrl fs = RESCTRL_INIT;
	int r;

	if (!rdt)
		return 0;
	r = resctrl_open(&fs, err);
	if (r == 0)
		r = resctrl_join(&fs, rdt, e->c->state.id, e->child.pid, err);
	resctrl_close(&fs);
	return r;
}

/* Where on v2, or NULL. */
static const char *sub_cgroup(const struct execution *e)
{
	return e->o->n_cgroups && cgroup_is_v2(e->cgroup) ? e->o->cgroups[0] : NULL;
}

static int clone_stage(struct execution *e, struct error *err)
{
	auto_(close_fd) int cgroup =
		e->pids_limit_reached ? -ENOENT :
			     cgroup_clone_fd(e->cgroup, sub_cgroup(e), e->c->state.init.pid, err);
	struct limits_cpus cpus;
	int r;

	if (cgroup < 0 && cgroup != -ENOENT)
		return cgroup;
	r = limits_initial_cpus(&e->process, &cpus, err);
	if (r < 0)
		return r;
	streams_give(e->config, &e->process);
	r = stage_spawn(&e->compiled, cgroup, e->o->ignore_paused, &e->child, err);
	limits_restore_cpus(&cpus);
	e->handshake = (struct handshake){
		.sync = e->child.sync,
		.pidfd = e->child.pidfd,
		.pid = e->child.pid,
		.wait_for_thaw = e->o->ignore_paused,
		.forks_last = true,
		.pids_limit_reached = r == -EAGAIN,
		.features = plan_features(e->compiled.plan),
		.plan = e->compiled.plan,
		.config = e->config,
		.process = &e->process,
	};
	return r;
}

static int spawn(struct execution *e, struct error *err)
{
	int r = clone_stage(e, err);

	if (r == 0 && !e->pids_limit_reached)
		r = cgroup_attach(e->cgroup, sub_cgroup(e), e->child.pid, err);
	if (r == 0)
		r = limits_raise(e->child.pid, &e->process, err);
	if (r == 0)
		r = enter_resctrl(e, err);
	return r < 0 ? r : handshake_send_table(&e->handshake, err);
}

/* By whom the process is from now on: it has the program's rights, and nothing of ours but the socket. */
static int await_fork(struct execution *e, struct error *err)
{
	int r = await_console(&e->handshake, &e->console, err);

	if (r == 0)
		r = handshake_await(&e->handshake, SYNC_CREATED, NULL, NULL, err);
	return r < 0 ? r : handshake_await_fork(&e->handshake, SYNC_FORKED, &e->child, err);
}

/*
 * A pids limit that is reached counts a clone in the cgroup, but not who comes from outside: then the process is forked beside
 * us, and moved. The kernel takes its time for that (cgroup.c), and the container can see it before it is there.
 */
static int fork_program(struct execution *e, struct error *err)
{
	static const STEP_OF(struct execution) steps[] = {
		{ compile, "plan" },
		{ spawn, "clone" },
		{ await_fork, "waiting for the stage" },
	};
	int r = steps_walk(steps, e, err);

	if (r == 0)
		return STEP_SKIPPED; /* each of the three has its time */
	if (e->pids_limit_reached || !e->handshake.pids_limit_reached)
		return r;
	child_done(&e->child);
	compiled_done(&e->compiled);
	close_fd(e->console);
	e->console = -EBADF;
	if (err)
		*err = (struct error)ERROR_INIT;
	e->pids_limit_reached = true;
	return fork_program(e, err);
}

/* In namespaces of init's own making anything may fail: that they are so is the reason. */
static int fork_or_explain(struct execution *e, struct error *err)
{
	struct error other = ERROR_INIT;
	int r = fork_program(e, err);

	if (r == 0 || check_user_namespace(e, &other) != -EPERM)
		return r;
	if (err)
		*err = other;
	return -EPERM;
}

static int move_into_cgroup(struct execution *e, struct error *err)
{
	if (!e->pids_limit_reached)
		return STEP_SKIPPED;
	return cgroup_take_in(e->cgroup, e->o->cgroups, e->o->n_cgroups, sub_cgroup(e), e->c->state.init.pid,
			      e->child.pid, err);
}

static int set_limits(struct execution *e, struct error *err)
{
	int r = limits_priorities(e->child.pid, &e->process, err);

	return r < 0 ? r : limits_oom_score(e->child.pid, &e->process, err);
}

/* The caller learns who it is: the terminal, files with its numbers, its pidfd. */
static int report_process(struct execution *e, struct error *err)
{
	int r = send_console(e->o->console_socket, &e->console, err);

	if (r == 0)
		r = write_internal_pid(e, err);
	if (r == 0)
		r = write_pid_file(e->o->pid_file, e->child.pid, err);
	e->pid_file = r == 0 && e->o->pid_file;
	if (r == 0)
		r = send_pidfd(e->o->pidfd_socket, e->child.pidfd, err);
	return r < 0 || !e->o->ready ? r : e->o->ready(err);
}

static int start(struct execution *e, struct error *err)
{
	return handshake_start(&e->handshake, &e->c->state, STATUS_RUNNING, e->child.pid, err);
}

static int find_cgroup(struct execution *e, struct error *err)
{
	return container_cgroup(e->c, &e->cgroup, err);
}

static int walk(struct execution *e, struct error *err)
{
	/* clang-format off */
	static const STEP_OF(struct execution) steps[] = {
		{ check_status,         "state" },
		{ load,                 "config" },
		{ find_cgroup,          "cgroup" },
		{ fork_or_explain,      "the process" },
		{ move_into_cgroup,     "into the cgroup" },
		{ check_user_namespace, "user namespace" },
		{ set_limits,           "limits" },
		{ report_process,       "console and pid" },
		{ start,                "start" },
	};
	/* clang-format on */

	return steps_walk(steps, e, err);
}

/* What the kernel has refused to execute in a container, looked up in its root. */
static void explain_program(const struct execution *e, struct error *err)
{
	auto_(close_fd) int root = -EBADF;
	auto_str why = STR_INIT;
	char path[64];
	size_t n = err ? strlen(err->msg) : 0;

	if (!err || !strstr(err->msg, "exec") || !e->process.cwd || e->o->host_program)
		return;
	snprintf(path, sizeof(path), "/proc/%d/root", (int)e->c->state.init.pid);
	root = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || !(err->alone || (err->num == EACCES && strstr(err->msg, "exec: "))))
		return;
	program_explain(root, &e->process, &why);
	if (why.n)
		(void)snprintf(err->msg + n, sizeof(err->msg) - n, " (%s)", str_text(&why));
}

int container_exec(struct container *c, const struct exec_options *o,
		   struct container_process *process, struct error *err)
{
	struct execution e = {
		.c = c,
		.o = o,
		.arena = arena_new(),
		.init = -EBADF,
		.child = CHILD_INIT,
		.console = -EBADF,
		.program = HOST_PROGRAM_INIT,
	};
	struct error late = ERROR_INIT;
	int r = e.arena ? walk(&e, err) : failf(err, ENOMEM, "exec: out of memory");

	/* ENOMEM or ESRCH of a kernel that only means to say: too late. */
	if (r < 0 && e.init >= 0 && exit_refuse(c, &late) < 0) {
		r = -late.num;
		if (err)
			*err = late;
	}
	if (r < 0)
		explain_program(&e, err);
	if (r < 0 && o->host_program)
		r = host_program_explain(&e.program, err);
	/* It would name a process that is none, or soon somebody else's. */
	if (r < 0 && e.pid_file)
		(void)unlink(o->pid_file);
	if (r == 0) {
		process->pid = e.child.pid;
		process->pidfd = take_fd(e.child.pidfd);
		process->console = take_fd(e.console);
		e.child.pid = -1;
	}
	execution_done(&e);
	return r;
}
