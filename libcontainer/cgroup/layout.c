/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which hierarchies there are and where the container's cgroups go. One statfs tells pure v2 from
 * the rest; on v1 /proc/self/cgroup lists the hierarchies and the caller's place, and their
 * mountpoints have had the same names since systemd chose them. mountinfo (slow, long on a machine
 * full of containers) is read only for a hierarchy that is not where it usually is.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "base/parse.h"
#include "base/str.h"
#include "cgroup/cgroup_internal.h"

static int no_memory(struct error *err)
{
	return failf(err, ENOMEM, "cgroup: out of memory");
}

static int add_tree(struct cgroup *c, const char *name, const char *mount, const char *place)
{
	struct cgroup_tree *t = &c->trees[c->n];

	if (c->n == CGROUP_TREES_MAX)
		return -E2BIG;
	*t = (struct cgroup_tree){ .name = name, .mount = mount, .tasks = -EBADF, .v2 = !*name };
	if (!name || !mount || !place)
		return -ENOMEM;
	t->path = arena_join(c->arena, mount, streq(place, "/") ? "" : place);
	if (!t->path)
		return -ENOMEM;
	if (t->v2)
		c->unified = t;
	c->n++;
	return 0;
}

/* The kernel lists the unified hierarchy also where nobody has mounted it. */
static bool is_unified_mounted(const struct cgroup *c)
{
	char path[PATH_MAX];

	if (c->host->kind != CGROUP_ASK_KERNEL)
		return true;
	snprintf(path, sizeof(path), "%s/unified", c->host->mount);
	return file_is_on(path, CGROUP2_SUPER_MAGIC);
}

/* One line "5:cpu,cpuacct:/own/place" of /proc/self/cgroup. */
static int add_line(struct cgroup *c, const struct cgroup_options *o, char *line)
{
	char *name = strchr(line, ':'), *own = name ? strchr(name + 1, ':') : NULL;
	const char *below;

	if (!own)
		return 0;
	*own++ = 0;
	name++;
	if (c->kind == CGROUP_V2 && *name)
		return 0;
	if (c->kind == CGROUP_V2)
		return add_tree(c, "", c->host->mount, cgroup_place(c->arena, o, own, true));
	if (!*name && !is_unified_mounted(c))
		return 0;
	below = !*name ? "unified" : starts_with(name, "name=") ? name + 5 : name;
	return add_tree(c, arena_strdup(c->arena, name),
			arena_printf(c->arena, "%s/%s", c->host->mount, below),
			cgroup_place(c->arena, o, own, false));
}

static int add_lines(struct cgroup *c, const struct cgroup_options *o, struct error *err)
{
	struct str text = STR_IN(c->arena);
	int r = 0;

	if (o->places)
		str_add(&text, o->places);
	else
		r = tree_read_file(c->host->self, &text);
	if (r == 0 && !str_ok(&text))
		r = -ENOMEM;
	if (r < 0)
		return codef(err, r, "read '%s'", c->host->self);
	for (char *line = text.s, *end; line && *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = 0;
		r = add_line(c, o, line);
		if (r == -ENOMEM)
			return no_memory(err);
		if (r < 0)
			return failf(err, -r, "more than %d cgroup hierarchies in '%s'",
				     CGROUP_TREES_MAX, c->host->self);
	}
	return 0;
}

static int ask_kernel(struct cgroup *c, struct error *err)
{
	struct statfs fs = { 0 };

	c->kind = c->host->kind;
	if (c->kind != CGROUP_ASK_KERNEL)
		return 0;
	/* Nothing there is v1 without hierarchies. */
	if (statfs(c->host->mount, &fs) < 0 && errno != ENOENT)
		return sysf(err, "cgroup mountpoint '%s'", c->host->mount);
	c->kind = fs.f_type == CGROUP2_SUPER_MAGIC ? CGROUP_V2 : CGROUP_V1;
	return 0;
}

int cgroup_layout(struct cgroup *c, const struct cgroup_options *o, struct error *err)
{
	int r = ask_kernel(c, err);

	if (r < 0)
		return r;
	c->driver = o->systemd ? &cgroup_systemd_driver
		    : c->kind == CGROUP_V2 ? &cgroup_v2_driver
					   : &cgroup_v1_driver;
	/* Where is for systemd to say. */
	if (o->systemd)
		return 0;
	/* An absolute path on v2 needs not even the caller's place. */
	if (c->kind == CGROUP_V2 && o->path && *o->path == '/')
		r = add_tree(c, "", c->host->mount, cgroup_place(c->arena, o, "/", true));
	else
		r = add_lines(c, o, err);
	if (r == -ENOMEM)
		return no_memory(err);
	return r;
}

