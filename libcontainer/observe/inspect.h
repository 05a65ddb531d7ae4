/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of `inspect` share: each writes members of the document, and rows of the table. */

#include "container/rows.h"
#include "observe/proc_dir.h"

struct inspection {
	struct container *c;
	struct arena *arena;
	struct json_out *o;
	struct container_rows *rows;
	unsigned flags; /* INSPECT_* */
	int init;       /* its folder in /proc; -EBADF: it does not run */
	unsigned vanished; /* processes that ended while we looked */
};

/* A row of the table: name "KEY" or "SECTION KEY". */
void inspect_row(struct inspection *i, const char *name, const char *fmt, ...) printf_like(3, 4);
/* A member of the document and a row; NULL is left out. */
void inspect_text(struct inspection *i, const char *key, const char *value);

/* inspect_process.c: of init, and of all with INSPECT_PROCS. */
void inspect_rights(struct inspection *i, int proc);
int inspect_processes(struct inspection *i, struct error *err);
/* inspect_ports.c */
int inspect_ports(struct inspection *i, struct error *err);
