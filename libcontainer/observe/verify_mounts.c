/* SPDX-License-Identifier: Apache-2.0 */

/* Mounts, devices, masked and read-only paths, as the container's process sees them. */

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/sys.h"
#include "observe/mountinfo.h"
#include "observe/verify.h"

struct view {
	struct verification *v;
	int root; /* of the container */
	struct mount_lines lines;
};

/* What is at a path: its mount, and whether the path is where that is mounted. */
struct place {
	int error; /* negative errno: it cannot be looked at */
	bool mounted;
	const struct mount_line *line;
	struct stat st;
};

static struct place look(const struct view *w, const char *path, bool follow)
{
	auto_(close_fd) int fd = sys_openat2(w->root, path, O_PATH | (follow ? 0 : O_NOFOLLOW), 0,
					     RESOLVE_IN_ROOT);
	struct place p = { 0 };
	struct statx x;

	if (fd < 0 || fstat(fd, &p.st) < 0 ||
	    sys_statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) < 0) {
		p.error = -errno;
		return p;
	}
	p.mounted = x.stx_attributes & STATX_ATTR_MOUNT_ROOT;
	for (size_t i = 0; i < w->lines.n; i++)
		if ((uint64_t)w->lines.v[i].id == x.stx_mnt_id)
			p.line = &w->lines.v[i];
	return p;
}

/* ---- mounts ---- */

static const struct {
	uint64_t attr;
	const char *word;
} words[] = {
	{ MOUNT_ATTR_RDONLY, "ro" },      { MOUNT_ATTR_NOSUID, "nosuid" },
	{ MOUNT_ATTR_NODEV, "nodev" },    { MOUNT_ATTR_NOEXEC, "noexec" },
	{ MOUNT_ATTR_NOATIME, "noatime" }, { MOUNT_ATTR_NODIRATIME, "nodiratime" },
	{ MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow" },
};

static void add_word(struct str *s, const char *word)
{
	str_printf(s, "%s%s", s->n ? "," : "", word);
}

/* The flags that the config names, as they are to be and as they are. */
static void flags(const struct resolved_mount *m, const struct mount_line *line, struct str *wanted,
		  struct str *found)
{
	foreach_array(w, words) {
		bool set = m->top.set & w->attr, clear = !set && m->top.clear & w->attr;
		bool is = mountinfo_has(line->options, w->word);

		/* The field of access times is cleared as a whole by each of its words. */
		if (clear && w->attr == MOUNT_ATTR_NOATIME && m->top.set & MOUNT_ATTR__ATIME)
			clear = false;
		if (set)
			add_word(wanted, w->word);
		if (is && (set || clear))
			add_word(found, w->word);
	}
}

static const char *propagation_name(unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *name;
	} names[] = { { MS_SHARED, "shared" },
		      { MS_SLAVE, "slave" },
		      { MS_PRIVATE, "private" },
		      { MS_UNBINDABLE, "unbindable" } };

	foreach_array(n, names)
		if (flags & n->flag)
			return n->name;
	return NULL;
}

static void kind(const struct resolved_mount *m, const struct place *p, struct str *wanted,
		 struct str *found)
{
	struct stat st;

	if (m->kind == MOUNT_FILESYSTEM && m->type) {
		add_word(wanted, m->type);
		add_word(found, p->line->type);
	} else if (m->kind == MOUNT_BIND && m->source && m->source[0] == '/' && stat(m->source, &st) == 0) {
		add_word(wanted, "bind");
		add_word(found, st.st_ino == p->st.st_ino && st.st_dev == p->st.st_dev ? "bind" : "another file");
	}
}

/* A slave that has peers of its own is shared as well; what a slave receives from need not be there. */
static bool same_propagation(const char *wanted, const char *found)
{
	return streq(wanted, found) || (streq(wanted, "slave") && streq(found, "private")) ||
		(streq(wanted, "shared") && streq(found, "shared,slave"));
}

