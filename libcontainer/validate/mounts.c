/* SPDX-License-Identifier: Apache-2.0 */

/* Root filesystem, mounts and hooks: what must exist on this host. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"
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

/* cgroup: on v2 the type is made of cgroup2. */
static void check_filesystem(const struct validation *v, const struct resolved_mount *m)
{
	if (!v->with_host || m->kind != MOUNT_FILESYSTEM || probe_has_filesystem(m->type))
		return;
	host_problem(v, WARNING, m->json, "type", NULL,
		     "this kernel has no filesystem '%s', unless a module for it can be loaded",
		     m->type);
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
	check_root(v);
	foreach_list(m, &v->resolved->mounts)
		check_filesystem(v, m);
	check_hooks(v);
}
