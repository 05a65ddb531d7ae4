/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Descriptors that go to the caller by an AF_UNIX stream socket: a pty's master, a pidfd. */

#include "base/error.h"
#include "spec/types.h"

/* Sends one descriptor with `text` beside it (at most 4095 bytes), then closes the connection. */
int socket_send_fd(const char *path, int fd, const char *text, struct error *err);

/* Newlines as the program writes them, unless our standard output is a terminal. */
int console_plain_newlines(int master, struct error *err);
/* The size that the config asks for; nothing without one. */
int console_set_size(int master, const struct spec_box *size, struct error *err);
