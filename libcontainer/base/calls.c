/* SPDX-License-Identifier: Apache-2.0 */
#include "base/calls.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/sys.h"

#define ALL (~0UL)
#define UNTRIED -1 /* no errno: the child ended before it came there, or at it */

/* clang-format off */
/* With wrong flags, sizes and descriptors: who gets to them says EINVAL or EBADF, and changes nothing. */
static const struct row {
	const char *name;
	long number;
	unsigned major, minor; /* of the first Linux that has it         */
	bool needed;
	bool asks_first;       /* for rights over the mount namespace: EPERM says nothing without them */
	unsigned long args[5];
} rows[] = {
	{ "clone3",            SYS_clone3,            5, 3,  true,  false, { 0, 0 } },
	{ "openat2",           SYS_openat2,           5, 6,  true,  false, { ALL, 0, 0, 0 } },
	{ "open_tree",         SYS_open_tree,         5, 2,  true,  false, { ALL, 0, ALL } },
	{ "move_mount",        SYS_move_mount,        5, 2,  true,  true,  { ALL, 0, ALL, 0, ALL } },
	{ "fsopen",            SYS_fsopen,            5, 2,  true,  true,  { 0, ALL } },
	{ "fsconfig",          SYS_fsconfig,          5, 2,  true,  false, { ALL, ALL, 0, 0, 0 } },
	{ "fsmount",           SYS_fsmount,           5, 2,  true,  true,  { ALL, ALL, 0 } },
	{ "mount_setattr",     SYS_mount_setattr,     5, 12, true,  false, { ALL, 0, ALL, 0, 0 } },
	{ "pidfd_open",        SYS_pidfd_open,        5, 3,  true,  false, { 0, ALL } },
	{ "pidfd_send_signal", SYS_pidfd_send_signal, 5, 1,  true,  false, { ALL, 0, 0, ALL } },
	{ "close_range",       SYS_close_range,       5, 9,  false, false, { ALL, 0, 0 } },
	{ "faccessat2",        SYS_faccessat2,        5, 8,  false, false, { ALL, 0, 0, ALL } },
};
/* clang-format on */

/* Where a call would look for rights first, in namespaces of our own: as root of them we have those. */
static bool get_rights(void)
{
	return unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
}

static int try_call(const struct row *row)
{
	const unsigned long *a = row->args;

	return syscall(row->number, a[0], a[1], a[2], a[3], a[4]) < 0 ? errno : 0;
}

/* In a child: the filter may kill who calls. */
static void try_all(volatile int *answers, volatile bool *rights)
{
	*rights = get_rights();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		answers[i] = try_call(&rows[i]);
}

static bool is_older(const struct row *row)
{
	struct utsname u;
	uint64_t major, minor;
	const char *dot;
	size_t n;

	if (uname(&u) < 0)
		return false;
	n = strspn(u.release, "0123456789");
	dot = u.release + n;
	if (parse_u64n(u.release, n, 10, &major) < 0 || *dot != '.' ||
	    parse_u64n(dot + 1, strspn(dot + 1, "0123456789"), 10, &minor) < 0)
		return false;
	return major < row->major || (major == row->major && minor < row->minor);
}

static enum call_state state_of(const struct row *row, int answer, bool rights)
{
	if (answer == 0 || answer == EINVAL || answer == EBADF || answer == EFAULT)
		return CALL_WORKS;
	if (answer == EPERM && row->asks_first && !rights)
		return CALL_UNKNOWN;
	return answer == ENOSYS && is_older(row) ? CALL_MISSING : CALL_FORBIDDEN;
}

struct answers {
	volatile bool rights;
	volatile int v[ARRAY_SIZE(rows)];
};

static void judge(const struct answers *a, struct call *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ret[i] = (struct call){
			.name = rows[i].name,
			.needed = rows[i].needed,
			.state = a->v[i] == UNTRIED ? CALL_UNKNOWN : state_of(&rows[i], a->v[i], a->rights),
		};
}

/* The one at which it was killed is forbidden; of those behind it nothing is known. */
static void probe(struct answers *a)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		try_all(a->v, &a->rights);
		_exit(0);
	}
	/* Without a pidfd, which may be what is forbidden; and nothing there waits. */
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0 || status == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (a->v[i] == UNTRIED) {
			a->v[i] = EPERM;
			return;
		}
}

const struct call *calls_probe(size_t *n)
{
	static struct call calls[ARRAY_SIZE(rows)];
	static bool done;
	struct answers *a;

	*n = ARRAY_SIZE(rows);
	if (done)
		return calls;
	a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (a == MAP_FAILED) {
		*n = 0;
		return calls;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		a->v[i] = UNTRIED;
	probe(a);
	judge(a, calls);
	(void)munmap(a, sizeof(*a));
	done = true;
	return calls;
}

static size_t list(enum call_state state, struct str *out)
{
	size_t n, found = 0;
	const struct call *v = calls_probe(&n);

	for (size_t i = 0; i < n; i++)
		if (v[i].needed && v[i].state == state)
			str_printf(out, "%s%s", found++ ? ", " : "", v[i].name);
	return found;
}

void calls_refused(struct str *out)
{
	auto_str forbidden = STR_INIT, missing = STR_INIT;
	struct utsname u = { .release = "?" };

	if (list(CALL_FORBIDDEN, &forbidden))
		str_printf(out, "a seccomp filter around this process forbids %s", str_text(&forbidden));
	if (!list(CALL_MISSING, &missing))
		return;
	(void)uname(&u);
	str_printf(out, "%sthis kernel (%s) has no %s: Linux " CALLS_LEAST_KERNEL " is needed",
		   out->n ? "; " : "", u.release, str_text(&missing));
}
