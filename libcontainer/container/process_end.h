/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How a process ended, from the kernel. Pids are those of the caller's pid namespace. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How a process ended, as far as it can be known. */
struct process_end {
	bool known;
	bool rough; /* from the pidfd after it was reaped: see process_end() */
	int status; /* as of wait(2), when known                             */
};

/*
 * Waits for the end of the process, at most `ms` (-1: for ever). 1 when it has ended, else 0, or a negative
 * errno without message. The exit status comes from the zombie, when its parent leaves us the time to look
 * and we may: that is what wait(2) tells. Else from the pidfd (PIDFD_INFO_EXIT, Linux 6.15): what the main
 * thread ended with, which for an init ended by reboot(2) is 0 or SIGKILL. Before Linux 6.15 a process that
 * was reaped at once keeps its secret.
 */
int process_end(pid_t pid, int pidfd, int64_t ms, struct process_end *ret);
