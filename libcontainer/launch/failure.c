/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/proc.h"
#include "base/signals.h"
#include "json/json.h"
#include "launch/hooks.h"
#include "launch/stuck.h"
#include "nsexec/plan.h"
#include "resolve/resolve.h"
#include "spec/spec.h"
#include "store/state_file.h"

#define STAGE_NAME "orlop:init"
#define DEATH_SECONDS 10
#define PATH_HINT_SIZE 256
#define ERRNO_MAX 4095 /* of the kernel: include/linux/err.h */

/* ---- words for an op ---- */

/* clang-format off */
static const struct {
	uint16_t code;
	char text[70]; /* %1 and %2: the op's strings */
} op_words[] = {
	{ PLAN_CGROUP_ENTER,   "enter the cgroup" },
	{ PLAN_SETNS,          "join the namespace" },
	{ PLAN_ENTER,          "join the container's namespaces" },
	{ PLAN_UNSHARE,        "make the namespace" },
	{ PLAN_PROC_WRITE,     "write '%2' to '/proc/%1'" },
	{ PLAN_LOOPBACK_UP,    "bring up the loopback interface" },
	{ PLAN_HOSTNAME,       "set the hostname '%1'" },
	{ PLAN_DOMAINNAME,     "set the domainname '%1'" },
	{ PLAN_PROPAGATION,    "set the propagation of the mount namespace" },
	{ PLAN_ROOT_FD,        "mount the rootfs '%1'" },
	{ PLAN_ROOT_AT,        "mount the rootfs '%1'" },
	{ PLAN_ROOT_PATH,      "mount the rootfs '%1'" },
	{ PLAN_ROOT_PLAIN,     "open the root '%1'" },
	{ PLAN_PIVOT,          "pivot_root" },
	{ PLAN_PIVOT_BELOW,    "pivot_root to the tools" },
	{ PLAN_DETACH,         "detach '%1' of the host" },
	{ PLAN_MOVE_ROOT,      "move the root" },
	{ PLAN_CHROOT,         "chroot" },
	{ PLAN_ROOT_SETATTR,   "set the attributes of the root mount" },
	{ PLAN_FS_OPEN,        "filesystem type '%1'" },
	{ PLAN_FS_OPTION,      "filesystem option '%1%=%2'" },
	{ PLAN_FS_PICK,        "remount what must be mounted there" },
	{ PLAN_FS_RECONFIGURE, "change the filesystem's options" },
	{ PLAN_FS_PAGE,        "make the filesystem by mount(2)" },
	{ PLAN_FS_MODE,        "filesystem option 'mode'" },
	{ PLAN_FS_MOUNT,       "make the filesystem" },
	{ PLAN_TREE_PATH,      "clone '%1'" },
	{ PLAN_TREE_ROOT,      "bind source '%1' of the rootfs" },
	{ PLAN_TREE_ASK,       "bind source '%1' of the rootfs" },
	{ PLAN_MOUNT_SETATTR,  "set the mount's attributes" },
	{ PLAN_TARGET,         "destination '%1'" },
	{ PLAN_TARGET_SETATTR, "set the mount's attributes" },
	{ PLAN_COPY_UP,        "copy up" },
	{ PLAN_ATTACH,         "attach to '%1'" },
	{ PLAN_MASK,           "mask '%1'" },
	{ PLAN_READONLY,       "make '%1' read-only" },
	{ PLAN_DIR,            "directory '%1'" },
	{ PLAN_MKNOD,          "make the device node" },
	{ PLAN_SYMLINK,        "link '%1' to '%2'" },
	{ PLAN_CONSOLE,        "make the console (is there a devpts on /dev/pts?)" },
	{ PLAN_SETSID,         "setsid" },
	{ PLAN_TERMINAL,       "make stdin the controlling terminal" },
	{ PLAN_FORK,          CLONE_FAILED },
	{ PLAN_KEYRING,        "join the session keyring '%1'" },
	{ PLAN_CHDIR,          "chdir to cwd '%1'" },
	{ PLAN_BOUNDING,       "drop capabilities from the bounding set" },
	{ PLAN_GROUPS,         "setgroups" },
	{ PLAN_IDS,            "set the user and group ids" },
	{ PLAN_CAPS,           "set the capabilities" },
	{ PLAN_AMBIENT,        "raise the ambient capabilities" },
	{ PLAN_NO_NEW_PRIVS,   "set no_new_privs" },
	{ PLAN_MEMORY_POLICY,  "set the memory policy (has this host, and the cpuset, such nodes?)" },
	{ PLAN_AFFINITY,       "set the CPU affinity" },
	{ PLAN_RLIMIT,         "set the resource limit" },
	{ PLAN_SECCOMP,        "load the seccomp filter" },
	{ PLAN_ACCEPT,         "wait for start" },
	{ PLAN_INIT,           "start the init of --init" },
};
/* clang-format on */

