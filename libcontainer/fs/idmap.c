/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"
#include "spec/spec.h"

#define HELPER_SECONDS 30 /* it may ask a server for names */

static const struct spec_idmap *first_of(const spec_idmaps *maps)
{
	return maps->n ? &maps->v[0] : NULL;
}

static int write_map(int dir, const char *file, const spec_idmaps *maps, struct error *err)
{
	auto_str text = STR_INIT;

	foreach_list(m, maps)
		str_printf(&text, "%u %u %u\n", m->container_id, m->host_id, m->size);
	if (!str_ok(&text))
		return failf(err, ENOMEM, "id mappings: out of memory");
	if (file_write_at(dir, file, str_text(&text)) < 0) {
		sysf(err, "write '%s' of the child", file);
		return first_of(maps) ? spec_error(first_of(maps)->json, NULL, err) : -err->num;
	}
	return 0;
}

/* ---- unprivileged: newuidmap PID CONTAINER HOST SIZE ... ---- */

static int run_helper(const char *program, pid_t pid, const spec_idmaps *maps, struct error *err)
{
	char numbers[3 * 340 + 1][12], *argv[3 * 340 + 3];
	size_t n = 0;
	int r, status;
	pid_t child;

	argv[n++] = (char *)(uintptr_t)program;
	snprintf(numbers[0], sizeof(numbers[0]), "%d", (int)pid);
	argv[n++] = numbers[0];
	foreach_list(m, maps) {
		const uint32_t three[] = { m->container_id, m->host_id, m->size };

		for (size_t i = 0; i < 3 && n < ARRAY_SIZE(argv) - 1; i++, n++) {
			snprintf(numbers[n - 1], sizeof(numbers[0]), "%u", three[i]);
			argv[n] = numbers[n - 1];
		}
	}
	argv[n] = NULL;
	r = posix_spawnp(&child, program, NULL, NULL, argv, environ);
	if (r != 0)
		return codef(err, r, "%s: install package 'uidmap', or map one id only", program);
	r = child_wait(child, HELPER_SECONDS, &status);
	if (r < 0)
		return codef(err, r, "wait for %s", program);
	if (status == 0)
		return 0;
	failf(err, EPERM, "%s refused the mapping: see /etc/subuid and /etc/subgid", program);
	return first_of(maps) ? spec_error(first_of(maps)->json, NULL, err) : -err->num;
}

static bool is_self(const spec_idmaps *maps, uint32_t own)
{
	return maps->n == 1 && maps->v[0].size == 1 && maps->v[0].host_id == own;
}

static int unprivileged_maps(int dir, pid_t pid, const spec_idmaps *uids, const spec_idmaps *gids,
			     struct error *err)
{
	int r = is_self(uids, geteuid()) ? write_map(dir, "uid_map", uids, err) :
					   run_helper("newuidmap", pid, uids, err);

	if (r < 0)
		return r;
	if (!is_self(gids, getegid()))
		return run_helper("newgidmap", pid, gids, err);
	if (file_write_at(dir, "setgroups", "deny") < 0 && errno != ENOENT)
		return sysf(err, "write 'setgroups' of the child");
	return write_map(dir, "gid_map", gids, err);
}

int idmap_write(pid_t pid, const spec_idmaps *uids, const spec_idmaps *gids, bool privileged,
		struct error *err)
{
	auto_(close_fd) int dir = -EBADF;
	char path[32];
	int r;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	dir = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return sysf(err, "open '%s'", path);
	if (!privileged)
		return unprivileged_maps(dir, pid, uids, gids, err);
	r = write_map(dir, "uid_map", uids, err);
	return r < 0 ? r : write_map(dir, "gid_map", gids, err);
}

/* A stopped child holds the namespace just until its file is open. */
int idmap_userns(const spec_idmaps *uids, const spec_idmaps *gids, struct error *err)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	char path[64];
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	int fd, r;

	if (pid < 0)
		return sysf(err, "user namespace for an idmapped mount");
	if (pid == 0) {
		pause();
		_exit(0);
	}
	r = idmap_write(pid, uids, gids, true, err);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	fd = r < 0 ? r : openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (r == 0 && fd < 0)
		fd = sysf(err, "open '%s'", path);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return fd;
}
