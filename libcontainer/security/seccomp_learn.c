/* SPDX-License-Identifier: Apache-2.0 */

/* From the calls that were made to a profile: what was called is kept here, seccomp_learn_write.c writes it down. */

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/macros.h"
#include "security/seccomp_learned.h"

int seccomp_learning_program(struct seccomp_program *ret, struct error *err)
{
	const struct sock_filter ask = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	struct sock_filter *program;

	if (!seccomp_action_supported(SECCOMP_ACT_NOTIFY))
		return failf(
			err, EOPNOTSUPP,
			"this kernel has no seccomp notification to learn from (SECCOMP_RET_USER_NOTIF): nothing was run");
	program = malloc(sizeof(*program));
	if (!program)
		return sysf(err, "seccomp");
	*program = ask;
	*ret = (struct seccomp_program){ .bpf = program, .count = 1, .notify = true };
	/* Else a signal takes a call back that is being asked about, and the same call comes again and again. */
	if (seccomp_flag_supported(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV))
		ret->flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	if (seccomp_flag_supported(SECCOMP_FILTER_FLAG_SPEC_ALLOW))
		ret->flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	return 0;
}

/* ---- calls that change who a thread is ---- */

/* clang-format off */
static const struct {
	const char *name;
	unsigned effect;
} watched[] = {
	{ "execve", CALL_RENAMES },   { "execveat", CALL_RENAMES }, { "prctl", CALL_RENAMES },
	{ "clone", CALL_MAKES_TASKS }, { "clone3", CALL_MAKES_TASKS },
	{ "fork", CALL_MAKES_TASKS },  { "vfork", CALL_MAKES_TASKS },
};
/* clang-format on */

struct seccomp_learned *seccomp_learned_new(void)
{
	struct seccomp_learned *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	_Static_assert(ARRAY_SIZE(watched) * SECCOMP_ARCHS_HERE <= ARRAY_SIZE(l->watched),
		       "room for all");
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++)
		for (size_t k = 0; k < SECCOMP_ARCHS_HERE; k++) {
			struct watched_call *w = &l->watched[l->n_watched];

			w->effect = watched[i].effect;
			if (seccomp_call_number(k, watched[i].name, &w->arch, &w->nr))
				l->n_watched++;
		}
	return l;
}

void seccomp_learned_free(struct seccomp_learned *l)
{
	if (!l)
		return;
	seccomp_program_done(&l->profile);
	free(l);
}

void seccomp_learned_judge(struct seccomp_learned *l, struct seccomp_program *profile)
{
	seccomp_program_done(&l->profile);
	l->profile = *profile;
	*profile = (struct seccomp_program){ 0 };
	l->judges = true;
}

/* ---- counting ---- */

static unsigned effect_of(const struct seccomp_learned *l, const struct seccomp_data *data)
{
	for (size_t i = 0; i < l->n_watched; i++)
		if (l->watched[i].arch == data->arch && l->watched[i].nr == data->nr)
			return l->watched[i].effect;
	return 0;
}

/* Open addressing; NULL when all places are taken: a container may call any number. */
static struct learned_call *call_of(struct seccomp_learned *l, uint32_t arch, int nr)
{
	uint32_t at = ((uint32_t)nr * 2654435761U) ^ (arch * 40503U);

	for (size_t i = 0; i < LEARNED_CALLS_MAX; i++) {
		struct learned_call *c = &l->calls[(at + i) % LEARNED_CALLS_MAX];

		if (c->count && c->arch == arch && c->nr == nr)
			return c;
		if (c->count)
			continue;
		if (l->n_calls == LEARNED_CALLS_MAX - 1)
			return NULL;
		l->n_calls++;
		*c = (struct learned_call){ .arch = arch, .nr = nr };
		return c;
	}
	return NULL;
}

static struct learned_by *by_of(struct learned_call *c, const char *comm)
{
	for (size_t i = 0; i < c->n_by; i++)
		if (strncmp(c->by[i].comm, comm, sizeof(c->by[i].comm) - 1) == 0)
			return &c->by[i];
	if (c->n_by == LEARNED_BY_MAX)
		return &c->others;
	(void)strncpy(c->by[c->n_by].comm, comm, sizeof(c->by[0].comm) - 1);
	return &c->by[c->n_by++];
}

static bool passes(uint32_t answer)
{
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

unsigned seccomp_learned_add(struct seccomp_learned *l, const struct seccomp_data *data,
			     const char *comm)
{
	/* A profile that compiles to nothing forbids nothing. */
	uint32_t answer = l->profile.count ? seccomp_answer(&l->profile, data) : SECCOMP_RET_ALLOW;
	struct learned_call *c = call_of(l, data->arch, data->nr);
	struct learned_by *by;

	if (!c) {
		l->lost++;
		return effect_of(l, data);
	}
	by = by_of(c, comm);
	c->count++;
	by->count++;
	if (!passes(answer)) {
		c->refused++;
		by->refused++;
		c->answer = answer;
	}
	return effect_of(l, data);
}

size_t seccomp_learned_calls(const struct seccomp_learned *l, size_t *refused)
{
	*refused = 0;
	for (size_t i = 0; i < LEARNED_CALLS_MAX; i++)
		*refused += l->calls[i].refused != 0;
	return l->n_calls;
}
