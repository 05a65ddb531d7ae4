/* SPDX-License-Identifier: Apache-2.0 */
#include "host/resctrl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/str.h"
#include "base/sys.h"
#include "spec/spec.h"

#define USUAL_PLACE  "/sys/fs/resctrl"
#define SCHEMATA_MAX (64 << 10)

/* ---- the filesystem ---- */

static int open_if_resctrl(const char *path)
{
	auto_(close_fd) int fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != RDTGROUP_SUPER_MAGIC)
		return -ENODEV;
	return take_fd(fd);
}

static int search_mounts(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int fd = -ENODEV;

	while (mounts && fd < 0 && (m = getmntent(mounts)))
		if (streq(m->mnt_type, "resctrl"))
			fd = open_if_resctrl(m->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return fd;
}

int resctrl_open(struct resctrl *ret, struct error *err)
{
	int fd = open_if_resctrl(USUAL_PLACE);

	if (fd < 0)
		fd = search_mounts();
	if (fd < 0)
		return failf(
			err, ENODEV,
			"intelRdt needs a mounted resctrl filesystem: mount -t resctrl resctrl " USUAL_PLACE
			", on a machine and kernel that have one");
	*ret = (struct resctrl){ .fd = fd };
	return 0;
}

void resctrl_close(struct resctrl *fs)
{
	close_fd(fs->fd);
	fs->fd = -EBADF;
}

/* ---- names ---- */

static bool has_schema(const struct spec_intel_rdt *r)
{
	return r->l3_cache_schema || r->mem_bw_schema || r->schemata.n;
}

void resctrl_paths(const struct spec_intel_rdt *r, const char *id, struct resctrl_paths *ret)
{
	const char *group = r->clos_id ? r->clos_id : id;

	snprintf(ret->group, sizeof(ret->group), "%s", streq(group, "/") ? "." : group);
	ret->monitor[0] = 0;
	if (r->enable_monitoring)
		snprintf(ret->monitor, sizeof(ret->monitor), "%s/mon_groups/%s", ret->group, id);
}

/* ---- files ---- */

static int open_file(const struct resctrl *fs, const char *group, const char *file, int flags)
{
	auto_str path = STR_INIT;
	int fd;

	str_printf(&path, "%s/%s", group, file);
	if (!str_ok(&path))
		return -ENOMEM;
	fd = sys_openat2(fs->fd, str_text(&path), (uint64_t)(flags | O_CLOEXEC), 0,
			 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	return fd < 0 ? -errno : fd;
}

/* The kernel's words for its last refusal. */
static void last_status(const struct resctrl *fs, struct str *out)
{
	auto_(close_fd) int fd = open_file(fs, "info", "last_cmd_status", O_RDONLY);

	if (fd < 0 || file_read_fd(fd, 4096, out) < 0 || !out->n)
		str_add(out, "no explanation");
	while (out->n && isspace((unsigned char)out->s[out->n - 1]))
		out->s[--out->n] = 0;
}

static int refused(const struct resctrl *fs, int r, struct error *err, const char *what,
		   const char *where)
{
	auto_str why = STR_INIT;

	last_status(fs, &why);
	return codef(err, r, "resctrl group '%s': %s: %s", where, what, str_text(&why));
}

static int add_process(const struct resctrl *fs, const char *group, pid_t pid, struct error *err)
{
	auto_(close_fd) int fd = open_file(fs, group, "tasks", O_WRONLY);
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);

	if (fd < 0)
		return codef(err, fd, "resctrl group '%s': open 'tasks'", group);
	if (write(fd, text, (size_t)n) != n)
		return refused(fs, -errno, err, "add the process", group);
	return 0;
}

/* ---- schemata ---- */

typedef int line_fn(const char *line, void *data);

/* In the order the spec wants: what is said later counts. */
static int for_each_line(const struct spec_intel_rdt *r, line_fn *fn, void *data)
{
	int e = r->l3_cache_schema ? fn(r->l3_cache_schema, data) : 0;

	if (e == 0 && r->mem_bw_schema)
		e = fn(r->mem_bw_schema, data);
	for (size_t i = 0; i < r->schemata.n && e == 0; i++)
		e = fn(r->schemata.v[i], data);
	return e;
}

struct schemata {
	const struct resctrl *fs;
	const char *group, *text;
	int fd;
	struct error *err;
};

/* One call a line: the kernel refuses a resource that is named twice in one. */
static int write_line(const char *line, void *data)
{
	struct schemata *s = data;
	auto_str text = STR_INIT;
	auto_str what = STR_INIT;

	str_printf(&text, "%s\n", line);
	str_printf(&what, "schemata '%s'", line);
	if (write(s->fd, str_text(&text), text.n) != (ssize_t)text.n)
		return refused(s->fs, -errno, s->err, str_text(&what), s->group);
	return 0;
}

/* "000ff" is "ff", " 70" is "70". */
static bool same_value(const char *a, const char *b)
{
	a += strspn(a, " 0");
	b += strspn(b, " 0");
	for (; *a && *a != ';' && !isspace((unsigned char)*a); a++, b++)
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
	return !*b || *b == ';' || isspace((unsigned char)*b);
}

struct domain {
	uint64_t id;
	const char *value;
};

/* One of "0=ff;1=f0"; *at moves behind it. */
static bool next_domain(const char **at, struct domain *ret)
{
	size_t n;

	*at += strspn(*at, "; ");
	n = strspn(*at, "0123456789");
	if (parse_u64n(*at, n, 10, &ret->id) < 0 || (*at)[n] != '=')
		return false;
	ret->value = *at + n + 1;
	*at = ret->value + strcspn(ret->value, ";\n");
	return true;
}

/* What follows the name and its colon, in the line of the file that begins with them; or NULL. */
static const char *find_resource(const char *text, const char *name, size_t n)
{
	for (const char *at = text; *at; at += *at == '\n') {
		at += strspn(at, " ");
		if (strncmp(at, name, n) == 0)
			return at + n;
		at += strcspn(at, "\n");
	}
	return NULL;
}

/* Does the file say this? Domains that the line leaves out may be as they are. */
static bool has_line(const char *text, const char *line)
{
	const char *wanted = strchr(line, ':');
	const char *found = wanted ? find_resource(text, line, (size_t)(wanted + 1 - line)) : NULL;
	struct domain want, have;

	if (!found)
		return false;
	for (wanted++; wanted[strspn(wanted, "; ")];) {
		const char *at = found;

		if (!next_domain(&wanted, &want))
			return false;
		do
			if (!next_domain(&at, &have))
				return false;
		while (have.id != want.id);
		if (!same_value(want.value, have.value))
			return false;
	}
	return true;
}

static int compare_line(const char *line, void *data)
{
	struct schemata *s = data;

	if (has_line(s->text, line))
		return 0;
	return failf(s->err, EEXIST,
		     "resctrl group '%s' exists and its schemata are not '%s': make them equal, or "
		     "choose another closID",
		     s->group, line);
}

static int write_schemata(const struct resctrl *fs, const struct spec_intel_rdt *r,
			  const char *group, struct error *err)
{
	auto_(close_fd) int fd = has_schema(r) ? open_file(fs, group, "schemata", O_WRONLY)
					       : -EBADF;
	struct schemata s = { .fs = fs, .group = group, .fd = fd, .err = err };

	if (!has_schema(r))
		return 0;
	if (fd < 0)
		return codef(err, fd, "resctrl group '%s': open 'schemata'", group);
	return for_each_line(r, write_line, &s);
}

static int compare_schemata(const struct resctrl *fs, const struct spec_intel_rdt *r,
			    const char *group, struct error *err)
{
	auto_(close_fd) int fd = has_schema(r) ? open_file(fs, group, "schemata", O_RDONLY)
					       : -EBADF;
	auto_str text = STR_INIT;
	struct schemata s = { .fs = fs, .group = group, .fd = -EBADF, .err = err };
	int e;

	if (!has_schema(r))
		return 0;
	e = fd < 0 ? fd : file_read_fd(fd, SCHEMATA_MAX, &text);
	if (e < 0)
		return codef(err, e, "resctrl group '%s': read 'schemata'", group);
	s.text = str_text(&text);
	return for_each_line(r, compare_line, &s);
}

/* ---- groups ---- */

static int make(const struct resctrl *fs, const char *group, struct error *err)
{
	if (mkdirat(fs->fd, group, 0755) < 0)
		return errno == EEXIST ? -EEXIST : refused(fs, -errno, err, "make it", group);
	if (fs->on_mkdir)
		fs->on_mkdir(fs->fd, group);
	return 0;
}

static int already_there(const char *group, struct error *err)
{
	return failf(err, EEXIST,
		     "resctrl group '%s' exists already: remove the directory if nobody uses it",
		     group);
}

static bool is_group(const struct resctrl *fs, const char *group)
{
	struct stat st;

	return fstatat(fs->fd, group, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int prepare_group(const struct resctrl *fs, const struct spec_intel_rdt *r,
			 const char *group, struct resctrl_made *made, struct error *err)
{
	int e;

	if (r->clos_id && !has_schema(r))
		return is_group(fs, group)
			? 0
			: failf(err, ENOENT,
				"resctrl group '%s' does not exist, and there is no schema to "
				"make it with",
				group);
	e = streq(group, ".") ? -EEXIST : make(fs, group, err);
	if (e == -EEXIST)
		return r->clos_id ? compare_schemata(fs, r, group, err) : already_there(group, err);
	if (e < 0)
		return e;
	made->group = true;
	return write_schemata(fs, r, group, err);
}

static int prepare_monitor(const struct resctrl *fs, const char *monitor, struct resctrl_made *made,
			   struct error *err)
{
	int e = *monitor ? make(fs, monitor, err) : 0;

	if (e == -EEXIST)
		return already_there(monitor, err);
	made->monitor = e == 0 && *monitor;
	return e;
}

int resctrl_join(const struct resctrl *fs, const struct spec_intel_rdt *r, const char *id,
		 pid_t pid, struct error *err)
{
	struct resctrl_paths p;
	int e;

	resctrl_paths(r, id, &p);
	e = add_process(fs, p.group, pid, err);
	/* A monitoring group takes only what is in its parent. */
	if (e == 0 && p.monitor[0])
		e = add_process(fs, p.monitor, pid, err);
	return e < 0 ? spec_error(r->json, NULL, err) : 0;
}

int resctrl_create(const struct resctrl *fs, const struct spec_intel_rdt *r, const char *id,
		   pid_t pid, struct resctrl_made *made, struct error *err)
{
	struct resctrl_made now = { 0 };
	struct resctrl_paths p;
	int e;

	resctrl_paths(r, id, &p);
	e = prepare_group(fs, r, p.group, &now, err);
	if (e == 0)
		e = prepare_monitor(fs, p.monitor, &now, err);
	if (e < 0)
		spec_error(r->json, NULL, err);
	else
		e = resctrl_join(fs, r, id, pid, err);
	if (e < 0)
		resctrl_undo(fs, r, id, &now);
	else
		*made = now;
	return e;
}

int resctrl_update(const struct resctrl *fs, const struct spec_intel_rdt *r, const char *id,
		   const char *l3_cache, const char *mem_bw, struct error *err)
{
	const struct spec_intel_rdt wanted = {
		.l3_cache_schema = l3_cache,
		.mem_bw_schema = mem_bw,
	};
	struct resctrl_paths p;

	resctrl_paths(r, id, &p);
	return write_schemata(fs, &wanted, p.group, err);
}

/* ---- the end ---- */

static bool is_empty(const struct resctrl *fs, const char *group)
{
	auto_(close_fd) int fd = open_file(fs, group, "tasks", O_RDONLY);
	char c;

	return fd >= 0 && read(fd, &c, 1) == 0;
}

void resctrl_undo(const struct resctrl *fs, const struct spec_intel_rdt *r, const char *id,
		  const struct resctrl_made *made)
{
	struct resctrl_paths p;

	resctrl_paths(r, id, &p);
	if (made->monitor)
		(void)resctrl_remove(fs, NULL, p.monitor, NULL);
	if (made->group && (!r->clos_id || is_empty(fs, p.group)))
		(void)resctrl_remove(fs, p.group, NULL, NULL);
}

void resctrl_sweep(const struct resctrl *fs, const struct spec_intel_rdt *r, const char *id)
{
	struct resctrl_paths p;

	resctrl_paths(r, id, &p);
	if (p.monitor[0] && is_empty(fs, p.monitor))
		(void)resctrl_remove(fs, NULL, p.monitor, NULL);
	if (!r->clos_id && is_empty(fs, p.group))
		(void)resctrl_remove(fs, p.group, NULL, NULL);
}

static int remove_dir(const struct resctrl *fs, const char *path, struct error *err)
{
	if (!path || !*path || unlinkat(fs->fd, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return sysf(err, "remove the resctrl group '%s'", path);
}

int resctrl_remove(const struct resctrl *fs, const char *group, const char *monitor,
		   struct error *err)
{
	int r = remove_dir(fs, monitor, err);

	return r < 0 ? r : remove_dir(fs, group, err);
}
