/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a killed create left. */

#include "runtime.h"

/*
 * A create that was killed before it wrote state.json: removes its cgroups, as its config.json tells
 * where they are, and its files. `dir` is <root>/<id>, locked. What cannot be removed is left.
 */
void container_remove_leftovers(const struct runtime *rt, int dir, const char *id);
