/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * exec --pass-fd M:N: descriptors of the caller under other numbers. They are put in place in this process, where
 * --preserve-fds finds them; what lies between and was not asked for is kept from the program.
 */

#include "cli/options.h"

/* *preserve: --preserve-fds as given, and as it is to be now. To be called before anything else opens files. */
int pass_fds(const struct option_list *pairs, unsigned *preserve, struct error *err);
