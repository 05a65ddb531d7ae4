/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The other side of --console-socket: a socket on which a runtime connects and sends the master of a container's
 * terminal, as one descriptor with a few bytes of text.
 */

#include "base/error.h"

/*
 * Listens on a new socket file, which only its user may connect to. One on which nobody listens any more is replaced.
 * The descriptor is the caller's, who also removes the file.
 */
int console_socket_listen(const char *path, struct error *err);

/*
 * Takes one connection and reads its message. The terminal, for the caller to close, or -EAGAIN: who connected has gone
 * without a word, as a runtime does whose container fails. Waits for the message no longer than some seconds.
 */
int console_socket_take(int listener, struct error *err);
