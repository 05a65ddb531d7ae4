/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A container being made. Everything made on the way belongs to it; unless it is `kept`, creation_done()
 * takes all back (spec G4): so there is no roll-back code anywhere.
 */

#include <sys/resource.h>

#include "base/clock.h"
#include "container/handle.h"
#include "launch/handshake.h"
#include "host/net_devices.h"
#include "host/resctrl.h"
#include "launch/spawn.h"
#include "resolve/resolve.h"

#define CREATION_JOINS_MAX 8

struct creation {
	const struct runtime *rt;
	const struct create_options *o;
	bool run, rootless;
	unsigned preserve_fds, listen_fds;
	struct rlimit nofile;     /* the caller's, if `nofile_raised`           */
	bool nofile_raised;
	size_t trees_max;         /* descriptors of mounts that the limit has room for; 0: of all */
	int root, dir, bundle;    /* <root>, <root>/<id>, the bundle            */
	char *bundle_path, *rootfs; /* both in the document's arena             */
	struct str places;        /* /proc/self/cgroup, in the document's arena  */
	struct spec_doc *doc;
	const struct spec *spec;
	const struct resolved *resolved; /* in the document's arena             */
	struct cgroup_options cgroup_options;
	struct cgroup *cgroup;
	bool cgroup_made, limited; /* limited: by its limits, or some of them   */
	struct compiled compiled;
	struct child child;
	struct handshake handshake;
	struct net_devices *net_devices;
	struct resctrl resctrl;
	struct resctrl_made resctrl_made;
	struct resctrl_paths resctrl_paths;
	struct state state;
	char created[CLOCK_TEXT_SIZE];
	int create_state, start_state; /* memfds for hooks inside; owned by the plan */
	int hook_output;               /* the same, for what they say                */
	int console, notify;
	int joined[CREATION_JOINS_MAX]; /* pidfds of the inits whose namespaces are joined */
	size_t n_joined;
	spec_pairs shared;        /* type of namespace, and the container whose it is; in the document's arena */
	bool hooks_ran, pid_file, kept;
};

/* lifecycle/create.c: of nothing yet; its end; the container outlives us; the handle on it, from what is at hand. */
struct creation creation_of(const struct runtime *rt, const struct create_options *o, bool run);
void creation_done(struct creation *c);
void creation_keep(struct creation *c);
int creation_hand_over(struct creation *c, struct container **ret, struct container_process *process,
		       struct error *err);
/* lifecycle/creation_prepare.c: the bundle, the id, where the cgroup is to be. */
int creation_prepare(struct creation *c, struct error *err);
/* lifecycle/creation_plan.c: c->compiled. */
int creation_compile(struct creation *c, struct error *err);
/* lifecycle/creation_child.c: the cgroup, the child up to CREATED, its limits, and what is recorded of it. */
int creation_bring_up(struct creation *c, struct error *err);
/* Of its steps, those that a restore takes as well: c->child is its init, or what will be. */
int creation_make_cgroup(struct creation *c, struct error *err);
int creation_enter_resctrl(struct creation *c, struct error *err);
int creation_record(struct creation *c, struct error *err);
