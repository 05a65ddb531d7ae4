/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Mounts that come to a container while it runs, and go again. They are made as those of its config: by the same
 * resolve_config(), the same pass, and the same instructions of the stage, which enters the container's mount
 * namespace for it. Nothing in the container can see the stage: it does not enter its pid namespace.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/sys.h"
#include "container/handle.h"
#include "container/inside.h"
#include "container/mount_record.h"
#include "launch/handshake.h"
#include "launch/mount_sources.h"
#include "launch/spawn.h"

#define TIMEOUT 10 /* seconds */

struct addition {
	struct container *c;
	struct spec_doc *config; /* of the container                      */
	struct spec_doc *doc;    /* what is to be mounted, as a config    */
	const struct resolved *resolved;
	int pidfd, here;         /* here: where relative sources begin    */
	struct compiled compiled;
	struct child child;
	pid_t copier;            /* in a copy of our mounts; 0: none      */
	int copier_pidfd, copier_end;
	bool may_enter;          /* that copy, from here                  */
};

/* ---- what may change ---- */

static int lock_running(struct container *c, struct error *err)
{
	enum container_status status = STATUS_STOPPED;
	int r = container_lock_made(c, err), pidfd;

	if (r == 0)
		r = container_status(c, &status, err);
	if (r < 0)
		return r;
	if (status == STATUS_CREATED)
		return failf(err, ESRCH, "container not running: it was not started yet");
	if (status != STATUS_RUNNING && status != STATUS_PAUSED)
		return failf(err, ESRCH, "container not running");
	pidfd = container_init_pidfd(c, err);
	return pidfd == -ESRCH ? failf(err, ESRCH, "container not running") : pidfd;
}

/* ---- the mounts as a config, with the namespaces of the container's ---- */

static const char *const copied[] = { "namespaces", "uidMappings", "gidMappings", "mountLabel" };

static void write_config(struct json_out *o, const struct json *mounts, const struct json *lnx,
			 const struct container_mount *m)
{
	json_object_begin(o, NULL);
	json_string(o, "ociVersion", STATE_OCI_VERSION);
	json_object_begin(o, "root");
	json_string(o, "path", "/");
	json_object_end(o);
	if (mounts) {
		json_node(o, "mounts", mounts);
	} else {
		json_array_begin(o, "mounts");
		json_object_begin(o, NULL);
		mount_entry_write(o, m);
		json_object_end(o);
		json_array_end(o);
	}
	json_object_begin(o, "linux");
	foreach_array(key, copied) {
		const struct json *member = lnx ? json_member(lnx, *key) : NULL;

		if (member)
			json_node(o, *key, member);
	}
	json_object_end(o);
	json_object_end(o);
}

static int make_config(struct addition *a, const struct json *mounts, const struct container_mount *m,
		       struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	const char *text;

	if (!o)
		return sysf(err, "mounts");
	write_config(o, mounts, a->config->spec->lnx.json, m);
	text = json_out_text(o);
	if (!text)
		return codef(err, ENOMEM, "mounts");
	return spec_parse_config(text, strlen(text), "mounts", &a->doc, err);
}

static const char *const image_types[] = { "erofs", "squashfs", "ext4", "ext3", "xfs", "btrfs", "iso9660" };

/* A filesystem on a disk, or in a file, must be told on which. */
static int check_sources(const struct addition *a, struct error *err)
{
	foreach_list(m, &a->resolved->mounts) {
		const char *source = NULL;

		if (m->kind != MOUNT_FILESYSTEM || !m->type)
			continue;
		for (size_t i = 0; i < m->n_options; i++)
			if (streq(m->options[i].key, "source"))
				source = m->options[i].value;
		foreach_array(type, image_types)
			if (streq(m->type, *type) && (!source || source[0] != '/'))
				return failf(err, EINVAL,
					     "mount on '%s': a filesystem of type '%s' needs an image file or a "
					     "device as its source, by an absolute path",
					     m->destination, m->type);
	}
	return 0;
}

/* ---- attaching ---- */

static int compile(struct addition *a, struct cgroup *cg, struct error *err)
{
	const struct resolve_input meaning = { .spec = a->doc->spec, .bundle = a->here };
	struct compile_input in = {
		.id = a->c->state.id,
		.bundle = a->here,
		.rootfs = "/",
		.cgroup = cg,
		.live = true,
		.rootless = a->c->state.rootless,
		.foreground = true,
		.start_socket = -EBADF,
		.init_pidfd = a->pidfd,
		.init_pid = a->c->state.init.pid,
		.hook_state = -EBADF,
		.start_hook_state = -EBADF,
		.hook_output = -EBADF,
	};
	int r = resolve_config(&meaning, a->doc->arena, &a->resolved, err);

	if (r == 0)
		r = check_sources(a, err);
	in.resolved = a->resolved;
	return r < 0 ? r : plan_compile(&in, &a->compiled, err);
}

