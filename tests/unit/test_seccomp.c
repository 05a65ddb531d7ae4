/* SPDX-License-Identifier: Apache-2.0 */
/* Filters are run by an interpreter of ours (tests/lib/bpf.h). */
#include "security/seccomp.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "security/seccomp_internal.h"
#include "tests/lib/bpf.h"
#include "tests/lib/suite.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define NATIVE AUDIT_ARCH_RISCV64
#else
#define NATIVE 0
#endif

#define ALLOW SECCOMP_RET_ALLOW
#define FAILS(e) (SECCOMP_RET_ERRNO | (e))
#define NEWER 5000

static uint32_t ask(const struct seccomp_program *p, uint32_t arch, uint32_t nr, uint64_t arg0,
		    uint64_t arg1)
{
	struct seccomp_data data = { .nr = (int)nr, .arch = arch, .args = { arg0, arg1 } };
	uint32_t ret = 0;

	ck_assert(bpf_run(p->bpf, p->count, &data, &ret, NULL));
	return ret;
}

/* ---- profiles ---- */

#define NAMES_OF(...)                         \
	{ (const char *[]){ __VA_ARGS__ },    \
	  ARRAY_SIZE(((const char *[]){ __VA_ARGS__ })) }
#define ARGS_OF(...)                                       \
	{ (struct spec_seccomp_arg[]){ __VA_ARGS__ },      \
	  ARRAY_SIZE(((struct spec_seccomp_arg[]){ __VA_ARGS__ })) }
#define RULE(act, ...) { .names = NAMES_OF(__VA_ARGS__), .action = SECCOMP_ACT_##act }
#define RULE_ERRNO(act, e, ...) \
	{ .names = NAMES_OF(__VA_ARGS__), .action = SECCOMP_ACT_##act, .errno_ret = { true, e } }
#define ARG(i, o, a, ...) { .index = i, .op = SECCOMP_OP_##o, .value = a, ##__VA_ARGS__ }

/* clang-format off */
static struct spec_syscall every_action[] = {
	RULE(ALLOW, "read", "write", "no_such_call_at_all"),
	RULE(ALLOW, "openat2"),
	RULE(KILL_THREAD, "reboot"),
	RULE(KILL_PROCESS, "kexec_load"),
	RULE(TRAP, "ptrace"),
	RULE(ERRNO, "mount"),
	RULE_ERRNO(ERRNO, ENOENT, "umount2"),
	RULE_ERRNO(ERRNO, 0, "sync"),
	RULE(TRACE, "swapon"),
	RULE_ERRNO(TRACE, 7, "swapoff"),
	RULE(LOG, "acct"),
	RULE(NOTIFY, "bpf"),
	/* The same as the default: libseccomp alone would refuse it. */
	RULE_ERRNO(ERRNO, EACCES, "setns"),
};
/* clang-format on */

/* clang-format off */
static struct spec_syscall conditions[] = {
	{ .names = NAMES_OF("getpid"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, EQ, 8)) },
	{ .names = NAMES_OF("getppid"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, NE, 8)) },
	{ .names = NAMES_OF("getuid"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, LT, 8)) },
	{ .names = NAMES_OF("getgid"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, LE, 8)) },
	{ .names = NAMES_OF("geteuid"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, GT, 8)) },
	{ .names = NAMES_OF("getegid"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, GE, 8)) },
	{ .names = NAMES_OF("clone"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, MASKED_EQ, 0x7e020000, .value_two = 0)) },
	/* Both must hold. */
	{ .names = NAMES_OF("socket"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, EQ, 1), ARG(1, EQ, UINT64_C(0x100000002))) },
	/* One of them must. */
	{ .names = NAMES_OF("personality"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, EQ, 0), ARG(0, EQ, 8), ARG(0, EQ, UINT32_MAX)) },
	/* The same twice. */
	{ .names = NAMES_OF("getpgid"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, EQ, 8)) },
	{ .names = NAMES_OF("getpgid"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, EQ, 8)) },
};
/* clang-format on */

static const struct spec_seccomp profile_actions = {
	.default_action = SECCOMP_ACT_ERRNO,
	.default_errno_ret = { true, EACCES },
	.syscalls = { every_action, ARRAY_SIZE(every_action) },
};
static const struct spec_seccomp profile_conditions = {
	.default_action = SECCOMP_ACT_ERRNO,
	.syscalls = { conditions, ARRAY_SIZE(conditions) },
};

