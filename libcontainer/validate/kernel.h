/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What this kernel and this host have, asked when it is needed: facts for `validate`, which explains
 * beforehand what `create` would meet. Nothing is changed, nothing is kept.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the type's name in /proc/filesystems. One that is a module not loaded yet is not there. */
bool probe_has_filesystem(const char *type);

/* Pure cgroup v2: /sys/fs/cgroup is the unified tree. */
bool probe_is_cgroup2(void);
/* A v1 controller with a hierarchy of its own, or one of the v2 root. */
bool probe_has_controller(const char *name);

/* Whether anything is registered with binfmt_misc: then other files than this kernel's own may be executed. */
bool probe_has_emulators(void);
/* A kernel parameter of sysctl_path(). One of a network interface that is not here counts by the default's. */
bool probe_has_sysctl(const char *path);

/* "2MB" for /sys/kernel/mm/hugepages/hugepages-2048kB. */
bool probe_has_huge_page_size(const char *size);

/* Whether resctrl is mounted at its usual place. */
bool probe_has_resctrl(void);
/* A network interface in the caller's namespace. */
bool probe_has_net_device(const char *name);
bool probe_has_rdma_device(const char *name);
bool probe_has_block_device(int64_t major, int64_t minor);

/*
 * Whether all of the list "0-3,5" is online here. `kind` is "cpu" or "node". Lists of other forms,
 * or a host that does not say, count as online.
 */
bool probe_are_online(const char *kind, const char *list);
/* Whether one of them is, or none is listed. */
bool probe_is_some_online(const char *kind, const char *list);
