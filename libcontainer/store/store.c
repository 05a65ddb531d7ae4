/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"

#define DEFAULT_ROOT	    "/run/orlop"
#define RESERVE_PATIENCE_MS 200
#define STATE_OF	    "the state directory of"

/*
 * What every container's directory holds, in the order of removal: while state.json is there, a
 * delete that was cut short can be repeated.
 */
#define DIRECTORY_MODE 0711 /* of a container */

static const char *const always_there[] = { "config.json", "cgroup", "state.json" };

/* ---- ids ---- */

int store_check_id(const char *id, struct error *err)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";
	size_t n = strlen(id);

	if (n == 0)
		return failf(err, EINVAL, "container id cannot be empty");
	if (n > NAME_MAX || strspn(id, good) != n || streq(id, ".") || streq(id, ".."))
		return failf(err, EINVAL, "invalid container ID format: '%.300s'", id);
	return 0;
}

/* ---- the root directory ---- */

/* The initial user namespace maps all ids to themselves. */
static bool in_user_namespace(void)
{
	auto_str map = STR_INIT;
	unsigned inside, outside, count;

	if (file_read_at(AT_FDCWD, "/proc/self/uid_map", 4096, &map) < 0)
		return false;
	return sscanf(str_text(&map), "%u %u %u", &inside, &outside, &count) != 3 || inside ||
		outside || count != UINT_MAX;
}

/* Root of a user namespace that podman made has /run of the host, where it may not write. */
static bool wants_user_root(void)
{
	const char *user;

	if (geteuid() != 0)
		return true;
	user = getenv("USER");
	return !streq(user, "root") && in_user_namespace();
}

int store_absent(const char *root, const char *id, struct error *err)
{
	return failf(err, ENOENT, "container does not exist: '%s' is not in '%s'", id, root);
}

/* The sticky bit keeps cleaners of the user's runtime directory away (XDG Base Directory). */
static const char *choose_root(const struct runtime *rt, char *buf, size_t size, mode_t *mode)
{
	const char *xdg;

	*mode = 0711;
	if (rt->root)
		return rt->root;
	xdg = getenv("XDG_RUNTIME_DIR");
	if (!xdg || xdg[0] != '/' || !wants_user_root())
		return DEFAULT_ROOT;
	*mode = S_ISVTX | 0700;
	if (snprintf(buf, size, "%s/orlop", xdg) >= (int)size)
		return DEFAULT_ROOT;
	return buf;
}

/* Only a path that ends in '/', '.' or '..' can lexically be "/": the others need no look. */
static bool may_be_slash(const char *path)
{
	const char *last = path_last(path);

	return !*last || streq(last, ".") || streq(last, "..");
}

static int refuse_slash(int root, const char *path, struct error *err)
{
	struct stat ours, slash;

	if (!may_be_slash(path))
		return 0;
	if (fstat(root, &ours) < 0 || stat("/", &slash) < 0)
		return sysf(err, "root '%s'", path);
	if (ours.st_dev == slash.st_dev && ours.st_ino == slash.st_ino)
		return failf(err, EINVAL,
			     "root '%s' is '/': give a directory of its own with --root", path);
	return 0;
}

static int open_directory(int at, const char *path, int flags)
{
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
}

/* Root is trusted by all; who is not root trusts himself as well. */
static bool is_trusted(uid_t owner)
{
	return owner == 0 || owner == geteuid();
}

/* what: "root", of all containers, or the directory of one. */
/* Whether others than its owner can make directories in the root. Until it was looked at, they can. */
static bool root_is_shared = true;

static int refuse_owner(const struct stat *st, const char *what, const char *name, struct error *err)
{
	if (is_trusted(st->st_uid))
		return 0;
	return failf(err, EPERM,
		     "%s '%s' belongs to uid %u, not to uid %u: that user could choose what happens", what,
		     name, (unsigned)st->st_uid, (unsigned)geteuid());
}

static int refuse_foreign_root(int root, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(root, &st) < 0)
		return sysf(err, "root '%s'", path);
	root_is_shared = st.st_mode & 022;
	return refuse_owner(&st, "root", path, err);
}

/* In a root that only its owner writes to, everything is his. */
static int refuse_foreign(int dir, const char *id, struct error *err)
{
	struct stat st;

	if (!root_is_shared)
		return 0;
	if (fstat(dir, &st) < 0)
		return sysf(err, STATE_OF " '%s'", id);
	return refuse_owner(&st, STATE_OF, id, err);
}

const char *store_root_path(const struct runtime *rt, char *buf, size_t size)
{
	mode_t mode;

	return choose_root(rt, buf, size, &mode);
}

