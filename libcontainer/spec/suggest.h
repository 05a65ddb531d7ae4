/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What was probably meant by a value that its row does not take: for reports, not for `create`. */

#include "spec/schema.h"

/* The name that was probably meant: "CAP_KILL" for "kill", "network" for "net"; or NULL. */
const char *near_word(const struct names *names, const char *word);

/*
 * JSON text that may stand in place of `node` ("67108864" for "64m", "\"CAP_KILL\"" for "kill"), or
 * NULL. `item`: node is an element of the row's array or object. In the arena.
 */
const char *suggest_value(struct arena *a, const struct field *f, const struct json *node,
			  bool item);

/* "an integer from 0 to 100", "one of 'a', 'b'": of the whole value, or of an element. */
const char *suggest_expected(struct arena *a, const struct field *f, bool item);
