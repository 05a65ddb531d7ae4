/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* Whether this kernel's overlay takes its layers one by one (lowerdir+, datadir+: Linux 6.8), and we may ask it. */
bool overlay_takes_layers(void);
