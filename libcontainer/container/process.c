/* SPDX-License-Identifier: Apache-2.0 */
#include "container/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"

#define FLAG_EXITING     0x4U /* include/linux/sched.h */
#define REAP_PATIENCE_MS 1000 /* for the parent of a zombie that is not ours to look at */

/* linux/pidfd.h of Linux 6.15; the headers we are built with may be older. */
struct pidfd_exit_info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_status;
};
#define INFO_EXIT     (UINT64_C(1) << 3)
#define GET_EXIT_INFO _IOWR(0xff, 11, struct pidfd_exit_info)

/* ---- /proc ---- */

static int read_proc(pid_t pid, const char *file, struct str *out)
{
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	r = file_read_at(AT_FDCWD, path, 1 << 16, out);
	return r == -ENOENT ? -ESRCH : r;
}

/* The last number of the line. */
static int last_number(const char *line)
{
	const char *space = strrchr(line, ' ');
	uint64_t value = 0;

	if (!space || parse_u64n(space + 1, strcspn(space + 1, "\n"), 10, &value) < 0)
		return 0;
	return (int)value;
}

int process_stat(pid_t pid, struct process_stat *ret)
{
	auto_str text = STR_INIT;
	long long ppid, pgrp, session, tty, tpgid;
	unsigned flags;
	const char *p;
	char state;
	int r = read_proc(pid, "stat", &text);

	if (r < 0)
		return r;
	/* The name before it may hold anything, also ") ". */
	p = strrchr(str_text(&text), ')');
	if (!p ||
	    sscanf(p + 1, " %c %lld %lld %lld %lld %lld %u", &state, &ppid, &pgrp, &session, &tty,
		   &tpgid, &flags) != 7)
		return -EPROTO;
	*ret = (struct process_stat){
		.state = state,
		.ppid = (pid_t)ppid,
		.pgrp = (pid_t)pgrp,
		.tty = tty,
		.tpgid = (pid_t)tpgid,
		.exiting = flags & FLAG_EXITING,
		.exit_status = last_number(p),
	};
	return 0;
}

static void read_ids(const char *line, struct process_signals *s)
{
	for (; s->depth < PROCESS_DEPTH_MAX; s->depth++) {
		size_t n;
		uint64_t id;

		line += strspn(line, " \t");
		n = strspn(line, "0123456789");
		if (n == 0 || parse_u64n(line, n, 10, &id) < 0)
			return;
		s->ids[s->depth] = (pid_t)id;
		line += n;
	}
}

static void read_status_line(const char *line, struct process_signals *s)
{
	const struct {
		const char *key;
		uint64_t *to;
	} masks[] = { { "SigCgt:\t", &s->caught },
		      { "SigIgn:\t", &s->ignored },
		      { "SigBlk:\t", &s->blocked } };

	if (starts_with(line, "NSpid:"))
		read_ids(line + strlen("NSpid:"), s);
	foreach_array(m, masks)
		if (starts_with(line, m->key))
			(void)parse_u64n(line + strlen(m->key), 16, 16, m->to);
}

int process_signals(pid_t pid, struct process_signals *ret)
{
	auto_str text = STR_INIT;
	int r = read_proc(pid, "status", &text);

	if (r < 0)
		return r;
	*ret = (struct process_signals){ 0 };
	for (const char *line = text.s; line && *line; line += *line == '\n') {
		read_status_line(line, ret);
		line += strcspn(line, "\n");
	}
	return ret->depth ? 0 : -EPROTO;
}

bool process_awaits_signal(pid_t pid)
{
	/* Of our own architecture, and of 32-bit programs on x86_64. */
	static const long calls[] = { SYS_rt_sigtimedwait, 177, 421 };
	auto_str text = STR_INIT;
	uint64_t call;

	if (read_proc(pid, "syscall", &text) < 0 ||
	    parse_u64n(str_text(&text), strcspn(str_text(&text), " \n"), 10, &call) < 0)
		return false;
	foreach_array(c, calls)
		if ((uint64_t)*c == call)
			return true;
	return false;
}

void process_name(pid_t pid, char name[16])
{
	auto_str text = STR_INIT;

	name[0] = 0;
	if (read_proc(pid, "comm", &text) == 0)
		(void)snprintf(name, 16, "%.*s", (int)strcspn(str_text(&text), "\n"), text.s);
}

/* ---- the end ---- */

/* POLLIN: it has ended; POLLHUP, which is always told: it was reaped (Linux 6.9). 0 after the time. */
static int poll_pidfd(int pidfd, short wanted, int64_t ms)
{
	struct pollfd p = { .fd = pidfd, .events = wanted };
	int64_t until = ms < 0 ? 0 : clock_ms() + ms;
	int n;

	do {
		n = poll(&p, 1, (int)min_of(ms, (int64_t)INT_MAX));
		ms = ms < 0 ? -1 : until - clock_ms();
	} while ((n < 0 && errno == EINTR && (ms > 0 || until == 0)) || (n == 0 && ms > 0));
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n > 0 ? p.revents : 0;
}

/* Without the right to trace it a zombie's status reads 0: nothing that can be told from the truth. */
static bool may_look(pid_t pid)
{
	char path[64], text[8];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	return readlink(path, text, sizeof(text)) > 0;
}

/* The number may be another process's by now; poll says whether ours was reaped while we looked. */
static bool ask_zombie(pid_t pid, int pidfd, struct process_end *ret)
{
	struct process_stat s;

	if (!may_look(pid) || process_stat(pid, &s) < 0 || s.state != 'Z')
		return false;
	if (poll_pidfd(pidfd, 0, 0) > 0)
		return false;
	*ret = (struct process_end){ .known = true, .status = s.exit_status };
	return true;
}

static bool ask_pidfd(int pidfd, struct process_end *ret)
{
	struct pidfd_exit_info info = { .mask = INFO_EXIT };

	if (ioctl(pidfd, GET_EXIT_INFO, &info) < 0 || !(info.mask & INFO_EXIT))
		return false;
	*ret = (struct process_end){ .known = true, .rough = true, .status = info.exit_status };
	return true;
}

int process_end(pid_t pid, int pidfd, int64_t ms, struct process_end *ret)
{
	int events = poll_pidfd(pidfd, POLLIN, ms);

	if (events <= 0)
		return events;
	*ret = (struct process_end){ 0 };
	/* Neither: a zombie that we may not ask, or one that was reaped between the two questions. */
	if (!ask_zombie(pid, pidfd, ret) && !ask_pidfd(pidfd, ret) &&
	    poll_pidfd(pidfd, 0, REAP_PATIENCE_MS) > 0)
		(void)ask_pidfd(pidfd, ret);
	return 1;
}
