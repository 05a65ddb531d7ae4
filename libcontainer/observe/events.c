/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What happens to all containers, without a process that they would have to tell. Everything leaves a trace that the
 * kernel announces to whoever looks: directories and files of the state root (inotify), the end of an init (pidfd),
 * a v2 cgroup's freezer (POLLPRI of cgroup.events), want of memory (observe/oom.c).
 *
 * A trace says only where to look; what has happened is told from what is there, compared with what was there at the
 * last look. So events that the kernel merged, or that came before we watched, do no harm.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/proc.h"
#include "container/exit.h"
#include "lifecycle/checkpoint.h"
#include "store/store.h"

#define STAGE_NAME "orlop:init" /* until it executes the program */

#define ROOT_EVENTS (IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR)
#define DIR_EVENTS  (IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_ONLYDIR)

/* Descriptors that each container needs, in the order in which they are polled. */
enum {
	POLL_INIT,
	POLL_FREEZER,
	POLL_OOM,
	POLLS
};

/* A container, from its directory to its delete. */
struct watched {
	char *id;
	int wd;              /* of its directory                        */
	struct container *c; /* NULL: create goes on                    */
	int init, freezer;   /* its pidfd; its cgroup.events; or -1     */
	struct container_oom oom;
	bool started, ended, paused;
	bool exit_pending; /* gone before we could look, and its exit is not told yet */
};

struct container_events {
	const struct runtime *rt;
	int root, inotify, root_wd;
	int parent_wd; /* of the folder that the root lies in; or -1 */
	struct watched *v;
	size_t n;
	bool snapshot; /* looking for the first time: what is there is no event */
	bool over;     /* the root is gone                                      */
	struct str *out;
};

/* ---- lines ---- */

static const char *status_of(const struct watched *w)
{
	if (w->ended)
		return "stopped";
	if (w->paused)
		return "paused";
	return w->started ? "running" : "created";
}

static void add_line(struct container_events *e, const char *type, const struct watched *w,
		     const struct container_exit *end)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	char now[CLOCK_TEXT_SIZE];
	const char *text;

	if (!o)
		return;
	clock_text(now);
	json_object_begin(o, NULL);
	json_string(o, "type", type);
	if (w)
		json_string(o, "id", w->id);
	json_string(o, "time", now);
	if (w && w->c && (streq(type, "create") || streq(type, "restore") || streq(type, "state")))
		json_string(o, "bundle", w->c->state.bundle);
	if (w && w->c && !w->ended)
		json_i64(o, "pid", w->c->state.init.pid);
	if (streq(type, "state"))
		json_string(o, "status", status_of(w));
	if (end)
		exit_write(o, end);
	json_object_end(o);
	text = json_out_text(o);
	if (text)
		str_printf(e->out, "%s\n", text);
}

static void add_event(struct container_events *e, const char *type, const struct watched *w)
{
	if (!e->snapshot)
		add_line(e, type, w, NULL);
}

/* ---- one container ---- */

static void close_one(int *fd)
{
	close_fd(*fd);
	*fd = -1;
}

static void close_all(struct watched *w)
{
	close_one(&w->init);
	close_one(&w->freezer);
	close_one(&w->oom.fd);
}

static void watched_done(struct watched *w)
{
	close_all(w);
	container_free(w->c);
	free(w->id);
}

static int open_freezer(struct container *c)
{
	const struct cgroup_hierarchy *all;
	char path[PATH_MAX];
	struct cgroup *cg;
	size_t n;

	if (!c->state.cgroup || container_cgroup(c, &cg, NULL) < 0)
		return -1;
	n = cgroup_hierarchies(cg, &all);
	for (size_t i = 0; i < n; i++) {
		if (!all[i].v2)
			continue;
		(void)snprintf(path, sizeof(path), "%s/cgroup.events", all[i].path);
		return openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	}
	return -1;
}