/* One record for each source: its descriptor, or a negative errno. */
struct tree_record {
	struct {
		int32_t num;
		bool cloned; /* what failed came after that */
	} what;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec data;
	struct msghdr message;
};

static struct msghdr *tree_message(struct tree_record *t, bool with_fd)
{
	t->data = (struct iovec){ &t->what, sizeof(t->what) };
	t->message = (struct msghdr){ .msg_iov = &t->data, .msg_iovlen = 1 };
	if (with_fd) {
		t->message.msg_control = t->control.bytes;
		t->message.msg_controllen = sizeof(t->control.bytes);
	}
	return &t->message;
}

/* Who may not enter other namespaces has this done by who is there. */
static void send_trees(const struct compiled *c, int end)
{
	for (size_t i = 0; i < c->n_sources; i++) {
		const struct source *s = &c->sources[i];
		unsigned flags = OPEN_TREE_CLONE | (s->recursive ? AT_RECURSIVE : 0) |
				 (s->link ? AT_SYMLINK_NOFOLLOW : 0);
		auto_(close_fd) int fd = sys_open_tree(AT_FDCWD, s->path, flags);
		struct tree_record t = { .what = { .num = fd < 0 ? -errno : 0, .cloned = fd >= 0 } };
		struct cmsghdr *head;

		if (fd >= 0)
			t.what.num = source_finish(s, fd, NULL);
		(void)tree_message(&t, t.what.num == 0);
		head = t.what.num < 0 ? NULL : CMSG_FIRSTHDR(&t.message);
		if (head) {
			*head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS };
			memcpy(CMSG_DATA(head), &fd, sizeof(fd));
		}
		if (sendmsg(end, &t.message, MSG_NOSIGNAL) < 0)
			return;
	}
}

