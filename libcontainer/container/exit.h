/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* exit.json in the state directory: how init ended, written by whoever saw it first. */

#include "container/handle.h"
#include "container/process_end.h"
#include "json/json.h"

/* In words. `e` of c's init when `init`: then an end by reboot(2) or for want of memory is told. */
void exit_explain(struct container *c, const struct process_end *e, bool init,
		  struct container_exit *ret);
/* Nothing is known. */
void exit_unknown(struct container_exit *ret);

/*
 * Keeps it, unless something better is kept; 0 also when the container is gone meanwhile. Takes the lock,
 * for which it waits so many seconds.
 */
#define EXIT_TIMEOUT 10
int exit_keep(struct container *c, const struct container_exit *e, unsigned timeout,
	      struct error *err);
/* 1: read, 0: there is none (or none that can be understood). */
int exit_read(struct container *c, struct container_exit *ret);

/*
 * Why nothing can be run in the container any more, in place of what the kernel said (ENOMEM, ESRCH): its init has
 * ended, or is on its way and waits for others. -EINVAL, or 0 with *err untouched when init lives.
 */
int exit_refuse(struct container *c, struct error *err);

/* exitCode, exitSignal, exitReason, finished: what is known of them. */
void exit_write(struct json_out *o, const struct container_exit *e);
