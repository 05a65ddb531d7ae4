/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/streams.h"

#include <linux/sched.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "spec/spec.h"

/* As the caller counts; 0 also if it cannot be known. */
static uid_t caller_uid_of(const struct spec *spec, bool userns, uid_t uid)
{
	if (!userns)
		return uid;
	foreach_list(m, &spec->lnx.uid_mappings)
		if (uid >= m->container_id && uid - m->container_id < m->size)
			return m->host_id + (uid - m->container_id);
	return 0;
}

/* Root of a user namespace would have a file of the host for his own. */
static bool may_be_given(int fd, bool userns, const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFIFO:
	case S_IFSOCK:
		return true;
	case S_IFREG:
		return fd != STDIN_FILENO && !userns;
	default:
		return false;
	}
}

void streams_give(const struct resolved *config, const struct spec_process *process)
{
	bool userns = resolved_has_namespace(config, CLONE_NEWUSER);
	uid_t uid;

	if (!process || process->terminal || caller_euid() != 0)
		return;
	uid = caller_uid_of(config->spec, userns, process->user.uid);
	if (uid == 0)
		return;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		struct stat st;

		if (fstat(fd, &st) == 0 && st.st_uid != uid && may_be_given(fd, userns, &st))
			(void)!fchown(fd, uid, (gid_t)-1);
	}
}
