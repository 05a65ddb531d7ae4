/* SPDX-License-Identifier: Apache-2.0 */
/* L13: a filter in fewer instructions gives every answer that it gave before. */
#include <check.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "security/seccomp_internal.h"
#include "tests/lib/bpf.h"
#include "tests/lib/suite.h"

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP(op, value, yes, no) BPF_JUMP(BPF_JMP | (op) | BPF_K, value, yes, no)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

static uint32_t answer(const struct bpf *p, const struct seccomp_data *data)
{
	uint32_t ret = 0;

	ck_assert(bpf_run(p->v, p->n, data, &ret, NULL));
	return ret;
}

static struct bpf copy_of(const struct sock_filter *v, size_t n)
{
	struct bpf p = { malloc(n * sizeof(*v)), n };

	ck_assert_ptr_nonnull(p.v);
	memcpy(p.v, v, n * sizeof(*v));
	return p;
}

/* ---- a profile of real size ---- */

static const char *names[] = {
#include "seccomp_names.inc"
};

#define ARG(o, a) { .index = 0, .op = SECCOMP_OP_##o, .value = (a) }

/* clang-format off */
static struct spec_syscall rules[] = {
	{ .names = { names, ARRAY_SIZE(names) }, .action = SECCOMP_ACT_ALLOW },
	{ .names = { (const char *[]){ "personality" }, 1 }, .action = SECCOMP_ACT_ALLOW,
	  .args = { (struct spec_seccomp_arg[]){ ARG(EQ, 8) }, 1 } },
	{ .names = { (const char *[]){ "clone" }, 1 }, .action = SECCOMP_ACT_ALLOW,
	  .args = { (struct spec_seccomp_arg[]){ ARG(MASKED_EQ, 0x7e020000) }, 1 } },
	{ .names = { (const char *[]){ "socket" }, 1 }, .action = SECCOMP_ACT_ALLOW,
	  .args = { (struct spec_seccomp_arg[]){ ARG(NE, 40) }, 1 } },
	{ .names = { (const char *[]){ "swapon" }, 1 }, .action = SECCOMP_ACT_TRAP },
};
/* clang-format on */

static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, 0, UINT32_MAX };
static const uint64_t arguments[] = { 0, 8, 40, 0x7e020000, 0x10000000, 0x800000008, UINT64_MAX };

static void same_for(const struct bpf *a, const struct bpf *b, uint32_t arch, uint32_t nr)
{
	foreach_array(argument, arguments) {
		struct seccomp_data data = { .nr = (int)nr, .arch = arch, .args = { *argument } };

		ck_assert_msg(answer(a, &data) == answer(b, &data), "architecture %#x, call %#x, argument %#llx", arch, nr,
			      (unsigned long long)*argument);
	}
}

START_TEST(a_large_profile_shrinks_and_answers_the_same)
{
	struct spec_seccomp s = { .default_action = SECCOMP_ACT_ERRNO, .syscalls = { rules, ARRAY_SIZE(rules) } };
	struct error e = ERROR_INIT;
	struct bpf large = { 0 }, small;

#ifdef __x86_64__
	s.architectures.v = (const char *[]){ "SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32" };
	s.architectures.n = 3;
#endif
	ck_assert_msg(seccomp_build(&s, &large, &e) == 0, "%s", e.msg);
	small = copy_of(large.v, large.n);
	seccomp_shrink(&small);
	ck_assert_uint_lt(small.n * 3, large.n);
	foreach_array(arch, archs)
		for (uint32_t nr = 0; nr < 1000; nr++) {
			same_for(&large, &small, *arch, nr);
			same_for(&large, &small, *arch, 0x40000000 + nr);
			same_for(&large, &small, *arch, 0x80000000 + nr);
			same_for(&large, &small, *arch, UINT32_MAX - nr);
		}
	free(large.v);
	free(small.v);
}
END_TEST

/* ---- any program ---- */

static uint32_t seed;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static uint32_t number(void)
{
	static const uint32_t some[] = { 0, 1, 2, 3, 5, 40, 41, 0x40000000, 0x40000001, 0x80000000, UINT32_MAX };

	return some[random_below(ARRAY_SIZE(some))];
}

