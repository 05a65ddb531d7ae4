/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * THE HANDSHAKE between the runtime and its child, as one table. Both sides walk it with
 * sync_next(): a step must be the next one whose condition holds, from the right side, else -EPROTO. (SOURCE and TREE are
 * said as often as the child has need of them.)
 * Records have a fixed size and go over SEQPACKET, so a short read cannot happen, and end of file means
 * that the other side is gone; only after START does it also say that execve worked (the socket is
 * close-on-exec).
 */

#include <stdint.h>

#define SYNC_FD 3 /* the child's end, from its first instruction on */

enum sync_step {
	SYNC_BEGIN, /* before the first: never sent */
#define STEP(name, from, condition, doc) SYNC_##name,
#include "nsexec/sync.def"
#undef STEP
	SYNC_STEPS,
	SYNC_FAILED = 255, /* from the child, at any time: `num` and `op` say what */
};

enum sync_side { SYNC_PARENT, SYNC_CHILD };

/* What fails before there is an op. */
#define SYNC_NO_OP_STAGE UINT32_MAX
#define SYNC_NO_OP_NAMESPACES (UINT32_MAX - 1)
#define SYNC_NO_OP_JOIN (UINT32_MAX - 2)

struct sync_message {
	uint32_t step;
	int32_t num;   /* SYNC_FAILED: errno, positive; SYNC_LISTENER: the descriptor's number;
			* SYNC_SOURCE: of the source                                         */
	uint32_t op;   /* SYNC_FAILED: index of the op << 16 | its code, or a SYNC_NO_OP_*     */
	uint32_t more; /* SYNC_TABLE: descriptors still to come in further records;
			* SYNC_FAILED of a hook: its number << 16 | its wait status;
			* of SYNC_NO_OP_JOIN: which of the joins                             */
};

/* The step that must follow `step` under these plan_features, or SYNC_STEPS at the end. */
enum sync_step sync_next(uint32_t features, enum sync_step step);
/* Whose turn a step is. */
enum sync_side sync_from(enum sync_step step);
/* 0 when `step`, sent by `side`, may follow `last`; else -EPROTO. */
int sync_allowed(uint32_t features, enum sync_step last, enum sync_step step, enum sync_side side);
const char *sync_name(enum sync_step step);
