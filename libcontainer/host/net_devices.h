/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * linux.netDevices: the devices named there are moved from the runtime's network namespace into the
 * container's. All is done from outside, with the runtime's rights, while the child waits for its plan;
 * so hooks and sysctls see the devices. Once the container is created they are its own: nothing moves
 * them back, and the kernel decides what becomes of them when the namespace ends.
 */

#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "spec/types.h"

struct net_devices;

/*
 * Moves, renames, gives the addresses back and sets up. After a failure all devices are back where they
 * were. *ret (NULL when the config has none) belongs to the caller. joined: the network namespace that the child will
 * join, borrowed; negative: it has made its own.
 */
int net_devices_move(const struct spec_linux *l, int joined, pid_t child,
		     struct net_devices **ret, struct error *err);
/* For a create that fails later (spec G4): as they were, as far as that is possible. */
void net_devices_return(struct net_devices *d);
void net_devices_free(struct net_devices *d);
DEFINE_AUTO(struct net_devices *, net_devices_free);
