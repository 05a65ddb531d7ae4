/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * pod.json: the containers of a `checkpoint --pod`, in the order of their restore: who makes a namespace stands before
 * those who join it.
 */

#include "base/arena.h"
#include "container/handle.h"

struct pod_join {
	uint64_t type; /* CLONE_NEW*                 */
	size_t member; /* index of one that is before */
};

struct pod_member {
	const char *id, *bundle;
	LIST(struct pod_join) joins;
};

struct pod_file {
	LIST(struct pod_member) members;
};

/* "net" of CLONE_NEWNET: its file below /proc/PID/ns. */
const char *pod_namespace_file(uint64_t type);

/* Finds out who has whose namespaces, as they are now. */
int pod_file_write(const char *folder, struct container *const *c, size_t n, struct arena *a,
		   struct error *err);
int pod_file_read(const char *folder, struct arena *a, struct pod_file *ret, struct error *err);
int pod_file_parse(struct arena *a, const char *text, size_t size, struct pod_file *ret, struct error *err);
