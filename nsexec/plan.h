/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The plan: everything the child does, in order, as one flat blob without pointers. The parent compiles
 * it (libcontainer/plan), plan_check() proves that every offset stays inside, a sealed memfd carries it,
 * and the stage executes plan->ops from first to last. All offsets count from the blob's first byte;
 * offset 0 means "none".
 */

#include <stddef.h>
#include <stdint.h>

#define PLAN_MAGIC 0x706f6c72U /* "rlop" */
#define PLAN_VERSION 1
#define PLAN_SIZE_MAX (64U << 20)
#define PLAN_FDS_MAX 20000
/* A device number of the kernel: 12 bits and 20. */
#define PLAN_MAJOR_MAX 0xfffU
#define PLAN_MINOR_MAX 0xfffffU
#define PLAN_NUMBER_MAX (1U << 30) /* of a descriptor */

/* What the handshake of this plan has in it (sync.h): WITH_IDMAP and so on. The rows' places give the bits. */
enum plan_feature_bit {
#define FEATURE(name, word, doc) WITH_BIT_##name,
#include "nsexec/features.def"
#undef FEATURE
	PLAN_FEATURES
};
enum plan_feature {
#define FEATURE(name, word, doc) WITH_##name = 1 << WITH_BIT_##name,
#include "nsexec/features.def"
#undef FEATURE
};

struct plan_span {
	uint32_t at, n; /* n elements of the member's type at offset `at` */
};

/*
 * A list of strings: n slots of 8 bytes with their offsets, then PLAN_LIST_SPARE slots of zero. The stage
 * maps the plan copy-on-write and turns the slots into pointers where execve(2) wants an array: so it
 * needs no memory of its own.
 */
#define PLAN_LIST_SPARE 3

struct plan {
	uint32_t magic, version, size, features;
	uint32_t n_fds;            /* length of the fd table that comes with the plan */
	uint32_t n_kept;           /* so many of its first are needed after CREATED   */
	uint32_t hook_output;      /* of these, for what hooks say; 0: none           */
	uint32_t unused;           /* what follows is aligned to 8                    */
	struct plan_span ops;      /* struct plan_op                                  */
	struct plan_span paths;    /* list of strings: candidates for argv[0]         */
	struct plan_span argv;     /* list of strings                                 */
	struct plan_span envp;     /* list of strings; HOME and LISTEN_PID take free slots */
	struct plan_span bpf;      /* struct sock_filter, 8 bytes each                */
};

struct plan_op {
	uint16_t code;  /* enum plan_code                        */
	uint16_t flags; /* enum plan_op_flag                     */
	int32_t fd;     /* index into the fd table, or -1        */
	uint32_t s1, s2;            /* strings                   */
	struct plan_span l1, l2;    /* lists of strings, or u32s */
	uint64_t x, y, z;           /* see ops.def               */
};

_Static_assert(sizeof(struct plan_op) == 56, "the plan's format");

/* OP_RECURSIVE and so on, likewise. */
enum plan_op_bit {
#define FLAG(name, word, doc) OP_BIT_##name,
#include "nsexec/flags.def"
#undef FLAG
	PLAN_OP_FLAGS
};
enum plan_op_flag {
#define FLAG(name, word, doc) OP_##name = 1 << OP_BIT_##name,
#include "nsexec/flags.def"
#undef FLAG
};

_Static_assert(PLAN_OP_FLAGS <= 16, "plan_op.flags has as many bits");

enum plan_code {
#define OP(name, uses, doc) PLAN_##name,
#include "nsexec/ops.def"
#undef OP
	PLAN_CODES
};

/* Which members an opcode uses: plan_check() demands these and only these. */
enum plan_use {
	USE_FD = 1 << 0, MAY_FD = 1 << 1,
	USE_S1 = 1 << 2,
	USE_S2 = 1 << 3, MAY_S2 = 1 << 4,
	USE_STRINGS1 = 1 << 5, MAY_STRINGS2 = 1 << 6, /* l1, l2: lists of strings */
	USE_IDS1 = 1 << 7,                           /* l1: a list of numbers    */
	USE_ENVP = 1 << 8, USE_PROGRAM = 1 << 9,     /* the plan's envp; its paths and argv too */
	PREFIX2 = 1 << 10,                           /* s2, if there, is how s1 begins   */
};

static inline const char *plan_string(const struct plan *p, uint32_t at)
{
	return at ? (const char *)p + at : (const char *)0;
}

static inline const struct plan_op *plan_ops(const struct plan *p)
{
	return (const struct plan_op *)((const char *)p + p->ops.at);
}

static inline const uint64_t *plan_list(const struct plan *p, struct plan_span span)
{
	return (const uint64_t *)((const char *)p + span.at);
}

static inline const uint32_t *plan_u32s(const struct plan *p, struct plan_span span)
{
	return (const uint32_t *)((const char *)p + span.at);
}

/*
 * 0 when `size` bytes at `blob` are a well-formed plan: nothing in it reaches outside, every string ends
 * inside, every fd index is below n_fds, every opcode is known and has what it needs. Else -EINVAL, and
 * *bad_op is the op at fault, or UINT32_MAX for the header.
 */
int plan_check(const void *blob, size_t size, uint32_t *bad_op);

const char *plan_op_name(uint16_t code);
