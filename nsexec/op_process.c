/* SPDX-License-Identifier: Apache-2.0 */

/* What the program's process is: session, ids, capabilities, priorities, directory, descriptors. */

#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <linux/stat.h>

#include "nsexec/stage.h"
#include "nsexec/sys.h"

#define SIG_SETMASK 2
#define PASSWD_LINE 512
#define PASSWD_MAX (4U << 20)

long op_SETSID(struct stage *s, const struct plan_op *op)
{
	long r = sys(setsid);

	(void)s;
	(void)op;
	return r < 0 && r != -EPERM ? r : 0; /* EPERM: we lead a group already */
}

long op_PDEATHSIG(struct stage *s, const struct plan_op *op)
{
	(void)s;
	return sys(prctl, PR_SET_PDEATHSIG, op->x, 0, 0, 0);
}

long op_DUMPABLE(struct stage *s, const struct plan_op *op)
{
	(void)s;
	return sys(prctl, PR_SET_DUMPABLE, op->x, 0, 0, 0);
}

/*
 * A keyring of the container's own (keyctl(2)). Its user may search it, which an exec needs to join it by its name, and
 * nothing else: another container of the same user must neither see the name in /proc/keys nor link to the keyring.
 */
long op_KEYRING(struct stage *s, const struct plan_op *op)
{
	const uint32_t possessor_all = 0x3f000000, user_search = 0x080000;
	long id = sys(keyctl, KEYCTL_JOIN_SESSION_KEYRING, stage_s1(s, op));

	/* No keyrings in this kernel, or forbidden by an outer filter: then none are shared either. */
	if (id == -ENOSYS || id == -EPERM)
		return 0;
	if (id < 0)
		return id;
	return sys(keyctl, KEYCTL_SETPERM, id, possessor_all | user_search);
}

/* A directory above our root would read as "(unreachable)" (CVE-2024-21626). */
static long inside_root(void)
{
	char path[4096];
	long n = sys(getcwd, path, sizeof(path));

	if (n < 0)
		return n;
	return path[0] == '/' ? 0 : -EXDEV;
}

long op_CHDIR(struct stage *s, const struct plan_op *op)
{
	const char *path = stage_s1(s, op);
	bool made;
	long r;

	if (s->cwd_done)
		return 0;
	r = sys(chdir, path);
	if (r == -ENOENT && (op->flags & OP_CREATE)) {
		long fd = path_make(AT_FDCWD, path, false, true, 0755, &made);

		r = fd < 0 ? fd : sys(fchdir, fd);
		if (fd >= 0)
			sys(close, fd);
	}
	if (r == -EACCES && (op->flags & OP_RETRY))
		return 0;
	if (r == 0)
		r = inside_root();
	s->cwd_done = r == 0;
	return r;
}

long op_BOUNDING(struct stage *s, const struct plan_op *op)
{
	(void)s;
	for (unsigned cap = 0; cap < 64; cap++) {
		long r = op->x >> cap & 1 ? 0 : sys(prctl, PR_CAPBSET_DROP, cap, 0, 0, 0);

		if (r == -EINVAL) /* beyond the kernel's last one */
			return 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * A user namespace that is joined may have given the right up for good (user_namespaces(7)). The runtime's own groups
 * were left before it was joined (launch/spawn.c).
 */
long op_GROUPS(struct stage *s, const struct plan_op *op)
{
	long r = sys(setgroups, op->l1.n, plan_u32s(s->plan, op->l1));

	return r == -EPERM && (op->flags & OP_OPTIONAL) ? 0 : r;
}

long op_IDS(struct stage *s, const struct plan_op *op)
{
	/* From root to root they stay by themselves. */
	long r = op->x ? sys(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0) : 0;

	(void)s;
	if (r == 0)
		r = sys(setresgid, op->y, op->y, op->y);
	if (r == 0)
		r = sys(setresuid, op->x, op->x, op->x);
	return r;
}

long op_CAPS(struct stage *s, const struct plan_op *op)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)op->x, (uint32_t)op->y, (uint32_t)op->z },
		{ (uint32_t)(op->x >> 32), (uint32_t)(op->y >> 32), (uint32_t)(op->z >> 32) },
	};

	(void)s;
	return sys(capset, &head, data);
}

