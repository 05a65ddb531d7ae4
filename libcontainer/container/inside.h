/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Paths of a running container, looked up in its root from outside: nothing in the image leads out of it. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "container/handle.h"

/* An O_PATH descriptor of the root of init; -ESRCH "container not running". */
int inside_root(struct container *c, struct error *err);

struct inside_place {
	struct stat st;
	bool mounted;       /* the path is where something is mounted         */
	uint64_t mount;     /* its number in mountinfo                        */
	uint64_t unique;    /* one that no other mount ever has; 0: before Linux 6.8 */
};
/* 0, or a negative errno without message. */
int inside_look(int root, const char *path, bool follow, struct inside_place *ret);
/* The same of an open descriptor. */
int inside_look_fd(int fd, struct inside_place *ret);