static void compile(const struct spec_seccomp *s, const char *cache, struct seccomp_program *p)
{
	struct error e = ERROR_INIT;
	int r = seccomp_compile(s, cache, p, &e);

	ck_assert_msg(r == 0, "%s", e.msg);
}

/* ---- single rules ---- */

/* clang-format off */
static const struct {
	const struct spec_seccomp *profile;
	uint32_t nr;
	uint64_t arg0, arg1;
	uint32_t want;
} cases[] = {
	{ &profile_actions, SYS_read, 0, 0, ALLOW },
	{ &profile_actions, SYS_openat2, 0, 0, ALLOW },
	{ &profile_actions, SYS_reboot, 0, 0, SECCOMP_RET_KILL_THREAD },
	{ &profile_actions, SYS_kexec_load, 0, 0, SECCOMP_RET_KILL_PROCESS },
	{ &profile_actions, SYS_ptrace, 0, 0, SECCOMP_RET_TRAP },
	{ &profile_actions, SYS_mount, 0, 0, FAILS(EPERM) },
	{ &profile_actions, SYS_umount2, 0, 0, FAILS(ENOENT) },
	{ &profile_actions, SYS_sync, 0, 0, FAILS(0) },
	{ &profile_actions, SYS_swapon, 0, 0, SECCOMP_RET_TRACE | EPERM },
	{ &profile_actions, SYS_swapoff, 0, 0, SECCOMP_RET_TRACE | 7 },
	{ &profile_actions, SYS_acct, 0, 0, SECCOMP_RET_LOG },
	{ &profile_actions, SYS_bpf, 0, 0, SECCOMP_RET_USER_NOTIF },
	{ &profile_actions, SYS_setns, 0, 0, FAILS(EACCES) },
	{ &profile_actions, SYS_close, 0, 0, FAILS(EACCES) },
	{ &profile_actions, SYS_openat2 + 1, 0, 0, FAILS(ENOSYS) },
	{ &profile_actions, NEWER, 0, 0, FAILS(ENOSYS) },

	{ &profile_conditions, SYS_getpid, 8, 0, ALLOW },
	{ &profile_conditions, SYS_getpid, 7, 0, FAILS(EPERM) },
	{ &profile_conditions, SYS_getpid, UINT64_C(0x100000008), 0, FAILS(EPERM) },
	{ &profile_conditions, SYS_getppid, 8, 0, FAILS(EPERM) },
	{ &profile_conditions, SYS_getppid, 9, 0, ALLOW },
	{ &profile_conditions, SYS_getuid, 7, 0, ALLOW },
	{ &profile_conditions, SYS_getuid, 8, 0, FAILS(EPERM) },
	{ &profile_conditions, SYS_getgid, 8, 0, ALLOW },
	{ &profile_conditions, SYS_getgid, 9, 0, FAILS(EPERM) },
	{ &profile_conditions, SYS_getgid, UINT64_MAX, 0, FAILS(EPERM) },
	{ &profile_conditions, SYS_geteuid, 8, 0, FAILS(EPERM) },
	{ &profile_conditions, SYS_geteuid, UINT64_C(1) << 32, 0, ALLOW },
	{ &profile_conditions, SYS_getegid, 8, 0, ALLOW },
	{ &profile_conditions, SYS_getegid, 7, 0, FAILS(EPERM) },
	{ &profile_conditions, SYS_clone, 17, 0, ALLOW },
	{ &profile_conditions, SYS_clone, 0x10000011, 0, FAILS(EPERM) },
	{ &profile_conditions, SYS_socket, 1, UINT64_C(0x100000002), ALLOW },
	{ &profile_conditions, SYS_socket, 1, 2, FAILS(EPERM) },
	{ &profile_conditions, SYS_socket, 2, UINT64_C(0x100000002), FAILS(EPERM) },
	{ &profile_conditions, SYS_personality, 0, 0, ALLOW },
	{ &profile_conditions, SYS_personality, 8, 0, ALLOW },
	{ &profile_conditions, SYS_personality, UINT32_MAX, 0, ALLOW },
	{ &profile_conditions, SYS_personality, 1, 0, FAILS(EPERM) },
	{ &profile_conditions, SYS_getpgid, 8, 0, ALLOW },
};
/* clang-format on */

START_TEST(decides)
{
	struct seccomp_program p = { 0 };

	compile(cases[_i].profile, NULL, &p);
	ck_assert_uint_eq(ask(&p, NATIVE, cases[_i].nr, cases[_i].arg0, cases[_i].arg1),
			  cases[_i].want);
	seccomp_program_done(&p);
}
END_TEST

