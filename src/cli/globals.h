/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The options before the command, and what they mean for the library and for the log. */

#include <stdbool.h>

#include "container.h"

struct globals {
	bool version;
	const char *completions; /* a shell's name */
};

/* After options_parse() of global_options. Log records go where --log says from here on. */
int globals_apply(struct runtime *rt, struct globals *globals, struct error *err);
