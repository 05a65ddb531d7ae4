/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/seccomp.h"

#include <linux/seccomp.h>

#include "base/str.h"
#include "spec/objects.h"
#include "spec/spec.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* clang-format off */
static const struct name action_names[] = {
	{ "SCMP_ACT_KILL",         SECCOMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD",  SECCOMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_TRAP",         SECCOMP_ACT_TRAP },
	{ "SCMP_ACT_ERRNO",        SECCOMP_ACT_ERRNO },
	{ "SCMP_ACT_TRACE",        SECCOMP_ACT_TRACE },
	{ "SCMP_ACT_ALLOW",        SECCOMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG",          SECCOMP_ACT_LOG },
	{ "SCMP_ACT_NOTIFY",       SECCOMP_ACT_NOTIFY },
};
const struct names names_seccomp_actions = NAMES(action_names);

static const struct name operator_names[] = {
	{ "SCMP_CMP_NE", SECCOMP_OP_NE }, { "SCMP_CMP_LT", SECCOMP_OP_LT },
	{ "SCMP_CMP_LE", SECCOMP_OP_LE }, { "SCMP_CMP_EQ", SECCOMP_OP_EQ },
	{ "SCMP_CMP_GE", SECCOMP_OP_GE }, { "SCMP_CMP_GT", SECCOMP_OP_GT },
	{ "SCMP_CMP_MASKED_EQ", SECCOMP_OP_MASKED_EQ },
};
const struct names names_seccomp_operators = NAMES(operator_names);

static const struct name arch_names[] = {
	{ "SCMP_ARCH_X86", 0 },          { "SCMP_ARCH_X86_64", 1 },   { "SCMP_ARCH_X32", 2 },
	{ "SCMP_ARCH_ARM", 3 },          { "SCMP_ARCH_AARCH64", 4 },  { "SCMP_ARCH_LOONGARCH64",
	  5 },
	{ "SCMP_ARCH_M68K", 6 },         { "SCMP_ARCH_MIPS", 7 },     { "SCMP_ARCH_MIPS64", 8 },
	{ "SCMP_ARCH_MIPS64N32", 9 },    { "SCMP_ARCH_MIPSEL", 10 },  { "SCMP_ARCH_MIPSEL64", 11 },
	{ "SCMP_ARCH_MIPSEL64N32", 12 }, { "SCMP_ARCH_PPC", 13 },     { "SCMP_ARCH_PPC64", 14 },
	{ "SCMP_ARCH_PPC64LE", 15 },     { "SCMP_ARCH_S390", 16 },    { "SCMP_ARCH_S390X", 17 },
	{ "SCMP_ARCH_SH", 18 },          { "SCMP_ARCH_SHEB", 19 },    { "SCMP_ARCH_PARISC", 20 },
	{ "SCMP_ARCH_PARISC64", 21 },    { "SCMP_ARCH_RISCV64", 22 },
};
const struct names names_seccomp_archs = NAMES(arch_names);

static const struct name flag_names[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC",              SECCOMP_FILTER_FLAG_TSYNC },
	{ "SECCOMP_FILTER_FLAG_LOG",                SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW",         SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
};
const struct names names_seccomp_flags = NAMES(flag_names);

#define OBJECT struct spec_seccomp_arg
static const struct field arg_fields[] = {
	VALUE("index", index, .since = "1.0",
	      .flags = FIELD_REQUIRED | FIELD_RANGED | FIELD_NARROWER,
	      RANGE(0, 5), .doc = "which argument of the system call"),
	VALUE("value", value, .since = "1.0", .flags = FIELD_REQUIRED, .doc = "to compare with"),
	VALUE("valueTwo", value_two, .since = "1.0",
	      .doc = "of SCMP_CMP_MASKED_EQ: after the mask 'value'"),
	ENUM("op", op, seccomp_operators, .since = "1.0", .flags = FIELD_REQUIRED,
	     .doc = "comparison"),
};
SCHEMA(seccomp_arg, arg_fields);
#undef OBJECT

#define OBJECT struct spec_syscall
static const struct field syscall_fields[] = {
	VALUE("names", names, .since = "1.0", .flags = FIELD_REQUIRED,
	      .doc = "system calls"),
	ENUM("action", action, seccomp_actions, .since = "1.0", .flags = FIELD_REQUIRED,
	     .doc = "what to do"),
	VALUE("errnoRet", errno_ret, .since = "1.1", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(0, UINT16_MAX), .doc = "of SCMP_ACT_ERRNO and SCMP_ACT_TRACE"),
	ARRAY("args", args, seccomp_arg, .since = "1.0",
	      .doc = "conditions, all must hold"),
};
/* clang-format on */

static int errno_check(const struct json *json, const char *member, enum spec_seccomp_action action,
		       const struct opt_u32 *value, struct error *err)
{
	if (!value->set || action == SECCOMP_ACT_TRACE)
		return 0;
	if (action != SECCOMP_ACT_ERRNO)
		failf(err, EINVAL,
		      "'%s' returns no errno, only 'SCMP_ACT_ERRNO' and 'SCMP_ACT_TRACE' do",
		      names_of(action_names, ARRAY_SIZE(action_names), action));
	else if (value->value > 4095)
		/* MAX_ERRNO: the kernel would return that one without a word. */
		failf(err, EINVAL, "expected an errno from 0 to 4095, found %u", value->value);
	else
		return 0;
	return spec_error(json, member, err);
}

static int syscall_check(void *object, struct error *err)
{
	const struct spec_syscall *s = object;

	/* The descriptor of the listener is sent by the filtered process itself. */
	for (size_t i = 0; s->action == SECCOMP_ACT_NOTIFY && i < s->names.n; i++) {
		if (!streq(s->names.v[i], "write"))
			continue;
		failf(err, EINVAL, "SCMP_ACT_NOTIFY cannot be used for the write syscall");
		return spec_error(s->json, "names", err);
	}
	return errno_check(s->json, "errnoRet", s->action, &s->errno_ret, err);
}

/* clang-format off */
SCHEMA(syscall, syscall_fields, .check = syscall_check);
#undef OBJECT

#define OBJECT struct spec_seccomp
static const struct field seccomp_fields[] = {
	ENUM("defaultAction", default_action, seccomp_actions, .since = "1.0",
	     .flags = FIELD_REQUIRED, .doc = "for system calls that no rule names"),
	VALUE("defaultErrnoRet", default_errno_ret, .since = "1.1",
	      .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(0, UINT16_MAX), .doc = "its errno; unset: EPERM"),
	VALUE("architectures", architectures, .since = "1.0", WORDS(seccomp_archs),
	      .doc = "architectures besides the native one"),
	VALUE("flags", flags, .since = "1.0.2", WORDS(seccomp_flags), HAS(has_flags),
	      .doc = "flags of seccomp(2)"),
	VALUE("listenerPath", listener_path, .since = "1.1",
	      .doc = "socket that gets the notify descriptor"),
	VALUE("listenerMetadata", listener_metadata, .since = "1.1",
	      .doc = "opaque text for that socket"),
	ARRAY("syscalls", syscalls, syscall, .since = "1.0", .doc = "rules"),
};
/* clang-format on */

static int seccomp_check(void *object, struct error *err)
{
	const struct spec_seccomp *s = object;

	if (s->listener_metadata && !s->listener_path) {
		failf(err, EINVAL, "'listenerMetadata' without 'listenerPath'");
		return spec_error(s->json, "listenerMetadata", err);
	}
	if (s->default_action == SECCOMP_ACT_NOTIFY) {
		failf(err, EINVAL, "SCMP_ACT_NOTIFY cannot be used as default action");
		return spec_error(s->json, "defaultAction", err);
	}
	foreach_list(call, &s->syscalls) {
		if (call->action != SECCOMP_ACT_NOTIFY || s->listener_path)
			continue;
		failf(err, EINVAL, "'SCMP_ACT_NOTIFY' needs 'listenerPath'");
		return spec_error(call->json, "action", err);
	}
	return errno_check(s->json, "defaultErrnoRet", s->default_action,
			   &s->default_errno_ret, err);
}

/* clang-format off */
SCHEMA(seccomp, seccomp_fields, .check = seccomp_check, .checks_parts = true);
#undef OBJECT
/* clang-format on */

bool spec_seccomp_notifies(const struct spec_seccomp *s)
{
	if (!s)
		return false;
	foreach_list(call, &s->syscalls)
		if (call->action == SECCOMP_ACT_NOTIFY)
			return true;
	return s->default_action == SECCOMP_ACT_NOTIFY;
}