static void check_pause(struct container_events *e, struct watched *w)
{
	auto_str text = STR_INIT;
	bool paused;

	if (w->freezer < 0)
		return;
	/* Reading from the start is what makes the next change an event. */
	if (lseek(w->freezer, 0, SEEK_SET) < 0 ||
	    file_read_fd(w->freezer, 4096, &text) < 0) {
		close_one(&w->freezer); /* the cgroup was removed */
		return;
	}
	paused = strstr(str_text(&text), "frozen 1");
	if (paused != w->paused && !w->ended) {
		w->paused = paused;
		add_event(e, paused ? "pause" : "resume", w);
	}
}

/*
 * A start removes the socket. A delete does so too, after the config. `run` has none from the beginning.
 */
static void check_start(struct container_events *e, struct watched *w)
{
	if (w->started || faccessat(w->c->dir, START_SOCKET, F_OK, 0) == 0 ||
	    faccessat(w->c->dir, "config.json", F_OK, 0) < 0)
		return;
	w->started = true;
	add_event(e, "start", w);
}

/* A program may end before `start` has removed the socket. A zombie keeps its name. */
static bool was_started(const struct watched *w, const struct process_end *end)
{
	char name[16];

	if (end->known && !end->rough) {
		proc_name(w->c->state.init.pid, name);
		if (name[0])
			return !streq(name, STAGE_NAME);
	}
	return end->known && !WIFSIGNALED(end->status);
}

static void check_end(struct container_events *e, struct watched *w)
{
	struct container_exit how;
	struct process_end end;

	if (w->ended || w->init < 0 ||
	    process_end(w->c->state.init.pid, w->init, 0, &end) <= 0)
		return;
	check_start(e, w);
	if (!w->started && was_started(w, &end)) {
		w->started = true;
		add_event(e, "start", w);
	}
	if (w->oom.fd >= 0 && container_oom_read(w->c, &w->oom))
		add_event(e, "oom", w);
	w->ended = true;
	exit_explain(w->c, &end, true, &how);
	clock_text(how.finished);
	(void)exit_keep(w->c, &how, 1, NULL);
	if (!e->snapshot)
		add_line(e, "exit", w, &how);
	/* A removed cgroup would wake us for ever. */
	close_all(w);
}

static void check_create(struct container_events *e, struct watched *w)
{
	struct container *c = NULL;

	if (w->c || container_open(e->root, w->id, &c, NULL) < 0)
		return;
	if (c->incomplete) {
		container_free(c);
		return;
	}
	w->c = c;
	c->rt = e->rt;
	w->init = identity_open_zombie(&c->state.init);
	w->ended = w->init < 0;
	if (!w->ended) {
		(void)container_oom_open(c, &w->oom, NULL);
		w->freezer = open_freezer(c);
	}
	add_event(e, c->state.restored ? "restore" : "create", w);
	w->exit_pending = w->ended && !e->snapshot;
}

/*
 * The exit of a container that had ended before we saw it. It waits for the start event: `start` may still be about to
 * remove its socket. now: no further event of it will come.
 */
static void add_late_exit(struct container_events *e, struct watched *w, bool now)
{
	struct container_exit how;

	if (!w->exit_pending || !(now || w->started || faccessat(w->c->dir, "config.json", F_OK, 0) < 0))
		return;
	w->exit_pending = false;
	(void)exit_read(w->c, &how);
	add_line(e, "exit", w, &how);
}

static void check_container(struct container_events *e, struct watched *w)
{
	check_create(e, w);
	if (!w->c)
		return;
	check_start(e, w);
	add_late_exit(e, w, false);
	check_pause(e, w);
	check_end(e, w);
}

