/* SPDX-License-Identifier: Apache-2.0 */

/*
 * floor [-m BYTES] [-p COUNT] [-c] [-r DIR -s HOP] ROOTFS PROGRAM [ARG...]
 *
 * The lower bound for `run`: what the kernel must be asked for to bring a program into the container that the
 * config of `spec` describes, and nothing beside it. No config is read, no state is kept, no capability is
 * dropped and no failure explained. What a runtime takes longer than this is the price of being a runtime.
 *
 *   -m, -p  limit of memory, of processes (cgroup v1)
 *   -c      also show the cgroups below /sys/fs/cgroup, as the config asks. Off by default: a stricter bound.
 *   -r, -s  that, and what else no runtime can leave out, still without reading or explaining anything: every hierarchy
 *           there is, the device rules, the loopback device, capabilities, ids, session and keyring, the state below DIR
 *           with its lock, a child that says when it is ready, and a second execve, of a sealed copy of HOP (hop.c)
 *           (so that no container holds the pages of a runtime, nor can write to its file).
 *
 * Under cgroup v1 the child moves itself by writing 0 to `tasks`: a write to cgroup.procs from outside takes a
 * lock that all forks share and waits for a grace period, milliseconds. Under v2 the child is born inside.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOP       "/sys/fs/cgroup"
#define ROOM      128
#define SAFE      (MS_NOSUID | MS_NOEXEC | MS_NODEV)
#define N(array)  (sizeof(array) / sizeof((array)[0]))
#define DEVICE(major, minor) ((major) << 8 | (minor))

enum { MOUNT, DIRECTORY, NODE, LINK, HIDE_FILE, HIDE_TREE, READ_ONLY };

struct step {
	int what;
	const char *at, *from; /* file system type, link text     */
	unsigned long flags;   /* of mount(2), the device's number */
	const char *data;
};

