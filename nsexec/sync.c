/* SPDX-License-Identifier: Apache-2.0 */
#include "nsexec/sync.h"

#include <linux/errno.h>
#include <stdbool.h>

#include "nsexec/plan.h"

enum sync_step sync_next(uint32_t features, enum sync_step step)
{
	static const uint16_t condition[SYNC_STEPS] = {
#define STEP(name, from, condition, doc) [SYNC_##name] = condition,
#include "nsexec/sync.def"
#undef STEP
	};

	for (unsigned next = step + 1; next < SYNC_STEPS; next++)
		if (!condition[next] || (condition[next] & features))
			return next;
	return SYNC_STEPS;
}

enum sync_side sync_from(enum sync_step step)
{
	static const uint8_t from[SYNC_STEPS] = {
#define STEP(name, from, condition, doc) [SYNC_##name] = from,
#include "nsexec/sync.def"
#undef STEP
	};

	return step < SYNC_STEPS ? (enum sync_side)from[step] : SYNC_CHILD;
}

int sync_allowed(uint32_t features, enum sync_step last, enum sync_step step, enum sync_side side)
{
	/* The one thing that may be said again. */
	bool again = last == SYNC_TREE && step == SYNC_SOURCE && (features & WITH_SOURCES);

	if ((!again && step != sync_next(features, last)) || sync_from(step) != side)
		return -EPROTO;
	return 0;
}

/* Strings by a switch, not a table of pointers: the stage is loaded without relocations. */
const char *sync_name(enum sync_step step)
{
	switch ((int)step) {
#define STEP(name, from, condition, doc) \
	case SYNC_##name:                \
		return #name;
#include "nsexec/sync.def"
#undef STEP
	case SYNC_FAILED:
		return "FAILED";
	default:
		return "?";
	}
}
