/* SPDX-License-Identifier: Apache-2.0 */

/* The plan's format: what the builder lays out is well-formed, and every kind of damage is found. */

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "plan/builder.h"
#include "tests/lib/suite.h"

static const char *const words[] = { "one", "two", "" };

static struct plan_builder *small_plan(void)
{
	struct plan_builder *b = plan_builder_new();
	struct plan_span list = plan_strings(b, words, 3);
	const uint32_t ids[] = { 5, 6, 7 };
	struct plan_op *op;
	int preserved;

	op = plan_add_s(b, PLAN_HOOK, "/bin/hook", NULL);
	op->l1 = list;
	op->fd = preserved = plan_take_kept_fd(b, open("/dev/null", O_RDONLY | O_CLOEXEC));
	op = plan_add(b, PLAN_GROUPS);
	op->l1 = plan_numbers(b, ids, 3);
	plan_add_s(b, PLAN_PROC_WRITE, "sys/x", "1")->fd =
		plan_take_fd(b, open("/dev/null", O_RDONLY | O_CLOEXEC));
	plan_exec(b, list, list, list);
	plan_add(b, PLAN_HOME);
	plan_add_s(b, PLAN_MASK, "/proc/keys", "/proc");
	plan_add(b, PLAN_SYNC_MOVE)->x = 4;
	op = plan_add(b, PLAN_FD_PLACE);
	op->fd = preserved;
	op->x = 3;
	plan_add(b, PLAN_EXEC);
	plan_add_s(b, PLAN_MKNOD, "null", NULL)->y = 1ULL << 32 | 3;
	return b;
}

START_TEST(the_builder_makes_a_plan_that_passes)
{
	auto_(plan_builder_free) struct plan_builder *b = small_plan();
	struct error e = ERROR_INIT;
	const struct plan *p;
	uint32_t bad;
	size_t n;

	ck_assert_msg(plan_seal(b, &e) == 0, "%s", e.msg);
	p = plan_blob(b);
	ck_assert_int_eq(plan_check(p, p->size, &bad), 0);
	ck_assert_uint_eq(p->ops.n, 9);
	ck_assert_str_eq(plan_string(p, plan_ops(p)[0].s1), "/bin/hook");
	ck_assert_str_eq(plan_string(p, (uint32_t)plan_list(p, p->argv)[1]), "two");
	ck_assert_uint_eq(plan_u32s(p, plan_ops(p)[1].l1)[2], 7);
	/* The plan itself, the kept one, the other one. */
	ck_assert_int_eq(plan_ops(p)[0].fd, 1);
	ck_assert_int_eq(plan_ops(p)[2].fd, 2);
	plan_fd_table(b, &n);
	ck_assert_uint_eq(n, 3);
}
END_TEST

START_TEST(the_memfd_is_sealed)
{
	auto_(plan_builder_free) struct plan_builder *b = small_plan();
	const int *fds, seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	size_t n;

	ck_assert_int_eq(plan_seal(b, NULL), 0);
	fds = plan_fd_table(b, &n);
	/* And F_SEAL_EXEC, where the kernel has it. */
	ck_assert_int_eq(fcntl(fds[0], F_GET_SEALS) & seals, seals);
	ck_assert_int_lt(pwrite(fds[0], "x", 1, 0), 0);
}
END_TEST

/* ---- damage ---- */

static void break_magic(struct plan *p) { p->magic++; }
static void break_version(struct plan *p) { p->version++; }
static void break_size(struct plan *p) { p->size--; }
static void break_fds(struct plan *p) { p->n_fds = PLAN_FDS_MAX + 1; }
static void break_kept(struct plan *p) { p->n_kept = p->n_fds + 1; }
static void break_ops_far(struct plan *p) { p->ops.at = p->size; }
static void break_ops_many(struct plan *p) { p->ops.n = UINT32_MAX; }
static void break_ops_odd(struct plan *p) { p->ops.at += 4; }
static void break_argv_far(struct plan *p) { p->argv.n = 1 << 20; }
static void break_argv_wrap(struct plan *p) { p->argv.n = UINT32_MAX; }
static void break_argv_header(struct plan *p) { p->argv.at = 8; }
static void break_bpf(struct plan *p) { p->bpf = (struct plan_span){ p->size - 8, 2 }; }
static void break_end(struct plan *p) { ((char *)p)[p->size - 1] = 'x'; }

static struct plan_op *op_of(struct plan *p, int i)
{
	return (struct plan_op *)(uintptr_t)&plan_ops(p)[i];
}

