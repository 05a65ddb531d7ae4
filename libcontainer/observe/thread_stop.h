/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A thread that is held by ptrace(2) while we look at its frames. It goes on when this is over, or when we die. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define FRAMES_MAX 64

struct stopped_thread {
	pid_t tid;
	bool stopped;
};

/* Asks it to stop; -EPERM and others with a message that names what is missing. */
int thread_stop_begin(pid_t tid, struct stopped_thread *ret, struct error *err);
/* Waits, at most some time, until it has. */
int thread_stop_await(struct stopped_thread *h, struct error *err);
void thread_stop_end(struct stopped_thread *h);
/* Return addresses, the innermost first: by frame pointers, as far as the program keeps them. */
size_t thread_stop_frames(const struct stopped_thread *h, uint64_t frames[FRAMES_MAX]);
