/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * The time now, UTC, as RFC 3339 with nanoseconds: "2026-01-31T12:00:00.000000000Z". The C library's
 * gmtime(3) would read the time zone's file for it.
 */
#define CLOCK_TEXT_SIZE 40
void clock_text(char text[CLOCK_TEXT_SIZE]);
/* The same of another time. */
void clock_text_of(struct timespec when, char text[CLOCK_TEXT_SIZE]);

/*
 * clock_gettime(2) of CLOCK_REALTIME or CLOCK_MONOTONIC, which cannot fail, by the system call: who asks once or twice
 * is served sooner so than by the vDSO, which must be found and mapped first.
 */
struct timespec clock_now(clockid_t clock);
/* CLOCK_MONOTONIC. */
int64_t clock_ns(void);
int64_t clock_ms(void);
