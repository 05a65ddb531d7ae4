/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The terminal of the user, while it belongs to a container: raw, so that every key goes through. However
 * the program ends (but SIGKILL), the terminal is as it was.
 */

#include <errno.h>
#include <stdbool.h>

struct terminal {
	int fd; /* one of 0..2, or /dev/tty, then owned; negative: the caller has no terminal */
	bool owned;
};

/* clang-format off */
#define TERMINAL_INIT { .fd = -EBADF }
/* clang-format on */

/* Having none is no error: the other functions then do nothing. */
void terminal_open(struct terminal *t);
/* Restores it. */
void terminal_close(struct terminal *t);

/* As it was before terminal_raw(); for a while, or for good. */
void terminal_restore(void);

/* 0 or a negative errno. */
int terminal_raw(struct terminal *t);

/* Gives the pty the window size of the terminal. */
void terminal_copy_size(const struct terminal *t, int pty);
