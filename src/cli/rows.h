/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a verb lists, as a table or as JSON. */

#include "base/macros.h"
#include "base/names.h"
#include "cli/options.h"
#include "container.h"

enum rows_format { ROWS_TABLE, ROWS_JSON };

/* Each failure in a record of its own; 1 when there is any, else 0: the exit status. */
int rows_failures(const struct container_rows *r);
/* heads: one a column, or NULL for none. Then rows_failures(). */
int rows_print(const struct container_rows *r, int format, const char *const *heads,
	       struct error *err);

/* The row of --format that such commands have, for an int of theirs. */
extern const struct name rows_formats[2];
#define ROWS_FORMAT_OPTION(number)                                                            \
	{                                                                                     \
		"format", 'f', OPTION_CHOICE, .to.choice = &(number), .value = "table|json",  \
			.summary = "how to print it [table]", .choices = rows_formats,        \
			.n_choices = ARRAY_SIZE(rows_formats)                                 \
	}