static void describe(const struct plan *p, const struct plan_op *op, const char *text,
		     struct str *out)
{
	const char *s1 = plan_string(p, op->s1), *s2 = plan_string(p, op->s2);

	for (; *text; text++) {
		if (*text != '%') {
			str_addn(out, text, 1);
			continue;
		}
		text++;
		if (*text == '1')
			str_add(out, s1 ? s1 : "");
		else if (*text == '2')
			str_add(out, s2 ? s2 : "");
		else if (s2) /* "%=": only between two */
			str_add(out, "=");
	}
}

static void op_text(const struct handshake *t, uint32_t op, uint16_t code, struct str *out)
{
	static const struct plan nothing = { 0 };
	static const struct plan_op no_op = { 0 };
	const struct plan *p = t->plan ? plan_blob(t->plan) : &nothing;

	for (size_t i = 0; i < ARRAY_SIZE(op_words); i++)
		if (op_words[i].code == code) {
			describe(p, t->plan ? &plan_ops(p)[op] : &no_op, op_words[i].text, out);
			return;
		}
	str_add(out, plan_op_name(code));
}

/* ---- attributes that a mount keeps ---- */

/* clang-format off */
static const struct {
	uint64_t attr;
	unsigned long statfs; /* the same of statvfs(3) */
	const char *word;     /* as runc says it        */
} lockable[] = {
	{ MOUNT_ATTR_RDONLY, ST_RDONLY, "ro" },
	{ MOUNT_ATTR_NODEV,  ST_NODEV,  "nodev" },
	{ MOUNT_ATTR_NOSUID, ST_NOSUID, "nosuid" },
	{ MOUNT_ATTR_NOEXEC, ST_NOEXEC, "noexec" },
};
/* clang-format on */

/* What the mount has that the op is about, of what can be locked: the tree was loaded from our table. Else all. */
static unsigned long flags_of_source(const struct plan_builder *b, const struct plan *p, uint32_t op)
{
	size_t n;
	const int *fds = plan_fd_table(b, &n);
	struct statvfs fs;

	while (plan_ops(p)[op].code == PLAN_MOUNT_SETATTR && op > 0)
		op--;
	if (plan_ops(p)[op].code != PLAN_TREE_FD || fstatvfs(fds[plan_ops(p)[op].fd], &fs) < 0)
		return ~0UL;
	return fs.f_flag;
}

/*
 * EPERM of mount_setattr(2): a mount that came from a more privileged mount namespace keeps these flags, and its field about
 * access times (mount_namespaces(7)).
 */
static bool locked_flags_text(const struct plan_builder *b, uint32_t index, struct str *out)
{
	const struct plan *p = plan_blob(b);
	const struct plan_op *op = &plan_ops(p)[index];
	unsigned long has = flags_of_source(b, p, index);
	const char *between = "cannot clear locked flags ";

	if (op->code != PLAN_MOUNT_SETATTR && op->code != PLAN_TARGET_SETATTR)
		return false;
	foreach_array(flag, lockable)
		if ((op->y & flag->attr) && (has & flag->statfs)) {
			str_printf(out, "%s%s", between, flag->word);
			between = ",";
		}
	if (*between != ',' && (op->y & MOUNT_ATTR__ATIME)) {
		str_add(out, "cannot change locked atime flags");
		between = ",";
	}
	return *between == ',';
}

