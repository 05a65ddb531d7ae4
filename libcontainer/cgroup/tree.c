/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/sys.h"
#include "cgroup/cgroup_internal.h"

void sleep_ns(int64_t ns)
{
	struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	(void)nanosleep(&t, NULL);
}

struct cgroup_tree *tree_of(struct cgroup *c, const char *controller)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->trees[i].v2 && cgroup_list_has(c->trees[i].name, controller))
			return &c->trees[i];
	return c->kind == CGROUP_V2 ? c->unified : NULL;
}

/* ---- making ---- */

static int make_parents(struct cgroup_tree *t)
{
	char copy[PATH_MAX];
	size_t n = strlen(t->path), at = strlen(t->mount);

	if (n >= sizeof(copy))
		return -ENAMETOOLONG;
	memcpy(copy, t->path, n + 1);
	for (at++; at <= n; at++) {
		if (copy[at] != '/' && copy[at] != 0)
			continue;
		copy[at] = 0;
		if (mkdir(copy, 0755) == 0) {
			if (!t->made)
				t->made = at;
		} else if (errno != EEXIST) {
			return -errno;
		}
		copy[at] = t->path[at];
	}
	return t->made ? 0 : 1;
}

int tree_make(struct cgroup_tree *t)
{
	if (mkdir(t->path, 0755) == 0) {
		t->made = strlen(t->path);
		return 0;
	}
	if (errno == EEXIST)
		return 1;
	return errno == ENOENT ? make_parents(t) : -errno;
}

/* Below what was made there may be nothing, a file of the kernel, or no room for the name: making that failed. */
static int unmake_one(const char *path, bool last, int64_t deadline)
{
	int r = last ? tree_remove(path, NULL, deadline) : rmdir(path) == 0 ? 0 : -errno;

	return r == -ENOENT || r == -ENOTDIR || r == -ENAMETOOLONG ? 0 : r;
}

int tree_unmake(struct cgroup_tree *t, int64_t deadline)
{
	char copy[PATH_MAX];
	size_t n = strlen(t->path);

	if (!t->made || n >= sizeof(copy))
		return 0;
	memcpy(copy, t->path, n + 1);
	while (n >= t->made) {
		bool last = n == strlen(t->path);
		int r;

		copy[n] = 0;
		r = unmake_one(copy, last, deadline);
		/* A parent is not ours any more once somebody put a cgroup of theirs below. */
		if (r < 0)
			return last ? r : 0;
		while (n > 0 && copy[n - 1] != '/')
			n--;
		n = n ? n - 1 : 0;
	}
	t->made = 0;
	return 0;
}

/* ---- what is spared ---- */

bool tree_is_spared(const struct tree_spared *spared, int dir)
{
	struct stat st;

	if (!spared || !spared->n || fstat(dir, &st) < 0)
		return false;
	for (size_t i = 0; i < spared->n; i++)
		if (spared->v[i].ino == st.st_ino && spared->v[i].dev == st.st_dev)
			return true;
	return false;
}

/* ---- removing ---- */

struct removal {
	const struct tree_spared *spared;
	bool met_spared, busy; /* in the last walk: one that is spared; one that is not, and did not go */
};

static int skip_spared(int dir, void *ctx)
{
	struct removal *r = ctx;

	if (!tree_is_spared(r->spared, dir))
		return 0;
	r->met_spared = true;
	return TREE_SKIP;
}

/* One that is in use stays for now: the others go all the same, and tree_remove() comes back. */
static int remove_one(int at, const char *name, void *ctx)
{
	struct removal *r = ctx;
	struct stat st;

	if (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -errno;
	/* With others in it, these tell. */
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_nlink <= 2)
		r->busy = true;
	return 0;
}

/*
 * A cgroup is busy for some microseconds after its last process was reaped, and for as long as one
 * is dying: wait tightly first, then longer.
 */
int tree_remove(const char *path, const struct tree_spared *spared, int64_t deadline)
{
	struct removal removal = { .spared = spared };
	const struct tree_visitor remover = { .enter = skip_spared, .leave = remove_one, .ctx = &removal };
	int64_t pause = 50000;

	for (;;) {
		int r;

		if (rmdir(path) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY && errno != ENOTEMPTY)
			return -errno;
		removal.met_spared = removal.busy = false;
		r = tree_walk(path, &remover);
		if (r < 0)
			return r;
		if (removal.met_spared && !removal.busy)
			return 0;
		if (rmdir(path) == 0 || errno == ENOENT)
			return 0;
		if ((errno != EBUSY && errno != ENOTEMPTY) || clock_ns() >= deadline)
			return -errno;
		sleep_ns(pause);
		pause = min_of(pause + pause / 2, INT64_C(20000000));
	}
}

/* ---- processes ---- */

static int add_pid(struct pid_list *list, pid_t pid)
{
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 32;
		pid_t *v = realloc(list->v, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		list->v = v;
		list->room = room;
	}
	list->v[list->n++] = pid;
	return 0;
}