/* The one trace that has a result; it comes to its name whole. */
static void add_checkpoint_event(struct container_events *e, const struct watched *w)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	auto_(arena_free) struct arena *a = arena_new();
	struct checkpoint_record record;
	char now[CLOCK_TEXT_SIZE];
	const char *text;

	if (!o || !a || !w->c || e->snapshot || !checkpoint_record_read(w->c->dir, a, &record))
		return;
	clock_text(now);
	json_object_begin(o, NULL);
	json_string(o, "type", "checkpoint");
	json_string(o, "id", w->id);
	json_string(o, "time", now);
	json_bool(o, "success", record.success);
	if (record.operation)
		json_string(o, "operation", record.operation);
	if (record.path)
		json_string(o, "path", record.path);
	if (record.error)
		json_string(o, "error", record.error);
	json_object_end(o);
	text = json_out_text(o);
	if (text)
		str_printf(e->out, "%s\n", text);
}

/* ---- the set of them ---- */

static struct watched *find(struct container_events *e, const char *id)
{
	for (size_t i = 0; i < e->n; i++)
		if (streq(e->v[i].id, id))
			return &e->v[i];
	return NULL;
}

static int watch_dir(const struct container_events *e, const char *id)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", e->root, id);
	return inotify_add_watch(e->inotify, path, DIR_EVENTS);
}

static void add(struct container_events *e, const char *id)
{
	struct watched *v;

	if (store_check_id(id, NULL) < 0 || find(e, id))
		return;
	v = reallocarray(e->v, e->n + 1, sizeof(*v));
	if (!v)
		return;
	e->v = v;
	v[e->n] = (struct watched){ .id = strdup(id),
				    .wd = watch_dir(e, id),
				    .init = -1,
				    .freezer = -1,
				    .oom = CONTAINER_OOM_INIT };
	/* No directory, or gone again. */
	if (!v[e->n].id || v[e->n].wd < 0) {
		free(v[e->n].id);
		return;
	}
	e->n++;
	check_container(e, &v[e->n - 1]);
	if (e->snapshot && v[e->n - 1].c)
		add_line(e, "state", &v[e->n - 1], NULL);
}

static void drop(struct container_events *e, struct watched *w)
{
	if (w->c) {
		add_late_exit(e, w, true);
		check_end(e, w);
		add_event(e, "delete", w);
	} else {
		add_event(e, "missed", w);
	}
	watched_done(w);
	*w = e->v[--e->n];
}

/* Its directory came and went before we could open it. */
static void never_seen(struct container_events *e, const char *id)
{
	struct watched w = { .id = (char *)id };

	if (store_check_id(id, NULL) == 0)
		add_event(e, "missed", &w);
}

/* While we hold it open, the kernel tells of that only whoever watches the folder around it. */
static bool is_removed(int dir)
{
	struct stat st;

	return fstat(dir, &st) == 0 && st.st_nlink == 0;
}

static void handle(struct container_events *e, const struct inotify_event *event)
{
	const char *name = event->len ? event->name : "";
	struct watched *w;

	if (event->wd == e->root_wd) {
		w = find(e, name);
		if (event->mask & (IN_DELETE_SELF | IN_IGNORED | IN_UNMOUNT))
			e->over = true;
		else if (event->mask & IN_DELETE && w)
			drop(e, w);
		else if (event->mask & IN_DELETE)
			never_seen(e, name);
		else if (event->mask & (IN_CREATE | IN_MOVED_TO))
			add(e, name);
		return;
	}
	if (event->wd == e->parent_wd) {
		e->over |= is_removed(e->root);
		return;
	}
	for (size_t i = 0; i < e->n; i++) {
		if (e->v[i].wd != event->wd)
			continue;
		if (event->mask & (IN_MOVED_TO | IN_CREATE) && streq(name, CHECKPOINT_FILE))
			add_checkpoint_event(e, &e->v[i]);
		check_container(e, &e->v[i]);
	}
}

