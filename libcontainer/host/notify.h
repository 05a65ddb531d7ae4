/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * sd_notify(3) through the container's walls. A service manager gives us NOTIFY_SOCKET; the program gets
 * a socket of its own (NOTIFY_INSIDE of plan/compile.h), in a directory <root>/<id>/notify that `create` mounts there.
 * `start` listens, passes READY=1 on with MAINPID, and returns then.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* Are we to notify anybody? */
const char *notify_wanted(void);
/* Makes the directory in the container's state directory, and its path. */
int notify_directory(int dir, char *path, size_t size, struct error *err);
/*
 * Binds the socket there, for root and the user that `pid`, the child before it executes the program, has become.
 * A descriptor; -ENOENT without message when create was not asked to notify.
 */
int notify_listen(int dir, pid_t pid, struct error *err);
/* Reads one message. True when it said READY=1 and that has been passed on; trouble is only warned about. */
bool notify_take(int socket, pid_t pid);
/* The same until the program is ready or (pidfd) gone. */
void notify_forward(int socket, int pidfd, pid_t pid);
