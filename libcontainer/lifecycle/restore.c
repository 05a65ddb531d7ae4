/* SPDX-License-Identifier: Apache-2.0 */

/*
 * restore: as `create`, but what CRIU reads from the images takes the place of the stage. CRIU runs in the container's
 * cgroup and in a mount namespace of its own, in which the root is a mount; the restored init becomes our child. What
 * the config says of cgroups, bind mounts, namespaces by path, hooks and streams is done; what it says of the process is
 * what the image has.
 */

#include "lifecycle/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/sys.h"
#include "base/timings.h"
#include "base/proc.h"
#include "launch/cgroup_owner.h"
#include "launch/console.h"
#include "launch/hooks.h"
#include "launch/limits.h"
#include "host/notify.h"
#include "lifecycle/checkpoint.h"
#include "lifecycle/others.h"
#include "lifecycle/start.h"
#include "spec/spec.h"
#include "store/store.h"

#define LOOPBACK_SECONDS 10

static void report_phase(const struct restoration *r, const char *phase)
{
	const struct checkpoint_progress p = { .phase = phase };

	if (r->o->common.watcher)
		r->o->common.watcher(r->o->common.watcher_data, &p);
}

/* ---- the images ---- */

static int open_images(struct restoration *r, struct error *err)
{
	int ret = checkpoint_dirs_open(&r->o->common, false, &r->dirs, err);
	struct stat st;

	if (ret < 0)
		return ret;
	if (fstatat(r->dirs.images, "inventory.img", &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size == 0)
		return failf(err, ENOENT, "there is no checkpoint in '%s': inventory.img is missing or empty",
			     r->o->common.image_path ? r->o->common.image_path : "checkpoint");
	ret = manifest_check_files(r->dirs.images, err);
	if (ret < 0)
		return ret;
	ret = manifest_read(r->dirs.images, r->c.doc->arena, &r->manifest, err);
	if (ret < 0)
		return ret;
	r->m = ret > 0 ? &r->manifest : NULL;
	ret = streams_read(r->dirs.images, &r->streams, err);
	if (ret < 0 || !r->m)
		return ret;
	if (r->m->containers > 1 && !r->pod)
		return failf(err, EINVAL, "the checkpoint is of a pod of %zu containers: restore --pod", r->m->names.n);
	ret = manifest_check_images(r->m, r->dirs.images, err);
	return ret < 0 ? ret : manifest_check_config(r->m, r->c.resolved, err);
}

/* ---- the request ---- */

static int add_cgroup_roots(struct restoration *r, struct error *err)
{
	struct str text = STR_IN(r->c.doc->arena);
	char path[64], *rest;

	if (cgroup_is_none(r->c.cgroup))
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)criu_pid(r->criu));
	if (file_read_at(AT_FDCWD, path, 65536, &text) < 0 || !text.n)
		return sysf(err, "cgroups of CRIU");
	rest = text.s;
	while (rest && *rest) {
		char *line = strsep(&rest, "\n");
		char *controllers = strchr(line, ':'), *place = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!place)
			continue;
		*place = 0;
		criu_pair(&r->request, "cg_root", controllers + 1, place + 1);
	}
	return 0;
}

static int make_request(struct restoration *r, struct error *err)
{
	const struct external_restore outside = {
		.spec = r->c.spec,
		.config = r->c.resolved,
		.m = r->m,
		.streams = &r->streams,
		.cgroup = r->c.cgroup,
		.bundle = r->c.bundle,
		.images = r->dirs.images,
		.dir = r->c.dir,
		.rootfs = r->c.rootfs,
		.arena = r->c.doc->arena,
		.fds = &r->fds,
		.request = &r->request,
	};
	int ret;

	criu_request(&r->request, CRIU_RESTORE);
	ret = checkpoint_request(&r->o->common, &r->dirs, r->c.resolved->criu_config, &r->request, err);
	if (ret < 0)
		return ret;
	criu_field(&r->request, "root", r->c.rootfs);
	criu_flag(&r->request, "rst_sibling", true);
	criu_flag(&r->request, "evasive_devices", true);
	criu_flag(&r->request, "tcp_close", r->o->tcp_close);
	if (r->o->lsm_profile)
		criu_field(&r->request, "lsm_profile", r->o->lsm_profile);
	if (r->o->lsm_mount_context)
		criu_field(&r->request, "lsm_mount_context", r->o->lsm_mount_context);
	ret = external_restore_namespaces(&outside, err);
	if (ret == 0)
		ret = external_restore_mounts(&outside, err);
	return ret < 0 ? ret : external_restore_streams(&outside, err);
}

static int start_criu(struct restoration *r, struct error *err)
{
	const struct resolved_namespace *user = resolved_namespace_of(r->c.resolved, CLONE_NEWUSER);
	const struct criu_start start = {
		.images = r->dirs.images,
		.work = r->dirs.work,
		.root = r->c.rootfs,
		.root_readonly = r->c.resolved->readonly_root,
		.userns = user && !user->path,
		.cgroup = cgroup_is_none(r->c.cgroup) ? NULL : r->c.cgroup,
		.inherit = r->fds.fds,
		.n_inherit = r->fds.n,
		.keep_group = r->o->common.shell_job,
	};
	int ret = criu_open(&start, &r->criu, err);

	if (ret == 0)
		ret = criu_version(r->criu, CRIU_LEAST, &r->version, err);
	timings_mark("criu's start");
	if (ret == 0 && r->m)
		ret = manifest_check_host(r->m, r->version, err);
	return ret < 0 ? ret : add_cgroup_roots(r, err);
}

