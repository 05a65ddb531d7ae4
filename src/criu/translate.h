/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * CRIU's messages as words, and back. Words end with NUL. A request to CRIU:
 *
 *   TYPE KEEP_OPEN [FIELD VALUE...]   TYPE as in rpc.proto, KEEP_OPEN 0 or 1, FIELD one of Opts. A field that is a
 *                                     message takes as many words as that has fields, "" for none; one that
 *                                     repeats may come again.
 *   reply YES                         to a notification: 0 makes the operation fail
 *
 * From CRIU:
 *
 *   notify SCRIPT PID                 PID 0: none
 *   version NUMBER                    as CRIU counts: major * 10000 + minor * 100 + sublevel
 *   features MEM_TRACK LAZY_PAGES     0 or 1
 *   result TYPE SUCCESS ERRNO PID MESSAGE
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* 0 and the packed message, malloc'd; or -EINVAL for words that are no request. */
int translate_request(const char *words, size_t n, uint8_t **packed, size_t *packed_n);
/* 0, or -EPROTO for bytes that are no answer of CRIU. */
int translate_answer(const uint8_t *packed, size_t n, struct str *words);
