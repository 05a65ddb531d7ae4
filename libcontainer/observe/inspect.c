/* SPDX-License-Identifier: Apache-2.0 */

/* All that is known of one container, as one document. */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "cgroup/files.h"
#include "observe/inspect.h"
#include "observe/mountinfo.h"
#include "store/ids.h"

void inspect_row(struct inspection *i, const char *name, const char *fmt, ...)
{
	char one[4096];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(one, sizeof(one), fmt, args);
	va_end(args);
	rows_add(i->rows, name);
	rows_add(i->rows, one);
}

void inspect_text(struct inspection *i, const char *key, const char *value)
{
	if (!value)
		return;
	json_string(i->o, key, value);
	inspect_row(i, key, "%s", value);
}

/* ---- state and config ---- */

static void state(struct inspection *i, enum container_status status)
{
	const struct state *s = &i->c->state;

	json_string(i->o, "id", s->id);
	inspect_row(i, "id", "%s", s->id);
	inspect_text(i, "status", container_status_name(status));
	json_i64(i->o, "pid", status == STATUS_STOPPED ? 0 : s->init.pid);
	if (status != STATUS_STOPPED)
		inspect_row(i, "pid", "%d", (int)s->init.pid);
	inspect_text(i, "bundle", s->bundle);
	inspect_text(i, "rootfs", s->rootfs);
	inspect_text(i, "created", s->created);
	json_i64(i->o, "owner", s->owner);
	json_object_begin(i->o, "annotations");
	foreach_list(pair, &s->annotations) json_string(i->o, pair->key, pair->value);
	json_object_end(i->o);
}

/* The environment often holds secrets: only its names, unless it was asked for. */
static void hide_environment(struct json *config)
{
	struct json *process = json_member(config, "process");
	struct json *env = process ? json_member(process, "env") : NULL;

	for (struct json *e = env ? env->first : NULL; e; e = e->next) {
		char *text = e->type == JSON_STRING ? (char *)(uintptr_t)e->text : NULL;

		if (text)
			text[strcspn(text, "=")] = 0;
	}
}

static int config(struct inspection *i, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	int r = container_config(i->c, &doc, err);

	if (r < 0)
		return r;
	if (!(i->flags & INSPECT_ENV))
		hide_environment((struct json *)(uintptr_t)doc->spec->json);
	json_node(i->o, "config", doc->spec->json);
	return 0;
}

/* ---- namespaces ---- */

static const char *const namespaces[] = { "mnt", "pid", "net", "ipc", "uts", "user", "cgroup", "time" };
#define N_NAMESPACES ARRAY_SIZE(namespaces)

static void read_namespaces(int proc, uint64_t inodes[N_NAMESPACES])
{
	for (size_t n = 0; n < N_NAMESPACES; n++) {
		char path[24];
		struct stat st;

		(void)snprintf(path, sizeof(path), "ns/%s", namespaces[n]);
		inodes[n] = fstatat(proc, path, &st, 0) == 0 ? st.st_ino : 0;
	}
}

struct sharing {
	uint64_t own[N_NAMESPACES], host[N_NAMESPACES];
	struct str with[N_NAMESPACES]; /* "web db" */
};

static void compare(struct inspection *i, const char *id, struct sharing *s)
{
	auto_(container_free) struct container *other = NULL;
	auto_(close_fd) int proc = -EBADF;
	uint64_t inodes[N_NAMESPACES];

	if (streq(id, i->c->state.id) || container_open(i->c->root, id, &other, NULL) < 0 ||
	    other->incomplete)
		return;
	proc = proc_dir_open_init(other, NULL);
	if (proc < 0)
		return;
	read_namespaces(proc, inodes);
	for (size_t n = 0; n < N_NAMESPACES; n++)
		if (inodes[n] && inodes[n] == s->own[n] && inodes[n] != s->host[n])
			str_printf(&s->with[n], "%s%s", s->with[n].n ? " " : "", id);
}

static void write_namespaces(struct inspection *i, const struct sharing *s)
{
	json_object_begin(i->o, "namespaces");
	for (size_t n = 0; n < N_NAMESPACES; n++) {
		const char *with = str_text(&s->with[n]);
		bool host = s->own[n] == s->host[n];
		char name[32];

		if (!s->own[n])
			continue;
		json_object_begin(i->o, namespaces[n]);
		json_u64(i->o, "inode", s->own[n]);
		json_bool(i->o, "host", host);
		json_array_begin(i->o, "sharedWith");
		for (const char *at = with; *at;) {
			size_t len = strcspn(at, " ");

			json_string(i->o, NULL, arena_strndup(i->arena, at, len));
			at += len + (at[len] == ' ');
		}
		json_array_end(i->o);
		json_object_end(i->o);
		(void)snprintf(name, sizeof(name), "namespace %s", namespaces[n]);
		inspect_row(i, name, "%" PRIu64 "%s%s%s", s->own[n],
			    host ? " of the host" : *with ? " shared with " : "", host ? "" : with, "");
	}
	json_object_end(i->o);
}

