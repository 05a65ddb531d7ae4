/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "container/handle.h"

/*
 * A pidfd of the named process (`foreground` is not looked at) and its number here; -ESRCH with a message when
 * the container has none such.
 */
int container_select_process(struct container *c, const struct process_selector *t, pid_t *pid,
		struct error *err);
