/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An instance of the kernel's tracing (tracefs) of our own: its events and its buffers are nobody else's. Its name says
 * whose it is, so what a killed command has left is removed by the next.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define TRACE_CPUS_MAX 1024
#define TRACE_NAME_MAX 256 /* of an instance, with its NUL */

struct tracefs {
	int root, dir; /* of tracefs, and of the instance */
	char name[TRACE_NAME_MAX];
	int cpus[TRACE_CPUS_MAX]; /* trace_pipe_raw of each    */
	size_t n_cpus;
};

/* The file system alone, without an instance. After any of these, tracefs_close() or tracefs_end(): on failure too. */
int tracefs_open(struct tracefs *t, struct error *err);
/* Then a new instance, after tracefs_sweep(); or one that is there. */
int tracefs_make(struct tracefs *t, const char *name, struct error *err);
int tracefs_enter(struct tracefs *t, const char *name, struct error *err);
/* Both: an instance that lives as long as this process. */
int tracefs_begin(struct tracefs *t, struct error *err);
/* The instance goes on, or is removed. */
void tracefs_close(struct tracefs *t);
void tracefs_end(struct tracefs *t);

/* A name that says whose an instance is; something may be added to it after a dot. 0 or a negative errno. */
int tracefs_name(pid_t pid, char *name, size_t size);
/* Whether the process that the name says is gone. */
bool tracefs_is_abandoned(const char *name);
/* Whether we number processes as the kernel's records do. */
bool tracefs_is_seen_as_on_host(void);
/* Ours; a visit that is not 0 ends it, and is returned. Or a negative errno without message. */
typedef int tracefs_visit(void *to, const char *name);
int tracefs_each(const struct tracefs *t, tracefs_visit *visit, void *to);
/* Removes what is left of processes that have ended. */
int tracefs_sweep(const struct tracefs *t);
/* 0 or a negative errno; -EBUSY: it is being read. */
int tracefs_remove(const struct tracefs *t, const char *name);

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
