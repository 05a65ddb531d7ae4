/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The one reader of /proc/PID/stat, status and what is beside them. Pids are those of the caller's pid namespace. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

/* Of /proc/PID/stat, proc_pid_stat(5). */
struct proc_stat {
	char state;      /* R S D T t Z X ...                                        */
	pid_t ppid, pgrp;
	pid_t tpgid;     /* of the foreground process group of its terminal, or <= 0 */
	int64_t tty;     /* 0: no controlling terminal                               */
	bool exiting;    /* on its way out, perhaps for long: it waits for others    */
	uint64_t start_time; /* clock ticks since boot                               */
	int exit_status; /* as of wait(2); of a zombie only, and of one we may trace */
};

#define PROC_DEPTH_MAX 33 /* pid namespaces nest to 32 levels */

/* Of /proc/PID/status; signals as bits, signal 1 is bit 0. */
struct proc_signals {
	uint64_t caught, ignored, blocked;
	pid_t ids[PROC_DEPTH_MAX]; /* its number here, and in each namespace further in */
	size_t depth;              /* how many of them                                  */
};

/* 0, or a negative errno (-ESRCH: gone) without message. */
int proc_stat(pid_t pid, struct proc_stat *ret);
int proc_signals(pid_t pid, struct proc_signals *ret);

/* A dying process closes its descriptors some time before it is a zombie. */
bool proc_is_exiting(pid_t pid);

/*
 * Whether it sleeps in sigwait(3) or its kin: the kernel counts what it waits for as blocked, and shows it as
 * unblocked. False when we may not look.
 */
bool proc_awaits_signal(pid_t pid);

/* Its name as the kernel has it, cut to 15 bytes; "" when it is gone. */
void proc_name(pid_t pid, char name[16]);

/* The inode number of its namespace "user", "mnt", ...; pid 0: ours. -ENOENT or -ESRCH: gone. */
int proc_namespace(pid_t pid, const char *name, uint64_t *inode);

/* Whether its pid namespace is that of this inode number, or lies below it. False when it is gone or we may not look. */
bool proc_is_in_pid_namespace(pid_t pid, uint64_t inode);

/* Appends the text of /proc/PID/status, proc_pid_status(5). */
int proc_status(pid_t pid, struct str *ret);
/* What follows "KEY:\t" in such a text, to the end of the text; "" when it is not there. */
const char *proc_status_value(const char *status, const char *key);