static void break_code(struct plan *p) { op_of(p, 0)->code = PLAN_CODES; }
static void break_fd_big(struct plan *p) { op_of(p, 0)->fd = (int)p->n_fds; }
static void break_fd_missing(struct plan *p) { op_of(p, 0)->fd = -1; }
static void break_fd_negative(struct plan *p) { op_of(p, 0)->fd = -2; }
static void break_fd_unwanted(struct plan *p) { op_of(p, 1)->fd = 0; }
static void break_s1_missing(struct plan *p) { op_of(p, 0)->s1 = 0; }
static void break_s1_far(struct plan *p) { op_of(p, 0)->s1 = p->size; }
static void break_s1_header(struct plan *p) { op_of(p, 0)->s1 = 4; }
static void break_s2_missing(struct plan *p) { op_of(p, 2)->s2 = 0; }
static void break_list_slot(struct plan *p)
{
	((uint64_t *)(uintptr_t)plan_list(p, op_of(p, 0)->l1))[0] = UINT64_MAX;
}
static void break_list_spare(struct plan *p)
{
	((uint64_t *)(uintptr_t)plan_list(p, op_of(p, 0)->l1))[3] = 64;
}
static void break_no_args(struct plan *p) { op_of(p, 0)->l1 = (struct plan_span){ 0, 0 }; }
static void break_no_envp(struct plan *p) { p->envp = (struct plan_span){ 0, 0 }; }
static void break_place_low(struct plan *p) { op_of(p, 6)->x = 2; }
static void break_place_socket(struct plan *p) { op_of(p, 5)->x = 3; }
static void break_place_source(struct plan *p) { op_of(p, 6)->x = 5; }
static void break_place_later(struct plan *p)
{
	*op_of(p, 2) = *op_of(p, 6);
	*op_of(p, 1) = *op_of(p, 5);
	op_of(p, 1)->x = 8;
	op_of(p, 2)->x = 4;
	*op_of(p, 6) = *op_of(p, 0);
	op_of(p, 6)->fd = 0;
}
static void break_hook_env(struct plan *p)
{
	op_of(p, 0)->flags = OP_ENV;
	break_no_envp(p);
}
static void break_no_paths(struct plan *p) { p->paths = (struct plan_span){ 0, 0 }; }
static void break_no_argv(struct plan *p) { p->argv = (struct plan_span){ 0, 0 }; }
static void break_prefix(struct plan *p) { op_of(p, 4)->s1 = op_of(p, 0)->s1; }
static void break_major(struct plan *p) { op_of(p, 8)->y = 0x1000ULL << 32; }
static void break_minor(struct plan *p) { op_of(p, 8)->y = 1ULL << 32 | 0x100003; }
static void break_ids(struct plan *p) { op_of(p, 1)->l1.n = UINT32_MAX; }

static const struct {
	const char *name;
	void (*damage)(struct plan *p);
	uint32_t op;
} damages[] = {
	{ "magic", break_magic, UINT32_MAX },
	{ "version", break_version, UINT32_MAX },
	{ "size", break_size, UINT32_MAX },
	{ "fds", break_fds, UINT32_MAX },
	{ "kept", break_kept, UINT32_MAX },
	{ "ops far", break_ops_far, UINT32_MAX },
	{ "ops many", break_ops_many, UINT32_MAX },
	{ "ops odd", break_ops_odd, UINT32_MAX },
	{ "argv far", break_argv_far, UINT32_MAX },
	{ "argv wrap", break_argv_wrap, UINT32_MAX },
	{ "argv in the header", break_argv_header, UINT32_MAX },
	{ "bpf", break_bpf, UINT32_MAX },
	{ "end", break_end, UINT32_MAX },
	{ "code", break_code, 0 },
	{ "fd big", break_fd_big, 0 },
	{ "fd missing", break_fd_missing, 0 },
	{ "fd negative", break_fd_negative, 0 },
	{ "fd unwanted", break_fd_unwanted, 1 },
	{ "s1 missing", break_s1_missing, 0 },
	{ "s1 far", break_s1_far, 0 },
	{ "s1 header", break_s1_header, 0 },
	{ "s2 missing", break_s2_missing, 2 },
	{ "slot", break_list_slot, UINT32_MAX },
	{ "spare slot", break_list_spare, UINT32_MAX },
	{ "ids", break_ids, 1 },
	{ "a major number past 12 bits", break_major, 8 },
	{ "a minor number past 20 bits", break_minor, 8 },
	{ "a hook without arguments", break_no_args, 0 },
	{ "no environment", break_no_envp, 3 },
	{ "no environment for a hook", break_hook_env, 0 },
	{ "no program", break_no_paths, 7 },
	{ "no arguments", break_no_argv, 7 },
	{ "a placement on a standard stream", break_place_low, 6 },
	{ "a placement on the socket", break_place_socket, 6 },
	{ "a placement on its source", break_place_source, 6 },
	{ "a placement on what a later op uses", break_place_later, 6 },
	{ "a mount that the path is not below", break_prefix, 4 },
};

START_TEST(damage_is_found)
{
	auto_(plan_builder_free) struct plan_builder *b = small_plan();
	struct plan *copy;
	uint32_t bad = 12345, size;

	ck_assert_int_eq(plan_seal(b, NULL), 0);
	size = plan_blob(b)->size;
	copy = malloc(size);
	memcpy(copy, plan_blob(b), size);
	damages[_i].damage(copy);
	ck_assert_msg(plan_check(copy, size, &bad) == -EINVAL, "%s", damages[_i].name);
	ck_assert_msg(bad == damages[_i].op, "%s: op %u", damages[_i].name, bad);
	free(copy);
}
END_TEST

START_TEST(every_opcode_has_a_name)
{
	for (uint16_t i = 0; i < PLAN_CODES; i++)
		ck_assert_str_ne(plan_op_name(i), "?");
	ck_assert_str_eq(plan_op_name(PLAN_CODES), "?");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("format");

	tcase_add_test(t, the_builder_makes_a_plan_that_passes);
	tcase_add_test(t, the_memfd_is_sealed);
	tcase_add_test(t, every_opcode_has_a_name);
	tcase_add_loop_test(t, damage_is_found, 0, (int)(sizeof(damages) / sizeof(*damages)));
	suite_add_tcase(s, t);
	return run_suite(s);
}
