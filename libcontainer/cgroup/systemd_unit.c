/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "cgroup/systemd.h"
#include "spec/spec.h"

bool systemd_is_slice(const char *unit)
{
	size_t n = strlen(unit);

	return n > 6 && streq(unit + n - 6, ".slice");
}

static int bad_path(const struct cgroup_options *o, const char *what, struct error *err)
{
	failf(err, EINVAL, "%s, got '%s' instead", what, o->path);
	return spec_error(o->origin, "cgroupsPath", err);
}

/* systemd checks names itself; what it must not see is a path. */
static int check_name(const struct cgroup_options *o, const char *name, struct error *err)
{
	if (strchr(name, '/') || strlen(name) > 255)
		return bad_path(o, "expected names of systemd units without '/' in cgroupsPath", err);
	return 0;
}

int systemd_unit_of(struct arena *a, const struct cgroup_options *o, struct systemd_unit *ret,
		    struct error *err)
{
	const char *slice = o->rootless ? "user.slice" : "system.slice", *prefix = "orlop",
		   *name = o->id, *one, *two;
	bool given = o->path && *o->path;

	if (given) {
		one = strchr(o->path, ':');
		two = one ? strchr(one + 1, ':') : NULL;
		if (!two || strchr(two + 1, ':') || !two[1])
			return bad_path(o, "expected cgroupsPath to be of format "
					   "\"slice:prefix:name\" for systemd cgroups", err);
		if (one > o->path)
			slice = arena_strndup(a, o->path, (size_t)(one - o->path));
		prefix = arena_strndup(a, one + 1, (size_t)(two - one - 1));
		name = two + 1;
	}
	if (slice && prefix && given && systemd_is_slice(name))
		name = arena_strdup(a, name);
	else if (slice && prefix)
		name = arena_printf(a, "%s%s%s.scope", prefix, *prefix ? "-" : "", name);
	if (!slice || !prefix || !name)
		return failf(err, ENOMEM, "cgroup: out of memory");
	*ret = (struct systemd_unit){ .name = name, .slice = slice, .user = o->rootless };
	if (!systemd_is_slice(slice) && !streq(slice, "-.slice"))
		return bad_path(o, "expected the first part of cgroupsPath to be a '.slice'", err);
	if (!given)
		return 0;
	return check_name(o, slice, err) < 0 ? -EINVAL : check_name(o, name, err);
}