static int receive_tree(int end, bool *cloned)
{
	struct tree_record t = { .what = { .num = -EIO } };
	const struct cmsghdr *head;
	int fd = -EIO;

	if (recvmsg(end, tree_message(&t, true), MSG_CMSG_CLOEXEC) != sizeof(t.what))
		return -EIO;
	head = CMSG_FIRSTHDR(&t.message);
	if (head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	*cloned = t.what.cloned;
	return t.what.num < 0 ? t.what.num : fd;
}

static int receive_trees(struct addition *a, struct error *err)
{
	int *fds = arena_array_of(a->doc->arena, int, a->compiled.n_sources), r;
	const struct source *unfinished = NULL;

	if (!fds)
		return failf(err, ENOMEM, "mounts: out of memory");
	for (size_t i = 0; i < a->compiled.n_sources; i++) {
		bool cloned = false;

		fds[i] = receive_tree(a->copier_end, &cloned);
		if (fds[i] < 0 && cloned && !unfinished)
			unfinished = &a->compiled.sources[i];
	}
	r = mount_sources_take(&a->compiled, fds, err);
	return r < 0 && unfinished ?
		       error_context(err, "propagation or id mapping, for which a user may lack the right") :
		       r;
}

/*
 * A copy of our mounts that the container's user namespace owns: there the kernel has locked them, as in the mount
 * namespace of a container that is being made. It lives as long as the process that holds it.
 */
static void hold_copy(const struct addition *a, int end)
{
	int32_t num = 0;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setns(a->pidfd, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0)
		num = errno;
	if (write(end, &num, sizeof(num)) != sizeof(num) || num)
		_exit(0);
	if (!a->may_enter) /* asked before: here we have all rights */
		send_trees(&a->compiled, end);
	(void)read(end, &num, sizeof(num));
	_exit(0);
}

static int start_copy(struct addition *a, struct error *err)
{
	auto_(close_fd) int theirs = -EBADF;
	struct timeval timeout = { .tv_sec = TIMEOUT };
	int32_t num = 0;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sysf(err, "socketpair");
	a->copier_end = ends[0];
	theirs = ends[1];
	(void)setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	a->copier = fork();
	if (a->copier < 0)
		return sysf(err, "fork");
	if (a->copier == 0) {
		close_fd(ends[0]);
		hold_copy(a, ends[1]);
	}
	a->copier_pidfd = sys_pidfd_open(a->copier, 0);
	if (a->copier_pidfd < 0)
		return sysf(err, "pidfd");
	if (read(a->copier_end, &num, sizeof(num)) != sizeof(num))
		return failf(err, EIO, "no copy of the mounts for the container's user namespace");
	return num ? codef(err, num, "a copy of the mounts for the container's user namespace") : 0;
}

static int clone_sources(struct addition *a, struct error *err)
{
	int r;

	a->may_enter = sources_may_enter();
	r = a->compiled.n_sources ? start_copy(a, err) : 0;

	if (r < 0 || !a->compiled.n_sources)
		return r;
	return a->may_enter ? mount_sources_clone(&a->compiled, a->copier, a->copier_pidfd, err)
				   : receive_trees(a, err);
}

static int attach(struct addition *a, struct error *err)
{
	struct handshake handshake;
	int r = clone_sources(a, err);

	if (r == 0)
		r = stage_spawn(&a->compiled, -EBADF, false, &a->child, err);
	if (r < 0)
		return r;
	handshake = (struct handshake){
		.sync = a->child.sync,
		.pidfd = a->child.pidfd,
		.pid = a->child.pid,
		.features = plan_features(a->compiled.plan),
		.plan = a->compiled.plan,
		.config = a->resolved,
	};
	r = handshake_send_table(&handshake, err);
	return r < 0 ? r : handshake_await(&handshake, SYNC_CREATED, NULL, NULL, err);
}

/* ---- the record ---- */

/* As they were written, for people to recognise. */
static int written_options(struct arena *a, const struct json *mount, spec_strings *ret)
{
	const struct json *options = json_member(mount, "options");

	if (!options || !options->n)
		return 0;
	ret->v = arena_array_of(a, const char *, options->n);
	if (!ret->v)
		return -ENOMEM;
	for (const struct json *o = options->first; o; o = o->next)
		ret->v[ret->n++] = o->text;
	return 0;
}

static int record(struct addition *a, int root, struct error *err)
{
	struct mount_records all;
	struct arena *arena = a->doc->arena;
	int r = mount_records_read(a->c->dir, arena, &all, err);

	for (size_t i = 0; r == 0 && i < a->resolved->mounts.n; i++) {
		const struct resolved_mount *m = &a->resolved->mounts.v[i];
		struct mount_record one = { .destination = m->destination, .type = m->type,
					    .source = m->source };
		struct inside_place place;

		r = inside_look(root, m->destination, true, &place);
		if (r < 0)
			return codef(err, r, "look at the mount on '%s'", m->destination);
		/* A remount changes what is there, and is no mount of its own. */
		if (m->kind == MOUNT_REMOUNT)
			continue;
		one.mount = place.mount;
		one.unique = place.unique;
		r = written_options(arena, m->json, &one.options);
		if (r == 0)
			r = mount_records_add(&all, arena, &one);
		if (r < 0)
			return codef(err, r, "mounts");
	}
	return r < 0 ? r : mount_records_write(a->c->dir, &all, err);
}

static void addition_done(struct addition *a)
{
	child_done(&a->child);
	close_fd(a->copier_end);
	if (a->copier > 0 && a->copier_pidfd >= 0) {
		(void)sys_pidfd_send_signal(a->copier_pidfd, SIGKILL);
		child_reap(a->copier, a->copier_pidfd);
	}
	close_fd(a->copier_pidfd);
	compiled_done(&a->compiled);
	close_fd(a->here);
	close_fd(a->pidfd);
	spec_doc_free(a->doc);
	spec_doc_free(a->config);
}

/* ---- taking away ---- */

/* Of the child, which is single and ends soon: into the container, then by the very descriptor. */
static int unmount(int pidfd, const struct mount_record *m)
{
	/* The host's: the container's may be masked, or none. */
	auto_(close_fd) int fds = openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_(close_fd) int fd = -EBADF;
	struct inside_place place;
	char number[16];

	if (fds < 0 || (setns(pidfd, CLONE_NEWNS) < 0 && setns(pidfd, CLONE_NEWUSER | CLONE_NEWNS) < 0))
		return -errno;
	fd = sys_openat2(AT_FDCWD, m->destination, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	if (fd < 0)
		return -errno;
	if (inside_look_fd(fd, &place) < 0)
		return -errno;
	if (!place.mounted || (m->unique ? place.unique != m->unique : place.mount != m->mount))
		return -EXDEV;
	(void)snprintf(number, sizeof(number), "%d", fd);
	return fchdir(fds) < 0 || umount2(number, MNT_DETACH) < 0 ? -errno : 0;
}

static int unmount_in_child(int pidfd, const struct mount_record *m, struct error *err)
{
	pid_t pid = fork();
	int status = 0, r;

	if (pid < 0)
		return sysf(err, "fork");
	if (pid == 0)
		_exit(-unmount(pidfd, m) & 0xff);
	r = child_wait(pid, TIMEOUT, &status);
	if (r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (r < 0 || !WIFEXITED(status))
		return codef(err, r < 0 ? r : EIO, "unmount '%s'", m->destination);
	if (WEXITSTATUS(status) == EXDEV)
		return failf(err, EBUSY,
			     "what is mounted on '%s' now is not what 'mounts add' has mounted there",
			     m->destination);
	return codef(err, WEXITSTATUS(status), "unmount '%s'", m->destination);
}

/* What is on each destination. */
static struct inside_place *look_at_places(const struct addition *a, int root)
{
	size_t n = a->resolved->mounts.n;
	struct inside_place *v = arena_array_of(a->doc->arena, struct inside_place, n);

	for (size_t i = 0; v && i < n; i++)
		if (inside_look(root, a->resolved->mounts.v[i].destination, true, &v[i]) < 0)
			v[i] = (struct inside_place){ 0 };
	return v;
}

static bool is_same(const struct inside_place *x, const struct inside_place *y)
{
	return x->mounted == y->mounted && x->mount == y->mount && x->unique == y->unique;
}

/* Of several mounts one failed: those before it go again, the last first. */
static void take_back(const struct addition *a, int root, const struct inside_place *before)
{
	for (size_t i = a->resolved->mounts.n; i-- > 0;) {
		struct mount_record m = { .destination = a->resolved->mounts.v[i].destination };
		struct inside_place now;

		if (inside_look(root, m.destination, true, &now) < 0 || !now.mounted || is_same(&now, &before[i]))
			continue;
		m.mount = now.mount;
		m.unique = now.unique;
		(void)unmount_in_child(a->pidfd, &m, NULL);
	}
}

static int attach_all(struct addition *a, struct error *err)
{
	auto_(close_fd) int root = inside_root(a->c, err);
	const struct inside_place *before = root < 0 ? NULL : look_at_places(a, root);
	int r;

	if (root < 0)
		return root;
	if (!before)
		return failf(err, ENOMEM, "mounts: out of memory");
	r = attach(a, err);
	if (r == 0)
		r = record(a, root, err);
	if (r < 0)
		take_back(a, root, before);
	return r;
}

static int add_all(struct addition *a, const struct json *mounts, const struct container_mount *m,
		   struct error *err)
{
	struct cgroup *cg = NULL;
	int r;

	a->pidfd = lock_running(a->c, err);
	if (a->pidfd < 0)
		return a->pidfd;
	a->here = openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (a->here < 0)
		return sysf(err, "open the current directory");
	r = container_config(a->c, &a->config, err);
	if (r == 0)
		r = make_config(a, mounts, m, err);
	if (r == 0)
		r = container_cgroup(a->c, &cg, err);
	if (r == 0)
		r = compile(a, cg, err);
	if (r == 0)
		r = attach_all(a, err);
	return r;
}

int container_mounts_add(struct container *c, const struct container_mount *m, struct error *err)
{
	struct addition a = { .c = c, .pidfd = -EBADF, .here = -EBADF, .child = CHILD_INIT,
			      .copier_pidfd = -EBADF, .copier_end = -EBADF };
	int r = add_all(&a, NULL, m, err);

	addition_done(&a);
	return r;
}

int container_mounts_add_file(struct container *c, const char *path, struct error *err)
{
	struct addition a = { .c = c, .pidfd = -EBADF, .here = -EBADF, .child = CHILD_INIT,
			      .copier_pidfd = -EBADF, .copier_end = -EBADF };
	auto_(arena_free) struct arena *arena = arena_new();
	struct str text = STR_IN(arena);
	struct json *top = NULL;
	int r = arena ? file_read_at(AT_FDCWD, path, JSON_SIZE_MAX, &text) : -ENOMEM;

	if (r < 0)
		return codef(err, r, "read '%s'", path);
	r = json_parse(arena, str_text(&text), text.n, path_last(path), &top, err);
	if (r == 0 && top->type != JSON_ARRAY)
		r = failf(err, EINVAL, "'%s': expected an array of mounts", path);
	if (r == 0)
		r = add_all(&a, top, NULL, err);
	addition_done(&a);
	return r;
}

static struct mount_record *last_on(struct mount_records *all, const char *destination)
{
	for (size_t i = all->n; i-- > 0;)
		if (path_same(all->v[i].destination, destination))
			return &all->v[i];
	return NULL;
}

int container_mounts_remove(struct container *c, const char *destination, struct error *err)
{
	auto_(close_fd) int pidfd = lock_running(c, err);
	auto_(arena_free) struct arena *arena = arena_new();
	struct mount_records all;
	struct mount_record *m;
	int r;

	if (pidfd < 0)
		return pidfd;
	if (!arena)
		return sysf(err, "mounts");
	if (destination[0] != '/')
		return failf(err, EINVAL, "destination '%s' is not an absolute path", destination);
	r = mount_records_read(c->dir, arena, &all, err);
	if (r < 0)
		return r;
	m = last_on(&all, destination);
	if (!m)
		return failf(err, ENOENT, "'%s' was not mounted by 'mounts add'", destination);
	r = unmount_in_child(pidfd, m, err);
	if (r < 0)
		return r;
	memmove(m, m + 1, (size_t)(all.v + all.n - (m + 1)) * sizeof(*m));
	all.n--;
	return mount_records_write(c->dir, &all, err);
}
