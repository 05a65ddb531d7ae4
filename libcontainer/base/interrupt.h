/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Somebody wants us to stop (Ctrl-C, the terminal's end, SIGTERM) while we wait for what may never come. Where nothing
 * was made, the signal's default action is right. Where something was, it is to be taken back first: from
 * interrupt_catch() on the signal is noted instead, and a wait (poll, recvmsg) ends with EINTR.
 */

#include <signal.h>

#include "base/error.h"

/* What our caller has made us ignore stays ignored. Cheap after the first time. */
void interrupt_catch(void);
/* The signal that came since the last call, or 0. One that is blocked and pending counts, and is taken. */
int interrupt_take(void);
/* The set of these signals, for a wait that lets them in only while it waits (ppoll(2)). */
void interrupt_signals(sigset_t *ret);
/* -EINTR: "interrupted by SIGINT". */
int interrupt_fail(int sig, struct error *err);
/* Ends us by the last signal that was taken, as it would have at once; returns if there was none. */
void interrupt_die(void);
