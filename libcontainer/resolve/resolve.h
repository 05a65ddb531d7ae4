/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a config means on this host. It is made once, right after the config was decoded and its rules
 * were checked, and it is read-only then: plan, launch and validate read it instead of the strings of
 * the config, so every such fact is decided here and nowhere else. Nothing is changed on the host and no
 * descriptor is held.
 *
 * All of it lies in the arena that the caller gives; strings that the config has already are borrowed
 * from the document.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "spec/problems.h"
#include "spec/types.h"

/* ---- mounts ---- */

enum mount_kind {
	MOUNT_FILESYSTEM, /* a new filesystem of `type`                                          */
	MOUNT_BIND,       /* what is at `source` on the host                                     */
	MOUNT_CGROUP,     /* the container's cgroups: plan/mount_cgroup.c chooses by their layout */
	MOUNT_REMOUNT,    /* other attributes for what is mounted there                          */
};

/* A source that is a symlink itself; those on the way to it are always followed. */
enum mount_source {
	SOURCE_FOLLOWS,     /* what it leads to is bound                                  */
	SOURCE_IS_LINK,     /* the link is bound                                          */
	SOURCE_COPIES_LINK, /* a link with the same text is made; anything else is bound  */
};

enum mount_target {
	TARGET_FOLLOWS, /* symlinks are followed inside the container's root                       */
	TARGET_IS_LINK, /* the same, but the last name may be a link itself, which is mounted over         */
	TARGET_PLAIN, /* a symlink anywhere in the path is refused: the kernel's views of itself */
};

/* For mount_setattr(2): MOUNT_ATTR_*. Where `clear` has MOUNT_ATTR__ATIME, `set` has the new value of that field. */
struct mount_change {
	uint64_t set, clear;
};

/* Whose ids the mount maps. */
struct mount_idmap {
	bool wanted;
	bool recursive;                 /* also of the mounts below                         */
	const spec_idmaps *uids, *gids; /* NULL: those of the user namespace that is joined */
};

/* "key=value", or "key" with value NULL, for fsconfig(2). */
struct mount_option_value {
	const char *key, *value;
};

struct resolved_mount {
	const struct json *json; /* of the entry, for errors                          */
	enum mount_kind kind;
	const char *destination;
	const char *source;              /* of a bind: absolute, or relative to the bundle    */
	const char *type;                /* of a filesystem; sysfs that is bound; else NULL   */
	bool is_root;                    /* the destination is the root itself                */
	enum mount_source source_policy; /* of a bind                                         */
	bool recursive;                  /* a bind: with all that is mounted below the source */
	bool copy_up;                    /* a tmpfs: filled from the directory that it covers */
	bool mode_of_target;             /* a tmpfs: with the mode of that directory          */
	bool keeps_peers; /* a bind: its propagation with the host stays until `propagation` */
	enum mount_target target;
	struct mount_change top, tree; /* of the mount, then of it and all mounts below it  */
	/*
	 * MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC for all mounts below it too: applied in this
	 * order, "slave,shared" are two steps.
	 */
	const unsigned *propagation;
	size_t n_propagation;
	struct mount_idmap idmap;
	/*
	 * All that the filesystem is configured with, in this order: a new one, or one that is mounted anew. Of cgroups:
	 * the tmpfs that v1 needs.
	 */
	struct mount_option_value *options;
	size_t n_options;
	/*
	 * The options as mount(2) takes them, in one text, where fsconfig(2) does not: one of them is longer than 255
	 * bytes. With the source and MS_*. NULL: `options` are for fsconfig(2).
	 */
	const char *page, *page_source;
	unsigned long page_flags;
};

/* A path that is hidden or made read-only. */
struct resolved_path {
	const char *path;
	/*
	 * The procfs or sysfs that it lies in, as the config mounts it: the length of that mount's path in `path`, and
	 * its magic of statfs(2). 0: an ordinary file.
	 */
	size_t mount_length;
	uint64_t magic;
};

/* ---- namespaces and kernel parameters ---- */

struct resolved_namespace {
	const struct json *json;
	uint64_t type;    /* one CLONE_NEW*                     */
	const char *path; /* of one that is joined; NULL: a new one */
};

struct resolved_sysctl {
	const struct json *json;
	const char *name;  /* as it is written                          */
	const char *path;  /* below /proc                               */
	const char *value;
	uint64_t type;     /* of its namespace: CLONE_NEW*, or 0 (refused) */
};

/* ---- devices ---- */