/* ---- what CRIU tells on the way ---- */

static int run_hooks(struct restoration *r, pid_t pid, struct error *err)
{
	static const enum spec_hook_kind kinds[] = { HOOK_PRESTART, HOOK_CREATE_RUNTIME };
	auto_str text = STR_INIT;
	int ret = 0;

	if (!r->c.spec->hooks)
		return 0;
	r->c.hooks_ran = true;
	if (container_oci_state(&r->c.state, STATUS_CREATING, pid, &text) < 0)
		return failf(err, ENOMEM, "state for hooks: out of memory");
	foreach_array(kind, kinds)
		ret = ret < 0 ? ret
			      : hooks_run(r->c.spec->hooks, *kind, r->c.bundle_path, str_text(&text), false, err);
	return ret;
}

/* In a child: the network namespace that it enters is not ours. */
static void raise_loopback(int ns)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd;

	if (setns(ns, CLONE_NEWNET) < 0)
		_exit(1);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		_exit(1);
	request.ifr_flags |= IFF_UP | IFF_RUNNING;
	_exit(ioctl(fd, SIOCSIFFLAGS, &request) < 0);
}

/* A new network namespace is empty, as that of `create`: devices come from hooks and engines, but for this one. */
static int loopback_up(struct restoration *r, pid_t pid, struct error *err)
{
	auto_(close_fd) int ns = -EBADF;
	char path[64];
	int status = 0, ret;
	pid_t child;

	if (!resolved_makes_namespace(r->c.resolved, CLONE_NEWNET))
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	ns = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	child = ns < 0 ? -1 : fork();
	if (child == 0)
		raise_loopback(ns);
	if (child < 0)
		return sysf(err, "network namespace of the restored container");
	ret = child_wait(child, LOOPBACK_SECONDS, &status);
	if (ret < 0 || status)
		log_warn("the restored container's loopback device could not be set up");
	return 0;
}

static int on_namespaces(struct restoration *r, pid_t pid, int fd, struct error *err)
{
	int ret = loopback_up(r, pid, err);

	(void)fd;
	return ret < 0 ? ret : run_hooks(r, pid, err);
}

static int on_terminal(struct restoration *r, pid_t pid, int fd, struct error *err)
{
	(void)pid;
	if (fd < 0)
		return failf(err, EPROTO, "criu: the terminal's master is missing");
	if (r->o->create.console_socket)
		return socket_send_fd(r->o->create.console_socket, fd, "/dev/ptmx", err);
	if (r->c.console >= 0)
		return 0;
	r->c.console = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return r->c.console < 0 ? sysf(err, "duplicate descriptor") : 0;
}

/* CRIU may make one to go on with the clocks of the dump; an exec must be in it as well. */
static bool has_own_time(pid_t pid)
{
	struct stat theirs, ours;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/time", (int)pid);
	return stat(path, &theirs) == 0 && stat("/proc/self/ns/time", &ours) == 0 && theirs.st_ino != ours.st_ino;
}

/* The number comes from CRIU, and that from an image: only a child of ours can be meant (rst_sibling). */
static int adopt(struct restoration *r, pid_t pid, struct error *err)
{
	struct creation *c = &r->c;
	struct proc_stat st;
	int pidfd = pid > 0 ? sys_pidfd_open(pid, 0) : -1;

	if (pidfd < 0)
		return sysf(err, "process %d, which CRIU has restored", (int)pid);
	if (proc_stat(pid, &st) < 0 || st.ppid != getpid()) {
		close_fd(pidfd);
		return failf(err, EPROTO, "criu: process %d is none of ours", (int)pid);
	}
	c->child.pid = pid;
	c->child.pidfd = pidfd;
	return identity_of(pid, pidfd, &c->state.init, err);
}

static int on_restored(struct restoration *r, pid_t pid, int fd, struct error *err)
{
	struct creation *c = &r->c;
	int ret = adopt(r, pid, err);

	(void)fd;
	if (ret == 0) {
		c->limited = true;
		ret = cgroup_apply(c->cgroup, c->spec->lnx.resources, true, err);
	}
	if (ret == 0)
		ret = cgroup_owner_set(c->cgroup, c->resolved, pid, err);
	if (ret < 0)
		return ret;
	clock_text(r->restored);
	c->state.restored = r->restored;
	c->state.restored_from = r->from;
	c->state.time_namespace = !resolved_has_namespace(c->resolved, CLONE_NEWTIME) && has_own_time(pid);
	ret = creation_record(c, err);
	if (ret == 0)
		(void)unlinkat(c->dir, STORE_RESTORES, 0);
	return ret == 0 && r->o->create.ready ? r->o->create.ready(err) : ret;
}