/* One that shares a namespace with nobody but itself is compared with all the same: they may have joined it. */
static void sharing(struct inspection *i)
{
	auto_(close_fd) int self = proc_dir_open(getpid());
	auto_ids ids = { 0 };
	struct sharing s = { 0 };

	read_namespaces(i->init, s.own);
	read_namespaces(self, s.host);
	if (ids_read(i->c->root, &ids) == 0)
		for (size_t n = 0; n < ids.n; n++)
			compare(i, ids.v[n], &s);
	write_namespaces(i, &s);
	for (size_t n = 0; n < N_NAMESPACES; n++)
		str_done(&s.with[n]);
}

/* ---- mounts ---- */

static void mounts(struct inspection *i)
{
	struct mount_lines m;

	json_array_begin(i->o, "mounts");
	if (mountinfo_read(i->arena, i->init, &m) == 0)
		for (size_t n = 0; n < m.n; n++) {
			const struct mount_line *l = &m.v[n];

			json_object_begin(i->o, NULL);
			json_string(i->o, "destination", l->target);
			json_string(i->o, "type", l->type);
			json_string(i->o, "source", l->source);
			json_string(i->o, "root", l->root);
			json_string(i->o, "options", l->options);
			json_string(i->o, "propagation", l->propagation);
			json_string(i->o, "data", l->data);
			json_object_end(i->o);
			inspect_row(i, "mount", "%s %s %s %s", l->target, l->type, l->source, l->options);
		}
	json_array_end(i->o);
}

/* ---- cgroup ---- */

/* Names of v2; on v1 they are shown from what stands for them. */
static const char *const limits[] = { "memory.max",  "memory.low", "memory.high", "memory.swap.max",
				      "cpu.max",     "cpu.weight", "cpu.idle",    "cpuset.cpus",
				      "cpuset.mems", "pids.max",   "io.max",      "io.bfq.weight" };
static const char *const limits_v1[] = { "cpu.shares", "memory.memsw.limit_in_bytes" };

static void limit(struct inspection *i, struct cgroup *cg, const char *file)
{
	auto_str value = STR_INIT;
	struct cgroup_file f;
	char name[80];

	if (cgroup_file_find(cg, file, &f, NULL) < 0 || cgroup_file_read(&f, &value, NULL) < 0 ||
	    !value.n)
		return;
	json_string(i->o, file, str_text(&value));
	(void)snprintf(name, sizeof(name), "limit %s", file);
	inspect_row(i, name, "%s", str_text(&value));
}

static void cgroup(struct inspection *i)
{
	struct cgroup *cg = NULL;
	const char *path, *name;

	json_object_begin(i->o, "cgroup");
	if (container_cgroup(i->c, &cg, NULL) == 0) {
		json_object_begin(i->o, "paths");
		for (size_t n = 0; (path = cgroup_tree_path(cg, n, &name)); n++) {
			json_string(i->o, *name ? name : "unified", path);
			inspect_row(i, "cgroup", "%s", path);
		}
		json_object_end(i->o);
		json_object_begin(i->o, "limits");
		foreach_array(file, limits)
			limit(i, cg, *file);
		if (!cgroup_is_v2(cg))
			foreach_array(file, limits_v1)
				limit(i, cg, *file);
		json_object_end(i->o);
	}
	json_object_end(i->o);
}

/* ---- the document ---- */

static int alive(struct inspection *i, struct error *err)
{
	int r = 0;

	sharing(i);
	mounts(i);
	cgroup(i);
	json_object_begin(i->o, "process");
	inspect_rights(i, i->init);
	json_object_end(i->o);
	if (i->flags & INSPECT_PROCS)
		r = inspect_processes(i, err);
	if (r == 0 && i->flags & INSPECT_PORTS)
		r = inspect_ports(i, err);
	return r;
}

static int write_all_of(struct inspection *i, struct error *err)
{
	enum container_status status = STATUS_STOPPED;
	int r = container_status(i->c, &status, err);

	if (r < 0)
		return r;
	if (status == STATUS_CREATING)
		return failf(err, EBUSY, "container not running: it is being created");
	i->init = status == STATUS_STOPPED ? -ESRCH : proc_dir_open_init(i->c, err);
	if (i->init < 0 && i->init != -ESRCH)
		return i->init;
	if (i->init < 0)
		status = STATUS_STOPPED;
	json_object_begin(i->o, NULL);
	state(i, status);
	r = config(i, err);
	if (r == 0 && i->init >= 0)
		r = alive(i, err);
	json_object_end(i->o);
	return r;
}

int container_inspect(struct container *c, unsigned flags, struct container_rows *ret,
		      unsigned *vanished, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");
	auto_(arena_free) struct arena *a = arena_new();
	struct inspection i = {
		.c = c, .arena = a, .o = o, .rows = ret, .flags = flags, .init = -EBADF
	};
	int r;

	rows_begin(ret, 2);
	if (!o || !a)
		return sysf(err, "inspect '%s'", c->state.id);
	r = write_all_of(&i, err);
	close_fd(i.init);
	*vanished = i.vanished;
	return r < 0 ? r : rows_end(ret, o, err);
}
