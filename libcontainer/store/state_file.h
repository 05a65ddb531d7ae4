/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* state.json: what one command leaves for the next. */

#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/cgroup.h"
#include "spec/types.h"

#define STATE_VERSION 2

/*
 * A process across invocations. Since Linux 6.9 a pidfd has an inode number that no other process of
 * this boot has or had: whoever has the pid now either shows the same number or is someone else.
 * Before that, pid + start time (field 22 of /proc/PID/stat). A reused pid never matches. A record of
 * an earlier boot (a root that is not on tmpfs) matches nothing.
 */
struct identity {
	pid_t pid;
	uint64_t start_time;  /* clock ticks since boot; 0: not needed */
	uint64_t handle;      /* pidfs inode number; 0: none           */
};

/* Fills *ret for a live process of ours, whose pidfd this is. */
int identity_of(pid_t pid, int pidfd, struct identity *ret, struct error *err);
/* A pidfd of exactly that process, or -ESRCH without message when it is gone (also: a zombie). */
int identity_open(const struct identity *id);
/* The same, also of a process that has ended and was not reaped yet. */
int identity_open_zombie(const struct identity *id);

struct state {
	const char *id, *oci_version, *bundle, *rootfs; /* absolute paths             */
	const char *created;     /* RFC 3339 with nanoseconds, UTC                    */
	struct identity init;
	spec_pairs annotations;
	spec_pairs shared;       /* namespaces of other containers that it joined: type, id */
	uid_t owner;             /* who created it                                    */
	bool own_pid_namespace;  /* init's end ends all: else kill and delete sweep   */
	bool has_process;        /* false: created without `process`; start fails     */
	bool rootless;
	bool no_poststop;        /* the config has no poststop hook: delete need not read it */
	const char *keyring;     /* name of its session keyring; NULL: it is in that of its caller */
	const char *resctrl_group, *resctrl_monitor; /* made, to be removed by delete; NULL: none */
	uint64_t user_namespace; /* its inode number; 0: that of who made the container, and who runs exec */
	uint64_t root_mount;     /* of a root in the host's mount namespace; 0: fs/root_mount.h */
	const char *restored, *restored_from; /* when, and the images' folder; NULL: it was not restored  */
	bool time_namespace;     /* CRIU has made one although the config has none             */
	const struct json *cgroup; /* of a loaded state: for cgroup_load()            */
};

int state_write(int dir, const struct state *s, const struct cgroup *cg, struct error *err);
/*
 * Strings and nodes lie in `a`. A missing file (create is under way, or was killed) is -ENOENT without message. A file
 * that is no state of a container `id`, or of an unknown version, is -EBADMSG with one.
 */
int state_read(int dir, const char *id, struct arena *a, struct state *ret, struct error *err);
/*
 * While hooks of `create` run there is no state.json yet, as there is no container; they may ask for its state all the
 * same. It is for reading aloud only. What cannot be read is a negative errno.
 */
int state_write_creating(int dir, const struct state *s, const struct cgroup *cg, struct error *err);
int state_read_creating(int dir, const char *id, struct arena *a, struct state *ret);
void state_end_creating(int dir);
/* The same from memory, of any id; what is no state is any code. */
int state_parse(struct arena *a, const char *text, size_t size, struct state *ret,
		struct error *err);
