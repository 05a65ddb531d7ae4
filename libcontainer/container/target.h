/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "container/handle.h"

/*
 * A pidfd of the named process (`foreground` is not looked at) and its number here; -ESRCH with a message when
 * the container has none such.
 */
int target_open(struct container *c, const struct container_target *t, pid_t *pid,
		struct error *err);
