/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A container uses things that lie outside of it and are not part of a checkpoint: bind mounts, namespaces that are given by a
 * path, and the other ends of its standard streams. The dump gives a name to each of them. The restore says what each
 * name stands for now. Where runc has a name for a thing, ours is the same, so orlop restores runc's images and runc restores
 * orlop's. What a name stands for comes from config.json and from the caller, never from the image.
 */

#include "cgroup/cgroup.h"
#include "lifecycle/manifest.h"
#include "resolve/resolve.h"

/* The descriptors that CRIU is started with. The first `n` members of `fds` are owned. */
struct external_fds {
	int fds[16];
	size_t n;
};
void external_fds_done(struct external_fds *f);
#define auto_external_fds __attribute__((cleanup(external_fds_done))) struct external_fds

/*
 * For a dump. These add to the request. They also put into `m` what a restore cannot find out in another way; that is allocated
 * in the arena of `m`.
 */
int external_dump_namespaces(pid_t init, const struct resolved *config, struct str *request, struct error *err);
int external_dump_mounts(pid_t init, const struct resolved *config, struct manifest *m, struct str *request,
			struct error *err);
int external_dump_files(struct cgroup *cg, pid_t init, struct manifest *m, struct str *request,
		       struct error *err);

/*
 * For a restore. `m` is the manifest of the dump. It is NULL when the images have none, because another runtime made them. With a
 * manifest the names are those that the dump has used.
 */
struct external_restore {
	const struct spec *spec;
	const struct resolved *config;
	const struct manifest *m;  /* or NULL: see above */
	const struct streams *streams;
	struct cgroup *cgroup;
	int bundle, images, dir;   /* folders; `dir` has the container's state */
	const char *rootfs;
	struct arena *arena;
	struct external_fds *fds;
	struct str *request;
};
int external_restore_namespaces(const struct external_restore *r, struct error *err);
int external_restore_mounts(const struct external_restore *r, struct error *err);
int external_restore_streams(const struct external_restore *r, struct error *err);
