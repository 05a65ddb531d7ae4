/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An instance of the kernel's tracing (tracefs) of our own: its events and its buffers are nobody else's. Its name says
 * whose it is, so what a killed command has left is removed by the next.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define TRACE_CPUS_MAX 1024

struct tracefs {
	int root, dir; /* of tracefs, and of the instance */
	char name[96];
	int cpus[TRACE_CPUS_MAX]; /* trace_pipe_raw of each    */
	size_t n_cpus;
};

/* Removes what is left of commands that have ended. Nothing is left on failure. */
int tracefs_begin(struct tracefs *t, struct error *err);
void tracefs_end(struct tracefs *t);
/* One write to a file of the instance: 0 or a negative errno. */
int tracefs_write(const struct tracefs *t, const char *path, const char *text);
/* Adds a line to a file of the instance that keeps what it has (set_event_pid). */
int tracefs_append(const struct tracefs *t, const char *path, const char *text);
/* Events that were overwritten before they were read. */
uint64_t tracefs_lost(const struct tracefs *t);

/* A record: `data` begins with the kernel's common fields. */
typedef void tracefs_record(void *to, uint64_t time, const unsigned char *data, size_t n);
/* All that is there now, CPU by CPU. */
void tracefs_read(const struct tracefs *t, tracefs_record *take, void *to);
