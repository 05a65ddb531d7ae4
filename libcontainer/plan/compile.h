/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The compiler: it makes the plan from the resolved config. The order of the passes in compile.c is the order of everything that
 * the child does; no other file decides it. The parent opens all host paths here, with its own rights. After that nothing is
 * looked up by a host path again. There is one exception: with a rootless caller some paths stay paths, and compile.c says
 * which.
 */

#include <sys/resource.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/cgroup.h"
#include "plan/builder.h"
#include "plan/sources.h"
#include "resolve/resolve.h"
#include "spec/spec.h"

/* A namespace that is joined before the clone, by setns(fd, flags). */
struct join {
	int fd;         /* owned */
	uint64_t flags; /* CLONE_NEW* */
	const struct json *origin;
};

#define JOINS_MAX 9

/* The program finds its end of NOTIFY_SOCKET here (host/notify.h). */
#define NOTIFY_MOUNT "/run/notify"
#define NOTIFY_INSIDE NOTIFY_MOUNT "/notify.sock"

/* In a root of tools, the container's root has this name. */
#define TOOLS_CONTAINER "container"

struct compile_input {
	const struct resolved *resolved;    /* the config; for `exec` made by resolve_existing() */
	const struct spec_process *process; /* NULL: no process is started                  */
	const char *id;
	int bundle;                /* O_PATH; relative paths begin here                     */
	spec_strings environment;  /* for createContainer hooks that have none of their own */
	const char *rootfs;        /* absolute; NULL with `exec`                            */
	struct cgroup *cgroup;
	const char *const *exec_cgroups; /* exec --cgroup                                   */
	size_t n_exec_cgroups;
	const char *keyring;       /* the name of a new session keyring; NULL: the process keeps the caller's */
	const char *cache_dir;     /* for compiled seccomp filters, or NULL                 */
	bool exec;                 /* the plan is for one more process in a running container */
	bool live;                 /* the plan only adds mounts to a running container      */
	bool rootless;             /* the caller is not root in its user namespace          */
	bool foreground;           /* START comes over the first socket, not over start.sock */
	bool no_pivot;
	bool init;                 /* orlop's own init is pid 1, and the program is its child */
	bool learns;               /* the filter asks the caller about every call, so the process is killed when the caller dies */
	size_t trees_max;          /* with so many descriptors sources are cloned without one (plan/sources.h); 0: there is no such limit */
	const struct rlimit *nofile; /* the caller's RLIMIT_NOFILE before we raised it; NULL: we did not */
	unsigned preserve_fds;
	unsigned listen_fds;       /* for LISTEN_FDS: so many of preserve_fds, from the first; 0: none */
	const char *notify;        /* host path of the directory for NOTIFY_MOUNT, or NULL  */
	/*
	 * Descriptors. "Taken" means that the plan owns them from then on, "borrowed" that the caller keeps them.
	 */
	int start_socket;          /* taken: it listens; -EBADF with foreground or exec     */
	int init_pidfd;            /* borrowed; exec and live                               */
	int program;               /* taken; exec: it is executed in place of a path; 0: there is none */
	int tools;                 /* taken; exec: the root of the process (launch/tools_tree.h); 0: it is the container's */
	int hook_state, start_hook_state; /* taken: memfds, the state for createContainer and startContainer hooks; -EBADF: no such hooks */
	int hook_output;           /* taken: a memfd for what these hooks print; -EBADF: there is none */
	bool time_namespace;       /* exec: init has a time namespace of its own, whatever the config says */
	bool no_cgroup_entry;      /* the caller moves the process into its cgroup after the fork */
	pid_t init_pid;            /* live: the number of init in our pid namespace         */
	uint64_t exec_namespaces;  /* exec: CLONE_NEW* of the namespaces to enter; 0: all   */
};

struct compiled {
	struct plan_builder *plan;
	uint64_t clone_flags;  /* the new namespaces                             */
	uint64_t unshare_flags; /* those of them that the child makes itself: they exist when its first record has come */
	struct join joins[JOINS_MAX]; /* a helper joins these before the clone, in this order */
	size_t n_joins;
	struct source *sources; /* trees that are cloned when the child's mount namespace exists: plan/sources.h */
	size_t n_sources;
	int mount_ns;          /* owned: the mount namespace that is joined by path; -EBADF: the child makes its own */
	int host_root;         /* owned: our root directory there, if late sources are of the host; else -EBADF */
	bool enters_itself;    /* no helper: the child joins `joins`, makes the new namespaces, and says ENTERED */
	bool forks_last;       /* the stage stays in the caller's pid namespace, and forks the process that the container sees */
	uint64_t root_mount;   /* the mount of the root, if that is in the host's mount namespace: fs/root_mount.h; else 0 */
	bool new_userns;       /* uid_map and gid_map must be written            */
	bool drop_groups;      /* the caller's groups go before the user namespace is joined, which may forbid it */
};

/*
 * Says before there is a plan with which flags the child of this container is cloned. False: the child cannot be cloned before the
 * plan, because it must join namespaces first or wait for its id mappings.
 */
bool plan_clone_flags(const struct resolved *resolved, uint64_t *flags);

void compiled_done(struct compiled *c);
/* Takes *fd. compiled_done() closes it together with the plan's own: descriptors with neighbouring numbers take one call. */
void compiled_take_fd(struct compiled *c, int *fd);
#define auto_compiled __attribute__((cleanup(compiled_done))) struct compiled

/* The namespace of this type (CLONE_NEW*) that the child joins: a borrowed descriptor, or -ENOENT. */
int compiled_joined(const struct compiled *c, uint64_t type);

int plan_compile(const struct compile_input *in, struct compiled *ret, struct error *err);
