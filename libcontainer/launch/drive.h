/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The parent's half of the conversation (nsexec/sync.h). */

#include "base/error.h"
#include "launch/spawn.h"
#include "nsexec/sync.h"

struct conversation {
	int sync;            /* borrowed */
	int pidfd;           /* of the child, borrowed; to tell how it died */
	pid_t pid;           /* to tell what holds it                       */
	bool patient;        /* a frozen child is waited for                */
	bool births;         /* records come with their sender              */
	bool crowded;        /* set when the birth was refused with EAGAIN: a pids limit */
	unsigned features;
	enum sync_step last;
	const struct compiled *compiled; /* of a create: whose sources the child may ask for; else NULL */
	const struct plan_builder *plan; /* for places of errors; NULL in `start` */
	const struct spec *spec;
	const struct spec_process *process;
	int hook_output;     /* what hooks in the container have said, borrowed; 0: not kept */
	bool hook_failed;    /* set when it was one                                          */
};

int talk_tell(struct conversation *t, enum sync_step step, struct error *err);
/* MAPPED is said before the table; then this sends the descriptors. */
int talk_table_send(struct conversation *t, struct error *err);

/*
 * Waits for the child's next step, which must be `step`. *fd (may be NULL) takes a descriptor that comes
 * with it, *num the record's number. SYNC_FAILED and end of file become errors with their place, and so does a
 * child that cannot answer (launch/stuck.h).
 */
int talk_await(struct conversation *t, enum sync_step step, int *fd, int *num, struct error *err);

/* BORN: the one that stays takes the place of the stage. */
int talk_await_birth(struct conversation *t, enum sync_step step, struct child *child, struct error *err);

/* Both ends of a conversation: its silence is looked into. */
int talk_watch(int sync, struct error *err);

/* After START: end of file is success (execve closed the socket) unless the child died before it. */
int talk_await_exec(struct conversation *t, struct error *err);
