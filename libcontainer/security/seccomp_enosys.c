/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile cannot allow what did not exist when it was written. Programs probe for new system
 * calls and fall back on ENOSYS, but take EPERM for an answer; so calls above the highest number
 * the profile names must look absent, whatever the default action.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "security/seccomp_internal.h"

#define X32_BIT 0x40000000U

/* s390 reaches numbers above 255 through setup(2), number 0, and keeps that 0 for unknown calls. */
#define S390_SETUP 0

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP(op, value, yes, no) BPF_JUMP(BPF_JMP | (op) | BPF_K, value, yes, no)

bool seccomp_wants_enosys(const struct spec_seccomp *s)
{
	switch (s->default_action) {
	case SECCOMP_ACT_ALLOW:
	case SECCOMP_ACT_LOG:
	case SECCOMP_ACT_TRACE:
		return false;
	case SECCOMP_ACT_ERRNO:
		return !s->default_errno_ret.set || s->default_errno_ret.value != ENOSYS;
	default:
		return true;
	}
}

static bool has_limit(const struct seccomp_highest *h)
{
	return h->nr != SECCOMP_NO_LIMIT || h->x32 != SECCOMP_NO_LIMIT;
}

/*
 * The checks of one architecture; ends in "return ENOSYS" and whatever follows. No limit is the
 * largest number, which none is above.
 */
static size_t section(const struct seccomp_highest *h, struct sock_filter *out)
{
	const struct sock_filter load = LOAD(nr);
	const struct sock_filter enosys = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	const struct sock_filter x32 = JUMP(BPF_JSET, X32_BIT, 1, 0);
	const struct sock_filter above_or_x32 = JUMP(BPF_JGT, h->nr, 1, 2);
	const struct sock_filter setup = JUMP(BPF_JEQ, S390_SETUP, 1, 0);
	const struct sock_filter above = JUMP(BPF_JGT, h->nr, 0, 1);
	const struct sock_filter above_x32 = JUMP(BPF_JGT, h->x32, 0, 1);
	size_t n = 0;

	out[n++] = load;
	if (h->audit == AUDIT_ARCH_X86_64) {
		out[n++] = x32;
		out[n++] = above_or_x32;
		out[n++] = above_x32;
	} else {
		if (h->audit == AUDIT_ARCH_S390X || h->audit == AUDIT_ARCH_S390)
			out[n++] = setup;
		out[n++] = above;
	}
	out[n++] = enosys;
	return n;
}

/*
 * load arch; then for each: "is it this one? else skip", its section, "go to the end". The jump to
 * the end is filled in once the end is known.
 */
size_t seccomp_enosys_stub(const struct seccomp_highest *h, size_t n,
			   struct sock_filter ret[SECCOMP_STUB_MAX])
{
	size_t ends[SECCOMP_ARCHS_MAX], used = 0, sections = 0;

	ret[used++] = (struct sock_filter)LOAD(arch);
	for (size_t i = 0; i < n; i++) {
		size_t length;

		if (!has_limit(&h[i]))
			continue;
		length = section(&h[i], &ret[used + 1]) + 1;
		ret[used] = (struct sock_filter)JUMP(BPF_JEQ, h[i].audit, 0, (uint8_t)length);
		used += length;
		ends[sections++] = used++;
	}
	for (size_t i = 0; i < sections; i++)
		ret[ends[i]] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
							    (uint32_t)(used - ends[i] - 1));
	return sections ? used : 0;
}
