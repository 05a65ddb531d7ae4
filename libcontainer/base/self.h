/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What our caller has made us: of /proc/self/status (proc_pid_status(5)), as it was when it was first asked for. */
struct self_status {
	bool known;                    /* it could be read; else all is 0    */
	uint64_t ignored;              /* signals, of number 1 the first bit */
	uint64_t permitted, bounding;  /* capabilities                       */
};

const struct self_status *self_status(void);

/* Whether we are in the host's user namespace, and not in one made later: of whatever ids that has. */
bool self_in_first_userns(void);
/* Whether we may join namespaces: CAP_SYS_ADMIN, over those of our user namespace and below it. */
bool self_may_join(void);
/* Whether mknod(2) of a device can succeed. The kernel may still say no (rules for devices, an LSM, a filter). */
bool self_may_mknod(void);