START_TEST(knows_when_a_listener_is_wanted)
{
	struct seccomp_program p = { 0 };

	compile(&profile_actions, NULL, &p);
	ck_assert(p.notify);
	seccomp_program_done(&p);
	ck_assert_ptr_null(p.bpf);
	compile(&profile_conditions, NULL, &p);
	ck_assert(!p.notify);
	seccomp_program_done(&p);
}
END_TEST

/* ---- ENOSYS ---- */

static struct spec_syscall only_read[] = { RULE(ALLOW, "read", "openat2") };
static struct spec_syscall no_openat2[] = { RULE(ERRNO, "openat2") };

/* clang-format off */
static const struct {
	enum spec_seccomp_action action;
	struct opt_u32 errno_ret;
	struct spec_syscall *rule;
	uint32_t known, newer; /* what a refused old call and one from the future get */
} unknown[] = {
	{ SECCOMP_ACT_ERRNO, { 0 }, only_read, FAILS(EPERM), FAILS(ENOSYS) },
	{ SECCOMP_ACT_ERRNO, { true, EACCES }, only_read, FAILS(EACCES), FAILS(ENOSYS) },
	{ SECCOMP_ACT_ERRNO, { true, ENOSYS }, only_read, FAILS(ENOSYS), FAILS(ENOSYS) },
	{ SECCOMP_ACT_KILL_PROCESS, { 0 }, only_read, SECCOMP_RET_KILL_PROCESS, FAILS(ENOSYS) },
	{ SECCOMP_ACT_KILL_THREAD, { 0 }, only_read, SECCOMP_RET_KILL_THREAD, FAILS(ENOSYS) },
	{ SECCOMP_ACT_TRAP, { 0 }, only_read, SECCOMP_RET_TRAP, FAILS(ENOSYS) },
	{ SECCOMP_ACT_ALLOW, { 0 }, no_openat2, ALLOW, ALLOW },
	{ SECCOMP_ACT_LOG, { 0 }, no_openat2, SECCOMP_RET_LOG, SECCOMP_RET_LOG },
	{ SECCOMP_ACT_TRACE, { 0 }, no_openat2, SECCOMP_RET_TRACE | EPERM,
	  SECCOMP_RET_TRACE | EPERM },
};
/* clang-format on */

START_TEST(calls_from_the_future_do_not_exist)
{
	struct spec_seccomp s = { .default_action = unknown[_i].action,
				  .default_errno_ret = unknown[_i].errno_ret,
				  .syscalls = { unknown[_i].rule, 1 } };
	struct seccomp_program p = { 0 };

	compile(&s, NULL, &p);
	ck_assert_uint_eq(ask(&p, NATIVE, SYS_mount, 0, 0), unknown[_i].known);
	ck_assert_uint_eq(ask(&p, NATIVE, NEWER, 0, 0), unknown[_i].newer);
	seccomp_program_done(&p);
}
END_TEST

/* No names: nothing is known of the profile's age. */
START_TEST(an_empty_profile_refuses_all)
{
	struct spec_seccomp s = { .default_action = SECCOMP_ACT_ERRNO };
	struct seccomp_program p = { 0 };

	compile(&s, NULL, &p);
	ck_assert_uint_eq(ask(&p, NATIVE, SYS_read, 0, 0), FAILS(EPERM));
	ck_assert_uint_eq(ask(&p, NATIVE, NEWER, 0, 0), FAILS(EPERM));
	seccomp_program_done(&p);
}
END_TEST

/* ---- the stub by itself ---- */

/* clang-format off */
static const struct seccomp_highest stub_rows[] = {
	{ AUDIT_ARCH_X86_64, 100, SECCOMP_NO_LIMIT },
	{ AUDIT_ARCH_I386, 200, SECCOMP_NO_LIMIT },
	{ AUDIT_ARCH_ARM, SECCOMP_NO_LIMIT, SECCOMP_NO_LIMIT },
	{ AUDIT_ARCH_S390X, 300, SECCOMP_NO_LIMIT },
};
/* clang-format on */
/* clang-format off */
static const struct seccomp_highest stub_rows_x32[] = {
	{ AUDIT_ARCH_X86_64, 100, 0x40000032 },
};
/* clang-format on */
/* clang-format off */
static const struct seccomp_highest stub_rows_x32_only[] = {
	{ AUDIT_ARCH_X86_64, SECCOMP_NO_LIMIT, 0x40000032 },
};
/* clang-format on */

