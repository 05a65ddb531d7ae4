/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any filter, in fewer instructions: it answers as before. The first half of the input's bytes (of whole instructions) is the
 * program, the rest what it is asked about.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "security/seccomp_internal.h"
#include "tests/lib/bpf.h"

#define INSTRUCTIONS_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool answers(const struct bpf *p, const struct seccomp_data *d, uint32_t *ret)
{
	return bpf_run(p->v, p->n, d, ret, NULL);
}

/* As the kernel checks it: no jump leaves it, and the last instruction is no other than a return. */
static bool is_program(const struct bpf *p)
{
	for (size_t pc = 0; pc < p->n; pc++) {
		const struct sock_filter *i = &p->v[pc];

		if (i->code == (BPF_JMP | BPF_JA) ? i->k >= p->n - pc - 1
						  : BPF_CLASS(i->code) == BPF_JMP &&
							    (i->jt >= p->n - pc - 1 || i->jf >= p->n - pc - 1))
			return false;
	}
	return p->v[p->n - 1].code == (BPF_RET | BPF_K);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sock_filter before[INSTRUCTIONS_MAX], after[INSTRUCTIONS_MAX];
	size_t n = size / 2 / sizeof(*before);
	struct bpf old = { before, n < INSTRUCTIONS_MAX ? n : INSTRUCTIONS_MAX }, new = { after, old.n };

	if (!n)
		return 0;
	memcpy(before, data, old.n * sizeof(*before));
	memcpy(after, data, old.n * sizeof(*before));
	seccomp_shrink(&new);
	if (new.n > old.n)
		abort();
	if (!is_program(&old))
		return 0;
	if (!is_program(&new))
		abort();
	for (const uint8_t *at = data + old.n * sizeof(*before); at + 16 <= data + size; at += 4) {
		struct seccomp_data d = { 0 };
		uint32_t a = 0, b = 0;

		memcpy(&d, at, 8);
		memcpy(d.args, at + 8, 8);
		if (answers(&old, &d, &a) && (!answers(&new, &d, &b) || a != b))
			abort();
	}
	return 0;
}
