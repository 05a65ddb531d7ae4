/* SPDX-License-Identifier: Apache-2.0 */

/* What of `create` comes before all else: the config is read, the id is taken, nothing has run yet. */

#include "lifecycle/creation.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/self.h"
#include "base/sys.h"
#include "base/timings.h"
#include "fs/root_mount.h"
#include "lifecycle/join.h"
#include "lifecycle/leftover.h"
#include "store/store.h"

/* ---- the bundle ---- */

/* In the document's arena. */
static char *path_of(const struct creation *c, int fd)
{
	char path[PATH_MAX];

	return path_of_fd(fd, path, sizeof(path)) < 0 ? NULL : arena_strdup(c->doc->arena, path);
}

/* The kernel tells the path of a descriptor by a link of procfs. */
static int no_path(struct error *err, const char *what, const char *path)
{
	int num = errno;

	if (access("/proc/self/fd", F_OK) < 0)
		return failf(err, ENOENT,
			     "path of %s '%s': there is no procfs on '/proc', mount one: "
			     "mount -t proc proc /proc",
			     what, path);
	return codef(err, num, "path of %s '%s'", what, path);
}

static int open_bundle(struct creation *c, struct error *err)
{
	const char *path = c->o->bundle ? c->o->bundle : ".";
	int r;

	c->bundle = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->bundle < 0)
		return sysf(err, "bundle '%s'", path);
	r = spec_load_config(c->bundle, c->o->config ? c->o->config : "config.json", &c->doc, err);
	if (r < 0)
		return r;
	r = join_apply(c, err);
	if (r < 0)
		return r;
	c->bundle_path = path_of(c, c->bundle);
	return c->bundle_path ? 0 : no_path(err, "bundle", path);
}

/* Names below the bundle, without "." or "..": where no symlink is met, the path is canonical as it stands. */
static bool is_plain(const char *path)
{
	for (size_t n; *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		if (n == 0 || (path[n] && !path[n + 1]) || (path[0] == '.' && (n == 1 || (n == 2 && path[1] == '.'))))
			return false;
	}
	return true;
}

static char *plain_rootfs(const struct creation *c, const char *path)
{
	auto_(close_fd) int fd = -EBADF;

	if (!is_plain(path) || streq(c->bundle_path, "/"))
		return NULL;
	fd = sys_openat2(c->bundle, path, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return NULL;
	return arena_printf(c->doc->arena, "%s/%s", c->bundle_path, path);
}

static int open_rootfs(struct creation *c, struct error *err)
{
	auto_(close_fd) int fd = -EBADF;
	const struct spec_root *root = c->spec->root;

	if (!root)
		return failf(err, EINVAL, "root must be specified");
	c->rootfs = plain_rootfs(c, root->path);
	if (c->rootfs)
		return 0;
	fd = openat(c->bundle, root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		sysf(err, "rootfs '%s'", root->path);
		return spec_error(root->json, "path", err);
	}
	c->rootfs = path_of(c, fd);
	if (!c->rootfs)
		return no_path(err, "rootfs", root->path);
	if (!streq(c->rootfs, "/"))
		return 0;
	failf(err, EINVAL, ROOT_IS_THE_HOSTS, root->path);
	return spec_error(root->json, "path", err);
}

static int check_terminal(const struct creation *c, struct error *err)
{
	bool detach = !c->run || c->o->detach;

	if (c->run && !c->spec->process) {
		failf(err, EINVAL, "process must be specified to run a container");
		return spec_error(c->spec->json, NULL, err);
	}
	return resolve_terminal(c->spec->process, detach, c->o->console_socket, err);
}

/* ---- state ---- */

/*
 * A session keyring can be joined by its name by every process that may search it. So the name is one that another
 * container can neither have made before us nor guess.
 */
static char *keyring_name(const struct creation *c)
{
	uint64_t random[2];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return NULL;
	return arena_printf(c->doc->arena, "_ses.%s.%016" PRIx64 "%016" PRIx64, c->o->id, random[0],
			    random[1]);
}

static int fill_state(struct creation *c, struct error *err)
{
	char *keyring = c->o->no_new_keyring ? NULL : keyring_name(c);

	if (!keyring && !c->o->no_new_keyring)
		return sysf(err, "name of the session keyring");
	c->state = (struct state){
		.id = c->o->id,
		.oci_version = STATE_OCI_VERSION,
		.bundle = c->bundle_path,
		.rootfs = c->rootfs,
		.created = c->created,
		.annotations = c->spec->annotations,
		.shared = c->shared,
		.owner = caller_euid(),
		.own_pid_namespace = (c->resolved->new_namespaces & CLONE_NEWPID) != 0,
		.has_process = c->spec->process != NULL,
		.keyring = keyring,
		.rootless = c->rootless,
		.no_poststop = !c->spec->hooks || !c->spec->hooks->kind[HOOK_POSTSTOP].n,
	};
	return 0;
}

static int new_file(int dir, const char *name)
{
	return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* A private copy: what happens to the bundle later changes nothing (G7). */
static int keep_config(struct creation *c, struct error *err)
{
	auto_(close_fd) int fd = new_file(c->dir, "config.json");

	/* A create was killed here before. */
	if (fd < 0 && errno == EEXIST) {
		int r = container_remove_leftovers(c->rt, c->root, c->dir, c->o->id, err);

		if (r < 0)
			return r;
		fd = new_file(c->dir, "config.json");
	}
	if (fd < 0 || write_all(fd, c->doc->text, c->doc->size) < 0)
		return sysf(err, "keep a copy of config.json");
	return 0;
}

/* Before a cgroup is made: whoever kills us, it can be found again. */
static int keep_place(struct creation *c, struct error *err)
{
	const char *path = c->spec->lnx.cgroups_path;
	auto_(close_fd) int fd = -EBADF;

	if (c->rt->no_cgroups || (path && *path == '/'))
		return 0;
	fd = new_file(c->dir, "cgroup");
	c->places = (struct str)STR_IN(c->doc->arena);
	if (fd < 0 || file_read_piece_at(AT_FDCWD, "/proc/self/cgroup", 65536, &c->places) < 0 ||
	    write_all(fd, str_text(&c->places), c->places.n) < 0)
		return sysf(err, "keep a copy of /proc/self/cgroup");
	return 0;
}

static void ignore(int sig)
{
	(void)sig;
}

/*
 * Our caller's limit of file sizes is for the program. What we write over it is to fail (EFBIG) and be taken back, and not
 * to kill us in the midst of it. A handler, since execve(2) resets it. Few callers have such a limit.
 */
static void survive_large_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
		return;
	(void)sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = ignore }, NULL);
}

