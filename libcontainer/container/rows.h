/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Filling a struct container_rows. A failure of memory is sticky and shows in rows_end(). */

#include "container/handle.h"
#include "json/json.h"

void rows_begin(struct container_rows *r, size_t columns);
/* The next cell, copied; NULL is an empty one. */
void rows_add(struct container_rows *r, const char *text);
void rows_addn(struct container_rows *r, const char *text, size_t n);
void rows_printf(struct container_rows *r, const char *fmt, ...) printf_like(2, 3);
/* One item went wrong. */
void rows_fail(struct container_rows *r, const struct error *why);
/* Takes the JSON that was written. -ENOMEM with a message when memory was short. */
int rows_end(struct container_rows *r, struct json_out *o, struct error *err);
