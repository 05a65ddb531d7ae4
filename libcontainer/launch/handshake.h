/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The parent's half of the handshake (nsexec/sync.h). */

#include "base/error.h"
#include "launch/spawn.h"
#include "nsexec/sync.h"

/* Takes the listener of a filter; the pidfd, of the process that has it, is borrowed. */
typedef int listener_taker(void *data, int listener, int pidfd, struct error *err);

struct handshake {
	int sync;            /* borrowed */
	int pidfd;           /* of the child, borrowed; to tell how it died */
	pid_t pid;           /* to tell what holds it                       */
	bool wait_for_thaw;        /* a frozen child is waited for                */
	bool forks_last;         /* records come with their sender              */
	bool pids_limit_reached; /* set when the fork was refused with EAGAIN    */
	unsigned features;
	enum sync_step last;
	const struct compiled *compiled; /* of a create: whose sources the child may ask for; else NULL */
	const struct plan_builder *plan; /* for places of errors; NULL in `start` */
	const struct resolved *config; /* resolve_existing() is enough; NULL: unknown */
	const struct spec_process *process;
	listener_taker *take_listener; /* NULL: it goes to linux.seccomp.listenerPath */
	void *take_data;
	int hook_output;     /* what hooks in the container have said, borrowed; 0: not kept */
	bool hook_failed;    /* set when it was one                                          */
};

int handshake_send(struct handshake *t, enum sync_step step, struct error *err);
/* MAPPED is said before the table; then this sends the descriptors. */
int handshake_send_table(struct handshake *t, struct error *err);

/*
 * Waits for the child's next step, which must be `step`. *fd (may be NULL) takes a descriptor that comes
 * with it, *num the record's number. SYNC_FAILED and end of file become errors with their place, and so does a
 * child that cannot answer (launch/stuck.h).
 */
int handshake_await(struct handshake *t, enum sync_step step, int *fd, int *num, struct error *err);

/* FORKED: the process that stays takes the place of the stage. */
int handshake_await_fork(struct handshake *t, enum sync_step step, struct child *child, struct error *err);

/* Both ends of a handshake: its silence is looked into. */
int handshake_watch(int sync, struct error *err);

/* After START: end of file is success (execve closed the socket) unless the child died before it. */
int handshake_await_exec(struct handshake *t, struct error *err);
