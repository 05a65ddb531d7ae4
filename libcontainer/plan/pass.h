/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the passes share. Each turns one part of the spec into ops; none depends on another's insides. */

#include <linux/sched.h>

#include "nsexec/sync.h"

#include "plan/compile.h"
#include "security/caps.h"
#include "security/seccomp.h"

struct compile {
	const struct compile_input *in;
	const struct spec *spec;
	const struct resolved *resolved;
	const struct spec_process *process;
	struct compiled *out;
	struct plan_builder *b;
	struct arena *arena;   /* scratch                                        */
	bool own_cgroup_namespace; /* new, or joined and not the host's          */
	bool mounts_are_locked; /* the mount namespace belongs to another user namespace than ours */
	uint64_t owned;        /* CLONE_NEW* of namespaces new or joined by path */
	const char *dir;       /* what the stage's `dir` is, while nothing may cover it, or NULL */
	int proc;              /* index of the verified procfs in the fd table, or -1 */
	int *preserved;        /* --preserve-fds: index in the fd table of number 3, 4, ...; -1: closed there */
	unsigned n_preserved;
	int program;           /* index in the fd table of what is executed in place of a path, or -1 */
	bool enters_itself;    /* then it joins and makes all namespaces before it has a plan: one of users is among them */
	bool pids_come_late;   /* the pid namespace is joined after hooks of the container  */
	bool forks_last;       /* the stage forks the program's process: FORK            */
	int joined_pids;       /* index in the fd table of the pid namespace that procfs is to show, or -1: our own */
	bool after_fork;       /* what is added now is its part                            */
	bool filter_loaded, filter_early; /* compiled; to be loaded before the fork         */
	struct seccomp_program filter;
	struct caps_plan caps; /* of the program                                           */
	const struct resolved_mount **sealed; /* read-only when all mounts and devices are there */
	size_t n_sealed;
};

typedef int pass_fn(struct compile *c, struct error *err);

pass_fn pass_namespaces, pass_joined_pids, pass_exec_namespaces, pass_cgroup, pass_root, pass_mounts, pass_devices,
	pass_console, pass_create_hooks, pass_masks, pass_seal_mounts, pass_enter_root, pass_system, pass_process_early,
	pass_memory_policy, pass_process, pass_created, pass_fork, pass_program, pass_start_hooks, pass_exec;

/* c->filter, once. */
int compile_filter(struct compile *c, struct error *err);
/* Where a user namespace is joined: GROUPS, before it. */
void compile_drop_groups(struct compile *c);
/* pass_live.c: mounts of a container that runs (compile_input.live). */
pass_fn pass_live_namespaces, pass_live_end;
/* pass_tools.c: another root for the process of an exec (compile_input.tools). */
pass_fn pass_tools;
/* Whether its options name files of the host: then it is made by the runtime, not by the stage. */
bool live_needs_host(const struct compile *c, const struct resolved_mount *m);
int live_host_filesystem(struct compile *c, const struct resolved_mount *m, struct error *err);

/* The first of the fd table, after the plan: see plan_check.c. */
int compile_take_preserved(struct compile *c, struct error *err);
/* Adds the descriptor of a verified procfs once; returns the index, or a negative errno. */
int compile_proc(struct compile *c, struct error *err);
/* The stage's `dir` becomes this one inside the root, if it is not already. path: alive as long as the compile. */
void compile_dir(struct compile *c, const char *path);
/* What comes before the last name of an absolute path, in the arena; NULL when memory is short. */
char *compile_parent(const struct compile *c, const char *path);
/* The working directory, as the runtime: who can make it (not exec). Where root may not look: later, as the user. */
void compile_cwd(struct compile *c);
/* PROC_WRITE of a path below /proc. */
int compile_proc_write(struct compile *c, const char *path, const char *text, struct error *err);
static inline bool has_namespace(const struct compile *c, uint64_t flag)
{
	return (c->owned & flag) != 0;
}
