/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files container*.c share. */

#include "base/arena.h"
#include "cgroup/cgroup.h"
#include "container.h"
#include "spec/spec.h"
#include "store/state_file.h"

enum container_status {
	STATUS_CREATING,
	STATUS_CREATED,
	STATUS_RUNNING,
	STATUS_PAUSED,
	STATUS_STOPPED,
	STATUS_BROKEN,   /* of `list` only: what cannot be opened has no status */
	STATUS_LEFTOVER, /* of `list` only: what a create left that was killed  */
};

struct container {
	const struct runtime *rt;
	struct arena *arena; /* of `state`, and of this */
	int root, dir;       /* state root and <root>/<id> */
	int init;            /* a pidfd of init that a verb keeps to the end, or negative */
	struct state state;
	struct cgroup *cgroup;   /* opened when first needed: container_cgroup() */
	struct spec_doc *doc;    /* the config, when this process has created the container */
	bool incomplete;         /* no state.json (create goes on, or was killed): only state.id is set */
};

/* While init waits for `start`, which removes it. */
#define START_SOCKET "start.sock"
/* What the state says of itself; config.json may name any 1.x. */
#define STATE_OCI_VERSION "1.3.0"

/* Of nothing yet; NULL when memory is short. */
struct container *container_new(void);
/*
 * Without runtime and root: for a walk over many. `root` is borrowed for the call only. -EBADMSG: its state cannot be
 * read, and never will.
 */
int container_open(int root, const char *id, struct container **ret, struct error *err);
/* Locks out other verbs that change the container, and looks again at what they left. */
int container_lock(struct container *c, struct error *err);
/* The same, but one that another command is making is not waited for: that may be waiting for us (a hook). */
int container_lock_made(struct container *c, struct error *err);
/* Fails with ENOENT: it was deleted, or is what a killed create has left, and the message says so. */
int container_without_state(const struct container *c, struct error *err);
/* A pidfd of init, or -ESRCH without message. */
int container_init_pidfd(struct container *c, struct error *err);
/* 0 or 1, or a negative errno. A container without cgroup is never frozen. */
int container_frozen(struct container *c, struct error *err);
/* The members of the state for people and engines; owner NULL: left empty. */
void container_write_state(struct json_out *o, const struct state *s, enum container_status status,
			   const char *owner);

/* Strings are borrowed from spec. */
struct cgroup_options container_cgroup_options(const struct runtime *rt, const char *id,
					       const struct spec *spec, bool rootless);
/* Not root of the host: cgroups and devices may be out of reach. */
bool container_lacks_rights(const struct runtime *rt);

/* Borrowed from c. */
int container_cgroup(struct container *c, struct cgroup **ret, struct error *err);
/* The state as of now, by asking the kernel. */
int container_status(struct container *c, enum container_status *ret, struct error *err);
const char *container_status_name(enum container_status s);
/* The config as it was at create, from <root>/<id>/config.json; -ENOENT: it is gone. */
int container_config(struct container *c, struct spec_doc **ret, struct error *err);
/* The same by the descriptor of <root>/<id>. */
int container_read_config(int dir, struct spec_doc **ret, struct error *err);
/* The OCI state object, for hooks (pid as given: some hooks see the container's numbering) and sockets. */
int container_oci_state(const struct state *s, enum container_status status, pid_t pid, struct str *out);
