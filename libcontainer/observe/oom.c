/* SPDX-License-Identifier: Apache-2.0 */

/*
 * To be told when memory ran out: v1 by an eventfd (Documentation/admin-guide/cgroup-v1/memory.rst, 10), v2 by a change of
 * memory.events.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "container/handle.h"

/* "cpu,memory" holds "memory". */
static bool has_memory(const char *names)
{
	const char *at = strstr(names, "memory");

	return at && (at == names || at[-1] == ',') && (!at[6] || at[6] == ',');
}

static int open_v1(const struct cgroup_hierarchy *h, struct container_oom *ret, struct error *err)
{
	auto_(close_fd) int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	auto_(close_fd) int control = -EBADF, dir = -EBADF;
	char text[32];

	dir = openat(AT_FDCWD, h->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || dir < 0)
		return sysf(err, "watch memory of cgroup '%s'", h->path);
	control = openat(dir, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	(void)snprintf(text, sizeof(text), "%d %d", fd, control);
	if (control < 0 || file_write_at(dir, "cgroup.event_control", text) < 0)
		return sysf(err, "watch memory of cgroup '%s'", h->path);
	*ret = (struct container_oom){ .fd = take_fd(fd), .events = POLLIN };
	return 0;
}

/* From its start; that, too, makes the next change an event. Was there something to read? */
static bool read_all(int fd)
{
	bool any = false;
	char buf[4096];

	(void)lseek(fd, 0, SEEK_SET);
	while (read(fd, buf, sizeof(buf)) > 0)
		any = true;
	return any;
}

static int open_v2(struct cgroup *cg, const struct cgroup_hierarchy *h, struct container_oom *ret,
		   struct error *err)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/memory.events", h->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ENOTSUP : sysf(err, "watch '%s'", path);
	(void)read_all(fd);
	*ret = (struct container_oom){ .fd = fd, .events = POLLPRI, .kills = cgroup_oom_kills(cg) };
	return 0;
}

int container_oom_open(struct container *c, struct container_oom *ret, struct error *err)
{
	const struct cgroup_hierarchy *all;
	struct cgroup *cg;
	size_t n;
	int r;

	if (!c->cgroup && !c->state.cgroup)
		return -ENOTSUP;
	r = container_cgroup(c, &cg, err);
	if (r < 0)
		return r;
	n = cgroup_hierarchies(cg, &all);
	for (size_t i = 0; i < n; i++) {
		if (!all[i].v2 && has_memory(all[i].name))
			return open_v1(&all[i], ret, err);
		if (all[i].v2 && cgroup_is_v2(cg))
			return open_v2(cg, &all[i], ret, err);
	}
	return -ENOTSUP;
}

/* v1 tells of the removal of the cgroup in the same way. */
static bool is_gone(struct cgroup *cg)
{
	const struct cgroup_hierarchy *all;
	size_t n = cgroup_hierarchies(cg, &all);

	for (size_t i = 0; i < n; i++)
		if (!all[i].v2 && has_memory(all[i].name))
			return access(all[i].path, F_OK) < 0;
	return false;
}

bool container_oom_read(struct container *c, struct container_oom *oom)
{
	struct cgroup *cg;
	int64_t now;

	if (!read_all(oom->fd))
		return false;
	if (container_cgroup(c, &cg, NULL) < 0)
		return false;
	/* An eventfd comes before the kill, and also when there is none (memory.oom_control 1). */
	if (!cgroup_is_v2(cg))
		return !is_gone(cg);
	now = cgroup_oom_kills(cg);
	if (now <= oom->kills)
		return false;
	oom->kills = now;
	return true;
}