/* One of which libseccomp makes programs; `left` follow. */
static struct sock_filter instruction(uint32_t left)
{
	static const uint16_t jumps[] = { BPF_JEQ, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	static const uint32_t fields[] = { 0, 0, 0, 4, 4, 16, 20 };

	switch (left ? random_below(8) : 0) {
	case 0:
		return (struct sock_filter)RETURN(random_below(4));
	case 1:
	case 2:
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, fields[random_below(ARRAY_SIZE(fields))]);
	case 3:
		return (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, random_below(left));
	case 4:
		return (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, number());
	default:
		return (struct sock_filter)BPF_JUMP(BPF_JMP | jumps[random_below(ARRAY_SIZE(jumps))] | BPF_K, number(),
						    random_below(left), random_below(left));
	}
}

START_TEST(any_program_answers_the_same)
{
	unsigned shrunk = 0;

	for (uint32_t round = 0; round < 5000; round++) {
		struct sock_filter v[40];
		struct bpf a = { v, 0 }, b;

		seed = round;
		a.n = 2 + random_below(ARRAY_SIZE(v) - 2);
		v[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4 * random_below(2));
		for (size_t i = 1; i < a.n; i++)
			v[i] = instruction((uint32_t)(a.n - 1 - i));
		b = copy_of(a.v, a.n);
		seccomp_shrink(&b);
		ck_assert_uint_le(b.n, a.n);
		shrunk += b.n < a.n;
		for (int i = 0; i < 30; i++) {
			struct seccomp_data data = { .nr = (int)number(), .arch = number(), .args = { number() } };

			ck_assert_msg(answer(&a, &data) == answer(&b, &data), "round %u", round);
		}
		free(b.v);
	}
	/* Else this test has looked at nothing. */
	ck_assert_uint_gt(shrunk, 500);
}
END_TEST

/* More than a conditional jump can skip. */
START_TEST(far_answers_are_reached)
{
	struct sock_filter v[2003];
	struct bpf a = { v, 0 }, b;

	v[a.n++] = (struct sock_filter)LOAD(nr);
	for (uint32_t nr = 0; nr < 1000; nr++) {
		v[a.n++] = (struct sock_filter)JUMP(BPF_JEQ, nr * 2, 0, 1);
		v[a.n++] = (struct sock_filter)RETURN(nr % 50);
	}
	v[a.n++] = (struct sock_filter)RETURN(99);
	b = copy_of(a.v, a.n);
	seccomp_shrink(&b);
	for (uint32_t nr = 0; nr < 2100; nr++) {
		struct seccomp_data data = { .nr = (int)nr };

		ck_assert_uint_eq(answer(&a, &data), answer(&b, &data));
	}
	free(b.v);
}
END_TEST

/* ---- what is not expected ---- */

static const struct sock_filter strange[][4] = {
	/* an instruction that libseccomp does not write */
	{ LOAD(nr), BPF_STMT(BPF_MISC | BPF_TAX, 0), JUMP(BPF_JEQ, 1, 0, 0), RETURN(0) },
	/* an order of architectures */
	{ LOAD(arch), JUMP(BPF_JGT, 1, 0, 0), RETURN(0), RETURN(0) },
	/* a test of a low bit of the number */
	{ LOAD(nr), JUMP(BPF_JSET, 1, 0, 0), RETURN(0), RETURN(0) },
	/* arithmetic with the number */
	{ LOAD(nr), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1), JUMP(BPF_JEQ, 1, 0, 0), RETURN(0) },
	/* a comparison with nothing loaded */
	{ JUMP(BPF_JEQ, 1, 0, 0), RETURN(0), RETURN(0), RETURN(0) },
	/* jumps out of it */
	{ LOAD(nr), JUMP(BPF_JEQ, 1, 2, 0), RETURN(0), RETURN(0) },
	{ LOAD(nr), BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX), RETURN(0), RETURN(0) },
	/* no return at its end */
	{ LOAD(nr), LOAD(nr), LOAD(nr), LOAD(args[0]) },
};

START_TEST(what_it_does_not_know_it_leaves_alone)
{
	struct bpf p = copy_of(strange[_i], 4);

	seccomp_shrink(&p);
	ck_assert_uint_eq(p.n, 4);
	ck_assert_mem_eq(p.v, strange[_i], sizeof(strange[_i]));
	free(p.v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("seccomp_shrink");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_large_profile_shrinks_and_answers_the_same);
	tcase_add_test(t, any_program_answers_the_same);
	tcase_add_test(t, far_answers_are_reached);
	tcase_add_loop_test(t, what_it_does_not_know_it_leaves_alone, 0, ARRAY_SIZE(strange));
	suite_add_tcase(s, t);
	return run_suite(s);
}
