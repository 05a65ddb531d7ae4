/* SPDX-License-Identifier: Apache-2.0 */

/* Root filesystem, mounts and hooks: options, and what must exist on this host. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "fs/mount_options.h"
#include "validate/kernel.h"
#include "validate/validate.h"

static void check_root(const struct validation *v)
{
	const struct spec_root *root = v->spec->root;
	struct stat st;

	if (!v->with_host || !root || !root->path)
		return;
	if (fstatat(v->bundle, root->path, &st, 0) < 0)
		host_problem(v, ERROR, root->json, "path", NULL, "rootfs '%s': %s", root->path,
			     errno_words(errno));
	else if (!S_ISDIR(st.st_mode))
		host_problem(v, ERROR, root->json, "path", NULL, "rootfs '%s' is not a directory",
			     root->path);
}

static void check_source(const struct validation *v, const struct spec_mount *m)
{
	struct stat st;

	if (!m->source)
		spec_problem(v, ERROR, m->json, NULL, "a bind mount needs a 'source'");
	else if (v->with_host && fstatat(v->bundle, m->source, &st, 0) < 0)
		host_problem(v, ERROR, m->json, "source", NULL, "bind source '%s': %s", m->source,
			     errno_words(errno));
}

static bool looks_like_path(const struct spec_mount *m)
{
	return m->source && (m->source[0] == '/' || m->source[0] == '.');
}

static void check_filesystem(const struct validation *v, const struct spec_mount *m,
			     const struct mount_options *o)
{
	if (!m->type) {
		spec_problem(v, ERROR, m->json, NULL,
			     "a mount that is no bind mount needs a 'type'%s",
			     looks_like_path(m) ? "; for a bind mount put \"bind\" or \"rbind\" in "
						  "'options'"
						: "");
		return;
	}
	if (o->idmap && !m->uid_mappings.n)
		spec_problem(v, ERROR, m->json, "options",
			     "a new filesystem has the ids of the container's user namespace: "
			     "'idmap' needs 'uidMappings' and 'gidMappings'");
	else if (o->idmap && streq(m->type, "cgroup"))
		spec_problem(v, ERROR, m->json, NULL, "cgroups cannot be idmapped");
	/* cgroup: on v2 the type is made of cgroup2. */
	if (!v->with_host || streq(m->type, "cgroup") || problems_touches(v->report, m->json) ||
	    probe_has_filesystem(m->type))
		return;
	host_problem(v, WARNING, m->json, "type", NULL,
		     "this kernel has no filesystem '%s', unless a module for it can be loaded",
		     m->type);
}

/* Parsing clears it where it has no meaning. */
static void check_copy_up(const struct validation *v, const struct spec_mount *m,
			  const struct mount_options *o)
{
	foreach_list(option, &m->options)
		if (streq(*option, "tmpcopyup") && !o->tmpcopyup)
			spec_problem(v, WARNING, m->json, "options",
				     "'tmpcopyup' is for tmpfs only: ignored");
}

static void check_mount(const struct validation *v, const struct spec_mount *m, struct arena *a)
{
	struct mount_options o = { 0 };
	struct error err = ERROR_INIT;

	if (mount_options_parse(m, a, &o, &err) < 0) {
		problems_error(v->report, PROBLEM_ERROR, PROBLEM_SPEC, &err);
		return;
	}
	check_copy_up(v, m, &o);
	if (o.remount)
		return;
	if (o.bind)
		check_source(v, m);
	else
		check_filesystem(v, m, &o);
}

static void check_hook(const struct validation *v, const struct spec_hook *hook)
{
	struct stat st;

	if (stat(hook->path, &st) < 0)
		host_problem(v, ERROR, hook->json, "path", NULL, "hook '%s': %s", hook->path,
			     errno_words(errno));
	else if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		host_problem(v, ERROR, hook->json, "path", NULL,
			     "hook '%s' is not an executable file", hook->path);
}

/* Those that run in the container's own mount namespace may be of the image. */
static void check_hooks(const struct validation *v)
{
	static const enum spec_hook_kind outside[] = { HOOK_PRESTART, HOOK_CREATE_RUNTIME,
						       HOOK_POSTSTART, HOOK_POSTSTOP };

	for (size_t i = 0; v->with_host && v->spec->hooks && i < ARRAY_SIZE(outside); i++)
		foreach_list(hook, &v->spec->hooks->kind[outside[i]])
			check_hook(v, hook);
}

void validate_mounts(const struct validation *v)
{
	auto_(arena_free) struct arena *a = arena_new();

	check_root(v);
	foreach_list(m, &v->spec->mounts)
		if (a)
			check_mount(v, m, a);
	check_hooks(v);
}
