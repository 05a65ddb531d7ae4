/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* yajl's own memory, in an arena: what it gives back is the arena's until the end. */

#include <yajl/yajl_common.h>

#include "base/arena.h"

yajl_alloc_funcs json_memory(struct arena *a);
