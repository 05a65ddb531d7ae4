/* SPDX-License-Identifier: Apache-2.0 */

/* Paths to hide and to make read-only, and which of the kernel's filesystems they lie in. */

#include <linux/magic.h>
#include <linux/sched.h>
#include <string.h>

#include "base/str.h"
#include "resolve/part.h"

bool resolve_is_root(const char *path)
{
	return *path && !path[strspn(path, "/.")] && !strstr(path, "...");
}

/* The kernel's filesystems, as the stage can verify them. */
static uint64_t magic_of(const struct resolved_mount *m)
{
	if (!m->type)
		return 0;
	if (streq(m->type, "proc"))
		return PROC_SUPER_MAGIC;
	return streq(m->type, "sysfs") ? SYSFS_MAGIC : 0;
}

/* The mount that is there last is what the path will be looked up in. */
static struct resolved_path resolve_path(const struct resolver *r, const char *path)
{
	struct resolved_path p = { .path = path };

	foreach_list(m, &r->out->mounts) {
		size_t n = path_below(path, m->destination);

		if (n && magic_of(m)) {
			p.magic = magic_of(m);
			p.mount_length = n;
		} else if (n && n <= p.mount_length) {
			p.magic = 0;
		}
	}
	return p;
}

/* One that is relative is meant from the root. An empty one names nothing. */
static int add_path(const struct resolver *r, const char *member, const char *path, struct resolved_path **end)
{
	const char *whole = *path == '/' ? path : arena_printf(r->arena, "/%s", path);
	int num = 0;

	if (!whole)
		return resolve_no_memory(r);
	if (!*path)
		return resolve_problem(r, PROBLEM_WARNING, PROBLEM_SPEC, r->spec->lnx.json, member,
				       "an empty path in '%s' is ignored", member);
	if (whole != path)
		num = resolve_problem(r, PROBLEM_WARNING, PROBLEM_SPEC, r->spec->lnx.json, member,
				      "'%.200s' in '%s' is not absolute: taken as '%.200s'", path,
				      member, whole);
	if (num == 0 && !resolve_is_root(whole))
		*(*end)++ = resolve_path(r, whole);
	return num;
}

/* An array with room for all of `paths`, without the root itself; -ENOMEM. */
static int add_paths(const struct resolver *r, const char *member, const spec_strings *paths,
		     struct resolved_path **v, size_t *n)
{
	struct resolved_path *end = *v = arena_array_of(r->arena, struct resolved_path, paths->n);
	int num = *v ? 0 : resolve_no_memory(r);

	foreach_list(path, paths)
		if (num == 0)
			num = add_path(r, member, *path, &end);
	*n = num == 0 ? (size_t)(end - *v) : 0;
	return num;
}

/* What was mounted over the root's own directory nobody would see. */
static int resolve_root(const struct resolver *r)
{
	const struct spec_linux *l = &r->spec->lnx;
	int num = 0;

	foreach_list(path, &l->masked_paths)
		if (num == 0 && resolve_is_root(*path))
			num = refuse_spec(r, l->json, "maskedPaths",
					  "'%s' is the root itself: it cannot be masked", *path);
	r->out->readonly_root = r->spec->root && r->spec->root->readonly;
	foreach_list(path, &l->readonly_paths)
		r->out->readonly_root |= resolve_is_root(*path);
	return num;
}

int resolve_paths(const struct resolver *r)
{
	const struct spec_linux *l = &r->spec->lnx;
	struct resolved *out = r->out;
	int num = resolve_root(r);

	if (num < 0)
		return num;
	if (!l->masked_paths.n && !l->readonly_paths.n)
		return 0;
	if (!resolve_has_namespace(r, CLONE_NEWNS))
		return refuse_spec(
			r, l->json, l->masked_paths.n ? "maskedPaths" : "readonlyPaths",
			"unable to restrict sys entries without a private mount namespace");
	num = add_paths(r, "maskedPaths", &l->masked_paths, &out->masked.v, &out->masked.n);
	return num < 0 ? num :
			 add_paths(r, "readonlyPaths", &l->readonly_paths, &out->readonly.v, &out->readonly.n);
}
