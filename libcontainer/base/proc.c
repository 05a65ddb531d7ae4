/* SPDX-License-Identifier: Apache-2.0 */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"

#define FLAG_EXITING 0x4U /* include/linux/sched.h */
/* Of the fields of stat between the flags, which are the 9th, and the start time, the 22nd. */
#define SKIP_TO_START_TIME " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"

static int read_proc(pid_t pid, const char *file, struct str *out)
{
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	r = file_read_piece_at(AT_FDCWD, path, 1 << 20, out);
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

int proc_stat(pid_t pid, struct proc_stat *ret)
{
	auto_str text = STR_INIT;
	long long ppid, pgrp, session, tty, tpgid;
	unsigned long long started;
	unsigned flags;
	const char *p;
	char state;
	int r = read_proc(pid, "stat", &text);

	if (r < 0)
		return r;
	/* The name before it may hold anything, also ") ". */
	p = strrchr(str_text(&text), ')');
	if (!p ||
	    sscanf(p + 1, " %c %lld %lld %lld %lld %lld %u" SKIP_TO_START_TIME " %llu", &state, &ppid, &pgrp,
		   &session, &tty, &tpgid, &flags, &started) != 8)
		return -EPROTO;
	*ret = (struct proc_stat){
		.state = state,
		.ppid = (pid_t)ppid,
		.pgrp = (pid_t)pgrp,
		.tty = tty,
		.tpgid = (pid_t)tpgid,
		.exiting = flags & FLAG_EXITING,
		.start_time = started,
		.exit_status = last_number(p),
	};
	return 0;
}

static void read_ids(const char *line, struct proc_signals *s)
{
	for (; s->depth < PROC_DEPTH_MAX; s->depth++) {
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

static void read_status_line(const char *line, struct proc_signals *s)
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

int proc_signals(pid_t pid, struct proc_signals *ret)
{
	auto_str text = STR_INIT;
	int r = read_proc(pid, "status", &text);

	if (r < 0)
		return r;
	*ret = (struct proc_signals){ 0 };
	for (const char *line = text.s; line && *line; line += *line == '\n') {
		read_status_line(line, ret);
		line += strcspn(line, "\n");
	}
	return ret->depth ? 0 : -EPROTO;
}

bool proc_awaits_signal(pid_t pid)
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

void proc_name(pid_t pid, char name[16])
{
	auto_str text = STR_INIT;

	name[0] = 0;
	if (read_proc(pid, "comm", &text) == 0)
		(void)snprintf(name, 16, "%.*s", (int)strcspn(str_text(&text), "\n"), text.s);
}

bool proc_is_exiting(pid_t pid)
{
	struct proc_stat s;

	return proc_stat(pid, &s) == 0 && s.exiting;
}

int proc_namespace(pid_t pid, const char *name, uint64_t *inode)
{
	char path[64];
	struct stat st;

	if (pid > 0)
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	else
		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	if (stat(path, &st) < 0)
		return -errno;
	*inode = st.st_ino;
	return 0;
}

bool proc_is_in_pid_namespace(pid_t pid, uint64_t inode)
{
	auto_(close_fd) int fd = -EBADF;
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	for (int depth = 0; fd >= 0 && depth < PROC_DEPTH_MAX && fstat(fd, &st) == 0; depth++) {
		int parent;

		if (st.st_ino == inode)
			return true;
		parent = ioctl(fd, NS_GET_PARENT);
		close_fd(fd);
		fd = parent;
	}
	return false;
}

int proc_status(pid_t pid, struct str *ret)
{
	return read_proc(pid, "status", ret);
}

const char *proc_status_value(const char *status, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = status; *line; line += *line == '\n') {
		if (strncmp(line, key, n) == 0 && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, "\t");
		line += strcspn(line, "\n");
	}
	return "";
}
