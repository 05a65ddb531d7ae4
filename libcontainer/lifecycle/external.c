/* SPDX-License-Identifier: Apache-2.0 */

/* The dump's half: what of a running container lies outside. */

#include "lifecycle/external.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/sys.h"
#include "base/proc.h"
#include "launch/criu.h"
#include "plan/compile.h"
#include "spec/spec.h"

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif

#define MOUNTINFO_MAX ((size_t)8 << 20)
#define ROWS_MAX      65536
#define FDS_MAX       65536

void external_fds_done(struct external_fds *f)
{
	while (f->n > 0)
		close_fd(f->fds[--f->n]);
}

/* ---- namespaces by path ---- */

/* clang-format off */
static const struct { uint64_t type; const char *file, *key; } external_namespaces[] = {
	{ CLONE_NEWNET, "net", "extRootNetNS" },
	{ CLONE_NEWPID, "pid", "extRootPidNS" },
};
/* clang-format on */

int external_dump_namespaces(pid_t init, const struct resolved *config, struct str *request, struct error *err)
{
	foreach_array(e, external_namespaces) {
		const struct resolved_namespace *ns = resolved_namespace_of(config, e->type);
		char path[64], text[96];
		struct stat st;

		if (!ns || !ns->path)
			continue;
		/* As init has it: the path may lead elsewhere, or nowhere, by now. */
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)init, e->file);
		if (stat(path, &st) < 0)
			return sysf(err, "%s namespace of process %d", e->file, (int)init);
		(void)snprintf(text, sizeof(text), "%s[%ju]:%s", e->file, (uintmax_t)st.st_ino, e->key);
		criu_field(request, "external", text);
	}
	return 0;
}

/* ---- /proc/PID/mountinfo ---- */

struct row {
	uint64_t id, parent;
	const char *device, *root, *point, *type;
	const struct resolved_mount *config; /* whose it is, when it is a mount of the config */
	const char *name, *of;           /* as an external mount; NULL: none */
};

struct rows {
	struct row *v;
	size_t n;
	struct arena *arena;
};

/* "\040" is a space. */
static void undo_escapes(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		uint64_t value;

		if (from[0] == '\\' && parse_u64n(from + 1, strnlen(from + 1, 3), 8, &value) == 0 &&
		    strnlen(from + 1, 3) == 3 && value < 256) {
			*to = (char)value;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = 0;
}

static bool read_row(char *line, struct row *r)
{
	char *words[6], *rest = line, *type = strstr(line, " - ");

	if (!type)
		return false;
	*type = 0;
	type += 3;
	type[strcspn(type, " ")] = 0;
	foreach_array(word, words) {
		*word = strsep(&rest, " ");
		if (!*word)
			return false;
	}
	undo_escapes(words[3]);
	undo_escapes(words[4]);
	*r = (struct row){ .device = words[2], .root = words[3], .point = words[4], .type = type };
	return parse_u64(words[0], &r->id) == 0 && parse_u64(words[1], &r->parent) == 0;
}

static int read_rows(pid_t init, struct rows *rows, struct error *err)
{
	struct str text = STR_IN(rows->arena);
	char path[64], *rest;
	size_t lines = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)init);
	if (file_read_at(AT_FDCWD, path, MOUNTINFO_MAX, &text) < 0 || !text.n)
		return sysf(err, "mounts of process %d", (int)init);
	for (const char *at = text.s; (at = strchr(at, '\n')); at++)
		lines++;
	rows->v = arena_array_of(rows->arena, struct row, lines + 1);
	if (!rows->v || lines > ROWS_MAX)
		return failf(err, E2BIG, "mounts of process %d: %zu are too many", (int)init, lines);
	rest = text.s;
	while (rest && *rest && rows->n <= lines) {
		char *line = strsep(&rest, "\n");

		if (!read_row(line, &rows->v[rows->n++]))
			return failf(err, EPROTO, "'%s' does not make sense", path);
	}
	return 0;
}