/* "mount 'tmpfs' on '/dev': ", when the op came from a mount. */
static void mount_text(const struct json *origin, struct str *out)
{
	const struct json *to = origin ? json_member(origin, "destination") : NULL;
	const struct json *what;

	if (!to || to->type != JSON_STRING)
		return;
	what = json_member(origin, "type");
	if (!what || what->type != JSON_STRING || streq(what->text, "bind") ||
	    streq(what->text, "none"))
		what = json_member(origin, "source");
	str_printf(out, "mount '%s' on '%s': ",
		   what && what->type == JSON_STRING ? what->text : "?", to->text);
}

/* "source '/dev/sda1': ", of a filesystem that may lie on one. */
static void source_text(const struct json *origin, struct str *out)
{
	const struct json *source = origin ? json_member(origin, "source") : NULL;

	if (source && source->type == JSON_STRING && strchr(source->text, '/'))
		str_printf(out, "source '%.200s': ", source->text);
}

/* "device '/dev/fuse': " */
static void device_text(const struct json *origin, struct str *out)
{
	const struct json *path = origin ? json_member(origin, "path") : NULL;

	if (path && path->type == JSON_STRING && json_member(origin, "type"))
		str_printf(out, "device '%s': ", path->text);
}

/* ---- what the errno does not say ---- */

/* clang-format off */
static const struct {
	uint16_t code;
	int num;
	uint16_t flags;   /* of the op: all of these, or 0 */
	char type[8];     /* of the mount, or "" for each  */
	char text[112];
} hints[] = {
	{ PLAN_ENTER,      EXDEV,   0,        "", ": what is mounted on their root is the root of the host" },
	{ PLAN_PROC_WRITE, ENOENT,  0,        "", " (does this kernel have it?)" },
	{ PLAN_PROPAGATION, EINVAL, 0,        "",
	  ": the caller's root is no mountpoint (in a chroot, bind the directory onto itself before)" },
	{ PLAN_TARGET,     ELOOP,   OP_PLAIN, "", " must be mounted on ordinary directory" },
	{ PLAN_TARGET,     ELOOP,   0,        "", ": its symbolic links lead in a circle" },
	{ PLAN_MASK,       EXDEV,   0,        "", ": a later mount, or somebody, has covered its mountpoint since" },
	{ PLAN_MASK,       ELOOP,   0,        "", ": a later mount, or somebody, has covered its mountpoint since" },
	/* A path that is not there is no failure. */
	{ PLAN_MASK,       ENOENT,  0,        "", ": this host has no '/dev/null' to cover it with" },
	{ PLAN_READONLY,   EXDEV,   0,        "", ": a later mount, or somebody, has covered its mountpoint since" },
	{ PLAN_READONLY,   ELOOP,   0,        "", ": a later mount, or somebody, has covered its mountpoint since" },
	{ PLAN_COPY_UP,    ELOOP,   0,        "", ": its directories are nested more than 64 deep" },
	{ PLAN_COPY_UP,    ENOMEM,  0,        "",
	  ": the directory holds more than the container's memory limit allows" },
	/* dockerd looks for "not a directory" in both, and says more itself. */
	{ PLAN_ATTACH,     ENOTDIR, 0,        "", " a directory" },
	{ PLAN_ATTACH,     EISDIR,  0,        "", " what is not a directory" },
	{ PLAN_FS_OPEN,    EPERM,   0, "sysfs",
	  ": the network namespace must belong to the container's user namespace" },
	{ PLAN_FS_MOUNT,   EINVAL,  0, "overlay",
	  " (with 'upperdir' goes a 'workdir' on the same filesystem; the kernel's log, dmesg, says more)" },
	{ PLAN_FS_MOUNT,   EINVAL,  0,        "", " (the kernel's log, dmesg, may say more)" },
	{ PLAN_FS_MOUNT,   ENOTBLK, 0,        "", " (losetup makes one of a file)" },
	{ PLAN_FS_MOUNT,   EPERM,   0, "sysfs",
	  ": the network namespace must belong to the container's user namespace" },
	{ PLAN_FS_MOUNT,   EPERM,   0, "mqueue",
	  ": the ipc namespace must belong to the container's user namespace" },
	{ PLAN_FS_MOUNT,   EPERM,   0, "proc",
	  ": the pid namespace must belong to the container's user namespace, and a whole procfs be seen here" },
};
/* clang-format on */

