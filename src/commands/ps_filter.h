/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"

/*
 * The lines of a listing of ps(1) that are about the given processes, and its first line. -EINVAL when
 * there is no PID column, or something else than a number in it.
 */
int ps_filter(const char *listing, const pid_t *pids, size_t n, struct str *out, struct error *err);
