/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One process by its folder in /proc. The descriptor stays that process's: once it has ended every look is ESRCH,
 * whoever has its number then. Texts lie in the arena; NULL is what cannot be read (it has ended, or we may not).
 */

#include "container/handle.h"

/* The container's init, and proven to be it; -ESRCH "container not running". */
int proc_dir_open_init(struct container *c, struct error *err);
/* A process by its number; a negative errno without message. */
int proc_dir_open(pid_t pid);

/* A file of it, a newline at the end taken off. */
const char *proc_dir_text(struct arena *a, int dir, const char *file);
/* The same with its length: what has NULs in it. */
const char *proc_dir_bytes(struct arena *a, int dir, const char *file, size_t *n);
const char *proc_dir_link(struct arena *a, int dir, const char *name);
/* "Seccomp" of the text of `status`: the value of the line "Seccomp:\t2"; or NULL. */
const char *status_field(struct arena *a, const char *status, const char *key);
/* The next line of *text, which moves on; NULL at its end. */
char *take_line(char **text);
