/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Streams copied both ways between pairs of sockets, by splice(2): what passes is never in our memory. Each
 * direction ends on its own (half-close). A pipe belongs to a direction only while the reader is slower than the
 * writer; so a thousand quiet connections hold two descriptors each and nothing else. One epoll, no threads.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct relay;

/* Something else that the loop waits for; 1: end the loop. */
typedef int relay_event(void *ctx, uint32_t events, struct error *err);

int relay_new(struct relay **ret, struct error *err);
/* Closes all that is left. */
void relay_free(struct relay *r);
DEFINE_AUTO(struct relay *, relay_free);

/* Level-triggered; fd is the caller's, and must live as long as the relay. */
int relay_watch(struct relay *r, int fd, relay_event *event, void *ctx, struct error *err);
/* Stops and begins to wait for a watched descriptor. */
void relay_pause(struct relay *r, int fd, bool paused);

/*
 * Takes two non-blocking sockets; b may still be connecting: `failed` is then called with the errno when it cannot
 * and how often it failed (it may give another socket in place of b, or a negative number). Closed with the relay, or when both ends are done.
 */
typedef int relay_failed(void *ctx, int num, unsigned times);
int relay_add(struct relay *r, int a, int b, relay_failed *failed, void *ctx, struct error *err);
/* Called when a connection was closed; for who waits for descriptors. */
void relay_on_close(struct relay *r, void (*closed)(void *ctx), void *ctx);

/* Until an event ends it: 0, or a negative errno. */
int relay_run(struct relay *r, struct error *err);
