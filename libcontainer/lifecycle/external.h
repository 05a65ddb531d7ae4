/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What of a container lies outside of it, and is no part of a checkpoint: bind mounts, namespaces by path, the other ends
 * of its standard streams. The dump gives each a name, the restore says what the name stands for now. Names are those
 * of runc where it has one, so images of either restore by the other; but what a name stands for comes from
 * config.json and from the caller, never from the image.
 */

#include "cgroup/cgroup.h"
#include "lifecycle/manifest.h"
#include "resolve/resolve.h"

/* Descriptors that CRIU is started with. The first `n` of fds are owned. */
struct external_fds {
	int fds[16];
	size_t n;
};
void external_fds_done(struct external_fds *f);
#define auto_external_fds __attribute__((cleanup(external_fds_done))) struct external_fds

/* For a dump: adds to the request, and to `m` what only the manifest can tell later. Arena of m. */
int external_dump_namespaces(pid_t init, const struct resolved *config, struct str *request, struct error *err);
int external_dump_mounts(pid_t init, const struct resolved *config, struct manifest *m, struct str *request,
			struct error *err);
int external_dump_files(struct cgroup *cg, pid_t init, struct manifest *m, struct str *request,
		       struct error *err);

/* For a restore. m: without images of others; then names are those that its dump had used. */
struct external_restore {
	const struct spec *spec;
	const struct resolved *config;
	const struct manifest *m;  /* or NULL */
	const struct streams *streams;
	struct cgroup *cgroup;
	int bundle, images, dir;   /* dir: of the container's state */
	const char *rootfs;
	struct arena *arena;
	struct external_fds *fds;
	struct str *request;
};
int external_restore_namespaces(const struct external_restore *r, struct error *err);
int external_restore_mounts(const struct external_restore *r, struct error *err);
int external_restore_streams(const struct external_restore *r, struct error *err);