/* The kernel drops events when its queue is full (IN_Q_OVERFLOW): then every directory is checked. */
static void check_all(struct container_events *e)
{
	auto_(close_fd) int fd = openat(e->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!d)
		return;
	(void)take_fd(fd);
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.')
			add(e, entry->d_name);
	(void)closedir(d);
	for (size_t i = e->n; i-- > 0;) {
		if (faccessat(e->root, e->v[i].id, F_OK, 0) < 0)
			drop(e, &e->v[i]);
		else
			check_container(e, &e->v[i]);
	}
}

static void read_inotify(struct container_events *e)
{
	_Alignas(struct inotify_event) char buf[8192];
	ssize_t n;

	while ((n = read(e->inotify, buf, sizeof(buf))) > 0) {
		const struct inotify_event *event;

		for (const char *at = buf; at < buf + n; at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)at;
			if (event->mask & IN_Q_OVERFLOW)
				check_all(e);
			else
				handle(e, event);
		}
	}
}

/* ---- the verbs ---- */

void container_events_free(struct container_events *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n; i++)
		watched_done(&e->v[i]);
	free(e->v);
	close_fd(e->inotify);
	close_fd(e->root);
	free(e);
}

int container_events_open(const struct runtime *rt, struct container_events **ret, struct str *out,
			  struct error *err)
{
	auto_(container_events_free) struct container_events *e = calloc(1, sizeof(*e));
	char path[64];

	if (!e)
		return sysf(err, "events");
	*e = (struct container_events){
		.rt = rt, .root = -EBADF, .inotify = -EBADF, .snapshot = true, .out = out
	};
	e->root = store_open_root(rt, true, err);
	if (e->root < 0)
		return e->root;
	e->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", e->root);
	e->root_wd = e->inotify < 0 ? -1 : inotify_add_watch(e->inotify, path, ROOT_EVENTS);
	if (e->root_wd < 0)
		return sysf(err, "watch the root directory");
	/* Not everybody may read it; then the end of the root is not noticed. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/..", e->root);
	e->parent_wd = inotify_add_watch(e->inotify, path, IN_DELETE | IN_ONLYDIR);
	check_all(e);
	add_line(e, "ready", NULL, NULL);
	e->snapshot = false;
	*ret = take_ptr(e);
	return 0;
}

static void fill_polls(const struct container_events *e, struct pollfd *fds)
{
	fds[0] = (struct pollfd){ .fd = e->inotify, .events = POLLIN };
	for (size_t i = 0; i < e->n; i++) {
		struct pollfd *own = &fds[1 + i * POLLS];
		const struct watched *w = &e->v[i];

		own[POLL_INIT] = (struct pollfd){ .fd = w->init, .events = POLLIN };
		own[POLL_FREEZER] = (struct pollfd){ .fd = w->freezer, .events = POLLPRI };
		own[POLL_OOM] = (struct pollfd){ .fd = w->oom.fd, .events = w->oom.events };
	}
}

/* Before inotify, whose events may reorder the array. */
static void handle_polls(struct container_events *e, const struct pollfd *fds)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct pollfd *own = &fds[1 + i * POLLS];
		struct watched *w = &e->v[i];

		if (own[POLL_OOM].revents && container_oom_read(w->c, &w->oom))
			add_event(e, "oom", w);
		if (own[POLL_FREEZER].revents)
			check_pause(e, w);
		if (own[POLL_INIT].revents)
			check_end(e, w);
	}
}

int container_events_next(struct container_events *e, struct str *out, struct error *err)
{
	e->out = out;
	while (out->n == 0 && !e->over) {
		size_t n = 1 + e->n * POLLS;
		struct pollfd *fds = calloc(n, sizeof(*fds));

		if (!fds)
			return sysf(err, "events");
		fill_polls(e, fds);
		if (poll(fds, n, -1) < 0 && errno != EINTR) {
			free(fds);
			return sysf(err, "wait for events");
		}
		handle_polls(e, fds);
		if (fds[0].revents)
			read_inotify(e);
		free(fds);
	}
	return str_ok(out) ? !e->over || out->n : codef(err, ENOMEM, "events");
}
