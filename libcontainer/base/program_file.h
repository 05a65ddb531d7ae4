/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A program of ours as a file without a name, of that mode and owned by us: a descriptor for execveat(2) by
 * AT_EMPTY_PATH, for the caller to close, close-on-exec; or a negative errno with errno set likewise.
 *
 * Mostly a sealed memfd. Where the system forbids all programs in memory (vm.memfd_noexec=2), a file of one use
 * that nobody else has opened, in a tmpfs that is mounted nowhere, or for an ordinary user in one of his folders:
 * while it is executed the kernel lets nobody write to it, and afterwards nobody executes it.
 */

#include <stddef.h>
#include <sys/types.h>

int program_file(const char *name, mode_t mode, const void *image, size_t n);
