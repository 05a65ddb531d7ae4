/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The one walk that create and exec share: a list of steps, taken in order until one fails. Nothing is undone here. What the
 * steps have made belongs to one struct (struct creation, struct execution), whose end takes all of it back.
 */

#include "base/error.h"
#include "base/macros.h"

/* What a step returns that had nothing to do: it gets no time of its own in --timings. */
#define STEP_SKIPPED 1

/* A step of the walk over a TYPE. `take` returns 0, STEP_SKIPPED, or a negative errno with err filled. */
#define STEP_OF(TYPE)                                  \
	struct {                                       \
		int (*take)(TYPE *, struct error *);   \
		const char *name; /* for --timings */  \
	}

/* What comes after each step: Ctrl-C that was caught meanwhile ends the walk. 0 to go on. */
int step_taken(const char *name, int r, struct error *err);

/* 0 when all of the array `steps` were taken, else the negative errno of the one that failed. */
#define steps_walk(steps, made, err)                                                              \
	({                                                                                        \
		int walk_r = 0;                                                                   \
		for (size_t walk_i = 0; walk_r == 0 && walk_i < ARRAY_SIZE(steps); walk_i++)      \
			walk_r = step_taken((steps)[walk_i].name, (steps)[walk_i].take(made, err), \
					    err);                                                 \
		walk_r;                                                                           \
	})
