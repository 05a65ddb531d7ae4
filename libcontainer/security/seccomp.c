/* SPDX-License-Identifier: Apache-2.0 */
/* All of libseccomp we use: names to numbers, and rules to BPF. */
#include <ctype.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/macros.h"
#include "base/memfd.h"
#include "base/names.h"
#include "base/str.h"
#include "security/seccomp_internal.h"
#include "spec/seccomp.h"
#include "spec/spec.h"

#define ARGS_MAX 6
#define ARCH_PREFIX "SCMP_ARCH_"
/* More than any architecture has. */
#define SYSCALLS_MAX 1024

DEFINE_AUTO(scmp_filter_ctx, seccomp_release);

/* clang-format off */
static const struct {
	uint32_t action;
	bool takes_data; /* an errno, or the value a tracer sees */
} actions[] = {
	[SECCOMP_ACT_KILL_THREAD]  = { SCMP_ACT_KILL_THREAD,  false },
	[SECCOMP_ACT_KILL_PROCESS] = { SCMP_ACT_KILL_PROCESS, false },
	[SECCOMP_ACT_TRAP]         = { SCMP_ACT_TRAP,         false },
	[SECCOMP_ACT_ERRNO]        = { SCMP_ACT_ERRNO(0),     true },
	[SECCOMP_ACT_TRACE]        = { SCMP_ACT_TRACE(0),     true },
	[SECCOMP_ACT_ALLOW]        = { SCMP_ACT_ALLOW,        false },
	[SECCOMP_ACT_LOG]          = { SCMP_ACT_LOG,          false },
	[SECCOMP_ACT_NOTIFY]       = { SCMP_ACT_NOTIFY,       false },
};