long op_AMBIENT(struct stage *s, const struct plan_op *op)
{
	(void)s;
	for (unsigned cap = 0; cap < 64; cap++) {
		long r;

		if (!(op->x >> cap & 1))
			continue;
		r = sys(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
		if (r < 0)
			return r;
	}
	return 0;
}

long op_UMASK(struct stage *s, const struct plan_op *op)
{
	s->umask = (uint32_t)op->x;
	(void)sys(umask, s->umask);
	return 0;
}

long op_NO_NEW_PRIVS(struct stage *s, const struct plan_op *op)
{
	(void)s;
	(void)op;
	return sys(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

long op_PERSONALITY(struct stage *s, const struct plan_op *op)
{
	long r = sys(personality, op->x);

	(void)s;
	return r < 0 ? r : 0;
}

long op_MEMORY_POLICY(struct stage *s, const struct plan_op *op)
{
	const uint32_t *nodes = plan_u32s(s->plan, op->l1);

	/* The kernel reads one bit less than it is told. */
	return sys(set_mempolicy, op->x, op->l1.n ? nodes : NULL,
		   op->l1.n ? (uint64_t)op->l1.n * 32 + 1 : 0);
}

long op_AFFINITY(struct stage *s, const struct plan_op *op)
{
	return sys(sched_setaffinity, 0, (uint64_t)op->l1.n * 4, plan_u32s(s->plan, op->l1));
}

long op_SIGNALS(struct stage *s, const struct plan_op *op)
{
	(void)s;
	return sys(rt_sigprocmask, SIG_SETMASK, &op->x, 0, sizeof(op->x));
}

long op_RLIMIT(struct stage *s, const struct plan_op *op)
{
	uint64_t limit[2] = { op->y, op->z };

	(void)s;
	return sys(prlimit64, 0, op->x, limit, 0);
}

/* What is placed begins where the socket is. */
long op_SYNC_MOVE(struct stage *s, const struct plan_op *op)
{
	long fd = sys(fcntl, s->sync, F_DUPFD_CLOEXEC, op->x);

	if (fd < 0)
		return fd;
	sys(close, s->sync);
	s->sync = (int)fd;
	return 0;
}

long op_FD_PLACE(struct stage *s, const struct plan_op *op)
{
	long r;

	if ((int)op->x == s->sync)
		return -EBADF;
	if (op->fd < 0)
		return close_between((uint32_t)op->x, (uint32_t)op->x);
	r = sys(dup3, stage_fd(s, op), op->x, op->y);
	if (r > s->placed)
		s->placed = (int)r;
	return r < 0 ? r : 0;
}

/* ---- the environment: what is known only here ---- */

static void add_variable(struct stage *s, const char *text)
{
	uint64_t *slot = (uint64_t *)((char *)(uintptr_t)s->plan + s->plan->envp.at) + s->plan->envp.n;

	/* The last stays zero: it ends the list. */
	for (int i = 0; i < PLAN_LIST_SPARE - 1; i++, slot++)
		if (!*slot || *slot == (uintptr_t)text) {
			*slot = (uintptr_t)text;
			return;
		}
}

/* sd_listen_fds(3) compares it with the program's own. */
long op_LISTEN_PID(struct stage *s, const struct plan_op *op)
{
	static const char name[] = "LISTEN_PID=";
	long pid = sys(getpid);

	text_copy(s->listen_pid, sizeof(s->listen_pid), name);
	text_decimal(s->listen_pid + sizeof(name) - 1, pid > 0 ? pid : (int)op->x);
	add_variable(s, s->listen_pid);
	return 0;
}

/* Is the line "name:password:uid:gid:gecos:home:shell" that of uid? Then its home, in place. */
static const char *home_of(char *line, uint64_t uid)
{
	char *field[7] = { line };
	unsigned n = 1;
	uint64_t value = 0;

	for (char *p = line; *p && n < 7; p++)
		if (*p == ':') {
			*p = 0;
			field[n++] = p + 1;
		}
	if (n < 6 || !field[2][0])
		return NULL;
	for (const char *p = field[2]; *p; p++) {
		if (*p < '0' || *p > '9' || value > UINT32_MAX)
			return NULL;
		value = value * 10 + (uint64_t)(*p - '0');
	}
	if (n == 6)
		for (char *p = field[5]; *p; p++)
			if (*p == ':')
				*p = 0;
	return value == uid && field[5][0] == '/' ? field[5] : NULL;
}

static bool is_regular(int fd)
{
	struct statx st;

	return sys(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 &&
	       (st.stx_mode & S_IFMT) == S_IFREG;
}

/* len: as far as it has room. */
static const char *line_home(char line[PASSWD_LINE], size_t len, uint64_t uid)
{
	if (len >= PASSWD_LINE)
		return NULL;
	line[len] = 0;
	return home_of(line, uid);
}

/* Reads by blocks, PASSWD_MAX at most; a line longer than the buffer is passed over. */
static bool find_home(int fd, uint64_t uid, char *home, size_t room)
{
	char line[PASSWD_LINE], block[PASSWD_LINE];
	size_t len = 0, total = 0;
	const char *found;
	long n;

	while (total < PASSWD_MAX && (n = sys(read, fd, block, sizeof(block))) > 0) {
		total += (size_t)n;
		for (long i = 0; i < n; i++) {
			if (block[i] != '\n') {
				if (len < sizeof(line))
					line[len++] = block[i];
				continue;
			}
			found = line_home(line, len, uid);
			len = 0;
			if (found) {
				text_copy(home, room, found);
				return true;
			}
		}
	}
	/* The last line may lack its end. */
	found = line_home(line, len, uid);
	if (found)
		text_copy(home, room, found);
	return found != NULL;
}

/* The root is not where we are: a look-up "in the root" begins, and stays, at the descriptor. */
static long open_passwd(void)
{
	long fd, root = sys(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return root;
	fd = path_open((int)root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY);
	sys(close, root);
	return fd;
}

/* After the pivot: the container's own passwd. */
long op_HOME(struct stage *s, const struct plan_op *op)
{
	const size_t prefix = sizeof("HOME=") - 1;
	long fd = open_passwd();

	text_copy(s->home, sizeof(s->home), "HOME=/");
	if (fd >= 0) {
		/* The image's: a link to /dev/zero would have no end. */
		if (is_regular((int)fd))
			(void)find_home((int)fd, op->x, s->home + prefix, sizeof(s->home) - prefix);
		sys(close, fd);
	}
	add_variable(s, s->home);
	return 0;
}