#define ROWS(v) v, ARRAY_SIZE(v)
/* clang-format off */
static const struct {
	const struct seccomp_highest *rows;
	size_t n;
	uint32_t arch, nr;
	bool enosys;
} stub_cases[] = {
	{ ROWS(stub_rows), AUDIT_ARCH_X86_64, 100, false },
	{ ROWS(stub_rows), AUDIT_ARCH_X86_64, 101, true },
	/* x32 is not in the profile: its "bad architecture" action comes after us. */
	{ ROWS(stub_rows), AUDIT_ARCH_X86_64, 0x40000000, false },
	{ ROWS(stub_rows), AUDIT_ARCH_X86_64, 0x3fffffff, true },
	{ ROWS(stub_rows), AUDIT_ARCH_I386, 200, false },
	{ ROWS(stub_rows), AUDIT_ARCH_I386, 201, true },
	{ ROWS(stub_rows), AUDIT_ARCH_ARM, 9999, false },
	{ ROWS(stub_rows), AUDIT_ARCH_S390X, 300, false },
	{ ROWS(stub_rows), AUDIT_ARCH_S390X, 301, true },
	{ ROWS(stub_rows), AUDIT_ARCH_S390X, 0, true },
	{ ROWS(stub_rows), AUDIT_ARCH_PPC64, 9999, false },
	{ ROWS(stub_rows_x32), AUDIT_ARCH_X86_64, 100, false },
	{ ROWS(stub_rows_x32), AUDIT_ARCH_X86_64, 101, true },
	{ ROWS(stub_rows_x32), AUDIT_ARCH_X86_64, 0x40000032, false },
	{ ROWS(stub_rows_x32), AUDIT_ARCH_X86_64, 0x40000033, true },
	{ ROWS(stub_rows_x32_only), AUDIT_ARCH_X86_64, 101, false },
	{ ROWS(stub_rows_x32_only), AUDIT_ARCH_X86_64, 0x40000033, true },
};
/* clang-format on */

START_TEST(stub_asks_each_architecture)
{
	const struct sock_filter end = BPF_STMT(BPF_RET | BPF_K, ALLOW);
	struct sock_filter v[SECCOMP_STUB_MAX + 1];
	struct seccomp_program p = {
		.bpf = v,
		.count = seccomp_enosys_stub(stub_cases[_i].rows, stub_cases[_i].n, v),
	};

	v[p.count++] = end;
	ck_assert_uint_eq(ask(&p, stub_cases[_i].arch, stub_cases[_i].nr, 0, 0),
			  stub_cases[_i].enosys ? FAILS(ENOSYS) : ALLOW);
}
END_TEST

START_TEST(stub_stays_within_its_bounds)
{
	struct seccomp_highest rows[SECCOMP_ARCHS_MAX];
	struct sock_filter v[SECCOMP_STUB_MAX];
	struct seccomp_highest none = { AUDIT_ARCH_X86_64, SECCOMP_NO_LIMIT, SECCOMP_NO_LIMIT };

	foreach_array(row, rows)
		*row = (struct seccomp_highest){ AUDIT_ARCH_X86_64, 1, 2 };
	ck_assert_uint_le(seccomp_enosys_stub(rows, ARRAY_SIZE(rows), v), SECCOMP_STUB_MAX);
	ck_assert_uint_eq(seccomp_enosys_stub(&none, 1, v), 0);
}
END_TEST

/* ---- architectures ---- */

#ifdef __x86_64__
#define X32(nr) (0x40000000 + (nr))
#define I386_GETPID 20
#define I386_OPENAT2 437

/* clang-format off */
static const struct {
	uint32_t arch, nr, want;
} arch_cases[] = {
	{ AUDIT_ARCH_X86_64, SYS_read, ALLOW },
	{ AUDIT_ARCH_X86_64, NEWER, FAILS(ENOSYS) },
	{ AUDIT_ARCH_X86_64, X32(SYS_read), ALLOW },
	{ AUDIT_ARCH_X86_64, X32(SYS_mount), FAILS(EPERM) },
	{ AUDIT_ARCH_X86_64, X32(NEWER), FAILS(ENOSYS) },
	{ AUDIT_ARCH_I386, 3, ALLOW },
	{ AUDIT_ARCH_I386, I386_GETPID, FAILS(EPERM) },
	{ AUDIT_ARCH_I386, I386_OPENAT2, ALLOW },
	{ AUDIT_ARCH_I386, I386_OPENAT2 + 1, FAILS(ENOSYS) },
	{ AUDIT_ARCH_ARM, 3, SECCOMP_RET_KILL_THREAD },
};
/* clang-format on */


