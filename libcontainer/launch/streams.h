/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Standard input, output and error of a program without a terminal of its own: those of the runtime. */

#include "resolve/resolve.h"

/*
 * Gives them to the process's user, as runc does: else one that is not root could not open /dev/stdout and
 * /dev/stderr, which lead to them. Pipes and sockets; without a user namespace also files for output. Never a
 * terminal or another device, which is the host's and outlives the container. Nothing for root without a user
 * namespace; a failure is none.
 */
void streams_give(const struct resolved *config, const struct spec_process *process);
