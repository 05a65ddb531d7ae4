/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* CRIU's log, of thousands of lines, in one sentence: what went wrong and what to do. */

#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/*
 * Appends what matters of a log: the first lines of errors that are no mere consequence, without times and places in
 * CRIU's source, then in brackets what to do where the cause is known. Nothing when there is no such line.
 */
void criu_log_explain(const char *text, size_t n, struct str *out);

/*
 * The same of the file `name` in dir, at most its last megabytes. Only a regular file
 * that is no symlink is read.
 */
void criu_log_read(int dir, const char *name, struct str *out);