static const enum scmp_compare operators[] = {
	[SECCOMP_OP_NE]        = SCMP_CMP_NE,
	[SECCOMP_OP_LT]        = SCMP_CMP_LT,
	[SECCOMP_OP_LE]        = SCMP_CMP_LE,
	[SECCOMP_OP_EQ]        = SCMP_CMP_EQ,
	[SECCOMP_OP_GE]        = SCMP_CMP_GE,
	[SECCOMP_OP_GT]        = SCMP_CMP_GT,
	[SECCOMP_OP_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
};
/* clang-format on */

static uint32_t action_of(enum spec_seccomp_action action, const struct opt_u32 *data)
{
	uint32_t value = data->set ? data->value : EPERM;

	return actions[action].action | (actions[action].takes_data ? value & 0xffff : 0);
}

const char *seccomp_call_name(int number, bool is_32, struct arena *a)
{
	uint32_t native = seccomp_arch_native(), arch = native;
	auto_(free_ptr) void *name = NULL;

	if (is_32 && native == SCMP_ARCH_X86_64)
		arch = SCMP_ARCH_X86;
	else if (is_32 && native == SCMP_ARCH_AARCH64)
		arch = SCMP_ARCH_ARM;
	name = seccomp_syscall_resolve_num_arch(arch, number);
	return name ? arena_strdup(a, name) : NULL;
}

/* ---- architectures and their calls ---- */

/* libseccomp's names are the spec's in lower case, without the prefix. 0: not known to it. */
static uint32_t arch_token(const char *name)
{
	char lower[24];
	size_t n;

	if (!starts_with(name, ARCH_PREFIX))
		return 0;
	name += strlen(ARCH_PREFIX);
	n = strlen(name);
	if (n >= sizeof(lower))
		return 0;
	for (size_t i = 0; i <= n; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	return seccomp_arch_resolve_name(lower);
}

/* x32 is x86_64 with another numbering: the kernel gives both the same architecture value. */
static uint32_t audit_of(uint32_t token)
{
	return token == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : token;
}

#define X32_BIT 0x40000000

/* clang-format off */
static const struct {
	uint32_t native, others[SECCOMP_ARCHS_HERE - 1]; /* 0: none */
} families[] = {
	{ SCMP_ARCH_X86_64,  { SCMP_ARCH_X86, SCMP_ARCH_X32 } },
	{ SCMP_ARCH_AARCH64, { SCMP_ARCH_ARM, 0 } },
};
/* clang-format on */

/* 0: no such place. */
static uint32_t arch_at(size_t place)
{
	if (place == 0)
		return seccomp_arch_native();
	foreach_array(f, families)
		if (f->native == seccomp_arch_native())
			return f->others[place - 1];
	return 0;
}

bool seccomp_call_number(size_t place, const char *name, uint32_t *audit, int *nr)
{
	uint32_t arch = arch_at(place);

	*nr = arch ? seccomp_syscall_resolve_name_arch(arch, name) : -1;
	*audit = audit_of(arch);
	return *nr >= 0;
}

/* The kernel gives x32 and x86_64 the same value: the number tells them apart. */
static uint32_t arch_of_call(uint32_t audit, int nr)
{
	return audit == SCMP_ARCH_X86_64 && nr >= 0 && (nr & X32_BIT) ? SCMP_ARCH_X32 : audit;
}

const char *seccomp_arch_word(uint32_t audit, int nr)
{
	uint32_t arch = arch_of_call(audit, nr);

	for (size_t i = 0; i < names_seccomp_archs.n; i++)
		if (arch_token(names_seccomp_archs.v[i].name) == arch)
			return names_seccomp_archs.v[i].name;
	return NULL;
}

char *seccomp_call_name_of(uint32_t audit, int nr)
{
	return seccomp_syscall_resolve_num_arch(arch_of_call(audit, nr), nr);
}

const char *seccomp_library_version(void)
{
	static char text[32];
	const struct scmp_version *v = seccomp_version();

	snprintf(text, sizeof(text), "%u.%u.%u", v->major, v->minor, v->micro);
	return text;
}

/* The library knows many; a filter takes those of this machine's byte order. */
bool seccomp_arch_supported(const char *name)
{
	uint32_t token = arch_token(name);
	scmp_filter_ctx filter = token ? seccomp_init(SCMP_ACT_ALLOW) : NULL;
	int r = filter ? seccomp_arch_add(filter, token) : -EINVAL;

	if (filter)
		seccomp_release(filter);
	return r == 0 || r == -EEXIST;
}

bool seccomp_syscall_known(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

bool seccomp_syscall_near(const char *name, char *buf, size_t size)
{
	unsigned best = strlen(name) > 5 ? 3 : 2;

	buf[0] = 0;
	for (int nr = 0; nr < SYSCALLS_MAX; nr++) {
		auto_(free_ptr) void *other = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
		unsigned distance = other ? name_distance(other, name) : best;

		if (distance >= best)
			continue;
		best = distance;
		snprintf(buf, size, "%s", (const char *)other);
	}
	return buf[0];
}

uint32_t seccomp_native_arch(void)
{
	return seccomp_arch_native();
}

static int add_archs(scmp_filter_ctx ctx, const struct spec_seccomp *s, struct error *err)
{
	foreach_list(name, &s->architectures) {
		uint32_t token = arch_token(*name);
		int r = token ? seccomp_arch_add(ctx, token) : -EINVAL;

		if (r == 0 || r == -EEXIST)
			continue;
		if (!token)
			(void)failf(err, EINVAL,
				    "seccomp architecture '%s' is not known to libseccomp %s",
				    *name, seccomp_library_version());
		else
			(void)codef(err, r, "seccomp architecture '%s'", *name);
		(void)spec_error(s->json, "architectures", err);
		return r;
	}
	return 0;
}

static bool repeats_an_index(const struct spec_syscall *call)
{
	unsigned seen = 0;

	foreach_list(arg, &call->args) {
		if (seen & 1U << arg->index)
			return true;
		seen |= 1U << arg->index;
	}
	return false;
}

static struct scmp_arg_cmp condition(const struct spec_seccomp_arg *arg)
{
	return (struct scmp_arg_cmp){ .arg = arg->index,
				      .op = operators[arg->op],
				      .datum_a = arg->value,
				      .datum_b = arg->value_two };
}

/*
 * libseccomp takes one condition an argument in a rule. More of them are alternatives, as in runc.
 */
static int add_alternatives(scmp_filter_ctx ctx, uint32_t action, int nr,
			    const struct spec_syscall *call)
{
	foreach_list(arg, &call->args) {
		struct scmp_arg_cmp c = condition(arg);
		int r = seccomp_rule_add_array(ctx, action, nr, 1, &c);

		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

static int add_rule(scmp_filter_ctx ctx, uint32_t action, int nr, const struct spec_syscall *call)
{
	struct scmp_arg_cmp c[ARGS_MAX];
	unsigned n = 0;
	int r;

	if (repeats_an_index(call))
		return add_alternatives(ctx, action, nr, call);
	foreach_list(arg, &call->args)
		c[n++] = condition(arg);
	r = seccomp_rule_add_array(ctx, action, nr, n, c);
	return r == -EEXIST ? 0 : r;
}

static int add_call(scmp_filter_ctx ctx, const struct spec_seccomp *s,
		    const struct spec_syscall *call, struct str *missed, struct error *err)
{
	uint32_t action = action_of(call->action, &call->errno_ret);

	/* libseccomp refuses rules that say what the default says. */
	if (action == action_of(s->default_action, &s->default_errno_ret))
		return 0;
	foreach_list(name, &call->names) {
		/* cppcheck-suppress AssignmentAddressToInteger ; it takes the call for a declaration */
		int nr = seccomp_syscall_resolve_name(*name), r;

		if (nr == __NR_SCMP_ERROR) {
			/* What is not known cannot be called: only a prohibition is missed. */
			if (call->action != SECCOMP_ACT_ALLOW &&
			    s->default_action == SECCOMP_ACT_ALLOW)
				str_printf(missed, "%s'%s'", missed->n ? ", " : "", *name);
			else
				log_debug("seccomp: unknown syscall '%s' ignored", *name);
			continue;
		}
		r = add_rule(ctx, action, nr, call);
		if (r < 0) {
			(void)codef(err, r, "seccomp rule for syscall '%s'", *name);
			(void)spec_error(call->json, NULL, err);
			return r;
		}
	}
	return 0;
}

static int add_calls(scmp_filter_ctx ctx, const struct spec_seccomp *s, struct error *err)
{
	auto_str missed = STR_INIT;

	foreach_list(call, &s->syscalls) {
		int r = add_call(ctx, s, call, &missed, err);

		if (r < 0)
			return r;
	}
	if (missed.n)
		log_warn("seccomp: libseccomp %s does not know, and so the filter does not deny: %s",
			 seccomp_library_version(), str_text(&missed));
	return 0;
}

#if SCMP_VER_MAJOR > 2 || (SCMP_VER_MAJOR == 2 && SCMP_VER_MINOR >= 6)

static int export(scmp_filter_ctx ctx, struct bpf *ret, struct error *err)
{
	auto_(free_ptr) void *text = NULL;
	size_t size = 0;
	int r;

	r = seccomp_export_bpf_mem(ctx, NULL, &size);
	if (r < 0)
		return codef(err, r, "seccomp: generate the program");
	text = malloc(size);
	if (!text)
		return sysf(err, "seccomp: program of %zu bytes", size);
	r = seccomp_export_bpf_mem(ctx, text, &size);
	if (r < 0)
		return codef(err, r, "seccomp: generate the program");
	ret->v = take_ptr(text);
	ret->n = size / sizeof(struct sock_filter);
	return 0;
}

#else

/* Before 2.6 the library writes to files only. */
static int export(scmp_filter_ctx ctx, struct bpf *ret, struct error *err)
{
	auto_(close_fd) int fd = memfd_new("seccomp");
	auto_(free_ptr) void *text = NULL;
	struct stat st;
	int r;

	if (fd < 0)
		return sysf(err, "seccomp: memfd");
	r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return codef(err, r, "seccomp: generate the program");
	if (fstat(fd, &st) < 0)
		return sysf(err, "seccomp: stat the program");
	text = malloc((size_t)st.st_size);
	if (!text)
		return sysf(err, "seccomp: program of %jd bytes", (intmax_t)st.st_size);
	if (pread(fd, text, (size_t)st.st_size, 0) != st.st_size)
		return failf(err, EIO, "seccomp: short read of the program");
	ret->v = take_ptr(text);
	ret->n = (size_t)st.st_size / sizeof(struct sock_filter);
	return 0;
}

#endif

int seccomp_build(const struct spec_seccomp *s, struct bpf *ret, struct error *err)
{
	auto_(seccomp_release) scmp_filter_ctx ctx =
		seccomp_init(action_of(s->default_action, &s->default_errno_ret));
	int r;

	if (!ctx)
		return failf(err, EINVAL,
			     "seccomp: libseccomp %s takes no such default action here",
			     seccomp_library_version());
	/* A binary search by number: the default is a walk over all rules. Since 2.5. */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	r = add_archs(ctx, s, err);
	if (r == 0)
		r = add_calls(ctx, s, err);
	return r < 0 ? r : export(ctx, ret, err);
}

/* ---- the highest system call named ---- */

static uint32_t highest_of(const struct spec_seccomp *s, uint32_t token)
{
	int highest = -1;

	foreach_list(call, &s->syscalls)
		foreach_list(name, &call->names) {
			/* Negative: not of this architecture, or unknown. */
			int nr = seccomp_syscall_resolve_name_arch(token, *name);

			if (nr > highest)
				highest = nr;
		}
	return highest < 0 ? SECCOMP_NO_LIMIT : (uint32_t)highest;
}

static struct seccomp_highest *row_of(struct seccomp_highest *rows, size_t *n, uint32_t audit)
{
	for (size_t i = 0; i < *n; i++)
		if (rows[i].audit == audit)
			return &rows[i];
	if (*n == SECCOMP_ARCHS_MAX)
		return NULL;
	rows[*n] = (struct seccomp_highest){ audit, SECCOMP_NO_LIMIT, SECCOMP_NO_LIMIT };
	return &rows[(*n)++];
}

static void add_highest(const struct spec_seccomp *s, uint32_t token, struct seccomp_highest *rows,
			size_t *n)
{
	struct seccomp_highest *row = row_of(rows, n, audit_of(token));

	if (row && token == SCMP_ARCH_X32)
		row->x32 = highest_of(s, token);
	else if (row)
		row->nr = highest_of(s, token);
}

size_t seccomp_highest(const struct spec_seccomp *s, struct seccomp_highest ret[SECCOMP_ARCHS_MAX])
{
	uint32_t native = seccomp_arch_native();
	size_t n = 0;

	/* Profiles that do not list it mean it all the same: it is in every filter. */
	add_highest(s, native, ret, &n);
	foreach_list(name, &s->architectures) {
		uint32_t token = arch_token(*name);

		if (token && token != native)
			add_highest(s, token, ret, &n);
	}
	return n;
}
