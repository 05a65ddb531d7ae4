/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* uid and gid mappings: written for a child (user_namespaces(7)), or held as a namespace for a mount. */

#include <sys/types.h>

#include "base/error.h"
#include "spec/types.h"

/*
 * Writes /proc/PID/{uid_map,setgroups,gid_map} of a child in a new user namespace. Without the right to
 * map more than itself, by newuidmap(1) and newgidmap(1); a single own id needs no help, but then
 * setgroups is given up.
 */
int idmap_write(pid_t pid, const spec_idmaps *uids, const spec_idmaps *gids, bool privileged,
		struct error *err);

/* A user namespace of no process that has these mappings, for MOUNT_ATTR_IDMAP. A descriptor. */
int idmap_userns(const spec_idmaps *uids, const spec_idmaps *gids, struct error *err);
