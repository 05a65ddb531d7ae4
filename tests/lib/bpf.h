/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The kernel's interpreter of classic BPF, for what seccomp permits: no privilege is needed, any architecture can be asked. */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool bpf_jumps(uint16_t op, uint32_t a, uint32_t k)
{
	switch (op) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JGE:
		return a >= k;
	default:
		return a & k;
	}
}

/* False: it is no program that the kernel would take. steps may be NULL. */
static inline bool bpf_run(const struct sock_filter *v, size_t n, const struct seccomp_data *data, uint32_t *ret, unsigned *steps)
{
	uint32_t a = 0, mem[BPF_MEMWORDS] = { 0 };

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &v[pc];

		if (steps)
			++*steps;
		if (i->code == (BPF_LD | BPF_W | BPF_ABS)) {
			if (i->k % 4 || i->k > sizeof(*data) - 4)
				return false;
			memcpy(&a, (const char *)data + i->k, sizeof(a));
		} else if (i->code == (BPF_LD | BPF_MEM)) {
			a = mem[i->k % BPF_MEMWORDS];
		} else if (i->code == BPF_ST) {
			mem[i->k % BPF_MEMWORDS] = a;
		} else if (i->code == (BPF_ALU | BPF_AND | BPF_K)) {
			a &= i->k;
		} else if (i->code == (BPF_RET | BPF_K)) {
			*ret = i->k;
			return true;
		} else if (i->code == (BPF_JMP | BPF_JA)) {
			pc += i->k;
		} else if (BPF_CLASS(i->code) == BPF_JMP && BPF_SRC(i->code) == BPF_K) {
			pc += bpf_jumps(BPF_OP(i->code), a, i->k) ? i->jt : i->jf;
		} else {
			return false;
		}
	}
	return false;
}
