/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The end of a process, waited for with an end: what hangs in a device or is frozen does not die of SIGKILL. */

#include <sys/types.h>

/* 1: it has ended, and is not reaped; 0: not within so many seconds; or a negative errno. */
int child_await(int pidfd, unsigned seconds);

/* A child that was killed is reaped or, when it cannot die, left to whoever adopts it. */
void child_reap(pid_t pid, int pidfd);

/* A child's wait(2) status. After so many seconds it is killed, and the result -ETIMEDOUT. */
int child_wait(pid_t pid, unsigned seconds, int *status);
