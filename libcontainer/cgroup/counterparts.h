/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Files of cgroup v1 and v2 that stand for the same, with their values in each other's words. What has no
 * counterpart is listed as well, so that an error can say so.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct counterpart;

/*
 * The row of a name of v1 (of_v1) or v2, and in *ret the name of the other version; NULL when the name is unknown.
 * *ret is NULL when nothing there stands for it.
 */
const struct counterpart *counterpart_find(struct arena *a, const char *name, bool of_v1,
					   const char **ret);

/* The text of the file that is there, in the words of the name asked for. `dir`: for other files of the cgroup. */
int counterpart_show(const struct counterpart *c, bool as_v1, const char *dir, const char *text,
		     struct str *out, struct error *err);
/* A value for the name asked for, in the words of the file that is there. */
int counterpart_value(const struct counterpart *c, bool as_v1, const char *dir, const char *value,
		      struct str *out, struct error *err);
