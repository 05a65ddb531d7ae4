/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The control files of a container's cgroup by name. A name is "FILE", "SUB/FILE" for a cgroup below, or
 * "CONTROLLER:FILE" where hierarchies of v1 have a file of the same name ("pids:tasks"). It never leads out of the
 * container's cgroup: no "..", no symbolic link. A name of the other version of cgroups stands for its
 * counterpart, with values converted (cgroup/counterparts.h).
 */

#include "cgroup/cgroup.h"

struct counterpart;

struct cgroup_file {
	const char *dir;  /* the container's cgroup in the hierarchy that has it */
	const char *name; /* below dir, as this host names it                    */
	const struct counterpart *as; /* the name asked for is of the other version; else NULL */
	bool as_v1;                   /* that is: of v1, on a v2 host                          */
};

/* Strings live as long as `c`. */
int cgroup_file_find(struct cgroup *c, const char *asked, struct cgroup_file *ret,
		     struct error *err);
/* Appends the value without the newline at its end. */
int cgroup_file_read(const struct cgroup_file *f, struct str *out, struct error *err);
int cgroup_file_write(const struct cgroup_file *f, const char *value, struct error *err);

/* Calls visit() for every file of the container's cgroup that can be read, hierarchy by hierarchy, in order of names. */
typedef int cgroup_file_visit(const struct cgroup_file *f, void *ctx, struct error *err);
int cgroup_files_each(struct cgroup *c, cgroup_file_visit *visit, void *ctx, struct error *err);

/* One hierarchy after the other: NULL ends. "" is the name of the unified one. */
const char *cgroup_tree_path(const struct cgroup *c, size_t i, const char **name);
/* The path of the cgroup that limits this resource; NULL when none does. */
const char *cgroup_controller_path(struct cgroup *c, const char *controller);