/* L13 */
START_TEST(knows_the_foreign_architectures)
{
	struct spec_seccomp s = {
		.default_action = SECCOMP_ACT_ERRNO,
		.architectures = NAMES_OF("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"),
		.syscalls = { only_read, 1 },
	};
	struct seccomp_program p = { 0 };

	compile(&s, NULL, &p);
	ck_assert_uint_eq(ask(&p, arch_cases[_i].arch, arch_cases[_i].nr, 0, 0),
			  arch_cases[_i].want);
	seccomp_program_done(&p);
}
END_TEST

START_TEST(native_is_always_in)
{
	struct spec_seccomp s = { .default_action = SECCOMP_ACT_ERRNO,
				  .architectures = NAMES_OF("SCMP_ARCH_X86"),
				  .syscalls = { only_read, 1 } };
	struct seccomp_program p = { 0 };

	compile(&s, NULL, &p);
	ck_assert_uint_eq(ask(&p, NATIVE, SYS_read, 0, 0), ALLOW);
	ck_assert_uint_eq(ask(&p, NATIVE, NEWER, 0, 0), FAILS(ENOSYS));
	/* x32 without being asked for. */
	ck_assert_uint_eq(ask(&p, NATIVE, X32(SYS_read), 0, 0), SECCOMP_RET_KILL_THREAD);
	seccomp_program_done(&p);
}
END_TEST

START_TEST(unknown_architecture_is_an_error)
{
	struct spec_seccomp s = { .default_action = SECCOMP_ACT_ERRNO,
				  .architectures = NAMES_OF("SCMP_ARCH_VAX") };
	struct seccomp_program p = { .count = 42 };
	struct error e = ERROR_INIT;

	ck_assert_int_eq(seccomp_compile(&s, NULL, &p, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.msg, "'SCMP_ARCH_VAX'"));
	ck_assert_uint_eq(p.count, 42);
	ck_assert(!seccomp_arch_supported("SCMP_ARCH_VAX"));
	ck_assert(!seccomp_arch_supported("x86"));
	ck_assert(seccomp_arch_supported("SCMP_ARCH_X86_64"));
}
END_TEST
#endif

/* ---- a profile of real size ---- */

static const char *many_names[] = {
#include "seccomp_names.inc"
};

/* clang-format off */
static struct spec_syscall many_rules[] = {
	{ .names = { many_names, ARRAY_SIZE(many_names) }, .action = SECCOMP_ACT_ALLOW },
	{ .names = NAMES_OF("personality"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, EQ, 0), ARG(0, EQ, 8), ARG(0, EQ, 0x20000), ARG(0, EQ, 0x20008),
			  ARG(0, EQ, UINT32_MAX)) },
	{ .names = NAMES_OF("clone"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, MASKED_EQ, 0x7e020000)) },
	{ .names = NAMES_OF("socket"), .action = SECCOMP_ACT_ALLOW,
	  .args = ARGS_OF(ARG(0, NE, 40)) },
	RULE_ERRNO(ERRNO, ENOSYS, "clone3"),
};
/* clang-format on */
static const struct spec_seccomp profile_many = {
	.default_action = SECCOMP_ACT_ERRNO,
#ifdef __x86_64__
	.architectures = NAMES_OF("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"),
#endif
	.syscalls = { many_rules, ARRAY_SIZE(many_rules) },
};

/* The search by halves must answer for each number what the names say, in few steps. */
START_TEST(a_large_profile_is_right_and_short)
{
	struct seccomp_highest rows[SECCOMP_ARCHS_MAX];
	struct seccomp_program p = { 0 };
	unsigned allowed = 0, steps = 0;

	compile(&profile_many, NULL, &p);
	ck_assert_uint_gt(seccomp_highest(&profile_many, rows), 0);
	ck_assert_uint_eq(rows[0].audit, NATIVE);
	for (uint32_t nr = 0; nr <= rows[0].nr; nr++) {
		struct seccomp_data data = { .nr = (int)nr, .arch = NATIVE, .args = { 40 } };
		uint32_t got = 0;

		ck_assert(bpf_run(p.bpf, p.count, &data, &got, &steps));
		ck_assert(got == ALLOW || got == FAILS(EPERM) || got == FAILS(ENOSYS));
		allowed += got == ALLOW;
	}
#ifdef __x86_64__
	/*
	 * All names and clone (its flags 40 are harmless), not personality and socket (AF_VSOCK).
	 */
	ck_assert_uint_eq(allowed, ARRAY_SIZE(many_names) + 1);
#endif
	ck_assert_uint_eq(ask(&p, NATIVE, SYS_socket, 1, 0), ALLOW);
	ck_assert_uint_eq(ask(&p, NATIVE, SYS_socket, 40, 0), FAILS(EPERM));
	ck_assert_uint_eq(ask(&p, NATIVE, SYS_clone3, 0, 0), FAILS(ENOSYS));
	ck_assert_uint_eq(ask(&p, NATIVE, SYS_mount, 0, 0), FAILS(EPERM));
	ck_assert_uint_lt(steps / (rows[0].nr + 1), 30);
	if (getenv("SECCOMP_FIGURES"))
		printf("%zu names: %zu instructions, %.1f steps a call\n", ARRAY_SIZE(many_names),
		       p.count, (double)steps / (rows[0].nr + 1));
	seccomp_program_done(&p);
}
END_TEST

