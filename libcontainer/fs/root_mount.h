/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A container without a mount namespace of its own (spec L1: it inherits the runtime's) has its root, and
 * all mounts below it, in the host's namespace. Delete takes them away again: that very mount, known by
 * its id, and never one that somebody else has put there.
 */

#include <stdint.h>

#include "base/error.h"

/* Printed with root.path: devices and mounts would be made in the host's own tree. */
#define ROOT_IS_THE_HOSTS \
	"'%s' is the host's own root directory: a container needs a root filesystem of its own"

/* The kernel's id of the mount a descriptor lies on, never used twice since Linux 6.8; 0: unknown. */
uint64_t mount_id(int fd);

/* Detaches the mount on `path` with all below it if it is the one of that id; else does nothing. */
int root_unmount(const char *path, uint64_t id, struct error *err);
