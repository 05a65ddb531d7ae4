/* SPDX-License-Identifier: Apache-2.0 */

/* Root filesystem, mounts and hooks: what must exist on this host. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"
#include "fs/root_mount.h"
#include "validate/kernel.h"
#include "validate/validate.h"

static void check_root(const struct validation *v)
{
	const struct spec_root *root = v->spec->root;
	auto_(close_fd) int fd = -EBADF;
	char path[PATH_MAX];
	struct stat st;

	if (!v->with_host || !root || !root->path)
		return;
	fd = openat(v->bundle, root->path, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		host_problem(v, ERROR, root->json, "path", NULL, "rootfs '%s': %s", root->path,
			     errno_words(errno));
	else if (!S_ISDIR(st.st_mode))
		host_problem(v, ERROR, root->json, "path", NULL, "rootfs '%s' is not a directory",
			     root->path);
	else if (path_of_fd(fd, path, sizeof(path)) >= 0 && streq(path, "/"))
		host_problem(v, ERROR, root->json, "path", NULL, ROOT_IS_THE_HOSTS, root->path);
}

/* The kernel is asked, as far as it knows without making the filesystem. Who may not mount gets no answer. */
static void check_options(const struct validation *v, const struct resolved_mount *m)
{
	auto_(close_fd) int fs = sys_fsopen(m->type);

	for (size_t i = 0; fs >= 0 && i < m->n_options; i++) {
		const struct mount_option_value *o = &m->options[i];

		if (sys_fsconfig_option(fs, o->key, o->value) == 0 || errno != EINVAL)
			continue;
		host_problem(v, ERROR, m->json, "options", NULL, "filesystem '%s' takes no option '%s%s%s'", m->type,
			     o->key, o->value ? "=" : "", o->value ? o->value : "");
		return;
	}
}

/* cgroup: on v2 the type is made of cgroup2. */
static void check_filesystem(const struct validation *v, const struct resolved_mount *m)
{
	if (!v->with_host || m->kind != MOUNT_FILESYSTEM)
		return;
	if (probe_has_filesystem(m->type)) {
		check_options(v, m);
		return;
	}
	host_problem(v, WARNING, m->json, "type", NULL,
		     "this kernel has no filesystem '%s', unless a module for it can be loaded",
		     m->type);
}

static bool is_under(const char *path, const char *mount)
{
	size_t n = strlen(mount);

	while (n > 1 && mount[n - 1] == '/')
		n--;
	return strncmp(path, mount, n) == 0 && (path[n] == '/' || !path[n]);
}

/* Another mount decides what is there. */
static bool is_covered(const struct validation *v, const struct resolved_mount *m)
{
	foreach_list(other, &v->resolved->mounts)
		if (other != m && is_under(m->destination, other->destination))
			return true;
	return false;
}

/* A directory goes onto a directory, everything else onto a file; what is not there is made. */
static void check_kinds(const struct validation *v, const struct resolved_mount *m, int root)
{
	auto_(close_fd) int target = -EBADF;
	struct stat from = { .st_mode = S_IFDIR }, to;

	if (is_covered(v, m) || m->kind == MOUNT_REMOUNT ||
	    (m->kind == MOUNT_BIND && fstatat(v->bundle, m->source, &from, 0) < 0))
		return;
	target = sys_openat2(root, m->destination, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	if (target < 0 || fstat(target, &to) < 0 || S_ISDIR(from.st_mode) == S_ISDIR(to.st_mode))
		return;
	if (S_ISDIR(to.st_mode))
		host_problem(v, ERROR, m->json, "destination", NULL,
			     "'%s' is a directory of the root filesystem, and '%s' is none", m->destination,
			     m->source);
	else
		host_problem(v, ERROR, m->json, "destination", NULL,
			     "'%s' is not a directory in the root filesystem, and what is mounted there is one",
			     m->destination);
}

static void check_targets(const struct validation *v)
{
	const struct spec_root *root = v->spec->root;
	auto_(close_fd) int fd = v->with_host && root && root->path
		? openat(v->bundle, root->path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -EBADF;

	if (fd < 0)
		return;
	foreach_list(m, &v->resolved->mounts)
		check_kinds(v, m, fd);
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
	else
		validate_host_program(v, hook->json, "path", hook->path, "hook ");
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
	check_root(v);
	foreach_list(m, &v->resolved->mounts)
		check_filesystem(v, m);
	check_targets(v);
	check_hooks(v);
}
