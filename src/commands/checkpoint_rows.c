/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/checkpoint_rows.h"

#include <stdio.h>
#include <unistd.h>

#include "base/macros.h"

const struct name cgroups_modes[CGROUPS_MODES] = {
	{ "soft", CGROUPS_SOFT },
	{ "full", CGROUPS_FULL },
	{ "strict", CGROUPS_STRICT },
	{ "ignore", CGROUPS_IGNORE },
};

const struct name empty_namespaces[EMPTY_NAMESPACES] = { { "network", 1 } };

static void show(void *data, const struct checkpoint_progress *p)
{
	(void)data;
	(void)fprintf(stderr, "\r\033[K%s", p->phase);
	if (p->bytes)
		(void)fprintf(stderr, ": %llu pages, %.1f MiB", (unsigned long long)p->pages,
			      (double)p->bytes / (1 << 20));
	if (streq(p->phase, "done"))
		(void)fputc('\n', stderr);
	(void)fflush(stderr);
}

void show_progress(struct checkpoint_common *o)
{
	if (isatty(STDERR_FILENO))
		o->watcher = show;
}