/* In a child under the filter: 0 if the kernel took it and decides as we read it. */
static int under(const struct seccomp_program *p)
{
	struct sock_fprog prog = { (unsigned short)p->count, p->bpf };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return 1;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, p->flags, &prog) < 0)
		return 2;
	if (syscall(SYS_getpid) < 0)
		return 3;
	if (syscall(SYS_settimeofday, NULL, NULL) == 0 || errno != EPERM)
		return 4;
	if (syscall(NEWER) == 0 || errno != ENOSYS)
		return 5;
	return 0;
}

START_TEST(the_kernel_takes_it)
{
	struct seccomp_program p = { 0 };
	int status;
	pid_t pid;

	if (!seccomp_flag_supported(0))
		return; /* a kernel without filters, or a sandbox */
	compile(&profile_many, NULL, &p);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(under(&p));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	seccomp_program_done(&p);
}
END_TEST

START_TEST(too_long_a_program_is_refused)
{
	enum { VALUES = 6000 };
	struct spec_seccomp_arg *args = calloc(VALUES, sizeof(*args));
	struct spec_syscall call = { .names = NAMES_OF("personality"),
				     .action = SECCOMP_ACT_ALLOW,
				     .args = { args, VALUES } };
	struct spec_seccomp s = { .default_action = SECCOMP_ACT_ERRNO, .syscalls = { &call, 1 } };
	struct seccomp_program p = { 0 };
	struct error e = ERROR_INIT;

	for (size_t i = 0; i < VALUES; i++)
		args[i] = (struct spec_seccomp_arg)ARG(0, EQ, i * 2);
	ck_assert_int_eq(seccomp_compile(&s, NULL, &p, &e), -E2BIG);
	ck_assert_ptr_nonnull(strstr(e.msg, "the kernel takes 4096"));
	free(args);
}
END_TEST

/* ---- flags ---- */

