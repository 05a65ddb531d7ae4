/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A thread that is held by ptrace(2) while we look at its frames. It goes on when this is over, or when we die. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define FRAMES_MAX 64

struct held {
	pid_t tid;
	bool stopped;
};

/* Asks it to stop; -EPERM and others with a message that names what is missing. */
int hold_begin(pid_t tid, struct held *ret, struct error *err);
/* Waits, at most some time, until it has. */
int hold_await(struct held *h, struct error *err);
void hold_end(struct held *h);
/* Return addresses, the innermost first: by frame pointers, as far as the program keeps them. */
size_t hold_frames(const struct held *h, uint64_t frames[FRAMES_MAX]);
