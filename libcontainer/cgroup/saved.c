/* SPDX-License-Identifier: Apache-2.0 */

/* A cgroup as a member of the state file, which a restored or edited root directory may hold. */

#include <errno.h>
#include <string.h>

#include "base/names.h"
#include "base/str.h"
#include "cgroup/cgroup_internal.h"

/* clang-format off */
static const struct name kinds[] = {
	{ "none",   CGROUP_NONE },
	{ "v1",     CGROUP_V1 },
	{ "hybrid", CGROUP_HYBRID },
	{ "v2",     CGROUP_V2 },
};
/* clang-format on */

void cgroup_save(const struct cgroup *c, struct json_out *o, const char *key)
{
	json_object_begin(o, key);
	json_string(o, "kind",
		    names_of(kinds, ARRAY_SIZE(kinds), c->driver ? c->kind : CGROUP_NONE));
	if (c->driver)
		json_string(o, "driver", c->driver->name);
	if (c->unit)
		systemd_save(c, o);
	if (c->rootless)
		json_bool(o, "rootless", true);
	json_object_begin(o, "trees");
	for (size_t i = 0; i < c->n; i++) {
		const struct cgroup_tree *t = &c->trees[i];

		json_array_begin(o, t->name);
		json_string(o, NULL, t->mount);
		json_string(o, NULL, t->path + strlen(t->mount));
		json_array_end(o);
	}
	json_object_end(o);
	json_object_end(o);
}

static bool is_text(const struct json *m)
{
	return m && m->type == JSON_STRING;
}

static const char *text_of(const struct json *object, const char *key)
{
	const struct json *m = json_member(object, key);

	return is_text(m) ? m->text : NULL;
}

/* "NAME": [MOUNT, PATH BELOW IT] */
static int load_tree(struct cgroup *c, const struct json *saved)
{
	struct cgroup_tree *t = &c->trees[c->n];
	const struct json *mount = saved->type == JSON_ARRAY ? saved->first : NULL;
	const struct json *path = mount ? mount->next : NULL;

	if (c->n == CGROUP_TREES_MAX)
		return -E2BIG;
	if (!is_text(mount) || !is_text(path))
		return -EINVAL;
	t->tasks = -EBADF;
	t->name = saved->key;
	t->mount = mount->text;
	t->path = arena_join(c->arena, mount->text, path->text);
	if (!t->path)
		return -ENOMEM;
	/* Whatever is removed must lie below the mountpoint. */
	if (*path->text != '/' || !cgroup_path_is_clean(t->path))
		return -EINVAL;
	t->v2 = !*t->name;
	if (t->v2)
		c->unified = t;
	c->n++;
	return 0;
}

static const struct cgroup_driver *const drivers[] = {
	&cgroup_v1_driver,
	&cgroup_v2_driver,
	&cgroup_systemd_driver,
};

static bool fits_kind(const struct cgroup *c)
{
	switch (c->kind) {
	case CGROUP_NONE:
		return !c->driver && c->n == 0;
	case CGROUP_V1:
		return c->driver && c->driver != &cgroup_v2_driver && c->n > 0 && !c->unified;
	case CGROUP_HYBRID:
		return c->driver && c->driver != &cgroup_v2_driver && c->unified;
	default:
		return c->driver && c->driver != &cgroup_v1_driver && c->n == 1 && c->unified;
	}
}

int cgroup_load_at(const struct cgroup_host *host, const struct json *saved, struct cgroup **ret,
		   struct error *err)
{
	auto_(cgroup_free) struct cgroup *c = cgroup_alloc(host);
	const struct json *trees = json_member(saved, "trees"), *m;
	const struct name *kind;
	const char *driver;

	if (!c)
		return sysf(err, "cgroup in the saved state");
	c->kept = c->existed = true;
	m = json_member(saved, "kind");
	kind = m && m->type == JSON_STRING ? names_find(kinds, ARRAY_SIZE(kinds), m->text) : NULL;
	if (!kind || !trees || trees->type != JSON_OBJECT)
		return failf(err, EBADMSG, "cgroup in the saved state: 'kind' and 'trees' expected");
	c->kind = (enum cgroup_kind)kind->value;
	m = json_member(saved, "rootless");
	c->rootless = m && m->boolean;
	for (const struct json *t = trees->first; t; t = t->next)
		if (load_tree(c, t) < 0)
			return failf(err, EBADMSG, "cgroup in the saved state: bad tree");
	driver = text_of(saved, "driver");
	foreach_array(d, drivers)
		if (driver && streq((*d)->name, driver) && (*d)->apply)
			c->driver = *d;
	if (c->driver == &cgroup_systemd_driver && systemd_load(c, saved) < 0)
		return failf(err, EBADMSG, "cgroup in the saved state: bad unit");
	if (!fits_kind(c))
		return failf(err, EBADMSG,
			     "cgroup in the saved state: driver '%s' and %zu trees as '%s'",
			     driver ? driver : "", c->n, kind->name);
	*ret = take_ptr(c);
	return 0;
}

int cgroup_load(const struct json *saved, struct cgroup **ret, struct error *err)
{
	return cgroup_load_at(&cgroup_real_host, saved, ret, err);
}
