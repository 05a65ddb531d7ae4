/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/stuck.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/proc.h"
#include "cgroup/cgroup.h"

#define LOOKS	     2 /* ticks without a change */
#define LOOKS_DEVICE 6

static const char *why(pid_t pid, char state)
{
	if (cgroup_froze(pid))
		return "its cgroup, or one above it, is frozen";
	if (state == 'D')
		return "it is in uninterruptible sleep (D), waiting for a device, a file server or the kernel";
	if (state == 'T')
		return "a signal has stopped it (T)";
	return state == 't' ? "a debugger holds it (t)" : NULL;
}

const char *stuck_why(pid_t pid)
{
	auto_str status = STR_INIT;

	return proc_status(pid, &status) < 0 ? NULL : why(pid, *proc_status_value(str_text(&status), "State"));
}

const char *stuck_check(struct stuck *s, pid_t pid)
{
	auto_str status = STR_INIT;
	const char *number, *reason;
	uint64_t switches;
	char state;

	if (proc_status(pid, &status) < 0)
		return NULL;
	number = proc_status_value(str_text(&status), "voluntary_ctxt_switches");
	if (parse_u64n(number, strcspn(number, "\n"), 10, &switches) < 0)
		return NULL;
	state = *proc_status_value(str_text(&status), "State");
	reason = why(pid, state);
	s->looks = reason && (!s->looks || switches == s->switches) ? s->looks + 1 : 0;
	s->switches = switches;
	return s->looks >= (state == 'D' && !cgroup_froze(pid) ? LOOKS_DEVICE : LOOKS) ? reason : NULL;
}

int stuck_fail(pid_t pid, const char *why, struct error *err)
{
	return failf(err, EBUSY, "process %d does not go on: %s", (int)pid, why);
}