static int add_pids(struct pid_list *list, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		uint64_t pid;

		/* 0 is a process of another pid namespace: nothing we could name. */
		if (n && parse_u64n(text, n, 10, &pid) == 0 && pid > 0 && pid <= INT_MAX &&
		    add_pid(list, (pid_t)pid) < 0)
			return -ENOMEM;
		text += n + (text[n] == '\n');
	}
	return 0;
}

/* A thread that has a pidfd is the first one of its process, by which all name that. */
static bool is_process(pid_t thread)
{
	auto_(close_fd) int fd = sys_pidfd_open(thread, 0);

	return fd >= 0;
}

struct search {
	const struct tree_spared *spared;
	struct pid_list *list;
};

/* The threads of a threaded cgroup, of which some may be processes. */
static int threads_of(int dir, void *ctx)
{
	const struct search *s = ctx;
	struct pid_list threads = { 0 };
	auto_str text = STR_INIT;
	int r;

	if (tree_is_spared(s->spared, dir))
		return TREE_SKIP;
	r = file_read_at(dir, "cgroup.threads", (size_t)16 << 20, &text);
	if (r == 0)
		r = add_pids(&threads, str_text(&text));
	for (size_t i = 0; r == 0 && i < threads.n; i++)
		if (is_process(threads.v[i]))
			r = add_pid(s->list, threads.v[i]);
	free(threads.v);
	return r;
}

static int pids_of(int dir, void *ctx)
{
	const struct search *s = ctx;
	auto_str text = STR_INIT;
	int r;

	if (tree_is_spared(s->spared, dir))
		return TREE_SKIP;
	r = file_read_at(dir, "cgroup.procs", (size_t)16 << 20, &text);
	/* A threaded cgroup refuses the file; its processes stand in the cgroup above. */
	if (r == -EOPNOTSUPP)
		return 0;
	return r < 0 ? r : add_pids(s->list, str_text(&text));
}

int tree_pids(const char *path, const struct tree_spared *spared, struct pid_list *list)
{
	auto_str type = STR_INIT;
	struct search s = { spared, list };
	int r = tree_walk(path, &(struct tree_visitor){ .enter = pids_of, .ctx = &s });

	/* All of it lies in the domain of a cgroup above, which has processes of others too. */
	if (r < 0 || list->n || tree_read(path, "cgroup.type", &type) < 0 || !streq(str_text(&type), "threaded"))
		return r;
	return tree_walk(path, &(struct tree_visitor){ .enter = threads_of, .ctx = &s });
}

/* ---- files ---- */

static int file_path(const char *dir, const char *file, char *buf, size_t size)
{
	size_t n = strlen(dir), more = strlen(file);

	if (n + more + 2 > size)
		return -ENAMETOOLONG;
	memcpy(buf, dir, n);
	buf[n] = '/';
	memcpy(buf + n + 1, file, more + 1);
	return 0;
}

int tree_read_file(const char *path, struct str *out)
{
	return file_read_piece_at(AT_FDCWD, path, CGROUP_FILE_MAX, out);
}

int tree_read(const char *dir, const char *file, struct str *out)
{
	char path[PATH_MAX];
	int r = file_path(dir, file, path, sizeof(path));

	if (r == 0)
		r = tree_read_file(path, out);
	if (r < 0)
		return r;
	while (out->n && (out->s[out->n - 1] == '\n' || out->s[out->n - 1] == ' '))
		out->s[--out->n] = 0;
	return 0;
}

int tree_write(const char *dir, const char *file, const char *text)
{
	char path[PATH_MAX];
	int r = file_path(dir, file, path, sizeof(path));

	return r < 0 ? r : file_write_at(AT_FDCWD, path, text);
}

/* The first line of a file of one number, without its end; its length. */
static ssize_t tree_read_line(const char *dir, const char *file, char *text, size_t size)
{
	auto_(close_fd) int fd = -EBADF;
	char path[PATH_MAX];
	ssize_t n = file_path(dir, file, path, sizeof(path));

	if (n < 0)
		return n;
	fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do
		n = read(fd, text, size - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	text[n] = 0;
	return (ssize_t)strcspn(text, "\n");
}

static int number(const char *text, size_t n, uint64_t *ret)
{
	if (n == 3 && strncmp(text, "max", 3) == 0) {
		*ret = UINT64_MAX;
		return 0;
	}
	return parse_u64n(text, n, 10, ret);
}

int tree_read_u64(const char *dir, const char *file, uint64_t *ret)
{
	char text[32];
	ssize_t n = tree_read_line(dir, file, text, sizeof(text));

	return n < 0 ? (int)n : number(text, (size_t)n, ret);
}

int tree_read_key(const char *dir, const char *file, const char *key, uint64_t *ret)
{
	char room[512]; /* enough for the short ones */
	auto_str text = STR_ON(room);
	size_t len = strlen(key);
	int r = tree_read(dir, file, &text);

	if (r < 0)
		return r;
	for (const char *at = str_text(&text); *at;) {
		size_t n = strcspn(at, "\n");

		if (n > len && at[len] == ' ' && strncmp(at, key, len) == 0)
			return number(at + len + 1, n - len - 1, ret);
		at += n + (at[n] == '\n');
	}
	return -ENOENT;
}
