/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * create --join: namespaces of other containers. They are written into the config, as paths below /proc, before it is
 * looked at; so all that follows, and every later `exec`, sees a config that joins namespaces.
 */

#include "lifecycle/creation.h"

/* "net,ipc", by the names of the config or those of /proc, as CLONE_NEW*. `what` begins the message. */
int join_parse_types(const char *what, const char *text, uint64_t *flags, struct error *err);

/* Replaces c->doc. Holds pidfds of those that are joined until creation_done(). */
int join_apply(struct creation *c, struct error *err);
/* Once their namespaces are open: they were theirs, since they live still. */
int join_check(const struct creation *c, struct error *err);
void join_done(struct creation *c);
