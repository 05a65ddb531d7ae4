/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/cgroup_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/str.h"
#include "spec/spec.h"

static bool is_delegated(const struct resolved *resolved)
{
	return resolved_makes_namespace(resolved, CLONE_NEWCGROUP) && resolved->spec->process &&
	       resolved->cgroup_is_writable;
}

/* "0 100000 65536": what is uid inside is which one here? -ENOENT: none. */
static int outer_uid(pid_t pid, uint32_t uid, uid_t *ret)
{
	auto_str text = STR_INIT;
	char path[32];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	r = file_read_at(AT_FDCWD, path, 1 << 16, &text);
	if (r < 0)
		return r;
	for (const char *at = str_text(&text); *at;) {
		uint64_t n[3]; /* inside, outside, how many */

		foreach_array(number, n) {
			size_t digits;

			at += strspn(at, " \n");
			digits = strspn(at, "0123456789");
			if (parse_u64n(at, digits, 10, number) < 0)
				return -ENOENT;
			at += digits;
		}
		if (uid >= n[0] && uid - n[0] < n[2]) {
			*ret = (uid_t)(n[1] + uid - n[0]);
			return 0;
		}
		at += strspn(at, " \n");
	}
	return -ENOENT;
}

int cgroup_owner_set(struct cgroup *cg, const struct resolved *resolved, pid_t pid,
		     struct error *err)
{
	const struct spec *s = resolved->spec;
	struct error why = ERROR_INIT;
	uid_t uid;
	int r;

	if (!cgroup_is_v2(cg) || !is_delegated(resolved))
		return 0;
	r = outer_uid(pid, s->process->user.uid, &uid);
	if (r < 0) {
		codef(err, r, "owner of the cgroup: uid %u in the container's user namespace",
		      s->process->user.uid);
		return spec_error(s->process->user.json, "uid", err);
	}
	/* The group stays; and who may not give a cgroup away (rootless) keeps it: the spec says MAY. */
	r = cgroup_chown(cg, uid, (gid_t)-1, &why);
	if (r == -EPERM)
		log_warn("%s: the container's user cannot make cgroups of its own", why.msg);
	else if (r < 0)
		return codef(err, r, "owner of the cgroup");
	return 0;
}
