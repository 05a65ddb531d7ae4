/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What checkpoint, restore and pods share. */

#include "container/handle.h"
#include "launch/criu.h"

struct pod_guard;

#define CRIU_LEAST       31100

/* checkpoint.json in the state directory: how the last one ended, for those who watch. */
#define CHECKPOINT_FILE "checkpoint.json"
struct checkpoint_record {
	bool success;
	const char *operation, *path, *error; /* NULL: not told; of the arena that was given */
};
/*
 * After its name came to be. One that is gone again was of a success: only that deletes the container. False: it cannot
 * be understood.
 */
bool checkpoint_record_read(int dir, struct arena *a, struct checkpoint_record *ret);

/* The folders of one dump or restore. */
struct checkpoint_dirs {
	int images, work; /* work: the same number when none was asked for */
	const char *log;  /* the name of CRIU's log in work */
};
#define CHECKPOINT_DIRS_INIT { .images = -EBADF, .work = -EBADF }
/* make: the image folder is made, 0700, if it is missing. */
int checkpoint_dirs_open(const struct checkpoint_common *o, bool make, struct checkpoint_dirs *ret,
			 struct error *err);
void checkpoint_dirs_close(struct checkpoint_dirs *d);
#define auto_checkpoint_dirs __attribute__((cleanup(checkpoint_dirs_close))) struct checkpoint_dirs

/* The fields that both requests have. */
int checkpoint_request(const struct checkpoint_common *o, const struct checkpoint_dirs *d,
		       const char *criu_config, struct str *request, struct error *err);
/* CRIU has said no, or has gone: what its log says goes into the message. type: "DUMP". Returns a negative errno. */
int checkpoint_failed(struct criu *criu, const struct checkpoint_dirs *d, const char *type,
		      const struct criu_result *result, struct error *err);

/* Nobody's failure when it cannot be kept. r < 0: `e` says why. */
void checkpoint_record(struct container *c, const struct checkpoint_options *o, int r, const struct error *e);

/* A program in the container; its end must be good, and in time. `phase`: save, restore or resume. NULL argv: nothing. */
int checkpoint_exec(struct container *c, const char *argv, const char *phase, int64_t timeout_ns,
		    struct error *err);

/* Who is dumped together: the names of all, and who looks after them if we are killed (NULL: they are not frozen by us). */
struct dump_group {
	const char *const *names;
	size_t n;
	const struct pod_guard *guard;
};
/* A dump of a container that the caller has locked, and whose state it has looked at. */
int checkpoint_dump(struct container *c, const struct checkpoint_options *o, const struct dump_group *group,
		    struct error *err);
/* After a dump with success that is not to leave it running. */
int checkpoint_destroy(struct container *c, struct error *err);
