/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The words of linux.seccomp. In `names_seccomp_actions` SCMP_ACT_KILL and SCMP_ACT_KILL_THREAD
 * have the same value: names_of() gives the first, SCMP_ACT_KILL. Architectures and flags are kept
 * as words in the spec structs; here their values are the AUDIT_ARCH-independent row number and the
 * kernel's SECCOMP_FILTER_FLAG_* bit.
 */

#include "spec/schema.h"
#include "spec/types.h"

extern const struct names names_seccomp_actions;   /* enum spec_seccomp_action */
extern const struct names names_seccomp_operators; /* enum spec_seccomp_op     */
extern const struct names names_seccomp_archs;
extern const struct names names_seccomp_flags;

/* Whether the filter of the profile has a listener: some call waits for somebody's answer. False for NULL. */
bool spec_seccomp_notifies(const struct spec_seccomp *s);
