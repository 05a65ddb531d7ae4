/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `run` and `exec` do while their process lives: pass signals on to it, be its terminal, reap, and
 * learn its exit status. One loop over poll(2), no threads.
 */

#include <stdbool.h>

#include "container.h"

/* Call first. With `subreaper` orphans of the process become our children. */
int foreground_begin(bool subreaper, struct error *err);

/*
 * For the `ready` of run's and exec's options: from here on signals wait for foreground_wait(), so none can kill us
 * between the start and the wait. Before, they end us as any program: what is being made may hang, in a hook or in a
 * paused container. Signals of job control stop us, and the process with us.
 */
int foreground_ready(struct error *err);

/*
 * Until the process ends: its status (128+n when a signal ended it) or a negative errno. `p->console`, if
 * there is one, becomes non-blocking; its last output is written before the return.
 */
int foreground_wait(const struct container_process *p, struct error *err);
/* The same, as wait(2) has it, in *wait_status; 0 or a negative errno. */
int foreground_watch(const struct container_process *p, int *wait_status, struct error *err);
/* 128+n for a signal, else what exit(2) was given. */
int foreground_status(int wait_status);
