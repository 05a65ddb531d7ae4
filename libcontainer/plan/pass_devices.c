/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Devices: the default ones (spec G11), linux.devices, and the links of G10. By mknod; where that is not
 * allowed (a user namespace), the host's node is bound.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"
#include "plan/pass.h"

struct node {
	const char *path;
	char type;
	unsigned major, minor;
	uint32_t mode, uid, gid;
	bool owner, is_default; /* is_default: what the image or a mount has there stays */
};

/* clang-format off */
/* A /dev/null of another kind is refused: everybody writes to it. */
static const struct node default_nodes[] = {
	{ "/dev/null",    'c', 1, 3, 0666, 0, 0, false, false },
	{ "/dev/zero",    'c', 1, 5, 0666, 0, 0, false, true },
	{ "/dev/full",    'c', 1, 7, 0666, 0, 0, false, true },
	{ "/dev/random",  'c', 1, 8, 0666, 0, 0, false, true },
	{ "/dev/urandom", 'c', 1, 9, 0666, 0, 0, false, true },
	{ "/dev/tty",     'c', 5, 0, 0666, 0, 0, false, true },
};

static const struct { const char *name, *target; bool replace; } links[] = {
	{ "fd",     "/proc/self/fd",   false },
	{ "stdin",  "/proc/self/fd/0", false },
	{ "stdout", "/proc/self/fd/1", false },
	{ "stderr", "/proc/self/fd/2", false },
	{ "ptmx",   "pts/ptmx",        true },
};
/* clang-format on */

static mode_t type_bits(char type)
{
	return type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : S_IFCHR;
}

static int bind_node(struct compile *c, const struct node *n, struct error *err)
{
	auto_(close_fd) int tree = -EBADF;
	struct plan_op *op;
	struct stat st;

	if (n->type == 'p')
		return failf(err, EPERM, "device '%s': a FIFO cannot be bound from the host", n->path);
	if (stat(n->path, &st) < 0)
		return sysf(err, "device '%s' of the host", n->path);
	if ((st.st_mode & S_IFMT) != type_bits(n->type) || major(st.st_rdev) != n->major ||
	    minor(st.st_rdev) != n->minor)
		return failf(err, EINVAL, "device '%s' of the host is not %c %u:%u", n->path, n->type,
			     n->major, n->minor);
	tree = sys_open_tree(AT_FDCWD, n->path, OPEN_TREE_CLONE);
	if (tree >= 0)
		plan_add(c->b, PLAN_TREE_FD)->fd = plan_take_fd(c->b, take_fd(tree));
	else
		plan_add_s(c->b, PLAN_TREE_PATH, n->path, NULL);
	/* The node is the host's: its mode and owner are not for the container to change. It can be written to. */
	plan_add(c->b, PLAN_MOUNT_SETATTR)->x = MOUNT_ATTR_RDONLY;
	op = plan_add_s(c->b, PLAN_TARGET, n->path, NULL);
	op->flags = OP_CREATE | OP_FILE;
	plan_add_s(c->b, PLAN_ATTACH, n->path, NULL);
	c->dir = NULL; /* the stage may have closed it */
	return 0;
}

static int make_node(struct compile *c, const struct node *n, struct error *err)
{
	const char *parent = compile_parent(c, n->path);
	struct plan_op *op;

	if (!parent)
		return failf(err, ENOMEM, "devices: out of memory");
	compile_dir(c, parent);
	op = plan_add_s(c->b, PLAN_MKNOD, path_last(n->path), NULL);
	op->x = type_bits(n->type) | n->mode;
	op->y = (uint64_t)n->major << 32 | n->minor;
	op->z = (uint64_t)n->uid << 32 | n->gid;
	op->flags = (n->owner ? OP_OWNER : 0) | (n->is_default ? OP_OPTIONAL : 0);
	return 0;
}

static int add_node(struct compile *c, const struct node *n, struct error *err)
{
	if (has_namespace(c, CLONE_NEWUSER) || c->in->rootless)
		return bind_node(c, n, err);
	return make_node(c, n, err);
}

/* By linux.devices or, as `docker run -v /dev/urandom:/dev/random` does, by mounts. */
static bool is_listed(const struct spec *s, const char *path)
{
	foreach_list(d, &s->lnx.devices)
		if (streq(d->path, path))
			return true;
	foreach_list(m, &s->mounts)
		if (streq(m->destination, path))
			return true;
	return false;
}

static struct node node_of(const struct spec_device *d)
{
	return (struct node){
		.path = d->path,
		.type = d->type,
		.major = (unsigned)d->major,
		.minor = (unsigned)d->minor,
		.mode = d->file_mode.set ? d->file_mode.value & 07777 : 0666,
		.uid = d->uid.set ? d->uid.value : 0,
		.gid = d->gid.set ? d->gid.value : 0,
		.owner = d->uid.set || d->gid.set,
	};
}

static int add_links(struct compile *c)
{
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
	for (size_t i = 0; i < ARRAY_SIZE(default_nodes); i++) {
		if (is_listed(c->spec, default_nodes[i].path))
			continue;
		r = add_node(c, &default_nodes[i], err);
		if (r < 0)
			return r;
	}
	foreach_list(d, &c->spec->lnx.devices) {
		struct node n = node_of(d);

		plan_origin(c->b, d->json, NULL);
		r = add_node(c, &n, err);
		if (r < 0)
			return spec_error(d->json, NULL, err);
	}
	plan_origin(c->b, NULL, NULL);
	return add_links(c);
}
