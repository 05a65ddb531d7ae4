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

/* The same for a string of untrusted bytes in a line of text: control bytes become '?'. */
void output_add_plain(struct str *out, const char *text);
