/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel's seccomp(2) can do, found out by asking it. */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/macros.h"
#include "security/seccomp_internal.h"
#include "spec/seccomp.h"
#include "spec/spec.h"

static const unsigned spec_allow = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
static const unsigned wait_killable = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

/* The flags are looked at before the filter, and no filter can lie at NULL: EFAULT is a yes. */
bool seccomp_flag_supported(unsigned flag)
{
	if (flag & wait_killable)
		flag |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, NULL) < 0 && errno == EFAULT;
}

bool seccomp_action_supported(enum spec_seccomp_action action)
{
	static const uint32_t newer[] = {
		[SECCOMP_ACT_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
		[SECCOMP_ACT_LOG] = SECCOMP_RET_LOG,
		[SECCOMP_ACT_NOTIFY] = SECCOMP_RET_USER_NOTIF,
	};

	if ((size_t)action >= ARRAY_SIZE(newer) || !newer[action])
		return true;
	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &newer[action]) == 0;
}

static int check_action(enum spec_seccomp_action action, unsigned *checked, const struct json *json,
			const char *member, struct error *err)
{
	if (*checked & 1U << action)
		return 0;
	*checked |= 1U << action;
	if (seccomp_action_supported(action))
		return 0;
	(void)failf(err, EOPNOTSUPP, "seccomp action '%s' is not supported by this kernel",
		    names_of(names_seccomp_actions.v, names_seccomp_actions.n, action));
	(void)spec_error(json, member, err);
	return -EOPNOTSUPP;
}

int seccomp_check_actions(const struct spec_seccomp *s, struct error *err)
{
	unsigned checked = 0;
	int r = check_action(s->default_action, &checked, s->json, "defaultAction", err);

	foreach_list(call, &s->syscalls)
		if (r == 0)
			r = check_action(call->action, &checked, call->json, "action", err);
	return r;
}

static int unsupported(const struct spec_seccomp *s, const char *name, struct error *err)
{
	(void)failf(err, EOPNOTSUPP, "seccomp flag '%s' is not supported by this kernel", name);
	(void)spec_error(s->json, "flags", err);
	return -EOPNOTSUPP;
}

static int named_flags(const struct spec_seccomp *s, unsigned *ret, struct error *err)
{
	foreach_list(name, &s->flags) {
		const struct name *row =
			names_find(names_seccomp_flags.v, names_seccomp_flags.n, *name);

		if (!row || !seccomp_flag_supported((unsigned)row->value))
			return unsupported(s, *name, err);
		*ret |= (unsigned)row->value;
	}
	return 0;
}

int seccomp_flags(const struct spec_seccomp *s, bool notify, unsigned *ret, struct error *err)
{
	unsigned flags = 0;
	int r;

	if (!s->has_flags && seccomp_flag_supported(spec_allow))
		flags = spec_allow;
	r = named_flags(s, &flags, err);
	if (r < 0)
		return r;
	/* It says how a listener waits: without one the kernel takes the flag for a mistake. */
	if (!notify && (flags & wait_killable)) {
		log_debug("seccomp: WAIT_KILLABLE_RECV has no effect without SCMP_ACT_NOTIFY");
		flags &= ~wait_killable;
	}
	/* A call that returns a listener cannot also return the thread that would not follow. */
	if (notify && (flags & SECCOMP_FILTER_FLAG_TSYNC))
		flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	*ret = flags;
	return 0;
}
