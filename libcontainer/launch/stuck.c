/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/stuck.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/parse.h"
#include "cgroup/cgroup.h"

#define LOOKS	     2 /* ticks without a change */
#define LOOKS_DEVICE 6

/* What follows "KEY:\t" in /proc/PID/status, or "". */
static const char *status_of(const struct str *status, const char *key)
{
	const char *at = strstr(str_text(status), key);

	return at ? at + strlen(key) : "";
}

static int read_status(pid_t pid, struct str *ret)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	return file_read_at(AT_FDCWD, path, 1 << 16, ret);
}

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

	return read_status(pid, &status) < 0 ? NULL : why(pid, *status_of(&status, "\nState:\t"));
}

const char *stuck_look(struct stuck *s, pid_t pid)
{
	auto_str status = STR_INIT;
	const char *number, *reason;
	uint64_t switches;
	char state;

	if (read_status(pid, &status) < 0)
		return NULL;
	number = status_of(&status, "\nvoluntary_ctxt_switches:\t");
	if (parse_u64n(number, strcspn(number, "\n"), 10, &switches) < 0)
		return NULL;
	state = *status_of(&status, "\nState:\t");
	reason = why(pid, state);
	s->looks = reason && (!s->looks || switches == s->switches) ? s->looks + 1 : 0;
	s->switches = switches;
	return s->looks >= (state == 'D' && !cgroup_froze(pid) ? LOOKS_DEVICE : LOOKS) ? reason : NULL;
}

int stuck_fail(pid_t pid, const char *why, struct error *err)
{
	return failf(err, EBUSY, "process %d does not go on: %s", (int)pid, why);
}
