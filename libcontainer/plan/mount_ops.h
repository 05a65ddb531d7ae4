/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files that turn mounts[] into ops share: pass_mounts.c, mount_bind.c and mount_cgroup.c. */

#include "base/sys.h" /* MS_*, MOUNT_ATTR_* */
#include "plan/pass.h"

/* SETATTR of `code`, if it changes anything. Attributes of the top mount, or with `recursive` of its tree. */
void add_setattr(struct compile *c, enum plan_code code, uint64_t set, uint64_t clr,
		 uint64_t propagation, bool recursive);
/* Attributes of the top mount, then of the tree; then the kinds of propagation. */
void add_attributes(struct compile *c, enum plan_code code, const struct resolved_mount *m,
		    uint64_t set, uint64_t clr);
/* TARGET: looks `path` up in the root, and makes it if it is not there. */
struct plan_op *add_target(struct compile *c, const char *path, bool file, uint32_t mode);
/* The same for a mount of the config. kind: OP_FILE, OP_LIKE_MOUNT, or 0 for a directory. */
void add_mount_target(struct compile *c, const struct resolved_mount *m, uint16_t kind);
/* ATTACH: the stage's `mount` goes to `path`; to the place of a mount of the config; to `name` in the stage's `dir`. */
void add_attach(struct compile *c, const char *path);
void add_mount_attach(struct compile *c, const struct resolved_mount *m);
void add_attach_in_dir(struct compile *c, const char *name);
/* A superblock with these options; it becomes the stage's `mount`. */
void add_fs(struct compile *c, const char *type, const struct mount_option_value *options, size_t n,
	    uint64_t attributes);

/* A user namespace with these id mappings: a descriptor for the caller to close, or a negative errno. */
int idmap_open(struct compile *c, const struct mount_idmap *map, struct error *err);
/* The stage idmaps its `mount` as `m` wants it, if it does. For what only the child can make. */
int add_idmap(struct compile *c, const struct resolved_mount *m, struct error *err);

/* mount_bind.c */
int mount_bind(struct compile *c, const struct resolved_mount *m, struct error *err);

/* mount_cgroup.c: of type "cgroup", by the layout of this host */
int mount_cgroup(struct compile *c, const struct resolved_mount *m, struct error *err);
/* Where the host has mounted its hierarchy of v2; NULL: it has not. */
const char *host_cgroup2(const struct compile *c);
/* The host's cgroup2 mount at `from`, bound. */
int bind_cgroup2(struct compile *c, const struct resolved_mount *m, const char *from,
		 struct error *err);
