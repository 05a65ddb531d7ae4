/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sessions of tracing: instances that go on recording after the command. The instance's name says all there is to know,
 * whose it is, how it is called, and the container's id: so there is no file that `delete` would have to remove. It is
 * bound to the container's init: when that has ended, what is left may still be read, and who makes the next instance
 * removes it.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/macros.h"
#include "base/sys.h"
#include "container/rows.h"
#include "observe/trace.h"

#define SESSIONS_MAX     16
#define SESSION_NAME_MAX 32

struct session {
	char instance[TRACE_NAME_MAX];
	char name[SESSION_NAME_MAX + 1], id[TRACE_NAME_MAX];
	pid_t init; /* as who made it numbers it */
};

/* Not the instance of a command in the foreground, which has no name and no id. */
static bool parse(const char *instance, struct session *ret)
{
	int pid = 0, at = 0;
	unsigned long long ns, start;

	if (sscanf(instance, "orlop.%llu.%d.%llu.%32[a-zA-Z0-9_-]@%n", &ns, &pid, &start, ret->name,
		   &at) != 4 ||
	    at == 0 || !instance[at])
		return false;
	ret->init = pid;
	(void)snprintf(ret->instance, sizeof(ret->instance), "%s", instance);
	(void)snprintf(ret->id, sizeof(ret->id), "%s", instance + at);
	return true;
}

/* ---- which there are ---- */

struct search {
	const char *name;      /* NULL: all */
	struct session *found; /* the first, or NULL */
	size_t n;
};

static int look(void *to, const char *instance)
{
	struct search *s = to;
	struct session one;

	if (!parse(instance, &one) || (s->name && !streq(s->name, one.name)))
		return 0;
	if (s->found && s->n == 0)
		*s->found = one;
	s->n++;
	return 0;
}

static int search(const struct tracefs *fs, struct search *s, struct error *err)
{
	int r = tracefs_each(fs, look, s);

	return r < 0 ? codef(err, r, "trace: read 'instances' of tracefs") : 0;
}

static int find(const struct tracefs *fs, const char *name, struct session *ret, struct error *err)
{
	struct search s = { .name = name, .found = ret };
	int r = search(fs, &s, err);

	if (r == 0 && s.n == 0)
		return failf(err, ENOENT,
			     "trace: there is no session '%s': 'trace --list' shows those that are",
			     name);
	return r;
}

static int remove_session(const struct tracefs *fs, const struct session *s, struct error *err)
{
	int r = tracefs_remove(fs, s->instance);

	if (r == -EBUSY)
		return failf(err, EBUSY, "trace: session '%s' is being read by another command",
			     s->name);
	return r < 0 ? codef(err, r, "trace: remove session '%s'", s->name) : 0;
}

/* ---- making one ---- */

static int check_name(const char *name, struct error *err)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	if (n == 0 || n > SESSION_NAME_MAX || name[n])
		return failf(
			err, EINVAL,
			"--create: '%s': the name of a session is 1 to %d letters, digits, '_' and '-'",
			name, SESSION_NAME_MAX);
	return 0;
}

static int name_instance(struct container *c, const char *name, char *buf, size_t size,
			 struct error *err)
{
	char whose[TRACE_NAME_MAX];
	int n, r = tracefs_name(c->state.init.pid, whose, sizeof(whose));

	if (r < 0)
		return codef(err, r, "trace: the container's init");
	n = snprintf(buf, size, "%s.%s@%s", whose, name, c->state.id);
	return n < 0 || (size_t)n >= size
		? failf(err, ENAMETOOLONG,
			"--create: the container's id is too long to be part of a session's name")
		: 0;
}

/* What has the name now is in the way, or replaced; so it does not count when it is asked how many there are. */
static int make_room(const struct tracefs *fs, const char *name, bool force, struct error *err)
{
	struct session old;
	struct search same = { .name = name, .found = &old }, all = { 0 };
	int r = search(fs, &same, err);

	if (r == 0 && same.n && !force && !tracefs_is_abandoned(old.instance))
		return failf(
			err, EEXIST,
			"--create: there is a session '%s', of container '%s': --force replaces it",
			name, old.id);
	if (r == 0 && same.n)
		r = remove_session(fs, &old, err);
	if (r == 0)
		r = tracefs_sweep(fs) < 0 ? sysf(err, "trace: read 'instances' of tracefs")
					  : search(fs, &all, err);
	if (r == 0 && all.n >= SESSIONS_MAX)
		return failf(
			err, ENOSPC,
			"--create: there are %d sessions, as many as may be: remove one by 'trace --delete NAME'",
			SESSIONS_MAX);
	return r;
}

