/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * CRIU as a process of ours (`criu swrk`) and the conversation with it. The protobuf is spoken by orlop-criu, a helper
 * (src/criu): here messages are words. One struct criu serves any number of questions and then one dump or restore.
 *
 * Descriptors in a request are CRIU's own numbers, those below: it opens them by the /proc/PID/fd of who has made its
 * socket, and that is itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"
#include "cgroup/cgroup.h"

#define CRIU_IMAGES        4
#define CRIU_WORK          5
#define CRIU_INHERIT_FIRST 6
#define CRIU_INHERIT_MAX   16

struct criu;

struct criu_start {
	int images, work;      /* folders of ours                                                   */
	const char *root;      /* restore: the root directory, as a mount of CRIU's own; else NULL   */
	bool root_readonly;
	bool userns;           /* restore into a new user namespace                                  */
	struct cgroup *cgroup; /* where it runs, and with it what it restores; NULL: where we are    */
	const int *inherit;    /* these become 6, 7, ... in CRIU                                     */
	size_t n_inherit;
	bool keep_group;       /* stays in our process group: for what shares our terminal          */
};

struct criu_result {
	bool success;
	int num;         /* CRIU's errno, often 0 */
	pid_t pid;       /* restore: of init      */
	char text[1024]; /* CRIU's first complaint; a hint only, and there on success too */
};

/* ENOENT with a message what to install when criu or the helper is not there. */
int criu_open(const struct criu_start *start, struct criu **ret, struct error *err);
/* Ends the conversation: CRIU takes back what it has not finished. Waits for it. */
void criu_close(struct criu *c);
DEFINE_AUTO(struct criu *, criu_close);
pid_t criu_pid(const struct criu *c);

/* major * 10000 + minor * 100 + sublevel; refuses one that is older than `least`. */
int criu_version(struct criu *c, unsigned least, unsigned *ret, struct error *err);
/* What this kernel can do, as CRIU sees it. */
struct criu_features { bool mem_track, lazy_pages; };
int criu_features(struct criu *c, struct criu_features *ret, struct error *err);

/* Requests: TYPE, then fields of src/criu/rpc.proto. */
void criu_word(struct str *request, const char *word);
void criu_field(struct str *request, const char *name, const char *value);
void criu_number(struct str *request, const char *name, int64_t value);
/* Nothing when false. */
void criu_flag(struct str *request, const char *name, bool value);
void criu_pair(struct str *request, const char *name, const char *first, const char *second);
#define CRIU_DUMP     "DUMP"
#define CRIU_PRE_DUMP "SINGLE_PRE_DUMP"
#define CRIU_RESTORE  "RESTORE"
void criu_request(struct str *request, const char *type);

/*
 * Called for each notification, by its script's name; names that are not known are answered with 0. A failure makes the
 * whole operation fail, with its message. fd: what came with it, or -EBADF; borrowed.
 */
typedef int criu_notified(void *data, const char *script, pid_t pid, int fd, struct error *err);

/*
 * 0: CRIU has answered, look at ret->success. Else a notification has failed, or CRIU went away without an answer.
 */
int criu_run(struct criu *c, const struct str *request, criu_notified *notified, void *data,
	     struct criu_result *ret, struct error *err);

/* What CRIU has said before it had a log file: ": text" appended to *out, or nothing. */
void criu_said(struct criu *c, struct str *out);
