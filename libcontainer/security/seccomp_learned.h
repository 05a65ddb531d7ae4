/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What seccomp_learn.c keeps and seccomp_learn_write.c reads. */

#include "security/seccomp_internal.h"
#include "security/seccomp_learn.h"

#define LEARNED_CALLS_MAX 2048 /* different ones; all architectures of a machine have some 1000 */
#define LEARNED_BY_MAX 16      /* names of processes, for each call                             */

struct learned_by {
	char comm[16];
	uint64_t count, refused;
};

struct learned_call {
	uint32_t arch; /* AUDIT_ARCH_*                                         */
	int nr;
	uint64_t count, refused; /* count 0: the place is free                 */
	uint32_t answer;         /* the last refusal, as a filter returns it   */
	size_t n_by;
	struct learned_by by[LEARNED_BY_MAX], others;
};

struct watched_call {
	uint32_t arch;
	int nr;
	unsigned effect; /* CALL_* */
};

struct seccomp_learned {
	struct seccomp_program profile; /* that calls are compared with */
	bool judges;                    /* there is one                 */
	struct watched_call watched[32];
	size_t n_watched, n_calls;
	uint64_t lost; /* calls of numbers for which there was no place */
	struct learned_call calls[LEARNED_CALLS_MAX];
};
