/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Functions that no code of ours calls; CMake includes this file first into every source of src and
 * libcontainer. Unbounded writes, environment- or locale-dependent parsing, shells, and dup() (which
 * makes descriptors without O_CLOEXEC).
 */

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef __GLIBC__
#include "base/fortify.h"
#endif

#undef basename
#undef alloca
#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets atoi atol system popen realpath
#pragma GCC poison vfork alloca mktemp tmpnam