enum device_way {
	DEVICE_MAKE,    /* mknod(2), by the stage; where the kernel refuses it the host's node is bound */
	DEVICE_BIND,    /* the host's node: resolve_host_node() */
	DEVICE_PREPARE, /* made by the runtime, then bound: a user namespace may make none (fs/nodes.h) */
};

struct resolved_device {
	const struct json *json; /* NULL: a default one            */
	const char *path;        /* without a slash at the end     */
	enum device_way way;
	uint32_t mode;           /* type and permissions           */
	unsigned major, minor;   /* as many bits as the kernel has */
	uint32_t uid, gid;       /* in the container               */
	uint32_t host_uid, host_gid; /* by the config's mappings; UINT32_MAX: by none of them */
	bool owner;              /* uid and gid are to be set      */
	bool optional;           /* what the image or a mount has there stays */
};

/* Where a program is looked for when its environment has no PATH. */
#define RESOLVE_DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* ---- all of it ---- */

struct resolved {
	const struct spec *spec; /* as it is written */
	LIST(struct resolved_namespace) namespaces; /* in the order in which they can be joined */
	uint64_t own_namespaces, new_namespaces;    /* CLONE_NEW*: all of them; those that are made */
	bool joins_first;        /* all that are joined are joined before the process is made */
	LIST(struct resolved_sysctl) sysctls;
	LIST(struct resolved_mount) mounts;
	LIST(struct resolved_path) masked, readonly;
	bool readonly_root;      /* by root.readonly or readonlyPaths                            */
	LIST(struct resolved_device) devices; /* the default ones first; none where dev_is_bound */
	bool dev_is_bound;       /* /dev is one of the host's directories: nothing is made in it */
	bool cgroup_is_writable; /* the container's cgroup is mounted for it to write to, on v2  */
	bool init;               /* annotation org.orlop.init: pid 1 is an init of ours          */
	bool keeps_groups;       /* run.oci.keep_original_groups: the caller's groups are all there are */
	const char *criu_config; /* org.criu.config: CRIU's configuration, "" none; NULL: its default one */
};

/* A namespace of that type (CLONE_NEW*) is not the host's: it is new, or joined by path. */
static inline bool resolved_has_namespace(const struct resolved *c, uint64_t type)
{
	return (c->own_namespaces & type) != 0;
}
static inline bool resolved_makes_namespace(const struct resolved *c, uint64_t type)
{
	return (c->new_namespaces & type) != 0;
}
static inline bool resolved_joins_namespace(const struct resolved *c, uint64_t type)
{
	return (c->own_namespaces & ~c->new_namespaces & type) != 0;
}
/* That namespace; NULL: it is the host's. */
const struct resolved_namespace *resolved_namespace_of(const struct resolved *c, uint64_t type);

struct resolve_input {
	const struct spec *spec;
	int bundle; /* O_PATH: where relative paths begin */
	/*
	 * NULL: the first error ends it, as `create` wants it; it is met with in `err`. Warnings are logged. With a
	 * report all problems are collected and what they concern is left out of the result.
	 */
	struct problems *report;
	/*
	 * Also look whether this host has what the config names. `create` does not ask for it: it meets the same when
	 * it opens things, in the same words.
	 */
	bool look_at_host;
	bool cannot_join;  /* the caller lacks the right to join namespaces, until it has joined one of users */
	bool cannot_mknod; /* the caller may make no device nodes: self_may_mknod() */
};

/*
 * A path at which the host has the device: the device's own, or one written to buf. NULL and `err`: it has none
 * there.
 */
const char *resolve_host_node(const struct resolved_device *d, char *buf, size_t size,
			      struct error *err);

/* A descriptor of the namespace that is joined, for the caller to close; it is one of that type. Or a negative errno. */
int resolve_open_namespace(const struct resolved_namespace *ns, struct error *err);
/* -EPERM: it is the caller's own, and parameters of it are to be set. */
int resolve_check_joined(const struct resolved *c, const struct resolved_namespace *ns, int fd,
			 struct error *err);

/* What holds of a terminal, for create and exec. p may be NULL. socket: there is a --console-socket. */
int resolve_terminal(const struct spec_process *p, bool detach, bool socket, struct error *err);

/* *ret lies in the arena. Without a report a negative errno and `err` say the first error. With one only -ENOMEM. */
int resolve_config(const struct resolve_input *in, struct arena *a, const struct resolved **ret,
		   struct error *err);

/*
 * For a container that exists: only its namespaces and what annotations ask for, the other members are empty. It costs
 * no system call, refuses nothing and logs nothing: create has done that. Fails with -ENOMEM only.
 */
int resolve_existing(const struct spec *spec, struct arena *a, const struct resolved **ret,
		     struct error *err);