/* ---- mountinfo ---- */

/* Copies one blank-ended field with \ooo undone; returns what follows it, or NULL. */
static const char *field(const char *at, char *out, size_t size)
{
	size_t n = 0;

	while (*at && *at != ' ' && *at != '\n') {
		unsigned char c = (unsigned char)*at++;

		uint64_t octal;

		if (c == '\\' && strspn(at, "01234567") >= 3 && *at <= '3' &&
		    parse_u64n(at, 3, 8, &octal) == 0) {
			c = (unsigned char)octal;
			at += 3;
		}
		if (n + 1 >= size)
			return NULL;
		out[n++] = (char)c;
	}
	out[n] = 0;
	return *at == ' ' ? at + 1 : at;
}

/* "36 35 0:30 /root /mountpoint options [optional...] - cgroup source super-options" */
bool cgroup_mountinfo_match(const char *line, const char *name, char *root, char *mountpoint,
			    size_t size)
{
	char skipped[64], options[512];
	size_t len = strlen(name);
	const char *at = line;

	for (int i = 0; i < 3 && at; i++)
		at = field(at, skipped, sizeof(skipped));
	at = at ? field(at, root, size) : NULL;
	at = at ? field(at, mountpoint, size) : NULL;
	at = at ? strstr(at, " - cgroup ") : NULL;
	at = at ? strchr(at + 10, ' ') : NULL;
	if (!at || !field(at + 1, options, sizeof(options)))
		return false;
	/* Every controller of the list must stand among the options "rw,cpu,cpuacct". */
	while (*name) {
		char word[64];
		size_t n = strcspn(name, ",");

		if (n >= sizeof(word) || n > len)
			return false;
		memcpy(word, name, n);
		word[n] = 0;
		if (!cgroup_list_has(options, word))
			return false;
		name += n + (name[n] == ',');
	}
	return true;
}

/* The caller's own place in hierarchy `name`; "/" when it is not known. */
static char *own_place(struct cgroup *c, const char *name)
{
	auto_str text = STR_INIT;

	if (tree_read_file(c->host->self, &text) < 0)
		return arena_strdup(c->arena, "/");
	for (char *line = text.s; line && *line;) {
		char *end = line + strcspn(line, "\n"), *next = *end ? end + 1 : end;
		char *list = strchr(line, ':'), *own;

		*end = 0;
		own = list ? strchr(list + 1, ':') : NULL;
		if (own) {
			*own = 0;
			if (streq(list + 1, name))
				return arena_strdup(c->arena, own + 1);
		}
		line = next;
	}
	return arena_strdup(c->arena, "/");
}

/*
 * Inside a container that sees the host's cgroup paths but has its own cgroup bind-mounted, the
 * mount's root is a prefix of the caller's place and must not be counted twice.
 */
static const char *below_root(const char *own, const char *root)
{
	size_t n = strlen(root);

	if (streq(root, "/") || strncmp(own, root, n) != 0)
		return own;
	return own[n] == '/' ? own + n : own[n] == 0 ? "/" : own;
}

int cgroup_locate(struct cgroup *c, struct cgroup_tree *t, const struct cgroup_options *o,
		  struct error *err)
{
	auto_str text = STR_INIT;
	char root[PATH_MAX], mountpoint[PATH_MAX], *own, *place;
	int r = file_read_at(AT_FDCWD, c->host->mountinfo, (size_t)64 << 20, &text);

	if (r < 0)
		return codef(err, r, "read '%s'", c->host->mountinfo);
	for (char *line = text.s, *next; line && *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		if (!cgroup_mountinfo_match(line, t->name, root, mountpoint, sizeof(root)))
			continue;
		own = own_place(c, t->name);
		place = own ? cgroup_place(c->arena, o, below_root(own, root), false) : NULL;
		t->mount = arena_strdup(c->arena, mountpoint);
		if (!place || !t->mount)
			return no_memory(err);
		t->path = arena_printf(c->arena, "%s%s", t->mount, streq(place, "/") ? "" : place);
		return t->path ? 0 : no_memory(err);
	}
	return -ENOENT;
}