int store_open_root(const struct runtime *rt, bool make, struct error *err)
{
	char buf[PATH_MAX];
	mode_t mode;
	const char *path = choose_root(rt, buf, sizeof(buf), &mode);
	auto_(close_fd) int fd = -EBADF;
	int r;

	if (!*path)
		return failf(err, EINVAL, "the path of --root is empty");
	fd = open_directory(AT_FDCWD, path, 0);
	if (fd < 0 && errno == ENOENT && make) {
		r = mkdir_parents(path, mode);
		if (r < 0)
			return codef(err, r, "make root '%s'", path);
		fd = open_directory(AT_FDCWD, path, 0);
	}
	if (fd < 0 && errno == ENOENT && !make)
		return -ENOENT;
	if (fd < 0)
		return sysf(err, "open root '%s'", path);
	r = refuse_slash(fd, path, err);
	if (r == 0)
		r = refuse_foreign_root(fd, path, err);
	return r < 0 ? r : take_fd(fd);
}

/* ---- locks ---- */

/* 0, -EWOULDBLOCK after the wait, or another errno. */
static int lock_within(int dir, int64_t ms)
{
	int64_t end = 0;
	int pause = 1;

	for (;;) {
		if (flock(dir, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return -errno;
		if (!end)
			end = clock_ms() + ms;
		if (clock_ms() >= end)
			return -EWOULDBLOCK;
		(void)poll(NULL, 0, pause);
		pause = min_of(pause * 2, 50);
	}
}

/* A directory that was removed while we held it open has no links left. */
static int is_linked(int dir)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return -errno;
	return st.st_nlink > 0;
}

int store_lock(int dir, unsigned seconds, struct error *err)
{
	int r = lock_within(dir, (int64_t)seconds * 1000);

	if (r == -EWOULDBLOCK)
		return failf(err, EBUSY,
			     "another command works on this container and did not end within %u s",
			     seconds);
	if (r < 0)
		return codef(err, r, "lock the state directory");
	r = is_linked(dir);
	if (r < 0)
		return codef(err, r, "state directory");
	return r ? 0 : failf(err, ENOENT, "container does not exist");
}

void store_unlock(int dir)
{
	(void)flock(dir, LOCK_UN);
}

/* By a description of its own: flock(2) on `dir` itself would change the lock of the caller. */
int store_is_locked(int dir)
{
	auto_(close_fd) int fd = open_directory(dir, ".", 0);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? 1 : -errno;
}

/* ---- a mark ---- */

void store_mark_killed(int dir, bool killed)
{
	(void)fchmod(dir, DIRECTORY_MODE | (killed ? S_ISVTX : 0));
}

bool store_is_marked_killed(int dir)
{
	struct stat st;

	return fstat(dir, &st) == 0 && st.st_mode & S_ISVTX;
}

/* ---- removing ---- */

void store_remove_files(int dir)
{
	foreach_array(name, always_there)
		(void)unlinkat(dir, *name, 0);
}

void store_abandon(int dir)
{
	(void)unlinkat(dir, "state.json", 0);
	(void)unlinkat(dir, "creating.json", 0);
	(void)unlinkat(dir, "start.sock", 0);
}

/* file_replace_at() of a killed command leaves ".state.json.PID". */
static bool is_leftover(const char *name)
{
	static const char *const replaced[] = { "state.json", "exit.json", "config.json", "checkpoint.json",
						"creating.json", "mounts.json" };

	for (size_t i = 0; i < ARRAY_SIZE(replaced); i++) {
		size_t n = strlen(replaced[i]);

		if (name[0] == '.' && strncmp(name + 1, replaced[i], n) == 0 && name[n + 1] == '.')
			return true;
	}
	return false;
}

static bool is_ours(const char *name)
{
	static const char *const rare[] = { "start.sock", "exit.json", "checkpoint.json", "creating.json",
					    "mounts.json", STORE_OUTLIVES, STORE_RESTORES };

	foreach_array(ours, rare)
		if (streq(name, *ours))
			return true;
	return false;
}

/*
 * The rare second look: the socket of one that was never started, the notify directory, how init ended, temporary
 * files of killed commands. Names a file that is not ours.
 */
static int remove_leftovers(int dir, char *foreign, size_t size)
{
	int fd = open_directory(dir, ".", 0);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d) {
		close_fd(fd);
		return -errno;
	}
	while ((e = readdir(d))) {
		if (streq(e->d_name, "notify")) {
			(void)unlinkat(dir, "notify/notify.sock", 0);
			(void)unlinkat(dir, "notify", AT_REMOVEDIR);
		} else if (is_ours(e->d_name) || is_leftover(e->d_name)) {
			(void)unlinkat(dir, e->d_name, 0);
		} else if (!streq(e->d_name, ".") && !streq(e->d_name, "..")) {
			(void)snprintf(foreign, size, "%s", e->d_name);
		}
	}
	(void)closedir(d);
	return 0;
}