static int reserve(struct creation *c, struct error *err)
{
	int r;

	survive_large_files();
	c->root = store_open_root(c->rt, true, err);
	if (c->root < 0)
		return c->root;
	c->dir = store_reserve(c->root, c->o->id, err);
	r = c->dir < 0 ? c->dir : keep_config(c, err);
	return r < 0 ? r : keep_place(c, err);
}

static int place_cgroup(struct creation *c, struct error *err)
{
	c->cgroup_options = container_cgroup_options(c->rt, c->o->id, c->spec, c->rootless);
	c->cgroup_options.places = c->places.s;
	return cgroup_new(&c->cgroup_options, &c->cgroup, err);
}

/* ---- descriptors of the caller ---- */

/* sd_listen_fds(3): ours only when they were meant for this process. */
static unsigned listen_fds(void)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	uint32_t n, p;

	if (!fds || !pid || parse_u32(fds, &n) < 0 || parse_u32(pid, &p) < 0)
		return 0;
	return (pid_t)p == getpid() ? n : 0;
}

/* ---- all of it ---- */

#define FEW_MOUNTS 200 /* with so many the usual limit of 1024 is far */
#define NO_MOUNTS  256 /* descriptors that are kept for all else, while the limit is no lower than twice that */

/* Each bind mount is a descriptor, here and in the child, as far as there is room. The program gets the caller's limit back. */
static void raise_descriptors(struct creation *c)
{
	struct rlimit limit;

	if (c->resolved->mounts.n <= FEW_MOUNTS || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	c->trees_max = limit.rlim_max > 2 * NO_MOUNTS ? limit.rlim_max - NO_MOUNTS : limit.rlim_max / 2;
	if (limit.rlim_cur == limit.rlim_max)
		return;
	c->nofile = limit;
	limit.rlim_cur = limit.rlim_max;
	c->nofile_raised = setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static int resolve(struct creation *c, struct error *err)
{
	const struct resolve_input in = {
		.spec = c->spec,
		.bundle = c->bundle,
		.cannot_join = !self_may_join(),
		.cannot_mknod = c->rootless || !self_may_mknod(),
	};
	int r = resolve_config(&in, c->doc->arena, &c->resolved, err);
	if (r == 0)
		raise_descriptors(c);
	return r;
}

int creation_prepare(struct creation *c, struct error *err)
{
	int r = store_check_id(c->o->id, err);

	c->listen_fds = listen_fds();
	c->preserve_fds = c->o->preserve_fds + c->listen_fds;
	if (r == 0)
		r = open_bundle(c, err);
	if (r < 0)
		return r;
	c->spec = c->doc->spec;
	c->rootless = container_lacks_rights(c->rt);
	r = resolve(c, err);
	timings_mark("config");
	if (r == 0)
		r = check_terminal(c, err);
	if (r == 0)
		r = open_rootfs(c, err);
	if (r == 0)
		r = reserve(c, err);
	if (r < 0)
		return r;
	r = fill_state(c, err);
	if (r == 0)
		r = place_cgroup(c, err);
	timings_mark("state directory");
	return r;
}
