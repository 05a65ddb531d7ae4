/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The interpreter's state and its instructions. Each returns 0 or a negative errno. */

#include <linux/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nsexec/plan.h"
#include "nsexec/sync.h"

/* Bytes that all copies of a container may take together. */
struct copy_budget {
	bool bounded;
	uint64_t left;
};

struct stage {
	const struct plan *plan;
	int sync;            /* the socket to the runtime                        */
	enum sync_step last; /* the step taken last                              */
	uint32_t at;         /* the op being executed; UINT32_MAX: none          */
	uint32_t detail;     /* for SYNC_FAILED: a hook's wait status            */
	int root;            /* O_PATH of the container's root                   */
	int mount, target, dir;
	int fs;              /* a filesystem being configured                    */
	int mask_dir, mask_file; /* the mounts that hide directories and files       */
	struct {
		int fd;      /* verified, or -1                                  */
		uint32_t at; /* where it is, as the plan's op says               */
	} kernel_fs[2];      /* procfs and sysfs: the two used last              */
	uint32_t umask;      /* the caller's, then the program's; ours is 0      */
	int placed;          /* the highest number that FD_PLACE has given, or 0 */
	bool target_made;
	bool cwd_done;
	struct copy_budget copy;
	uint32_t program;    /* index of plan->paths that FIND_EXEC chose        */
	int first_fd;        /* the fd table: numbers in a row, as they were received */
	uint32_t n_fds;
	char home[sizeof("HOME=") + 255];
	char listen_pid[sizeof("LISTEN_PID=") + 11];
};

/* No register holds a descriptor. */
static inline void stage_forget(struct stage *s)
{
	s->mount = s->target = s->dir = s->fs = s->mask_dir = s->mask_file = -1;
	s->kernel_fs[0].fd = s->kernel_fs[1].fd = -1;
}

/* stage.c */
void stage_run(struct stage *s) __attribute__((noreturn));
void stage_die(int status) __attribute__((noreturn));
static inline int stage_fd(const struct stage *s, const struct plan_op *op)
{
	return op->fd < 0 ? -1 : s->first_fd + op->fd;
}
static inline const char *stage_s1(const struct stage *s, const struct plan_op *op)
{
	return plan_string(s->plan, op->s1);
}
static inline const char *stage_s2(const struct stage *s, const struct plan_op *op)
{
	return plan_string(s->plan, op->s2);
}
/* The list as a NULL-terminated array of pointers, made in place. */
char **stage_list(const struct stage *s, struct plan_span span);

/* record.c: records; fd -1: none. Receiving: END of file is -EPIPE. */
long record_send(struct stage *s, enum sync_step step, int32_t num, int fd);
long record_receive(struct stage *s, enum sync_step step);
/* With one descriptor, which is returned. */
long record_receive_fd(struct stage *s, enum sync_step step);
long record_receive_table(struct stage *s);

/* path.c */
long path_open(int root, const char *path, uint64_t flags);
/* -ELOOP when a component is a symlink. */
long path_open_plain(int root, const char *path, uint64_t flags);
/*
 * O_PATH of `path` inside root; with create, missing directories are made 0755 and the last component is
 * made as a directory of `mode` or, with file, as an empty file. *made tells that it was.
 */
long path_make(int root, const char *path, bool file, bool create, uint32_t mode, bool *made);
/* The same with create, and without symlinks. */
long path_make_plain(int root, const char *path, bool file, uint32_t mode, bool *made);

/* text.c */
size_t text_len(const char *s);
bool text_same(const char *a, const char *b);
void text_copy(char *to, size_t room, const char *from);
/* Octal digits of v. */
void text_octal(char *to, uint32_t v);
/* Its digits; v >= 0. */
void text_decimal(char to[12], long v);

/* Closes all descriptors from this one on, also where a filter forbids close_range(2). */
long close_from(int first);
/* The same of those from `first` to `last`. */
long close_between(uint32_t first, uint32_t last);

/* copy.c: -ENOMEM when it takes more than what is left. */
long copy_tree(int from, int to, struct copy_budget *b);

/* A device as mknod(2) takes it. -EINVAL: more bits than that has, which it would cut to another device. */
static inline long device_number(uint32_t major, uint32_t minor)
{
	if (major > PLAN_MAJOR_MAX || minor > PLAN_MINOR_MAX)
		return -EINVAL;
	return (minor & 0xff) | (long)(major << 8) | (long)((minor & ~0xffU) << 12);
}

#define OP(name, uses, doc) long op_##name(struct stage *s, const struct plan_op *op);
#include "nsexec/ops.def"
#undef OP