/* clang-format off */
static const struct step steps[] = {
	{ MOUNT,     "proc",       "proc",   SAFE, NULL },
	{ MOUNT,     "dev",        "tmpfs",  MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k" },
	{ DIRECTORY, "dev/pts",    NULL,     0, NULL },
	{ MOUNT,     "dev/pts",    "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5" },
	{ DIRECTORY, "dev/shm",    NULL,     0, NULL },
	{ MOUNT,     "dev/shm",    "tmpfs",  SAFE, "mode=1777,size=65536k" },
	{ DIRECTORY, "dev/mqueue", NULL,     0, NULL },
	{ MOUNT,     "dev/mqueue", "mqueue", SAFE, NULL },
	{ MOUNT,     "sys",        "sysfs",  SAFE | MS_RDONLY, NULL },
	{ NODE,      "dev/null",    NULL, DEVICE(1, 3), NULL },
	{ NODE,      "dev/zero",    NULL, DEVICE(1, 5), NULL },
	{ NODE,      "dev/full",    NULL, DEVICE(1, 7), NULL },
	{ NODE,      "dev/random",  NULL, DEVICE(1, 8), NULL },
	{ NODE,      "dev/urandom", NULL, DEVICE(1, 9), NULL },
	{ NODE,      "dev/tty",     NULL, DEVICE(5, 0), NULL },
	{ LINK,      "dev/fd",      "/proc/self/fd",   0, NULL },
	{ LINK,      "dev/stdin",   "/proc/self/fd/0", 0, NULL },
	{ LINK,      "dev/stdout",  "/proc/self/fd/1", 0, NULL },
	{ LINK,      "dev/stderr",  "/proc/self/fd/2", 0, NULL },
	{ LINK,      "dev/ptmx",    "pts/ptmx",        0, NULL },
	{ HIDE_FILE, "proc/kcore",         NULL, 0, NULL },
	{ HIDE_FILE, "proc/keys",          NULL, 0, NULL },
	{ HIDE_FILE, "proc/latency_stats", NULL, 0, NULL },
	{ HIDE_FILE, "proc/timer_list",    NULL, 0, NULL },
	{ HIDE_TREE, "proc/acpi",          NULL, 0, NULL },
	{ HIDE_TREE, "proc/scsi",          NULL, 0, NULL },
	{ HIDE_TREE, "sys/firmware",       NULL, 0, NULL },
	{ READ_ONLY, "proc/bus",           NULL, 0, NULL },
	{ READ_ONLY, "proc/fs",            NULL, 0, NULL },
	{ READ_ONLY, "proc/irq",           NULL, 0, NULL },
	{ READ_ONLY, "proc/sys",           NULL, 0, NULL },
	{ READ_ONLY, "proc/sysrq-trigger", NULL, 0, NULL },
};

/* Those of -r last. */
static const char *const controllers[] = {
	"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids",
	"systemd", "perf_event", "net_cls", "net_prio", "hugetlb", "rdma", "misc",
};
#define N_USUAL 8

/* As the default config has them. */
static const char *const device_rules[] = {
	"c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm",
	"c 5:2 rwm", "c 136:* rwm", "c 10:200 rwm",
};
#define KEPT_CAPS (1ULL << CAP_KILL | 1ULL << CAP_NET_BIND_SERVICE | 1ULL << CAP_AUDIT_WRITE)
/* clang-format on */

struct group {
	char path[ROOM];
	const char *name;
	int fd; /* `tasks`, or the v2 directory */
};

static struct group groups[N(controllers)];
static size_t n_groups;
static int unified, show_cgroups;
static const char *memory, *pids, *state, *hop;
static int hop_fd = -1, state_fd = -1;

static void ask(long result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void set(const struct group *g, const char *file, const char *value)
{
	char path[2 * ROOM];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", g->path, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ask(fd, path);
	ask(write(fd, value, strlen(value)), path);
	close(fd);
}

static void limit(const struct group *g)
{
	if (strcmp(g->name, "cpuset") == 0) {
		set(g, "cpuset.cpus", "0");
		set(g, "cpuset.mems", "0");
	}
	if (memory && strcmp(g->name, "memory") == 0)
		set(g, "memory.limit_in_bytes", memory);
	if (pids && strcmp(g->name, "pids") == 0)
		set(g, "pids.max", pids);
}

/* False: this hierarchy is not mounted here. */
static int make_group(const char *name, const char *slash)
{
	struct group *g = &groups[n_groups];
	char tasks[2 * ROOM];

	g->name = name;
	snprintf(g->path, sizeof(g->path), TOP "%s%s/orlop-floor-%d", slash, name, (int)getpid());
	if (mkdir(g->path, 0755) < 0)
		return 0;
	n_groups++;
	if (!unified)
		limit(g);
	snprintf(tasks, sizeof(tasks), "%s%s", g->path, unified ? "" : "/tasks");
	g->fd = open(tasks, (unified ? O_PATH : O_WRONLY) | O_CLOEXEC);
	ask(g->fd, tasks);
	return 1;
}

static void make_groups(void)
{
	unified = access(TOP "/cgroup.procs", F_OK) == 0;
	if (unified)
		ask(make_group("", "") - 1, TOP);
	for (size_t i = 0; !unified && i < (state ? N(controllers) : N_USUAL); i++)
		(void)make_group(controllers[i], "/");
}

static void mount_groups(void)
{
	char at[ROOM];

	if (unified) {
		ask(mount("cgroup2", "sys/fs/cgroup", "cgroup2", SAFE | MS_RDONLY, NULL), "cgroup2");
		return;
	}
	ask(mount("tmpfs", "sys/fs/cgroup", "tmpfs", SAFE, "mode=755"), "cgroup");
	for (size_t i = 0; i < n_groups; i++) {
		snprintf(at, sizeof(at), "sys/fs/cgroup/%s", groups[i].name);
		ask(mkdir(at, 0755), at);
		ask(mount(groups[i].path, at, NULL, MS_BIND, NULL), at);
		ask(mount(NULL, at, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | SAFE, NULL), at);
	}
}

/* What is to be hidden or protected may be absent: then it needs neither. */
static void take(const struct step *s)
{
	switch (s->what) {
	case MOUNT:
		ask(mount(s->from, s->at, s->from, s->flags, s->data), s->at);
		break;
	case DIRECTORY:
		ask(mkdir(s->at, 0755), s->at);
		break;
	case NODE:
		ask(mknod(s->at, S_IFCHR | 0666, s->flags), s->at);
		break;
	case LINK:
		ask(symlink(s->from, s->at), s->at);
		break;
	case HIDE_FILE:
		(void)mount("/dev/null", s->at, NULL, MS_BIND, NULL);
		break;
	case HIDE_TREE:
		(void)mount("tmpfs", s->at, "tmpfs", MS_RDONLY, NULL);
		break;
	case READ_ONLY:
		if (mount(s->at, s->at, NULL, MS_BIND | MS_REC, NULL) == 0)
			ask(mount(NULL, s->at, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | SAFE, NULL), s->at);
		break;
	}
}

static void enter(const char *root)
{
	ask(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "propagation");
	ask(mount(root, root, NULL, MS_BIND | MS_REC, NULL), root);
	ask(chdir(root), root);
	for (size_t i = 0; i < N(steps); i++)
		take(&steps[i]);
	if (show_cgroups)
		mount_groups();
	ask(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	ask(umount2(".", MNT_DETACH), "the old root");
	ask(chdir("/"), "/");
}

/* ---- -r ---- */

static void copy_file(const char *from, int to)
{
	char text[1 << 15];
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	ask(n, from);
	ask(write(to, text, (size_t)n), "copy");
	close(fd);
}

static void keep_file(const char *name, const char *from)
{
	int fd = openat(state_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	ask(fd, name);
	copy_file(from, fd);
	close(fd);
}

static void begin_state(void)
{
	char path[2 * ROOM];

	snprintf(path, sizeof(path), "%s/floor-%d", state, (int)getpid());
	ask(mkdir(path, 0711), path);
	state_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ask(state_fd, path);
	ask(flock(state_fd, LOCK_EX | LOCK_NB), "lock");
	keep_file("config.json", "/proc/self/maps"); /* some 2 KiB */
	keep_file("cgroup", "/proc/self/cgroup");
	hop_fd = memfd_create("hop", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ask(hop_fd, "memfd");
	copy_file(hop, hop_fd);
	ask(fcntl(hop_fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), "seal");
}

static void record(void)
{
	char link[ROOM];
	int fd = openat(state_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);

	ask(fd, "state");
	copy_file("/proc/self/stat", fd);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ask(linkat(AT_FDCWD, link, state_fd, "state.json", AT_SYMLINK_FOLLOW), "state.json");
	close(fd);
}

static void end_state(void)
{
	char path[2 * ROOM];

	ask(unlinkat(state_fd, "config.json", 0), "config.json");
	ask(unlinkat(state_fd, "cgroup", 0), "cgroup");
	ask(unlinkat(state_fd, "state.json", 0), "state.json");
	snprintf(path, sizeof(path), "%s/floor-%d", state, (int)getpid());
	ask(rmdir(path), path);
}

static void allow_devices(void)
{
	const struct group *g = NULL;
	char path[2 * ROOM];
	int fd;

	for (size_t i = 0; i < n_groups; i++)
		if (strcmp(groups[i].name, "devices") == 0)
			g = &groups[i];
	if (!g)
		return;
	set(g, "devices.deny", "a");
	snprintf(path, sizeof(path), "%s/devices.allow", g->path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ask(fd, path);
	for (size_t i = 0; i < N(device_rules); i++)
		ask(write(fd, device_rules[i], strlen(device_rules[i])), path);
	close(fd);
}

static void bring_up_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ask(fd, "socket");
	ask(ioctl(fd, SIOCSIFFLAGS, &lo), "lo");
	close(fd);
}

static void drop_rights(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { KEPT_CAPS, KEPT_CAPS, 0 } };

	(void)setsid();
	(void)syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, "_ses.floor");
	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!(KEPT_CAPS >> cap & 1))
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	ask(syscall(SYS_setgroups, 0, NULL), "setgroups");
	ask(setresgid(0, 0, 0), "setresgid");
	ask(setresuid(0, 0, 0), "setresuid");
	ask(syscall(SYS_capset, &head, data), "capset");
}

/* ---- the container ---- */

static void child(char **argv, int start)
{
	char *environment[] = { (char[]){ "PATH=/bin" }, NULL }, byte;

	for (size_t i = 0; !unified && i < n_groups; i++)
		ask(write(groups[i].fd, "0", 1), groups[i].path);
	if (state)
		bring_up_loopback();
	enter(argv[0]);
	ask(sethostname("floor", 5), "sethostname");
	if (state) {
		drop_rights();
		ask(write(start, "", 1), "ready");
	}
	ask(read(start, &byte, 1) - 1, "start");
	ask(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	if (state)
		ask(execveat(hop_fd, "", argv, environment, AT_EMPTY_PATH), "hop");
	ask(execve(argv[1], argv + 1, environment), argv[1]);
}

static pid_t clone_child(void)
{
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET,
		.exit_signal = SIGCHLD,
	};

	if (unified) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)groups[0].fd;
	}
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static int run(char **argv)
{
	int start[2], status;
	char byte;
	pid_t pid;

	if (state)
		begin_state();
	make_groups();
	ask(state ? socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, start) : pipe2(start, O_CLOEXEC), "pipe");
	pid = clone_child();
	ask(pid, "clone3");
	if (pid == 0)
		child(argv, start[0]);
	close(start[0]);
	if (state) {
		ask(read(start[1], &byte, 1) - 1, "ready");
		allow_devices();
		record();
	}
	ask(write(start[1], "", 1), "start");
	if (state)
		(void)!read(start[1], &byte, 1); /* its end says that the program runs */
	ask(waitpid(pid, &status, 0), "wait");
	for (size_t i = 0; i < n_groups; i++)
		while (rmdir(groups[i].path) < 0 && errno == EBUSY)
			;
	if (state)
		end_state();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "+m:p:cr:s:")) != -1)
		switch (option) {
		case 'm': memory = optarg; break;
		case 'p': pids = optarg; break;
		case 'c': show_cgroups = 1; break;
		case 'r': state = optarg, show_cgroups = 1; break;
		case 's': hop = optarg; break;
		default: return 2;
		}
	if (argc - optind < 2 || !state != !hop) {
		fprintf(stderr, "usage: floor [-m BYTES] [-p COUNT] [-c] [-r DIR -s HOP] ROOTFS PROGRAM [ARG...]\n");
		return 2;
	}
	return run(argv + optind);
}
