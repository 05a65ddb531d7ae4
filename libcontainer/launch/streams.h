/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Standard input, output and error of a program without a terminal of its own: those of the runtime. */

#include "spec/types.h"

/*
 * Gives them to the process's user, as runc and crun do: else one that is not root could not open /dev/stdout and
 * /dev/stderr, which lead to them. Pipes, sockets, terminals and files for output; devices of the host stay as they
 * are. Nothing for root without a user namespace; a failure is none.
 */
void streams_give(const struct spec *spec, const struct spec_process *process);
