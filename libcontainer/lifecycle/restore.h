/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A container being restored: a creation whose child CRIU makes. Of a pod each member is one. */

#include "base/clock.h"
#include "lifecycle/checkpoint.h"
#include "lifecycle/creation.h"
#include "lifecycle/external.h"

struct restoration {
	const struct restore_options *o;
	struct creation c;
	bool pod; /* one of several */
	struct checkpoint_dirs dirs;
	struct manifest manifest, *m; /* m: NULL when the images are not ours */
	struct streams streams;
	struct external_fds fds;
	struct str request;
	struct criu *criu;
	unsigned version;
	char *from; /* the image folder, in the document's arena */
	char restored[CLOCK_TEXT_SIZE];
};

struct restoration restoration_of(const struct runtime *rt, const struct restore_options *o);
/* Nothing is made but the state directory: what the images and the config say is checked. */
int restoration_prepare(struct restoration *r, struct error *err);
/* Until the restored processes run. */
int restoration_run(struct restoration *r, struct error *err);
/* Takes all back, unless r->c is kept. */
void restoration_done(struct restoration *r);
