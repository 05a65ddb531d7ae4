/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Signals by name and number, as users of kill(1) write them. */

#include <stddef.h>

/* A signal's number from "9", "KILL", "SIGKILL", "rtmin+1"; any case. -EINVAL. */
int signal_number(const char *name);
/* "SIGTERM", "SIGRTMIN+3" in buf of at least 16 bytes; returns it. */
const char *signal_name(int sig, char *buf, size_t size);
