/* SPDX-License-Identifier: Apache-2.0 */
#include "base/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"

/*
 * In a build tree it lies beside the runtime. Whoever could put a program there could as well replace
 * the runtime, unless the directory is open to all: so it must have the same owner, and no other writer.
 */
static bool is_beside(const char *name, char *path, size_t size)
{
	struct stat own, st;
	ssize_t n = readlink("/proc/self/exe", path, size);
	size_t length = strlen(name);
	char *slash;

	if (n <= 0 || (size_t)n >= size)
		return false;
	path[n] = 0;
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash - path) + 2 + length > size)
		return false;
	memcpy(slash + 1, name, length + 1);
	return stat("/proc/self/exe", &own) == 0 && lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_uid == own.st_uid && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

bool helper_find(const char *name, char *path, size_t size)
{
	int n = snprintf(path, size, ORLOP_LIBEXECDIR "/%s", name);

	return (n < (int)size && access(path, X_OK) == 0) || is_beside(name, path, size);
}

/* It must not see what our caller leaked to us, nor block the signals that we block. */
int helper_spawn(const char *path, char *const argv[], const int *fds, size_t n, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int r;

	sigemptyset(&none);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawn_file_actions_init(&files);
	r = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = posix_spawn_file_actions_adddup2(&files, fds[i], i == 0 ? 0 : 2 + (int)i);
	r = r ? r : keep_inherited_fds_from_exec() < 0 ? errno : 0;
	r = r ? r : posix_spawn(pid, path, &files, &attr, argv, environ);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	return -r;
}