int store_remove(int root, const char *id, int dir, struct error *err)
{
	char foreign[NAME_MAX + 1] = "";
	int r;

	store_remove_files(dir);
	if (unlinkat(root, id, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return sysf(err, "remove the state directory of '%s'", id);
	r = remove_leftovers(dir, foreign, sizeof(foreign));
	if (r < 0)
		return codef(err, r, "read the state directory of '%s'", id);
	if (foreign[0])
		return failf(err, ENOTEMPTY,
			     "the state directory of '%s' holds '%s', which is not ours", id,
			     foreign);
	if (unlinkat(root, id, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return sysf(err, "remove the state directory of '%s'", id);
	return 0;
}

/* ---- reserving ---- */

static int taken(int root, const char *id, struct error *err)
{
	char path[PATH_MAX] = "";

	(void)path_of_fd(root, path, sizeof(path));
	return failf(err, EEXIST, "container with given ID already exists: '%s' is in '%s'", id, path);
}

/*
 * Locks a directory that may have been made, taken over or removed by others meanwhile. 1: it is
 * ours; 0: it went away, begin anew; -EEXIST without message: it is a container's. The config of a
 * killed create stays: it tells what else was left (lifecycle/leftover.c).
 */
static int claim(int dir, bool made)
{
	/* Someone who only looks whether the lock is held must not make a create fail. */
	int r = lock_within(dir, made ? RESERVE_PATIENCE_MS : 0);

	if (r < 0)
		return r == -EWOULDBLOCK ? -EEXIST : r;
	r = is_linked(dir);
	if (r <= 0)
		return r;
	if (faccessat(dir, "state.json", F_OK, 0) == 0)
		return -EEXIST;
	if (errno != ENOENT)
		return -errno;
	if (!made)
		(void)unlinkat(dir, "start.sock", 0);
	return 1;
}

/* What claim() says, or -ENOENT without message: begin anew. */
static int try_reserve(int root, const char *id, bool made, int *ret, struct error *err)
{
	auto_(close_fd) int dir = open_directory(root, id, O_NOFOLLOW);
	int r;

	if (dir < 0 && errno == ENOENT)
		return -ENOENT;
	if (dir < 0)
		return sysf(err, "open the state directory of '%s'", id);
	r = refuse_foreign(dir, id, err);
	if (r < 0)
		return r;
	r = claim(dir, made);
	if (r == 0)
		return -ENOENT;
	if (r == -EEXIST)
		return taken(root, id, err);
	if (r < 0)
		return codef(err, r, "reserve the state directory of '%s'", id);
	*ret = take_fd(dir);
	return 0;
}

int store_reserve(int root, const char *id, struct error *err)
{
	for (;;) {
		bool made = mkdirat(root, id, DIRECTORY_MODE) == 0;
		int r, dir;

		if (!made && errno != EEXIST)
			return sysf(err, "make the state directory of '%s'", id);
		r = try_reserve(root, id, made, &dir, err);
		if (r == 0)
			return dir;
		if (r == -ENOENT)
			continue;
		if (made && r != -EEXIST)
			(void)unlinkat(root, id, AT_REMOVEDIR);
		return r;
	}
}

int store_open_file(int dir, const char *name, struct error *err)
{
	auto_(close_fd) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	/* A link, a socket or a device without driver. */
	if (fd < 0 && (errno == ELOOP || errno == ENXIO || errno == ENODEV))
		return failf(err, EBADMSG, "%s is no regular file", name);
	if (fd < 0 || fstat(fd, &st) < 0)
		return sysf(err, "open %s", name);
	if (!S_ISREG(st.st_mode))
		return failf(err, EBADMSG, "%s is no regular file", name);
	if (!is_trusted(st.st_uid))
		return failf(err, EBADMSG, "%s belongs to uid %u", name, (unsigned)st.st_uid);
	return take_fd(fd);
}

static int absent(int root, const char *id, struct error *err)
{
	char path[PATH_MAX] = "";

	(void)path_of_fd(root, path, sizeof(path));
	return store_absent(path, id, err);
}

int store_open(int root, const char *id, struct error *err)
{
	auto_(close_fd) int dir = open_directory(root, id, O_NOFOLLOW);
	int r;

	if (dir < 0 && errno == ENOENT)
		return absent(root, id, err);
	if (dir < 0)
		return sysf(err, "open the state directory of '%s'", id);
	r = refuse_foreign(dir, id, err);
	return r < 0 ? r : take_fd(dir);
}
