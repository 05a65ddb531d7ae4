/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The system calls of a run, counted one by one as a listener hears of them, and the smallest profile that allows them.
 * seccomp_learned_add() allocates nothing and calls no library: another thread may do it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"
#include "security/seccomp.h"

struct seccomp_data;
struct seccomp_learned;

/* The member of the written profile that says what was learned from. */
#define SECCOMP_LEARNED_MEMBER "org.orlop.learned"

/* A filter that asks a listener about every call. EOPNOTSUPP: this kernel has no listeners. ret->bpf is the caller's. */
int seccomp_learning_program(struct seccomp_program *ret, struct error *err);

/* NULL when memory is short. */
struct seccomp_learned *seccomp_learned_new(void);
void seccomp_learned_free(struct seccomp_learned *l);
DEFINE_AUTO(struct seccomp_learned *, seccomp_learned_free);

/* From here on calls are compared with this profile's program, which is taken. */
void seccomp_learned_judge(struct seccomp_learned *l, struct seccomp_program *profile);

/* What a call changes of what is known of processes by their thread's number. */
enum { CALL_RENAMES = 1 << 0, CALL_MAKES_TASKS = 1 << 1 };
/* One call by a process of that name. */
unsigned seccomp_learned_add(struct seccomp_learned *l, const struct seccomp_data *data, const char *comm);

/* How many different calls there are, and how many of them the profile would have refused. */
size_t seccomp_learned_calls(const struct seccomp_learned *l, size_t *refused);

/*
 * Appends linux.seccomp as JSON, for a container of that id. *unnamed: how many calls have numbers without a name, which no
 * profile can allow.
 */
int seccomp_learned_profile(const struct seccomp_learned *l, const char *id, struct str *out, size_t *unnamed,
			    struct error *err);
