/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/*
 * The time now, UTC, as RFC 3339 with nanoseconds: "2026-01-31T12:00:00.000000000Z". The C library's
 * gmtime(3) would read the time zone's file for it.
 */
#define CLOCK_TEXT_SIZE 40
void clock_text(char text[CLOCK_TEXT_SIZE]);
