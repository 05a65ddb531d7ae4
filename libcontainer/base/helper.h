/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Programs of ours in libexec (orlop-systemd, orlop-criu): for what needs a library that the runtime itself is not to
 * carry. There is no environment variable and no search path for them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifndef ORLOP_LIBEXECDIR
#define ORLOP_LIBEXECDIR "/usr/libexec/orlop"
#endif

/* Where the program is: as installed, else beside our own binary. False: nowhere. */
bool helper_find(const char *name, char *path, size_t size);

/*
 * Runs it with fds[0] as its standard input and fds[i], i > 0, as descriptor 2 + i; standard output is /dev/null. Those
 * descriptors are not below 2 + n. It sees nothing else of ours. 0, or a negative errno.
 */
int helper_spawn(const char *path, char *const argv[], const int *fds, size_t n, pid_t *pid);
