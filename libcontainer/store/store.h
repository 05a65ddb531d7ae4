/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The state root: <root>/<id>/ holds what outlives a command.
 *
 *   state.json   0600  versioned record, replaced atomically (store/state_file.h)
 *   config.json  0600  the config as it was at create: later edits of the bundle change nothing (G7)
 *   cgroup       0600  the caller's cgroups, when the container's are relative to them
 *   start.sock   0600  while created and not started: init accepts here (launch/)
 *   creating.json 0600 the state while hooks of `create` run, for those who ask from there
 *   exit.json    0600  how init ended, when somebody was there to see it (container/exit.c)
 *   checkpoint.json 0600  how the last checkpoint ended (lifecycle/checkpoint.c)
 *   mounts.json  0600  mounts that were added to the running container (control/mounts.c)
 *   outlives     0600  empty: it has processes outside of its pid namespace (lifecycle/others.c)
 *   notify/      0755  with NOTIFY_SOCKET: mounted in the container (host/notify.h)
 *   (directory)  0711, flock(2)ed by verbs that change the container; sticky: we have killed init (store_mark_killed())
 *
 * Default root: /run/orlop; $XDG_RUNTIME_DIR/orlop (01700) when not root, or in a user namespace whose
 * USER is not root. Files go in the order config.json, cgroup, state.json, the rest, then the directory: a
 * delete that is killed can be repeated; a directory without state.json is a create that was killed.
 *
 * What is read from here decides which process is killed, and which hooks run. So the root, the directories and the
 * files that are read must belong to the caller or to root: else another user could have put them there, or exchange them
 * later. A root where all may write, as /tmp, has directories that others have made before.
 */

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "runtime.h"

#define STORE_OUTLIVES "outlives"
#define STORE_RESTORES "restores" /* until the restored container is recorded */

/* -EINVAL "invalid container ID format" etc., as runc says it; letters, digits, '_' '+' '-' '.', not "." "..". */
int store_check_id(const char *id, struct error *err);

/*
 * Opens the root directory; makes it when `make`. Returns a descriptor. Refuses "/" (-EINVAL) and a directory of
 * another user (-EPERM). Without `make` a missing root is -ENOENT without message.
 */
int store_open_root(const struct runtime *rt, bool make, struct error *err);

/*
 * Reserves an id: makes <root>/<id> and locks it. Exactly one of two callers wins; the other gets -EEXIST
 * "container with given ID already exists". A directory left by a killed create (no state.json, nobody
 * holds its lock) is taken over, with its config.json. Returns the locked directory's descriptor.
 */
int store_reserve(int root, const char *id, struct error *err);

/*
 * That a SIGKILL of ours ended init. The mark is the sticky bit of the container's directory: one call, and no file that
 * delete would have to remove. Taken back with `killed` false.
 */
void store_mark_killed(int dir, bool killed);
bool store_is_marked_killed(int dir);

/* Where the containers of this caller are; in buf, which has room for PATH_MAX, or elsewhere. */
const char *store_root_path(const struct runtime *rt, char *buf, size_t size);
/* -ENOENT with the words that engines look for, the id, and where it was looked for. */
int store_absent(const char *root, const char *id, struct error *err);
/* Opens <root>/<id>; -ENOENT "container does not exist"; -EPERM: it belongs to another user. */
int store_open(int root, const char *id, struct error *err);
/*
 * Opens a file of a container for reading, at once whatever it is. -ENOENT without message: there is none; -EBADMSG
 * with one: a FIFO, a link, a file of another user.
 */
int store_open_file(int dir, const char *name, struct error *err);
/* Waits at most `seconds` for the lock; -EBUSY with a message naming the wait. The lock goes with dir. */
int store_lock(int dir, unsigned seconds, struct error *err);

/* For a handle that outlives the change, as that of a foreground `run`. */
void store_unlock(int dir);
/* 1 when someone holds the lock (also the caller), else 0; or a negative errno without message. */
int store_is_locked(int dir);

/* Removes <root>/<id> and the files in it that are ours. */
int store_remove(int root, const char *id, int dir, struct error *err);
/* The files alone that every container has. */
void store_remove_files(int dir);
/* What a create that failed could not take back stays on record, as that of a create that was killed. */
void store_abandon(int dir);
