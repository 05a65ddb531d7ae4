/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Files in memory. Since Linux 6.3 a system may forbid to execute them unless they were made for that
 * (vm.memfd_noexec), so data and programs are made by different words. A descriptor for the caller to
 * close, close-on-exec, or a negative errno with errno set likewise.
 */

#include <stddef.h>
#include <sys/types.h>

/* Empty, for data, to be written to. */
int memfd_new(const char *name);

/* With these bytes, which nobody can change any more, and the offset behind them. */
int memfd_sealed(const char *name, const void *data, size_t n);

/* The same, of that mode, to be executed. -EACCES: the system forbids all programs in memory. */
int memfd_program(const char *name, mode_t mode, const void *image, size_t n);
