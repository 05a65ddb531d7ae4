/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cgroup/cgroup_internal.h"

/* ".." never leads above "/": a config cannot name a cgroup outside of the hierarchy. */
char *cgroup_clean_path(struct arena *a, const char *path)
{
	size_t n = 0;
	char *out = arena_alloc(a, strlen(path) + 2);

	if (!out)
		return NULL;
	while (*path) {
		size_t word = strcspn(path, "/");

		if (word == 2 && path[0] == '.' && path[1] == '.') {
			while (n > 0 && out[--n] != '/')
				;
		} else if (word > 0 && !(word == 1 && path[0] == '.')) {
			out[n++] = '/';
			memcpy(out + n, path, word);
			n += word;
		}
		path += word + (path[word] == '/');
	}
	if (n == 0)
		out[n++] = '/';
	out[n] = 0;
	return out;
}

bool cgroup_path_is_clean(const char *path)
{
	size_t word;

	if (*path != '/' || !path[1])
		return *path == '/';
	for (; *path == '/'; path += word) {
		path++;
		word = strcspn(path, "/");
		if (word == 0 || (word == 1 && *path == '.') ||
		    (word == 2 && path[0] == '.' && path[1] == '.'))
			return false;
	}
	return !*path;
}

static const char *parent_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash > path ? arena_strndup(a, path, (size_t)(slash - path)) : "/";
}

/*
 * An absolute path is relative to the mountpoint. Else below the caller's own cgroup on v1, and
 * beside it on v2, where a cgroup that holds processes cannot give controllers to its children.
 */
char *cgroup_place(struct arena *a, const struct cgroup_options *o, const char *own, bool beside)
{
	const char *wanted = o->path && *o->path ? o->path : o->id;
	char *clean = cgroup_clean_path(a, wanted);

	if (!clean || *wanted == '/')
		return clean;
	/* Seen from inside a cgroup namespace the caller may be outside of its root. */
	if (starts_with(own, "/.."))
		own = "/";
	if (beside)
		own = parent_of(a, own);
	if (!own || streq(own, "/"))
		return own ? clean : NULL;
	return arena_join(a, own, clean);
}

bool cgroup_list_has(const char *list, const char *word)
{
	return has_word(list, ",", word);
}

static int check_sub(const struct cgroup *c, const char *sub, size_t n_subs, struct error *err)
{
	const char *colon = strchr(sub, ':');

	if (!colon) {
		if (n_subs > 1)
			return failf(err, EINVAL,
				     "invalid --cgroup argument: %s (missing <controller>: prefix)",
				     sub);
		colon = sub - 1;
	} else if (colon == sub || colon[-1] == ',' || *sub == ',' || strstr(sub, ",,")) {
		return failf(err, EINVAL,
			     "invalid --cgroup argument: %s (empty <controller> prefix)", sub);
	} else if (strchr(colon + 1, ':')) {
		return failf(err, EINVAL, "invalid --cgroup argument: %s", sub);
	}
	for (const char *at = colon + 1; *at;) {
		size_t word = strcspn(at, "/");

		if (word == 2 && at[0] == '.' && at[1] == '.')
			return failf(err, EINVAL, "bad sub cgroup path: %s", colon + 1);
		at += word + (at[word] == '/');
	}
	if (colon > sub && c->kind == CGROUP_V2)
		return failf(err, EINVAL,
			     "invalid --cgroup argument: %s (cgroup v2 has no controller prefix)",
			     sub);
	return 0;
}

static const struct cgroup_tree *find_tree(const struct cgroup *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (cgroup_list_has(c->trees[i].name, name))
			return &c->trees[i];
	return NULL;
}

/* Every controller named must be there, and once. */
static int check_controllers(const struct cgroup *c, const char *const *subs, size_t n_subs,
			     struct error *err)
{
	for (size_t i = 0; i < n_subs; i++) {
		const char *colon = strchr(subs[i], ':');

		for (const char *at = subs[i]; colon && at < colon;) {
			size_t n = strcspn(at, ",:");
			auto_(free) char *name = strndup(at, n);

			if (!name)
				return sysf(err, "--cgroup %s", subs[i]);
			if (!find_tree(c, name))
				return failf(err, EINVAL,
					     "unknown controller %s in --cgroup option", name);
			for (size_t j = 0; j < i; j++) {
				const char *end = strchrnul(subs[j], ':');
				auto_(free) char *list =
					strndup(subs[j], (size_t)(end - subs[j]));

				if (list && cgroup_list_has(list, name))
					return failf(err, EINVAL,
						     "invalid --cgroup argument(s): controller %s "
						     "specified multiple times",
						     name);
			}
			at += n + (at[n] == ',');
		}
	}
	return 0;
}

int cgroup_check_subs(const struct cgroup *c, const char *const *subs, size_t n_subs,
		      struct error *err)
{
	for (size_t i = 0; i < n_subs; i++) {
		int r = check_sub(c, subs[i], n_subs, err);

		if (r < 0)
			return r;
	}
	return check_controllers(c, subs, n_subs, err);
}

/* True when the comma list before the colon names a controller of the tree. */
static bool names_tree(const char *sub, const struct cgroup_tree *t)
{
	const char *colon = strchr(sub, ':');

	if (!colon)
		return true;
	while (sub < colon) {
		size_t n = strcspn(sub, ",:");
		auto_(free) char *name = strndup(sub, n);

		if (name && cgroup_list_has(t->name, name))
			return true;
		sub += n + 1;
	}
	return false;
}

int cgroup_sub_path(struct cgroup *c, const struct cgroup_tree *t, const char *const *subs,
		    size_t n_subs, const char **ret, struct error *err)
{
	*ret = t->path;
	for (size_t i = 0; i < n_subs; i++) {
		const char *colon = strchr(subs[i], ':');
		char *clean;

		if (!names_tree(subs[i], t))
			continue;
		clean = cgroup_clean_path(c->arena, colon ? colon + 1 : subs[i]);
		if (clean && clean[1])
			clean = arena_printf(c->arena, "%s%s", t->path, clean);
		else if (clean)
			continue;
		if (!clean)
			return sysf(err, "--cgroup %s", subs[i]);
		*ret = clean;
	}
	return 0;
}
