/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Labels of AppArmor and SELinux. Both are set by plain writes: no library is needed. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "spec/types.h"

/*
 * Which file of /proc/self/attr takes the label of the next execve, and what is written: for
 * AppArmor "apparmor/exec" (or "exec" on old kernels) and "exec <profile>"; for SELinux "exec" and
 * the label. *ret_file (static storage) is NULL if there is nothing to do (no label asked for).
 * Asked for but not enabled: an error for AppArmor, a warning for SELinux (as runc).
 */
int lsm_exec_label(const struct spec_process *p, const char **ret_file, char *value, size_t size,
		   struct error *err);

bool lsm_apparmor_enabled(void);
bool lsm_selinux_enabled(void);

/*
 * Whether the option context=LABEL is to be added to those of the mount. Not so when SELinux is off, when no label is
 * asked for (NULL or empty), and when the filesystem has labels of its own. The value is fsconfig(2)'s: in the one
 * string of mount(2) it would need quotes around it, for its commas.
 */
bool lsm_labels_mount(const char *mount_label, const char *fstype);
