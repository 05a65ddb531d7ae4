/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Bytes between our standard streams and a container's terminal. Neither direction waits for the other, and no write
 * blocks: keys reach the program, and we hear signals, also while nobody reads its output.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Bytes on their way in one direction. */
struct stream {
	char *buf;
	size_t from, to;
	bool closed; /* the source is at its end, or the sink is gone */
};

struct proxy {
	int console;          /* the pty's master, borrowed; negative: there is none */
	int output;           /* standard output, opened anew if it is a terminal    */
	struct stream in, out;
	char last;            /* byte of the input                                   */
	unsigned ends_to_say; /* how often the program is yet to be told its end     */
	int failed;           /* errno of a write to standard output                 */
};

#define PROXY_INIT { .console = -EBADF, .output = -EBADF }
#define PROXY_FDS 3

int proxy_open(struct proxy *p, int console, struct error *err);
void proxy_close(struct proxy *p);
/* What to poll for; returns the timeout in ms. */
int proxy_prepare(struct proxy *p, struct pollfd fds[PROXY_FDS]);
/* After that poll. */
void proxy_move(struct proxy *p, const struct pollfd fds[PROXY_FDS], bool timed_out);
/*
 * When the program has ended: hands over what it wrote last. `signals`: a signalfd; any that ends programs ends this.
 * A reader that takes nothing for some seconds is not waited for longer.
 */
int proxy_finish(struct proxy *p, int signals, struct error *err);
