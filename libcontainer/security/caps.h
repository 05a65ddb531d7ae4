/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Capabilities: the five sets of the spec, cut to what this kernel knows and this process can give.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "spec/types.h"

/*
 * What of the five sets can be granted here; what cannot is warned about (P10) and left out. The
 * sets hold the kernel's rules: effective, inheritable and permitted lie within permitted and
 * bounding, ambient within permitted and inheritable. So capset(2) does not fail after the bounding
 * set was dropped to `bounding`.
 */
struct caps_plan {
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

/* What a process may hand on. */
struct caps_limits {
	uint64_t bounding, permitted;
	uint64_t known; /* to this kernel */
};

/*
 * caps NULL: all sets empty (runc). new_userns: the container's process comes to its sets by making
 * or joining a user namespace below ours, where it starts with all of them.
 */
int caps_compile(const struct spec_capabilities *caps, bool new_userns, struct caps_plan *ret,
		 struct error *err);

/* The same within given limits: asks nothing of the kernel. */
void caps_cut(const struct spec_capabilities *caps, const struct caps_limits *limits,
	      struct caps_plan *ret);

bool caps_kernel_has(unsigned cap);