static const char *hint(const struct handshake *t, uint32_t op, uint16_t code, int num,
			const struct json *origin)
{
	const struct json *type = origin ? json_member(origin, "type") : NULL;
	uint16_t flags = t->plan ? plan_ops(plan_blob(t->plan))[op].flags : 0;

	foreach_array(row, hints)
		if (row->code == code && row->num == num && (flags & row->flags) == row->flags &&
		    (!*row->type || (type && type->type == JSON_STRING && streq(type->text, row->type))))
			return row->text;
	return "";
}

/* "join the network namespace" */
static void namespace_text(const struct handshake *t, uint32_t op, struct str *out)
{
	const char *name = spec_namespace_name(plan_ops(plan_blob(t->plan))[op].x);

	out->n = 0;
	str_printf(out, "join the %s namespace", name ? name : "container's");
}

/* ---- the program itself: the words that docker and podman look for ---- */

/* Where it was searched for, and what is often meant. */
static const char *not_found_hint(const struct spec_process *p, const char *name, char room[PATH_HINT_SIZE])
{
	const char *path = RESOLVE_DEFAULT_PATH;

	if (!*name)
		return ": the first word of args is empty";
	if (strpbrk(name, " \t"))
		return ": it is one word: arguments are words of their own";
	if (*name == '-')
		return ": an option of ours stands before the container's id";
	for (size_t i = 0; p && i < p->env.n; i++)
		if (starts_with(p->env.v[i], "PATH="))
			path = p->env.v[i] + strlen("PATH=");
	snprintf(room, PATH_HINT_SIZE, " (%.200s)", path);
	return room;
}

static int exec_failure(const struct handshake *t, uint16_t code, int num, struct error *err)
{
	const char *name = t->process && t->process->args.n ? t->process->args.v[0] : "";
	char room[PATH_HINT_SIZE];

	/* All was well up to the execve itself: the words of a program that fails, not of a runtime. */
	if (code == PLAN_EXEC) {
		err->alone = true;
		return failf(err, num, "exec %s: %s", name, errno_words(num));
	}
	if (num == ENOENT && !strchr(name, '/'))
		failf(err, num, "exec: \"%s\": executable file not found in $PATH%s", name,
		      not_found_hint(t->process, name, room));
	else if (num == ENOENT || num == ENOTDIR)
		failf(err, num, "exec: \"%s\": stat %s: %s", name, name, errno_words(num));
	else if (num == EISDIR) /* dockerd tells by the second half that it is status 126 */
		failf(err, num, "exec: \"%s\": is a directory: permission denied", name);
	else
		failf(err, num, "exec: \"%s\": %s", name, errno_words(num));
	error_context(err, "unable to start container process");
	if (t->process)
		spec_error(t->process->json, "args", err);
	return -err->num;
}

static int hook_failure(const struct handshake *t, const struct sync_message *m,
			enum spec_hook_kind kind, struct error *err)
{
	unsigned index = m->more >> 16;
	int status = (int)(m->more & 0xffff);
	char said[HOOKS_SAID_SIZE] = "", name[16];
	const spec_hook_list *list = t->config->spec->hooks ? &t->config->spec->hooks->kind[kind] : NULL;
	const char *path = list && index < list->n ? list->v[index].path : "?";

