/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which of the system calls that we cannot do without are refused here: by a kernel that is too old, or by a seccomp
 * filter around us. Asked when something has failed, and by `validate` and `features`: the calls themselves fail with
 * an errno that means another thing too.
 */

#include <stddef.h>

#include "base/str.h"

#define CALLS_LEAST_KERNEL "5.14"

enum call_state {
	CALL_WORKS,
	CALL_FORBIDDEN, /* by a seccomp filter: this kernel has it                   */
	CALL_MISSING,   /* this kernel is older than it                              */
	CALL_UNKNOWN,   /* it answers EPERM, as it does to everybody without a right */
};

struct call {
	const char *name;
	enum call_state state;
	bool needed; /* else there is a way without it */
};

/* Makes each of them in a child, with arguments that no kernel accepts. *n of the array, which is ours. */
const struct call *calls_probe(size_t *n);

/*
 * Appends what is refused: "a seccomp filter around this process forbids clone3, openat2", "this kernel (5.4.0) has no
 * openat2: Linux 5.14 is needed". Nothing when all that is needed works.
 */
void calls_refused(struct str *out);
