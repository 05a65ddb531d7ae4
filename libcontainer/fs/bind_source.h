/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a bind mount shows, as the host has it. */

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"

/*
 * `path` is absolute or relative to the bundle; `link`: a symlink there is opened itself. An O_PATH descriptor for the
 * caller to close, and what it is.
 */
int bind_source_open(int bundle, const char *path, bool link, struct stat *st, struct error *err);