#define FLAG "SECCOMP_FILTER_FLAG_"
/* clang-format off */
static const struct {
	const char *name; /* NULL: an empty list, "": none at all */
	bool notify;
	unsigned want;
} flag_cases[] = {
	{ "", false, SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ NULL, false, 0 },
	{ FLAG "LOG", false, SECCOMP_FILTER_FLAG_LOG },
	{ FLAG "TSYNC", false, SECCOMP_FILTER_FLAG_TSYNC },
	{ FLAG "TSYNC", true, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH },
	{ FLAG "SPEC_ALLOW", false, SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ FLAG "WAIT_KILLABLE_RECV", false, 0 },
	{ FLAG "WAIT_KILLABLE_RECV", true, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
};
/* clang-format on */


/* L14 */
START_TEST(flags)
{
	const char *name = flag_cases[_i].name;
	struct spec_seccomp s = { .has_flags = !name || *name };
	unsigned got = ~0U;

	if (!seccomp_flag_supported(SECCOMP_FILTER_FLAG_SPEC_ALLOW) ||
	    !seccomp_flag_supported(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV))
		return; /* an old kernel: the answers differ */
	if (name && *name)
		s.flags = (spec_strings){ &name, 1 };
	ck_assert_int_eq(seccomp_flags(&s, flag_cases[_i].notify, &got, NULL), 0);
	ck_assert_uint_eq(got, flag_cases[_i].want);
}
END_TEST

START_TEST(unknown_flag_is_an_error)
{
	struct spec_seccomp s = { .has_flags = true, .flags = NAMES_OF(FLAG "NONSENSE") };
	struct error e = ERROR_INIT;
	unsigned got;

	ck_assert_int_eq(seccomp_flags(&s, false, &got, &e), -EOPNOTSUPP);
	ck_assert_str_eq(e.msg, "seccomp flag 'SECCOMP_FILTER_FLAG_NONSENSE' is not supported by "
				"this kernel");
	ck_assert(!seccomp_flag_supported(1U << 30));
}
END_TEST

/* ---- the cache ---- */

static char dir[] = "/tmp/test_seccomp.XXXXXX";
static char cache[sizeof(dir) + 8];

static void make_dir(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(cache, sizeof(cache), "%s/cache", dir);
}

static unsigned remove_entries(void)
{
	DIR *d = opendir(cache);
	unsigned n = 0;

	for (struct dirent *e; d && (e = readdir(d));)
		n += unlinkat(dirfd(d), e->d_name, 0) == 0;
	if (d)
		closedir(d);
	return n;
}

static void remove_dir(void)
{
	remove_entries();
	(void)rmdir(cache);
	(void)rmdir(dir);
}

static const char *entry(const struct spec_seccomp *s)
{
	static char path[sizeof(cache) + SHA256_HEX_SIZE + 1];
	char key[SHA256_HEX_SIZE];

	seccomp_cache_key(s, key);
	snprintf(path, sizeof(path), "%s/%s", cache, key);
	return path;
}

static bool is_cached(const struct spec_seccomp *s)
{
	char key[SHA256_HEX_SIZE];
	struct bpf bpf = { 0 };
	int r;

	seccomp_cache_key(s, key);
	r = seccomp_cache_load(cache, key, &bpf);
	free(bpf.v);
	return r == 0;
}

START_TEST(cache_gives_the_same_program)
{
	struct seccomp_program a = { 0 }, b = { 0 };
	struct stat st;

	compile(&profile_actions, cache, &a);
	ck_assert_int_eq(stat(cache, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(entry(&profile_actions), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert(is_cached(&profile_actions));
	compile(&profile_actions, cache, &b);
	ck_assert_uint_eq(a.count, b.count);
	ck_assert_uint_eq(a.flags, b.flags);
	ck_assert(a.notify && b.notify);
	ck_assert_mem_eq(a.bpf, b.bpf, a.count * sizeof(struct sock_filter));
	seccomp_program_done(&a);
	seccomp_program_done(&b);
	ck_assert_uint_eq(remove_entries(), 1);
}
END_TEST

/* Another byte anywhere, a cut, or an addition: compiled anew, and repaired. */
START_TEST(cache_distrusts_damage)
{
	static const off_t places[] = { 0, 8, 12, 16, 47, 48, 100 };
	struct seccomp_program p = { 0 };

	compile(&profile_actions, cache, &p);
	seccomp_program_done(&p);
	foreach_array(at, places) {
		int fd = open(entry(&profile_actions), O_RDWR);
		unsigned char c;

		ck_assert_int_eq(pread(fd, &c, 1, *at), 1);
		c ^= 1;
		ck_assert_int_eq(pwrite(fd, &c, 1, *at), 1);
		close(fd);
		ck_assert(!is_cached(&profile_actions));
		compile(&profile_actions, cache, &p);
		ck_assert_uint_eq(ask(&p, NATIVE, SYS_read, 0, 0), ALLOW);
		seccomp_program_done(&p);
		ck_assert(is_cached(&profile_actions));
	}
	ck_assert_int_eq(truncate(entry(&profile_actions), 60), 0);
	ck_assert(!is_cached(&profile_actions));
	ck_assert_int_eq(truncate(entry(&profile_actions), 0), 0);
	ck_assert(!is_cached(&profile_actions));
}
END_TEST

START_TEST(cache_distrusts_what_others_can_write)
{
	struct seccomp_program p = { 0 };

	compile(&profile_actions, cache, &p);
	seccomp_program_done(&p);
	ck_assert_int_eq(chmod(entry(&profile_actions), 0620), 0);
	ck_assert(!is_cached(&profile_actions));
	ck_assert_int_eq(chmod(entry(&profile_actions), 0600), 0);
	ck_assert(is_cached(&profile_actions));
	ck_assert_int_eq(chmod(cache, 0770), 0);
	ck_assert(!is_cached(&profile_actions));
	compile(&profile_conditions, cache, &p);
	seccomp_program_done(&p);
	ck_assert_int_eq(chmod(cache, 0700), 0);
	ck_assert(!is_cached(&profile_conditions));
}
END_TEST

START_TEST(cache_follows_no_links)
{
	struct seccomp_program p = { 0 };
	char aside[sizeof(cache) + 16];

	compile(&profile_actions, cache, &p);
	seccomp_program_done(&p);
	snprintf(aside, sizeof(aside), "%s/aside", cache);
	ck_assert_int_eq(rename(entry(&profile_actions), aside), 0);
	ck_assert_int_eq(symlink("aside", entry(&profile_actions)), 0);
	ck_assert(!is_cached(&profile_actions));
	ck_assert_int_eq(unlink(entry(&profile_actions)), 0);
	ck_assert_int_eq(mkfifo(entry(&profile_actions), 0600), 0);
	ck_assert(!is_cached(&profile_actions));
}
END_TEST

START_TEST(cache_forgets_the_oldest)
{
	struct spec_seccomp s = profile_conditions;
	struct timespec long_ago[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	struct seccomp_program p = { 0 };

	remove_entries();
	compile(&s, cache, &p);
	seccomp_program_done(&p);
	ck_assert_int_eq(utimensat(AT_FDCWD, entry(&s), long_ago, 0), 0);
	for (uint32_t i = 1; i <= 70; i++) {
		s.default_errno_ret = (struct opt_u32){ true, i };
		compile(&s, cache, &p);
		seccomp_program_done(&p);
	}
	ck_assert(is_cached(&s));
	ck_assert(!is_cached(&profile_conditions));
	ck_assert_uint_eq(remove_entries(), 64);
}
END_TEST

/* Two profiles that differ in one thing have two names. */
START_TEST(cache_key_is_of_everything)
{
	struct spec_syscall split[] = { RULE(ALLOW, "readopenat2") };
	struct spec_syscall with_errno[] = { RULE_ERRNO(ALLOW, 0, "read", "openat2") };
	struct spec_syscall killing[] = { RULE(KILL_THREAD, "read", "openat2") };
	const struct spec_seccomp base = { .default_action = SECCOMP_ACT_ERRNO,
					   .syscalls = { only_read, 1 } };
	struct spec_seccomp variants[7];
	char keys[ARRAY_SIZE(variants)][SHA256_HEX_SIZE];

	foreach_array(v, variants)
		*v = base;
	variants[1].default_errno_ret = (struct opt_u32){ true, 0 };
	variants[2].default_action = SECCOMP_ACT_TRAP;
	variants[3].syscalls.v = split;
	variants[4].syscalls.v = with_errno;
	variants[5].syscalls.v = killing;
	variants[6].architectures = (spec_strings)NAMES_OF("SCMP_ARCH_X86");
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		seccomp_cache_key(&variants[i], keys[i]);
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(strcmp(keys[i], keys[j]) != 0, "%zu and %zu", i, j);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("seccomp");
	TCase *t = tcase_create("filters"), *c = tcase_create("cache");

	tcase_add_loop_test(t, decides, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(t, knows_when_a_listener_is_wanted);
	tcase_add_loop_test(t, calls_from_the_future_do_not_exist, 0, (int)ARRAY_SIZE(unknown));
	tcase_add_test(t, an_empty_profile_refuses_all);
	tcase_add_loop_test(t, stub_asks_each_architecture, 0, (int)ARRAY_SIZE(stub_cases));
	tcase_add_test(t, stub_stays_within_its_bounds);
#ifdef __x86_64__
	tcase_add_loop_test(t, knows_the_foreign_architectures, 0, (int)ARRAY_SIZE(arch_cases));
	tcase_add_test(t, native_is_always_in);
	tcase_add_test(t, unknown_architecture_is_an_error);
#endif
	tcase_add_test(t, a_large_profile_is_right_and_short);
	tcase_add_test(t, the_kernel_takes_it);
	tcase_add_test(t, too_long_a_program_is_refused);
	tcase_add_loop_test(t, flags, 0, (int)ARRAY_SIZE(flag_cases));
	tcase_add_test(t, unknown_flag_is_an_error);
	tcase_add_test(t, cache_key_is_of_everything);
	suite_add_tcase(s, t);

	tcase_add_unchecked_fixture(c, make_dir, remove_dir);
	tcase_add_test(c, cache_gives_the_same_program);
	tcase_add_test(c, cache_distrusts_damage);
	tcase_add_test(c, cache_distrusts_what_others_can_write);
	tcase_add_test(c, cache_follows_no_links);
	tcase_add_test(c, cache_forgets_the_oldest);
	tcase_set_timeout(c, 60);
	suite_add_tcase(s, c);

	return run_suite(s);
}
