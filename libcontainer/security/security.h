/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Capabilities, seccomp filters and LSM labels: from the spec to what nsexec applies without
 * thought.
 */

#include "security/caps.h"
#include "security/lsm.h"
#include "security/seccomp.h"
