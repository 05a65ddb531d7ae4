/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The root of a process that debugs a container: the tools of this host, or of a folder, as a detached tree of mounts with
 * empty directories for what of the container is put there. All of it is read-only by its superblock (an overlay without
 * an upper layer), so nobody who gets hold of a mount can write to this host's files through it (decision 17).
 */

#include "base/error.h"

/*
 * dir NULL: what this host has in /usr, /bin, /sbin, /lib...; nothing else of it. userns: a pidfd of who is in the user
 * namespace that the container's mounts belong to, or -EBADF. A descriptor for the caller to close, or a negative errno.
 */
int tools_tree_open(const char *dir, int userns, struct error *err);
