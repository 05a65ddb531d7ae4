/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/criu_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/self.h"
#include "base/sys.h"

#define ENTRIES_MAX 33

/* What the child needs; it allocates nothing. */
struct criu_child {
	const struct criu_start *start;
	int output, report, socket;
	int folders[2]; /* images, work */
	int inherit[CRIU_INHERIT_MAX];
	int entries[ENTRIES_MAX],
		n_entries; /* where "0" is written: tasks of v1, cgroup.procs of v2 */
};

static const char *const start_steps[] = {
	"execute",         "enter the cgroup",    "make a mount namespace",
	"mount the root",  "pass descriptors on", "open its folders",
	"make its socket",
};
enum {
	STEP_EXECUTE,
	STEP_CGROUP,
	STEP_NAMESPACE,
	STEP_ROOT,
	STEP_DESCRIPTORS,
	STEP_FOLDERS,
	STEP_SOCKET,
	STEP_DONE
};

struct start_report {
	int step, num;
};

static void fail_start(const struct criu_child *b, int step)
{
	const struct start_report report = { .step = step, .num = errno };

	(void)!write(b->report, &report, sizeof(report));
	_exit(127);
}

/* Made here, so that CRIU takes descriptors of requests for its own. The other end goes to our parent. */
static void make_socket(struct criu_child *b)
{
	struct start_report report = { .step = STEP_DONE };
	union criu_control control = { 0 };
	struct iovec part = { .iov_base = &report, .iov_len = sizeof(report) };
	struct msghdr m = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		fail_start(b, STEP_SOCKET);
	control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					   .cmsg_level = SOL_SOCKET,
					   .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.header), &ends[1], sizeof(int));
	if (sendmsg(b->report, &m, MSG_NOSIGNAL) < 0)
		fail_start(b, STEP_SOCKET);
	(void)close(ends[1]);
	b->socket = ends[0];
}

/* In a mount namespace of its own CRIU can work only in folders of that. */
static int open_again(int fd, bool same)
{
	char link[64], path[PATH_MAX];
	struct stat wanted, found;
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return -1;
	path[n] = 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &found) < 0 || stat(link, &wanted) < 0)
		return -1;
	errno = ESTALE;
	return !same || (wanted.st_ino == found.st_ino && wanted.st_dev == found.st_dev) ? fd : -1;
}

/* A file of `from` as a mount on a new file of the same name in `to`. */
static int bind_image(int from, int to, const char *name)
{
	int tree, r, fd = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return -1;
	(void)close(fd);
	tree = sys_open_tree(from, name, OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW);
	if (tree < 0)
		return -1;
	r = (int)syscall(SYS_move_mount, tree, "", to, name, MOVE_MOUNT_F_EMPTY_PATH);
	(void)close(tree);
	return r;
}

static int copy_link(int from, int to, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	target[n < 0 ? 0 : n] = 0;
	return n < 0 ? -1 : symlinkat(target, to, name);
}

