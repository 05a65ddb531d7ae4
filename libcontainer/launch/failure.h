/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the child reported, or left unsaid, as words: with the config's line and what was being done. */

#include "launch/handshake.h"

/* SYNC_FAILED. Returns -err->num. */
int failure_of_op(const struct handshake *t, const struct sync_message *m, struct error *err);

/* A namespace by path was not to be joined: number `index` of them. */
int failure_of_join(const struct compiled *c, size_t index, int num, struct error *err);

/* End of file where a record was due: how the child died. */
int failure_of_death(const struct handshake *t, struct error *err);

/*
 * End of file after START: 0 when the program runs or has run; the error when the child was killed before
 * its execve (it still has the stage's name).
 */
int failure_of_early_death(const struct handshake *t, struct error *err);
