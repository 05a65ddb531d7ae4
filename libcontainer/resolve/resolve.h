/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a config means on this host. It is made once, right after the config was decoded and its rules
 * were checked, and it is read-only then: plan, launch and validate read it instead of the strings of
 * the config, so every such fact is decided here and nowhere else. Nothing is changed on the host and no
 * descriptor is held.
 *
 * All of it lies in the arena that the caller gives; strings that the config has already are borrowed
 * from the document.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "spec/problems.h"
#include "spec/types.h"

struct resolved {
	const struct spec *spec; /* as it is written */
};

struct resolve_input {
	const struct spec *spec;
	int bundle; /* O_PATH: where relative paths begin */
	/*
	 * NULL: the first error ends it, as `create` wants it; it is met with in `err`. Warnings are logged. With a
	 * report all problems are collected and what they concern is left out of the result.
	 */
	struct problems *report;
	/*
	 * Also look whether this host has what the config names. `create` does not ask for it: it meets the same when
	 * it opens things, in the same words.
	 */
	bool look_at_host;
};

/* *ret lies in the arena. Without a report a negative errno and `err` say the first error. With one only -ENOMEM. */
int resolve_config(const struct resolve_input *in, struct arena *a, const struct resolved **ret,
		   struct error *err);
