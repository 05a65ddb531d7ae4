/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a container mounts of the host's tree. The kernel locks the mounts of a mount namespace that is copied for a user
 * namespace: what one hides stays hidden, read-only stays read-only (mount_namespaces(7)). A tree that is cloned elsewhere has
 * no such locks. So where the container's mount namespace belongs to another user namespace than ours, its sources are only
 * noted here and are cloned in that namespace, when it is there (launch/mount_sources.h). Else they are cloned at once.
 * Each is a descriptor, until so many are taken that the limit is near: then the child clones by path, or asks for them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct compile;
struct json;

struct source {
	int fd;                  /* O_PATH of it, borrowed, where it was looked up already; -EBADF: it was not */
	const char *path;        /* on the host, absolute; or in the container's root, with `late` alone      */
	const char *what;        /* for words: "bind source"                                                   */
	bool place;              /* just the directory, to mount something there; else a clone of the mount    */
	bool of_place;           /* a clone of the directory that was noted before it, by the same look-up     */
	bool link;               /* the last name of the path is taken itself, where it is a symlink           */
	bool recursive;          /* with all that is mounted below                                             */
	bool late;               /* the child asks for it when the mounts before it are there (op TREE_ASK)    */
	bool of_host;            /* late, for want of descriptors: on the host, not in the container's root    */
	unsigned propagation;    /* MS_SLAVE, ... of all of it; 0: as it is                                    */
	bool idmap_recursive;
	int userns;              /* maps the ids of the mount; owned; -EBADF: none                             */
	int index;               /* in the table of descriptors; of a late one its number                      */
	const struct json *json; /* the place of an error                                                      */
	const char *member;
};

#define SOURCE_INIT .fd = -EBADF, .userns = -EBADF

/* Whether we may enter the child's mount namespace to clone there. */
bool sources_may_enter(void);
/* Whether sources are noted, not cloned. */
bool sources_wait(const struct compile *c);
/* Adds the op that makes the tree the stage's `mount`. s->userns is taken. */
int source_tree(struct compile *c, struct source s, struct error *err);
/* The index of a descriptor of the directory, or a negative errno. Only where sources wait. */
int source_place(struct compile *c, struct source s, struct error *err);
/* The same words for a failure, whoever meets it. */
int source_failed(const struct source *s, int num, struct error *err);
/* Propagation and id mappings of the clone. */
int source_finish(const struct source *s, int tree, struct error *err);
