/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Failures and log records as text. The shapes are those that container engines read (they take the last
 * record with level=error as the reason of a failure):
 *
 *   text:  time="2024-05-01T10:20:30Z" level=error msg="..."
 *   JSON:  {"level":"error","msg":"...","time":"2024-05-01T10:20:30Z"}
 *
 * A failure as JSON also has what programs would else take out of its words: phase (the command), path, line and
 * pointer (where in which document), errno and code (its number and its name, "ENOENT").
 *
 * Records go to the file of --log, else to standard error; with a log file a failure is said on standard
 * error too, bare. A person at a terminal gets 'orlop: ...' instead of a text record.
 */

#include <stdbool.h>

#include "base/error.h"
#include "base/log.h"
#include "base/str.h"

enum report_format { REPORT_TEXT, REPORT_JSON };

/*
 * Takes the library's log records from now on. `path` is made absolute here, because create changes the
 * directory, and opened with the first record; NULL: standard error. It is not copied if absolute.
 */
int report_to(const char *path, enum report_format format, bool debug, struct error *err);

/* Nobody asked for records of a shape: what only a person wants to know may be said. */
bool report_is_for_people(void);

/* What --timings asked for, on standard error. */
void report_timings(void);

/* The command that goes on now. The text stays with the caller. */
void report_phase(const char *command);

/* A failure: "<context>: <text of err>", context may be NULL. */
void report_failure(const char *context, const struct error *err);

/* The two shapes, with the newline; any bytes are allowed in `message`. `when` is an RFC 3339 time. */
void report_add_text(struct str *out, const char *when, enum log_level level, const char *message);
void report_add_json(struct str *out, const char *when, enum log_level level, const char *message);
/* A failure in JSON; phase may be NULL. */
void report_add_json_failure(struct str *out, const char *when, const char *message, const char *phase,
			     const struct error *err);
