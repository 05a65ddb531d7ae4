/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the command line writes. A closed pipe is an error like a full disk, never a silent death. */

#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/*
 * All bytes to fd; 0 or a negative errno. SIGPIPE is held back for the moment of the write instead of
 * being ignored for good: a container would inherit that.
 */
int output_to(int fd, const void *data, size_t n);

/* The whole text to standard output. */
int output(const struct str *text, struct error *err);

/*
 * Appends n untrusted bytes to a line of text. Control characters, C1 (U+0080 to U+009F) included, and what is no
 * UTF-8 become '?': a terminal would obey them.
 */
void output_add_plain(struct str *out, const char *text, size_t n);
