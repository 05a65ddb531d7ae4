/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Devices, as resolve/devices.c says: by mknod; where that is not allowed (a user namespace), as mounts of a node. And
 * the links of G10.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"
#include "fs/nodes.h"
#include "plan/pass.h"

/* clang-format off */
static const struct { const char *name, *target; bool replace; } links[] = {
	{ "fd",     "/proc/self/fd",   false },
	{ "stdin",  "/proc/self/fd/0", false },
	{ "stdout", "/proc/self/fd/1", false },
	{ "stderr", "/proc/self/fd/2", false },
	{ "ptmx",   "pts/ptmx",        true },
};
/* clang-format on */

static void attach_node(struct compile *c, const struct resolved_device *d)
{
	struct plan_op *op = plan_add_s(c->b, PLAN_TARGET, d->path, NULL);

	op->flags = OP_CREATE | OP_FILE;
	plan_add_s(c->b, PLAN_ATTACH, d->path, NULL);
	c->dir = NULL; /* the stage may have closed it */
}

static int bind_node(struct compile *c, const struct resolved_device *d, struct error *err)
{
	char buf[64];
	const char *path = resolve_host_node(d, buf, sizeof(buf), err);
	int r;

	if (!path)
		return -err->num;
	r = source_tree(c, (struct source){ SOURCE_INIT, .what = "device", .path = path }, err);
	if (r < 0)
		return r;
	/* The node is the host's: its mode and owner are not for the container to change. It can be written to. */
	plan_add(c->b, PLAN_MOUNT_SETATTR)->x = MOUNT_ATTR_RDONLY;
	attach_node(c, d);
	return 0;
}

static int make_node(struct compile *c, const struct resolved_device *d, struct error *err)
{
	const char *parent = compile_parent(c, d->path);
	struct plan_op *op;

	if (!parent)
		return failf(err, ENOMEM, "devices: out of memory");
	compile_dir(c, parent);
	op = plan_add_s(c->b, PLAN_MKNOD, path_last(d->path), S_ISFIFO(d->mode) ? NULL : d->path);
	op->x = d->mode;
	op->y = (uint64_t)d->major << 32 | d->minor;
	op->z = (uint64_t)d->uid << 32 | d->gid;
	op->flags = (d->owner ? OP_OWNER : 0) | (d->optional ? OP_OPTIONAL : 0);
	return 0;
}

static int add_node(struct compile *c, const struct resolved_device *d, struct error *err)
{
	plan_origin(c->b, d->json, NULL);
	switch (d->way) {
	case DEVICE_MAKE:
		return make_node(c, d, err);
	case DEVICE_BIND:
		return bind_node(c, d, err);
	case DEVICE_PREPARE: /* prepare_nodes() */
		return 0;
	}
	return 0;
}

/* Those that the runtime makes, all at once. */
static int prepare_nodes(struct compile *c, struct error *err)
{
	const size_t most = c->resolved->devices.n;
	struct node *v = arena_array_of(c->arena, struct node, most);
	const struct resolved_device **of = arena_array_of(c->arena, const struct resolved_device *, most);
	size_t n = 0, failed;

	if (!v || !of)
		return failf(err, ENOMEM, "devices: out of memory");
	foreach_list(d, &c->resolved->devices)
		if (d->way == DEVICE_PREPARE) {
			of[n] = d;
			v[n++] = (struct node){ .mode = d->mode, .major = d->major, .minor = d->minor,
						.uid = d->host_uid, .gid = d->host_gid };
		}
	if (n && nodes_make(v, n, &failed, err) < 0) {
		if (failed == n)
			return -err->num;
		error_context(err, "device '%s'", of[failed]->path);
		return spec_error(of[failed]->json, NULL, err);
	}
	for (size_t i = 0; i < n; i++) {
		plan_origin(c->b, of[i]->json, NULL);
		plan_add(c->b, PLAN_TREE_FD)->fd = plan_take_fd(c->b, v[i].tree);
		attach_node(c, of[i]);
	}
	return 0;
}

static int add_links(struct compile *c)
{
	plan_origin(c->b, NULL, NULL);
	compile_dir(c, "/dev");
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		plan_add_s(c->b, PLAN_SYMLINK, links[i].name, links[i].target)->flags =
			links[i].replace ? OP_REPLACE : 0;
	return 0;
}

int pass_devices(struct compile *c, struct error *err)
{
	int r;

	/* A /dev that is bound from elsewhere is not ours to fill. */
	if (c->resolved->dev_is_bound)
		return 0;
	foreach_list(d, &c->resolved->devices) {
		r = add_node(c, d, err);
		if (r < 0)
			return r;
	}
	r = prepare_nodes(c, err);
	return r < 0 ? r : add_links(c);
}
