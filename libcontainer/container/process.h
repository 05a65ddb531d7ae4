/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What /proc and pidfds tell of one process. Numbers are those of the caller's pid namespace. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Of /proc/PID/stat, proc_pid_stat(5). */
struct process_stat {
	char state;      /* R S D T t Z X ...                                        */
	pid_t ppid, pgrp;
	pid_t tpgid;     /* of the foreground process group of its terminal, or <= 0 */
	int64_t tty;     /* 0: no controlling terminal                               */
	bool exiting;    /* on its way out, perhaps for long: it waits for others    */
	int exit_status; /* as of wait(2); of a zombie only, and see process_end()   */
};

#define PROCESS_DEPTH_MAX 33 /* pid namespaces nest to 32 levels */

/* Of /proc/PID/status; signals as bits, signal 1 is bit 0. */
struct process_signals {
	uint64_t caught, ignored, blocked;
	pid_t ids[PROCESS_DEPTH_MAX]; /* its number here, and in each namespace further in */
	size_t depth;                 /* how many of them                                  */
};

/* 0, or a negative errno (-ESRCH: gone) without message. */
int process_stat(pid_t pid, struct process_stat *ret);
int process_signals(pid_t pid, struct process_signals *ret);

/*
 * Whether it sleeps in sigwait(3) or its kin: the kernel counts what it waits for as blocked, and shows it as
 * unblocked. False when we may not look.
 */
bool process_awaits_signal(pid_t pid);

/* Its name as the kernel has it, cut to 15 bytes; "" when it is gone. */
void process_name(pid_t pid, char name[16]);

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