	if (t->hook_output > 0)
		hooks_said(t->hook_output, said);
	if (m->num == ETIMEDOUT)
		failf(err, ETIMEDOUT, "error running %s hook #%u: '%.200s' did not end within its timeout%s",
		      hook_kind_name(kind), index, path, said);
	else if (m->num != ECANCELED)
		failf(err, m->num, "error running %s hook #%u: execute '%.200s': %s", hook_kind_name(kind), index, path,
		      errno_words(m->num));
	else if (WIFSIGNALED(status))
		failf(err, ECANCELED, "error running %s hook #%u: '%.200s' was killed by %s%s", hook_kind_name(kind),
		      index, path, signal_name(WTERMSIG(status), name, sizeof(name)), said);
	else
		failf(err, ECANCELED, "error running %s hook #%u: '%.200s' ended with exit status %d%s",
		      hook_kind_name(kind), index, path, WEXITSTATUS(status), said);
	if (list && index < list->n)
		spec_error(list->v[index].json, NULL, err);
	return -err->num;
}

static const struct resolved_namespace *joined_pids(const struct handshake *t)
{
	const struct resolved_namespace *ns =
		t->config ? resolved_namespace_of(t->config, CLONE_NEWPID) : NULL;

	return ns && ns->path ? ns : NULL;
}

/* clone(2): nobody can come into it any more. */
static int failure_of_ended_pids(const struct resolved_namespace *ns, struct error *err)
{
	failf(err, ESRCH,
	      "join the pid namespace: the process that was its init has ended, so no other can be made in it");
	return spec_error(ns->json, "path", err);
}

int failure_of_join(const struct compiled *c, size_t index, int num, struct error *err)
{
	const struct join *failed = c && index < c->n_joins ? &c->joins[index] : NULL;
	const char *name = failed ? spec_namespace_name(failed->flags) : NULL;

	codef(err, num, "join the %s namespace", name ? name : "container's");
	return failed ? spec_error(failed->origin, "path", err) : -err->num;
}

static bool is_op(const struct plan *p, uint32_t op, uint16_t code)
{
	return op < p->ops.n && plan_ops(p)[op].code == code;
}

int failure_of_op(const struct handshake *t, const struct sync_message *m, struct error *err)
{
	uint16_t code = (uint16_t)(m->op & 0xffff);
	uint32_t op = m->op >> 16;
	const struct json *origin = NULL;
	const char *member = NULL;
	auto_str text = STR_INIT;

	/* A number that is no errno would read as success further up. */
	if (m->num <= 0 || m->num > ERRNO_MAX)
		return failf(err, EPROTO, "the child failed with %d, which is no errno", m->num);
	if (m->op == SYNC_NO_OP_STAGE)
		return codef(err, m->num, "execute the stage");
	if (m->op == SYNC_NO_OP_NAMESPACES)
		return codef(err, m->num, CLONE_FAILED);
	if (m->op == SYNC_NO_OP_JOIN)
		return failure_of_join(t->compiled, m->more, m->num, err);
	if (t->plan && !is_op(plan_blob(t->plan), op, code))
		return failf(err, EPROTO, "the child failed in operation %u, %s, which is not in its plan", op, plan_op_name(code));
	if (code == PLAN_EXEC || code == PLAN_FIND_EXEC)
		return exec_failure(t, code, m->num, err);
	if (code == PLAN_HOOK)
		return hook_failure(t, m,
				    t->last >= SYNC_CREATED ? HOOK_START_CONTAINER :
							      HOOK_CREATE_CONTAINER,
				    err);
	if (code == PLAN_FORK && m->num == ENOMEM && joined_pids(t))
		return failure_of_ended_pids(joined_pids(t), err);
	if (t->plan && !plan_op_origin(t->plan, op, &origin, &member))
		return codef(err, m->num, "the child failed before its first operation");
	mount_text(origin, &text);
	device_text(origin, &text);
	if (code == PLAN_FS_MOUNT)
		source_text(origin, &text);
	if (!t->plan || m->num != EPERM || !locked_flags_text(t->plan, op, &text))
		op_text(t, op, code, &text);
	if (code == PLAN_SETNS && origin)
		namespace_text(t, op, &text);
	str_add(&text, hint(t, op, code, m->num, origin));
	codef(err, m->num, "%s", str_text(&text));
	if (origin)
		spec_error(origin, member, err);
	return -err->num;
}