/* clang-format off */
static const struct {
	const char *script;
	int (*run)(struct restoration *r, pid_t pid, int fd, struct error *err);
} notifications[] = {
	{ "setup-namespaces",  on_namespaces },
	{ "orphan-pts-master", on_terminal   },
	{ "post-restore",      on_restored   },
};
/* clang-format on */

static int on_notify(void *data, const char *script, pid_t pid, int fd, struct error *err)
{
	foreach_array(n, notifications)
		if (streq(n->script, script))
			return n->run(data, pid, fd, err);
	return 0;
}

/* ---- all of it ---- */

static int run_criu(struct restoration *r, struct error *err)
{
	struct criu_result result = { 0 };
	int ret;

	report_phase(r, "restore");
	ret = criu_run(r->criu, &r->request, on_notify, r, &result, err);
	timings_mark("criu");
	if (ret < 0)
		return r->c.limited ? limits_explain(r->c.cgroup, r->c.spec->lnx.resources, err) : ret;
	if (!result.success)
		return checkpoint_failed(r->criu, &r->dirs, "RESTORE", &result, err);
	if (r->c.child.pid <= 0 || result.pid != r->c.child.pid)
		return failf(err, EPROTO, "criu: it has restored process %d, and told of process %d before",
			     (int)result.pid, (int)r->c.child.pid);
	return 0;
}

/* The name is taken: say by what. */
static int explain_taken(struct restoration *r, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	enum container_status status = STATUS_STOPPED;

	if (!err || err->num != EEXIST || container_load(r->c.rt, r->o->create.id, &c, NULL) < 0 ||
	    container_status(c, &status, NULL) < 0)
		return -EEXIST;
	return failf(err, EEXIST, "container with given ID already exists: it is %s",
		     status == STATUS_CREATING ? "being created or restored" : container_status_name(status));
}

static int name_images(struct restoration *r, struct error *err)
{
	char path[PATH_MAX];

	r->from = path_of_fd(r->dirs.images, path, sizeof(path)) < 0 ? NULL : arena_strdup(r->c.doc->arena, path);
	return r->from ? 0 : sysf(err, "path of the image directory");
}

int restoration_prepare(struct restoration *r, struct error *err)
{
	int ret = creation_prepare(&r->c, err);

	if (ret == -EEXIST)
		return explain_taken(r, err);
	if (ret == 0)
		ret = open_images(r, err);
	return ret < 0 ? ret : name_images(r, err);
}

/* Whoever kills us: what is in the cgroup then is to be ended by whoever takes the name or deletes it. */
static int note_restore(const struct restoration *r, struct error *err)
{
	auto_(close_fd) int fd = openat(r->c.dir, STORE_RESTORES, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? sysf(err, "note that '%s' is being restored", r->o->create.id) : 0;
}

int restoration_run(struct restoration *r, struct error *err)
{
	int ret = note_restore(r, err);

	if (ret == 0)
		ret = creation_make_cgroup(&r->c, err);

	if (ret == 0)
		ret = make_request(r, err);
	if (ret == 0)
		ret = start_criu(r, err);
	if (ret < 0)
		return ret;
	/* Before it has children: they are where it is. */
	if (r->c.spec->lnx.intel_rdt) {
		r->c.child.pid = criu_pid(r->criu);
		ret = creation_enter_resctrl(&r->c, err);
		r->c.child.pid = -1;
	}
	return ret < 0 ? ret : run_criu(r, err);
}

/* Whatever CRIU has left when it did not come to its end: all in these cgroups is ours, they were empty. */
void restoration_done(struct restoration *r)
{
	criu_close(r->criu);
	if (!r->c.kept && r->c.cgroup_made && !cgroup_is_none(r->c.cgroup) &&
	    others_spare(r->c.rt, r->c.root, r->c.o->id, r->c.cgroup, NULL) == 0)
		(void)cgroup_signal(r->c.cgroup, SIGKILL, NULL, NULL);
	str_done(&r->request);
	external_fds_done(&r->fds);
	checkpoint_dirs_close(&r->dirs);
	creation_done(&r->c);
}

struct restoration restoration_of(const struct runtime *rt, const struct restore_options *o)
{
	return (struct restoration){
		.o = o,
		.c = creation_of(rt, &o->create, true),
		.dirs = CHECKPOINT_DIRS_INIT,
	};
}

int container_restore(const struct runtime *rt, const struct restore_options *o, struct container **ret,
		      struct container_process *process, struct error *err)
{
	struct restoration r = restoration_of(rt, o);
	int n = restoration_prepare(&r, err);

	if (n == 0)
		n = restoration_run(&r, err);
	if (n == 0) {
		pid_t pid = r.c.child.pid;

		creation_keep(&r.c);
		n = creation_hand_over(&r.c, ret, process, err);
		process->pid = pid;
	}
	restoration_done(&r);
	if (n < 0)
		return n;
	report_phase(&r, "done");
	n = checkpoint_exec(*ret, o->post_restore_exec, "restore", o->common.exec_timeout, err);
	if (n < 0)
		(void)container_delete(*ret, true, NULL);
	return n;
}
