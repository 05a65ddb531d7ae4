/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* seccomp notify: the listener's way from the child, which may call nothing any more, to the agent. */

#include "launch/handshake.h"
#include "store/state_file.h"

/*
 * Awaits LISTENER, fetches the listener from the child (pidfd_getfd), lets the child go on to its execve,
 * and hands the listener with the container process state to linux.seccomp.listenerPath (spec L15), or to the
 * handshake's own taker.
 */
int listener_forward(struct handshake *t, const struct state *s, const char *status, pid_t pid,
		     struct error *err);