static void mount_of(struct view *w, const struct resolved_mount *m)
{
	auto_str wanted = STR_INIT, found = STR_INIT;
	const char *name = arena_printf(w->v->arena, "mount %s", m->destination);
	const char *propagation =
		m->n_propagation ? propagation_name(m->propagation[m->n_propagation - 1]) : NULL;
	struct place p = look(w, m->destination, true);

	if (p.error == -EACCES || p.error == -EPERM || (!p.error && !p.line)) {
		verify_text(w->v, name, "mounted", NULL);
		return;
	}
	if (p.error || !p.mounted) {
		verify_text(w->v, name, "mounted", p.error == -ENOENT ? "no such file" : "not mounted");
		return;
	}
	kind(m, &p, &wanted, &found);
	flags(m, p.line, &wanted, &found);
	if (propagation) {
		add_word(&wanted, propagation);
		add_word(&found, same_propagation(propagation, p.line->propagation)
					 ? propagation
					 : p.line->propagation);
	}
	verify_text(w->v, name, wanted.n ? str_text(&wanted) : "mounted",
		    wanted.n ? str_text(&found) : "mounted");
}

/* Below another mount of the config that came later, or at the same place: it is covered. */
static bool is_covered(const struct resolved *r, size_t i)
{
	const char *path = r->mounts.v[i].destination;

	for (size_t j = i + 1; j < r->mounts.n; j++) {
		const char *later = r->mounts.v[j].destination;
		size_t n = strlen(later);

		while (n > 1 && later[n - 1] == '/')
			n--;
		if (strncmp(path, later, n) == 0 && (path[n] == 0 || path[n] == '/'))
			return true;
	}
	return false;
}

static void root(struct view *w)
{
	const struct mount_line *line = mountinfo_at(&w->lines, "/");

	if (w->v->spec->root && w->v->spec->root->readonly)
		verify_text(w->v, "root", "ro",
			    !line ? NULL : mountinfo_has(line->options, "ro") ? "ro" : "rw");
}

/* ---- paths ---- */

static void masked(struct view *w, const char *path)
{
	struct place p = look(w, path, true);
	const char *name = arena_printf(w->v->arena, "maskedPath %s", path), *found = "not hidden";

	if (p.error && p.error != -ENOENT && p.error != -ENOTDIR)
		found = NULL;
	else if (p.error || (p.mounted && (S_ISCHR(p.st.st_mode) ||
					   (p.line && streq(p.line->type, "tmpfs")))))
		found = "hidden";
	verify_text(w->v, name, "hidden", found);
}

static void readonly(struct view *w, const char *path)
{
	struct place p = look(w, path, true);
	const char *name = arena_printf(w->v->arena, "readonlyPath %s", path), *found = "rw";

	if (p.error && p.error != -ENOENT && p.error != -ENOTDIR)
		found = NULL;
	else if (p.error || (p.line && mountinfo_has(p.line->options, "ro")))
		found = "ro";
	verify_text(w->v, name, "ro", found);
}

/* ---- devices ---- */

/* "c 1:3" */
static const char *device_text(struct arena *a, mode_t mode, unsigned major, unsigned minor)
{
	char type = S_ISCHR(mode) ? 'c' : S_ISBLK(mode) ? 'b' : S_ISFIFO(mode) ? 'p' : '-';

	return arena_printf(a, "%c %u:%u", type, major, minor);
}

static void device(struct view *w, const struct resolved_device *d)
{
	struct arena *a = w->v->arena;
	struct place p = look(w, d->path, false);
	const char *name = arena_printf(a, "device %s", d->path);
	const char *wanted = device_text(a, d->mode, d->major, d->minor);
	const char *found =
		device_text(a, p.st.st_mode, major(p.st.st_rdev), minor(p.st.st_rdev));

	verify_text(w->v, name, wanted,
		    !p.error ? found : p.error == -ENOENT ? "no such file" : NULL);
}

/* ---- all ---- */

void verify_mounts(struct verification *v)
{
	const struct resolved *r = v->config;
	auto_(close_fd) int root_fd = openat(v->init, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct view w = { .v = v, .root = root_fd };

	if (root_fd < 0 || mountinfo_read(v->arena, v->init, &w.lines) < 0) {
		verify_text(v, "mounts", "as the config says", NULL);
		return;
	}
	root(&w);
	for (size_t i = 0; i < r->mounts.n; i++)
		if (!is_covered(r, i) && r->mounts.v[i].kind != MOUNT_REMOUNT)
			mount_of(&w, &r->mounts.v[i]);
	foreach_list(p, &r->masked) masked(&w, p->path);
	foreach_list(p, &r->readonly) readonly(&w, p->path);
	foreach_list(d, &r->devices) {
		if (d->json) /* the default ones are not written in the config */
			device(&w, d);
	}
}