static struct row *row_of(const struct rows *rows, uint64_t id)
{
	for (size_t i = 0; i < rows->n; i++)
		if (rows->v[i].id == id)
			return &rows->v[i];
	return NULL;
}

/* ---- whose they are ---- */

/* The mount that is seen at a path of the container, whose symlinks stay inside. */
static struct row *row_at(const struct rows *rows, int root, const char *path)
{
	auto_(close_fd) int fd = sys_openat2(root, path, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	struct statx st;

	if (fd < 0 || sys_statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
		return NULL;
	return row_of(rows, st.stx_mnt_id);
}

static int name_binds(struct rows *rows, int root, const struct resolved *config, struct error *err)
{
	foreach_list(m, &config->mounts) {
		struct row *row = row_at(rows, root, m->destination);

		if (m->kind == MOUNT_REMOUNT || !row || streq(row->point, "/"))
			continue;
		if (m->idmap.wanted) {
			failf(err, ENOTSUP, "mount on '%s': CRIU cannot restore an idmapped mount", m->destination);
			return spec_error(m->json, NULL, err);
		}
		row->config = m;
		if (m->kind != MOUNT_BIND)
			continue;
		row->name = row->point;
		row->of = m->destination;
	}
	return 0;
}

/* What the config had mounted with a bind's tree ("rbind"), or came there from the host later. */
static void name_below(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct row *row = &rows->v[i];
		const struct row *parent = row_of(rows, row->parent);

		/* A parent stands before its children: what is named is named already. */
		if (!row->name && !row->config && parent && parent->of && starts_with(row->point, parent->point)) {
			row->name = row->point;
			row->of = parent->of;
		}
	}
}

static bool has_root_in(const struct rows *rows, const struct row *row)
{
	for (size_t i = 0; i < rows->n; i++)
		if (streq(rows->v[i].device, row->device) && streq(rows->v[i].root, "/"))
			return true;
	return false;
}

static bool is_masked(const struct resolved *config, const char *path)
{
	foreach_list(masked, &config->masked)
		if (streq(masked->path, path))
			return true;
	return false;
}

/* Of our making, without a line in `mounts`: devices of a user namespace, masks, cgroups, NOTIFY_SOCKET. */
static void name_ours(struct rows *rows, int root, const struct resolved *config)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct row *row = &rows->v[i];
		struct stat st;

		if (row->name || row->config || streq(row->root, "/") || has_root_in(rows, row))
			continue;
		if (streq(row->point, NOTIFY_MOUNT) || starts_with(row->type, "cgroup"))
			row->name = row->point;
		else if (fstatat(root, row->point + 1, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			 !(S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
			continue;
		else if (st.st_rdev == makedev(1, 3) && !starts_with(row->point, "/dev/"))
			row->name = "/dev/null";
		else if (starts_with(row->point, "/dev/") || is_masked(config, row->point))
			row->name = row->point;
	}
}

static int remember(struct manifest *m, const struct rows *rows, struct error *err)
{
	m->mounts.v = arena_array_of(m->arena, struct manifest_mount, rows->n + 1);
	if (!m->mounts.v)
		return sysf(err, "external mounts");
	for (size_t i = 0; i < rows->n; i++) {
		const struct row *row = &rows->v[i], *top;

		if (!row->name || !row->of)
			continue;
		for (top = row; !top->config; top = row_of(rows, top->parent))
			;
		m->mounts.v[m->mounts.n++] = (struct manifest_mount){
			.name = row->name,
			.of = row->of,
			.rest = row->point + strlen(top->point),
		};
	}
	return 0;
}

int external_dump_mounts(pid_t init, const struct resolved *config, struct manifest *m, struct str *request,
			struct error *err)
{
	struct rows rows = { .arena = m->arena };
	auto_(close_fd) int root = -EBADF;
	char path[64];
	int r = read_rows(init, &rows, err);

	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)init);
	root = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return sysf(err, "root of process %d", (int)init);
	r = name_binds(&rows, root, config, err);
	if (r < 0)
		return r;
	name_below(&rows);
	name_ours(&rows, root, config);
	for (size_t i = 0; i < rows.n; i++)
		if (rows.v[i].name)
			criu_pair(request, "ext_mnt", rows.v[i].point, rows.v[i].name);
	return remember(m, &rows, err);
}

