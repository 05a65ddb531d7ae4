/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Signals by name and number, as users of kill(1) write them. */

#include <stddef.h>
#include <stdint.h>

/* A signal's number from "9", "KILL", "SIGKILL", "rtmin+1"; any case. -EINVAL. */
int signal_number(const char *name);
/* "SIGTERM", "SIGRTMIN+3" in buf of at least 16 bytes; returns it. */
const char *signal_name(int sig, char *buf, size_t size);

/* Those below 32 that we ignore, 1 << (number - 1) each (proc_pid_stat(5), sigignore); 0 also if that cannot be read. */
uint64_t signals_ignored(void);