int container_trace_create(struct container *c, const char *name, const char *events, bool force,
			   struct error *err)
{
	auto_(close_fd) int init = container_init_pidfd(c, err);
	char instance[TRACE_NAME_MAX];
	struct tracefs fs;
	int r;

	if (init == -ESRCH)
		return failf(err, ESRCH, "container not running");
	r = init < 0 ? init : check_name(name, err);
	if (r == 0)
		r = trace_check_events(events, err);
	if (r == 0)
		r = name_instance(c, name, instance, sizeof(instance), err);
	if (r < 0)
		return r;
	r = tracefs_open(&fs, err);
	if (r == 0)
		r = make_room(&fs, name, force, err);
	if (r == 0)
		r = tracefs_make(&fs, instance, err);
	if (r == 0)
		r = trace_record(c, events, &fs, err);
	if (r < 0)
		tracefs_end(&fs);
	else
		tracefs_close(&fs);
	return r;
}

/* ---- reading, removing, listing ---- */

/* A pidfd of the very process that the instance is bound to; or negative: it has ended, or is of another pid namespace. */
static int open_init(const struct session *s)
{
	auto_(close_fd) int fd = sys_pidfd_open(s->init, 0);
	char whose[TRACE_NAME_MAX];

	if (fd < 0 || tracefs_name(s->init, whose, sizeof(whose)) < 0 ||
	    !starts_with(s->instance, whose) || s->instance[strlen(whose)] != '.')
		return -ESRCH;
	return take_fd(fd);
}

static int read_session(const struct runtime *rt, struct tracefs *fs, const struct session *s,
			const struct container_trace_options *o, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	auto_(close_fd) int init = open_init(s);
	struct error absent = { 0 };
	int r = tracefs_enter(fs, s->instance, err);

	if (r < 0)
		return r;
	if (flock(fs->dir, LOCK_EX | LOCK_NB) < 0)
		return failf(err, EBUSY, "trace: session '%s' is being read by another command",
			     s->name);
	/* A container of another root is read all the same. */
	if (container_load(rt, s->id, &c, &absent) < 0 || c->state.init.pid != s->init)
		return trace_print(NULL, init, o, fs, err);
	return trace_print(c, init, o, fs, err);
}

int container_trace_attach(const struct runtime *rt, const char *name,
			   const struct container_trace_options *o, struct error *err)
{
	struct tracefs fs;
	struct session s;
	int r = tracefs_open(&fs, err);

	if (r == 0)
		r = find(&fs, name, &s, err);
	if (r == 0)
		r = read_session(rt, &fs, &s, o, err);
	tracefs_close(&fs);
	return r;
}

int container_trace_delete(const char *name, struct error *err)
{
	struct tracefs fs;
	struct session s;
	int r = tracefs_open(&fs, err);

	if (r == 0)
		r = find(&fs, name, &s, err);
	if (r == 0)
		r = remove_session(&fs, &s, err);
	tracefs_close(&fs);
	return r;
}

struct listing {
	struct container_rows *rows;
	struct json_out *o;
};

static int list_one(void *to, const char *instance)
{
	struct listing *l = to;
	struct session s;
	const char *status = tracefs_is_abandoned(instance) ? "ended" : "recording";

	if (!parse(instance, &s))
		return 0;
	rows_add(l->rows, s.name);
	rows_add(l->rows, s.id);
	rows_add(l->rows, status);
	json_object_begin(l->o, NULL);
	json_string(l->o, "name", s.name);
	json_string(l->o, "id", s.id);
	json_string(l->o, "status", status);
	json_object_end(l->o);
	return 0;
}

int container_trace_list(struct container_rows *ret, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	struct listing l = { ret, o };
	struct tracefs fs;
	int r;

	rows_begin(ret, 3);
	if (!o)
		return sysf(err, "trace");
	r = tracefs_open(&fs, err);
	json_array_begin(o, NULL);
	if (r == 0 && tracefs_each(&fs, list_one, &l) < 0)
		r = sysf(err, "trace: read 'instances' of tracefs");
	json_array_end(o);
	tracefs_close(&fs);
	return r < 0 ? r : rows_end(ret, o, err);
}
