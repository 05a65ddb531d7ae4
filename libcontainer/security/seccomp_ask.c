/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a filter answers to one call, found by running it as the kernel does (bpf(4) of the BSDs; only 32-bit words of struct
 * seccomp_data can be loaded). An instruction that is not known here is an answer too: not allowed.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "security/seccomp.h"
#include "security/seccomp_internal.h"

struct machine {
	uint32_t a, x;
	uint32_t memory[BPF_MEMWORDS];
};

static bool jumps(const struct sock_filter *i, const struct machine *m)
{
	uint32_t k = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return m->a == k;
	case BPF_JGT:
		return m->a > k;
	case BPF_JGE:
		return m->a >= k;
	default: /* BPF_JSET */
		return m->a & k;
	}
}

/* All but returns and jumps. */
static bool step(const struct sock_filter *i, const struct seccomp_data *data, struct machine *m)
{
	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		if (i->k > sizeof(*data) - sizeof(m->a) || i->k % sizeof(m->a))
			return false;
		memcpy(&m->a, (const char *)data + i->k, sizeof(m->a));
		return true;
	case BPF_LD | BPF_IMM:
		m->a = i->k;
		return true;
	case BPF_ALU | BPF_AND | BPF_K:
		m->a &= i->k;
		return true;
	case BPF_MISC | BPF_TAX:
		m->x = m->a;
		return true;
	case BPF_MISC | BPF_TXA:
		m->a = m->x;
		return true;
	case BPF_ST:
		if (i->k < BPF_MEMWORDS)
			m->memory[i->k] = m->a;
		return i->k < BPF_MEMWORDS;
	case BPF_LD | BPF_MEM:
		if (i->k < BPF_MEMWORDS)
			m->a = m->memory[i->k];
		return i->k < BPF_MEMWORDS;
	default:
		return false;
	}
}

uint32_t seccomp_answer(const struct seccomp_program *p, const struct seccomp_data *data)
{
	const struct sock_filter *program = p->bpf;
	struct machine m = { 0 };

	/* Jumps go forward only: it ends. */
	for (size_t at = 0; at < p->count; at++) {
		const struct sock_filter *i = &program[at];

		if (i->code == (BPF_RET | BPF_K))
			return i->k;
		if (i->code == (BPF_JMP | BPF_JA))
			at += i->k;
		else if (BPF_CLASS(i->code) == BPF_JMP)
			at += jumps(i, &m) ? i->jt : i->jf;
		else if (!step(i, data, &m))
			break;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

bool seccomp_allows(const struct seccomp_program *p, const struct seccomp_call *call)
{
	struct seccomp_data data = { .nr = call->nr, .arch = seccomp_native_arch() };
	uint32_t action;

	memcpy(data.args, call->args, sizeof(call->args));
	action = seccomp_answer(p, &data) & SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}
