/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From the spec to the plan. The order of everything the child does is the order of the passes in
 * compile.c, and only there. All host paths are opened here, by the parent, with the parent's rights;
 * afterwards nothing is looked up by a host path again (rootless falls back to paths, compile.c says
 * where).
 */

#include <sys/resource.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/cgroup.h"
#include "plan/builder.h"
#include "plan/sources.h"
#include "resolve/resolve.h"
#include "spec/spec.h"

/* A namespace to be joined before the clone: setns(fd, flags). */
struct join {
	int fd;         /* owned */
	uint64_t flags; /* CLONE_NEW* */
	const struct json *origin;
};

#define JOINS_MAX 9

/* Where the program finds its end of NOTIFY_SOCKET (host/notify.h). */
#define NOTIFY_MOUNT "/run/notify"
#define NOTIFY_INSIDE NOTIFY_MOUNT "/notify.sock"

/* Where a root of tools has the container's root. */
#define TOOLS_CONTAINER "container"

struct compile_input {
	const struct resolved *resolved;    /* the config; with `exec`, resolve_existing()  */
	const struct spec_process *process; /* NULL: none to start                          */
	const char *id;
	int bundle;                /* O_PATH, for relative paths                            */
	spec_strings environment;  /* of createContainer hooks that have none               */
	const char *rootfs;        /* absolute; NULL with `exec`                            */
	struct cgroup *cgroup;
	const char *const *exec_cgroups; /* exec --cgroup                                   */
	size_t n_exec_cgroups;
	const char *keyring;       /* name of its session keyring; NULL: it stays in the caller's */
	const char *cache_dir;     /* of compiled seccomp filters, or NULL                  */
	bool exec;                 /* a further process in a running container              */
	bool live;                 /* only the mounts, for a container that runs            */
	bool rootless;             /* the caller is not root of its user namespace          */
	bool foreground;           /* START comes over the first socket                     */
	bool no_pivot;
	bool init;                 /* an init of ours is pid 1, the program its child       */
	bool learns;               /* the filter asks about every call: its listener is the caller's, who must not die before */
	const struct rlimit *nofile; /* what the caller's RLIMIT_NOFILE was, if we have raised it; or NULL */
	unsigned preserve_fds;
	unsigned listen_fds;       /* the first of them, for LISTEN_FDS; 0: none            */
	const char *notify;        /* host path of the directory for NOTIFY_MOUNT, or NULL  */
	int start_socket;          /* listening; taken; -EBADF with foreground or exec      */
	int init_pidfd;            /* exec, live: borrowed                                  */
	bool time_namespace;       /* exec: init is in one of its own, whatever the config says */
	bool no_cgroup_entry;      /* the caller moves it there when it is forked           */
	int program;               /* exec: to be executed in place of a path; taken; 0: none */
	int tools;                 /* exec: the root of the process (launch/tools_tree.h); taken; 0: the container's */
	pid_t init_pid;            /* live: its number here                                 */
	uint64_t exec_namespaces;  /* exec: CLONE_NEW* of those that are entered; 0: all    */
	/* memfds with the state for createContainer and startContainer hooks; taken; -EBADF: no such hooks */
	int hook_state, start_hook_state;
	int hook_output;           /* a memfd for what they say; taken; -EBADF              */
};

struct compiled {
	struct plan_builder *plan;
	uint64_t clone_flags;  /* new namespaces for clone3                      */
	uint64_t unshare_flags; /* of these, what the child makes itself then: not there before its first record */
	struct join joins[JOINS_MAX]; /* done by a helper before the clone, in this order */
	size_t n_joins;
	struct source *sources; /* to be cloned when the child's mount namespace is there: plan/sources.h */
	size_t n_sources;
	int mount_ns;          /* owned: the one that is joined by path; -EBADF: the child makes its own */
	bool enters_itself;        /* the child joins `joins` and makes new namespaces itself, and says ENTERED */
	bool forks_last;           /* the stage is executed in the caller's pid namespace, and forks that child */
	uint64_t root_mount;   /* of a root in the host's mount namespace, or 0: fs/root_mount.h */
	bool new_userns;       /* uid_map and gid_map want to be written         */
	bool drop_groups;      /* before the user namespace is joined: it may forbid that */
};

/*
 * What the child of such a container is cloned with, before there is a plan; false when it must join namespaces first
 * or wait for its id mappings.
 */
bool plan_clone_flags(const struct resolved *resolved, uint64_t *flags);

void compiled_done(struct compiled *c);
/* Takes *fd, to be closed by compiled_done() with the plan's own: neighbours by one call. */
void compiled_take_fd(struct compiled *c, int *fd);
#define auto_compiled __attribute__((cleanup(compiled_done))) struct compiled

/* The namespace of that type (CLONE_NEW*) which the child joins: a borrowed descriptor, or -ENOENT. */
int compiled_joined(const struct compiled *c, uint64_t type);

int plan_compile(const struct compile_input *in, struct compiled *ret, struct error *err);