static int bind_images(int from, int to)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	while (d && r == 0 && (e = readdir(d))) {
		struct stat st;

		if (fstatat(from, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = -1;
		else if (S_ISREG(st.st_mode))
			r = bind_image(from, to, e->d_name);
		else if (S_ISLNK(st.st_mode))
			r = copy_link(from, to, e->d_name);
	}
	return d ? r : -1;
}

/*
 * What CRIU becomes in the container's user namespace reads images as well, first as the host's root without rights, then as
 * the container's. They may not search the image folder, which is root's alone: in our mount namespace, which nobody else
 * sees, another one stands in its place.
 */
static void share_images(struct criu_child *b)
{
	char path[64];
	int shared;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", b->folders[0]);
	if (mount("none", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755") < 0)
		fail_start(b, STEP_FOLDERS);
	/* What is mounted on it is seen by its path, not by its descriptor. */
	shared = open_again(b->folders[0], false);
	if (shared < 0 || bind_images(b->folders[0], shared) < 0)
		fail_start(b, STEP_FOLDERS);
	b->folders[0] = shared;
}

static void open_folders(struct criu_child *b)
{
	b->folders[0] = b->start->images;
	b->folders[1] = b->start->work;
	for (size_t i = 0; b->start->root && i < ARRAY_SIZE(b->folders); i++) {
		b->folders[i] = open_again(b->folders[i], true);
		if (b->folders[i] < 0)
			fail_start(b, STEP_FOLDERS);
	}
	if (b->start->userns)
		share_images(b);
}

/*
 * CRIU wants the root to be a mount of its own mount namespace. In a copy nothing of it stays on the host, however this
 * ends. Slaves and not private: a root that received mounts of the host's will again, CRIU copies it from this one.
 */
static void make_root(const struct criu_child *b)
{
	const unsigned long readonly = MS_REMOUNT | MS_BIND | MS_RDONLY;
	const char *root = b->start->root;

	if (!root)
		return;
	if (unshare(CLONE_NEWNS) < 0)
		fail_start(b, STEP_NAMESPACE);
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0 ||
	    mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0 ||
	    (b->start->root_readonly && mount(NULL, root, NULL, readonly, NULL) < 0))
		fail_start(b, STEP_ROOT);
}

static void reset_signals(void)
{
	uint64_t ignored = self_status()->ignored;
	sigset_t none;

	for (int sig = 1; sig <= 64; sig++)
		if (ignored >> (sig - 1) & 1)
			(void)signal(sig, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* All above their places first, so that none is overwritten before it is moved. */
static void place_descriptors(struct criu_child *b)
{
	int n = 0, from[CRIU_INHERIT_FIRST + CRIU_INHERIT_MAX];
	const int top = CRIU_INHERIT_FIRST + CRIU_INHERIT_MAX,
		  first[] = { b->output, b->output, b->socket, b->folders[0], b->folders[1] };

	b->report = fcntl(b->report, F_DUPFD_CLOEXEC, top);
	foreach_array(fd, first)
		from[n++] = fcntl(*fd, F_DUPFD_CLOEXEC, top);
	for (size_t i = 0; i < b->start->n_inherit; i++)
		from[n++] = fcntl(b->start->inherit[i], F_DUPFD_CLOEXEC, top);
	for (int i = 0; i < n; i++)
		if (from[i] < 0 || dup2(from[i], 1 + i) < 0)
			fail_start(b, STEP_DESCRIPTORS);
	if (sys_close_range(1 + (unsigned)n, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		fail_start(b, STEP_DESCRIPTORS);
}

static void become_criu(struct criu_child *b)
{
	static char arg0[] = "criu", arg1[] = "swrk", arg2[] = "3";
	char *argv[] = { arg0, arg1, arg2, NULL };

	reset_signals();
	/* Images are to be read in user namespaces. Who may come to them, their folder says. */
	(void)umask(022);
	/*
	 * A CRIU whose runtime was killed may wait for ever for what it restores. In the container's cgroup it would be
	 * taken for somebody else's process. A dump is another matter: CRIU must let the container go on.
	 */
	if (b->start->root)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A Ctrl-C is for us: CRIU sees our end, and takes back what it has begun. */
	if (!b->start->keep_group)
		(void)setpgid(0, 0);
	for (int i = 0; i < b->n_entries; i++)
		if (write(b->entries[i], "0", 1) != 1)
			fail_start(b, STEP_CGROUP);
	make_root(b);
	open_folders(b);
	make_socket(b);
	place_descriptors(b);
	(void)execvp(arg0, argv);
	fail_start(b, STEP_EXECUTE);
}

static int open_entries(struct criu_child *b, struct error *err)
{
	auto_(close_fd) int dir = -EBADF;
	int n;

	if (!b->start->cgroup)
		return 0;
	n = cgroup_entry_fds(b->start->cgroup, NULL, 0, b->entries, ENTRIES_MAX - 1, err);
	if (n < 0)
		return n;
	b->n_entries = n;
	dir = cgroup_clone_fd(b->start->cgroup, NULL, 0, err);
	if (dir == -ENOENT)
		return 0;
	if (dir < 0)
		return dir;
	b->entries[n] = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (b->entries[n] < 0)
		return sysf(err, "open cgroup.procs of the container");
	b->n_entries++;
	return 0;
}

/* 1: a record, a failure or the socket in *link; 0: the end of file; or a negative errno. */
static int read_report(int report, int *link, struct start_report *r)
{
	union criu_control control;
	struct iovec part = { .iov_base = r, .iov_len = sizeof(*r) };
	struct msghdr m = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	const struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(report, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : 0;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(link, CMSG_DATA(c), sizeof(*link));
	if (m.msg_flags & MSG_CTRUNC)
		return -EMFILE;
	return n == sizeof(*r) ? 1 : -EPROTO;
}

static int explain_start(int n, const struct start_report *r, struct error *err)
{
	if (n < 0)
		return codef(err, n, "criu: what it says of its start");
	if (n == 0 || r->step == STEP_DONE)
		return failf(err, ECHILD, "criu: it ended before it was executed");
	if (r->step == STEP_EXECUTE && r->num == ENOENT)
		return failf(
			err, ENOENT,
			"exec: \"criu\": executable file not found in $PATH: checkpoint and "
			"restore are done by CRIU (https://criu.org), which is to be installed");
	return codef(err, r->num, "criu: %s", start_steps[r->step]);
}

/* *link: our end of CRIU's socket. End of file after it: CRIU is executed. */
static int await_start(pid_t *pid, int report, int *link, struct error *err)
{
	struct start_report r = { .step = STEP_DONE };
	int n = read_report(report, link, &r);

	if (n == 1 && r.step == STEP_DONE) {
		n = read_report(report, link, &r);
		if (n == 0 && *link >= 0)
			return 0;
	}
	/* One that lives waits for words of the socket that nobody holds now. */
	(void)kill(*pid, SIGKILL);
	(void)waitpid(*pid, NULL, 0);
	*pid = -1;
	return explain_start(n, &r, err);
}

int criu_spawn(const struct criu_start *start, int output, pid_t *pid, int *link, struct error *err)
{
	struct criu_child b = { .start = start, .output = output };
	auto_(close_fd) int report = -EBADF;
	int ends[2], r = open_entries(&b, err);

	if (r == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		r = sysf(err, "socketpair");
	if (r == 0) {
		report = ends[0];
		b.report = ends[1];
		*pid = fork();
		if (*pid == 0)
			become_criu(&b);
		r = *pid < 0 ? sysf(err, "fork") : 0;
		close_fd(ends[1]);
	}
	while (b.n_entries > 0)
		close_fd(b.entries[--b.n_entries]);
	if (r == 0)
		r = await_start(pid, report, link, err);
	return r < 0 || !start->cgroup ? r : cgroup_attach(start->cgroup, NULL, *pid, err);
}
