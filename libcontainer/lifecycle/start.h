/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What `start`, `run` and `exec` share: from START to the running program. */

#include "container/handle.h"
#include "launch/handshake.h"

/* START, the seccomp listener if there is one, and the wait for the execve. `pid`: the process's. */
int handshake_start(struct handshake *t, const struct state *s, enum container_status status,
		       pid_t pid, struct error *err);
/*
 * poststart hooks, without the lock on the container's directory; on failure the caller stops and removes the container
 * (1.3), unless it is *lost: somebody else has removed it meanwhile, or is about to.
 */
int start_poststart(const struct spec *spec, const struct state *s, int dir, bool *lost,
		    struct error *err);

/* NULL paths: nothing to do. The pid file has no newline and is replaced whole. */
int write_pid_file(const char *path, pid_t pid, struct error *err);
int send_pidfd(const char *path, int pidfd, struct error *err);

/*
 * The pty's master, if the process has a terminal: sized as asked for, then sent to `socket`, or (NULL) left
 * in *console for the caller to close.
 */
int take_console(struct handshake *t, const char *socket, int *console, struct error *err);
/* The two halves of it. */
int await_console(struct handshake *t, int *console, struct error *err);
int send_console(const char *socket, int *console, struct error *err);
