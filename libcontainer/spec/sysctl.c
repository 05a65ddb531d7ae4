/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/sysctl.h"

#include <errno.h>
#include <linux/sched.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"

/* A row that ends in '/' is a whole directory. */
static const struct {
	const char *path;
	unsigned long flag;
} owners[] = {
	{ "net/", CLONE_NEWNET },
	{ "user/", CLONE_NEWUSER },
	{ "fs/mqueue/", CLONE_NEWIPC },
	{ "kernel/msgmax", CLONE_NEWIPC },
	{ "kernel/msgmnb", CLONE_NEWIPC },
	{ "kernel/msgmni", CLONE_NEWIPC },
	{ "kernel/msg_next_id", CLONE_NEWIPC },
	{ "kernel/sem", CLONE_NEWIPC },
	{ "kernel/sem_next_id", CLONE_NEWIPC },
	{ "kernel/shmall", CLONE_NEWIPC },
	{ "kernel/shmmax", CLONE_NEWIPC },
	{ "kernel/shmmni", CLONE_NEWIPC },
	{ "kernel/shm_next_id", CLONE_NEWIPC },
	{ "kernel/shm_rmid_forced", CLONE_NEWIPC },
	{ "kernel/hostname", CLONE_NEWUTS },
	{ "kernel/domainname", CLONE_NEWUTS },
};

static bool bad_component(const char *s)
{
	size_t n = strcspn(s, "/");

	return n == 0 || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.');
}

int sysctl_path(const char *name, char *buf, size_t size)
{
	size_t n = strlen(name), first = strcspn(name, "./");
	bool dotted = name[first] == '.';

	if (n >= size)
		return -EINVAL;
	memcpy(buf, name, n + 1);
	for (char *p = buf; dotted && *p; p++)
		*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	for (const char *p = buf; p; p = strchr(p, '/')) {
		p += p != buf;
		if (bad_component(p))
			return -EINVAL;
	}
	return 0;
}

unsigned long sysctl_namespace(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		size_t n = strlen(owners[i].path);
		bool whole = owners[i].path[n - 1] == '/';

		if (whole ? strncmp(path, owners[i].path, n) == 0 : streq(path, owners[i].path))
			return owners[i].flag;
	}
	return 0;
}
