/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Device nodes for those who may not make them: a process in a user namespace. The runtime makes them on a
 * tmpfs that is in no mount namespace of anybody's, and hands each on as a detached mount.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct node {
	uint32_t mode; /* type and permissions */
	unsigned major, minor;
	uint32_t uid, gid; /* of the host; UINT32_MAX: root */
	int tree;          /* result: a detached mount, for the caller to close */
};

/* On failure no descriptor is left, and *failed is the index of the node that could not be made (or n). */
int nodes_make(struct node *v, size_t n, size_t *failed, struct error *err);
