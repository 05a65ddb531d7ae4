/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A process with a root of tools: in a mount namespace of its own, made from the container's, the tools become the root and
 * the container's tree lies below. Nothing of that is seen in the container's mount namespace.
 */

#include <errno.h>
#include <linux/mount.h>
#include <sys/mount.h>

#include "base/macros.h"
#include "base/str.h"
#include "plan/pass.h"

#define TMP_SIZE "64m"

/* As the container has it, with what is masked there; it may have none. */
static void add_clone(struct compile *c, const char *path)
{
	const char *from = arena_printf(c->arena, "/" TOOLS_CONTAINER "%s", path);

	plan_add_s(c->b, PLAN_TREE_ROOT, from, NULL)->flags = OP_RECURSIVE | OP_OPTIONAL;
	plan_add_s(c->b, PLAN_TARGET, path, NULL);
	plan_add_s(c->b, PLAN_ATTACH, path, NULL)->flags = OP_OPTIONAL;
}

static void add_tmp(struct compile *c)
{
	plan_add_s(c->b, PLAN_FS_OPEN, "tmpfs", NULL);
	plan_add_s(c->b, PLAN_FS_OPTION, "mode", "1777");
	plan_add_s(c->b, PLAN_FS_OPTION, "size", TMP_SIZE);
	plan_add(c->b, PLAN_FS_MOUNT)->x = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	plan_add_s(c->b, PLAN_TARGET, "/tmp", NULL);
	plan_add_s(c->b, PLAN_ATTACH, "/tmp", NULL);
}

int pass_tools(struct compile *c, struct error *err)
{
	static const char *const kernel[] = { "/proc", "/sys", "/dev" };

	if (c->in->tools <= 0)
		return 0;
	if (!has_namespace(c, CLONE_NEWNS))
		return failf(
			err, EINVAL,
			"the container has no mount namespace of its own: the tools of this host are there already");
	plan_add(c->b, PLAN_UNSHARE)->x = CLONE_NEWNS;
	/* What the container mounts or unmounts from now on goes on to be seen, and nothing goes back. */
	plan_add(c->b, PLAN_PROPAGATION)->x = MS_SLAVE;
	plan_add_s(c->b, PLAN_ROOT_FD, "/", NULL)->fd = plan_take_fd(c->b, c->in->tools);
	plan_add_s(c->b, PLAN_PIVOT_BELOW, TOOLS_CONTAINER, NULL);
	foreach_array(path, kernel)
		add_clone(c, *path);
	add_tmp(c);
	return 0;
}