/* ---- open files ---- */

struct files {
	struct manifest *m;
	struct rows rows;
	pid_t init;
	struct str *request;
};

static bool is_known(const struct manifest *m, const char *name)
{
	foreach_list(null, &m->nulls)
		if (streq(*null, name))
			return true;
	return false;
}

/* The mount of an open file; 0: none can be told. */
static uint64_t mount_of_fd(pid_t pid, const char *fd)
{
	auto_str text = STR_INIT;
	uint64_t id = 0;
	const char *at;
	char path[300];

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, fd);
	if (file_read_at(AT_FDCWD, path, 65536, &text) < 0)
		return 0;
	at = strstr(str_text(&text), "mnt_id:\t");
	if (at)
		(void)parse_u64n(at + 8, strspn(at + 8, "0123456789"), 10, &id);
	return id;
}

static int add_null(struct files *f, const char *name, struct error *err)
{
	struct manifest *m = f->m;
	const char **grown = arena_grow(m->arena, m->nulls.v, sizeof(*grown) * m->nulls.n,
					sizeof(*grown) * (m->nulls.n + 1));

	if (grown)
		grown[m->nulls.n] = arena_strdup(m->arena, name);
	if (!grown || !grown[m->nulls.n])
		return sysf(err, "open files");
	m->nulls.v = grown;
	m->nulls.n++;
	criu_field(f->request, "external", name);
	return 0;
}

/*
 * The host's null device, by a mount that the container has not: that is what standard streams often are. What else a
 * process holds of the host is not to be given away by a restore: CRIU refuses it.
 */
static int look_at_fd(struct files *f, pid_t pid, const char *fd, struct error *err)
{
	char path[300], name[80];
	uint64_t mount;
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, fd);
	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return 0;
	mount = mount_of_fd(pid, fd);
	if (!mount || row_of(&f->rows, mount))
		return 0;
	(void)snprintf(name, sizeof(name), "file[%" PRIx64 ":%" PRIx64 "]", mount, (uint64_t)st.st_ino);
	return is_known(f->m, name) ? 0 : add_null(f, name, err);
}

static int look_at_process(struct files *f, pid_t pid, struct error *err)
{
	const struct dirent *e;
	char path[64];
	unsigned seen = 0;
	int r = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	d = opendir(path);
	if (!d)
		return 0; /* it has ended */
	while (r == 0 && seen++ < FDS_MAX && (e = readdir(d)))
		if (e->d_name[0] != '.')
			r = look_at_fd(f, pid, e->d_name, err);
	(void)closedir(d);
	return r;
}

/* Of the processes of the container, whose parent is none of them: `exec` has started it. */
static bool is_from_outside(const struct files *f, pid_t pid, const pid_t *pids, size_t n)
{
	struct proc_stat st;

	if (pid == f->init || proc_stat(pid, &st) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (pids[i] == st.ppid)
			return false;
	return true;
}

int external_dump_files(struct cgroup *cg, pid_t init, struct manifest *m, struct str *request,
		       struct error *err)
{
	struct files f = { .m = m, .rows = { .arena = m->arena }, .init = init, .request = request };
	auto_(free_ptr) void *owned = NULL;
	pid_t *pids = NULL;
	size_t n = 0;
	int r = read_rows(init, &f.rows, err);

	if (r == 0)
		r = look_at_process(&f, init, err);
	if (r == 0 && cg && !cgroup_is_none(cg))
		r = cgroup_pids(cg, &pids, &n, err);
	owned = pids;
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (is_from_outside(&f, pids[i], pids, n))
			log_warn("process %d is not in the checkpoint: it is no child of the container's init, exec has started it",
				 (int)pids[i]);
		else if (pids[i] != init)
			r = look_at_process(&f, pids[i], err);
	}
	return r;
}
