/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What we put beside CRIU's images: orlop.json says what the checkpoint is, so that a restore can refuse in words what
 * cannot fit; descriptors.json, of runc's format, says what the standard streams were. Both come back as the input of
 * strangers: sizes are bounded, symlinks are not followed, and nothing of them is used as a path outside of the images.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sha256.h"
#include "resolve/resolve.h"

#define MANIFEST_FILE   "orlop.json"
#define PAGES_ELSEWHERE "page-server"

/* A mount from outside: `of` is the destination in config.json, `rest` the path below it. */
struct manifest_mount {
	const char *name, *of, *rest;
};

struct manifest_image {
	const char *name;
	uint64_t size;
};

struct manifest {
	struct arena *arena;    /* of all strings */
	const char *version, *architecture, *kernel, *created, *operation;
	uint64_t criu;          /* as criu_version() counts */
	uint64_t containers;    /* in this folder, or in those of a pod */
	LIST(const char *) names;
	const char *config;     /* digest of what of config.json a restore takes from the image */
	spec_strings options;   /* what was asked; PAGES_ELSEWHERE: files of a page server come to the images later */
	LIST(struct manifest_mount) mounts;
	spec_strings nulls;     /* names of the host's null device among the open files */
	LIST(struct manifest_image) images;
};

/* Of what process, user, rights and namespaces are, as manifest.config has it. */
void manifest_digest(const struct resolved *config, char ret[SHA256_HEX_SIZE]);
/* Fills version, architecture, kernel, created, config and images from this host, the config and the folder. */
int manifest_fill(struct manifest *m, int images, const struct resolved *config, struct error *err);
int manifest_write(const struct manifest *m, int images, struct error *err);

/* A regular file of the images, at most `limit` bytes of it. -ENOENT without a message: it is not there. */
int manifest_read_file(int dir, const char *name, size_t limit, struct str *out, struct error *err);

/* 1; 0 when there is no such file: the images are not ours. */
int manifest_read(int images, struct arena *a, struct manifest *ret, struct error *err);
int manifest_parse(struct arena *a, const char *text, size_t size, struct manifest *ret, struct error *err);
/*
 * That every image in the folder, and in those of its parents, is a file of its own: CRIU would follow a symlink to any file
 * of the host and put what it finds into the container. A parent must lie beside the folder or in it.
 */
int manifest_check_files(int images, struct error *err);
/* Whether it fits this host, the folder, the config and so many containers. */
int manifest_check_host(const struct manifest *m, unsigned criu, struct error *err);
int manifest_check_images(const struct manifest *m, int images, struct error *err);
int manifest_check_config(const struct manifest *m, const struct resolved *config, struct error *err);

/* descriptors.json: "pipe:[123]" or "" for each of 0, 1, 2. */
struct streams {
	char name[3][32];
};
int streams_write(pid_t init, int images, struct error *err);
int streams_read(int images, struct streams *ret, struct error *err);
int streams_parse(const char *text, size_t size, struct streams *ret, struct error *err);