/* ---- death ---- */

/* The socket is closed with its descriptors, a moment before it is dead: or long before, if something holds it. */
static int await_death(int pidfd, siginfo_t *info)
{
	int r = child_await(pidfd, DEATH_SECONDS);

	*info = (siginfo_t){ 0 };
	if (r == 0)
		return -EBUSY;
	do
		r = waitid(P_PIDFD, (id_t)pidfd, info, WEXITED | WNOWAIT | WNOHANG | __WALL);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int failure_of_death(const struct handshake *t, struct error *err)
{
	struct sync_message record;
	const char *why;
	siginfo_t info;
	char name[16];
	int r;

	/* It may have said why before it went. */
	if (recv(t->sync, &record, sizeof(record), MSG_DONTWAIT) == sizeof(record) &&
	    record.step == SYNC_FAILED)
		return failure_of_op(t, &record, err);
	r = await_death(t->pidfd, &info);
	why = r == -EBUSY ? stuck_why(t->pid) : NULL;
	if (r == -EBUSY)
		return failf(err, EBUSY, "the container's init (process %d) ends, and does not die: %s",
			     (int)t->pid, why ? why : "its processes still run");
	if (r < 0)
		return failf(err, ECANCELED, "the container's init is gone");
	if (info.si_code == CLD_EXITED)
		return failf(err, ECANCELED, "the container's init exited with %d during set-up",
			     info.si_status);
	return failf(err, ECANCELED, "the container's init was killed by %s during set-up",
		     signal_name(info.si_status, name, sizeof(name)));
}

/* Only under such a filter may the stage die where it cannot say so: at execve, or at exit_group. */
static bool silences(const struct spec_seccomp *s)
{
	bool may_exit = s->default_action == SECCOMP_ACT_ALLOW || s->default_action == SECCOMP_ACT_LOG;
	bool kills = s->default_action < SECCOMP_ACT_ERRNO, may_execute = may_exit;

	foreach_list(call, &s->syscalls) {
		kills |= call->action < SECCOMP_ACT_ERRNO;
		foreach_list(name, &call->names) {
			may_exit |= call->action == SECCOMP_ACT_ALLOW && streq(*name, "exit_group");
			may_execute |= call->action == SECCOMP_ACT_ALLOW && streq(*name, "execve");
		}
	}
	return kills || !may_exit || !may_execute;
}

int failure_of_early_death(const struct handshake *t, struct error *err)
{
	const bool has_filter = t->config && t->config->spec->lnx.seccomp;
	siginfo_t info = { 0 };
	char path[64], sig[16];
	auto_str name = STR_INIT;

	if (has_filter && silences(t->config->spec->lnx.seccomp) && proc_is_exiting(t->pid))
		(void)child_await(t->pidfd, DEATH_SECONDS);
	if (waitid(P_PIDFD, (id_t)t->pidfd, &info, WEXITED | WNOWAIT | WNOHANG | __WALL) < 0 ||
	    info.si_pid == 0 || (info.si_code == CLD_EXITED && !has_filter))
		return 0;
	/* A zombie keeps its name. */
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)info.si_pid);
	if (file_read_at(AT_FDCWD, path, 64, &name) < 0 ||
	    !starts_with(str_text(&name), STAGE_NAME "\n"))
		return 0;
	if (info.si_code != CLD_EXITED && info.si_status == SIGSYS)
		failf(err, ECANCELED, "the seccomp filter killed the container's init at execve");
	else if (has_filter && (info.si_code == CLD_EXITED || info.si_status == SIGILL))
		failf(err, ECANCELED,
		      "the seccomp filter lets the container's init neither execute the program nor "
		      "say why: it must allow at least execve");
	else
		failf(err, ECANCELED,
		      "the container's init was killed by %s before it could execute the program",
		      signal_name(info.si_status, sig, sizeof(sig)));
	if ((info.si_code == CLD_EXITED || info.si_status == SIGSYS || info.si_status == SIGILL) && has_filter)
		spec_error(t->config->spec->lnx.seccomp->json, NULL, err);
	return -err->num;
}
