/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/exit_text.h"

const struct name exit_formats[EXIT_FORMATS] = { { "text", EXIT_TEXT }, { "json", EXIT_JSON } };

/* No member needs escapes: ids have none by their alphabet, the rest are our own words. */
static void add_json(struct str *out, const char *id, const struct container_exit *e,
		     const char *more)
{
	str_printf(out, "{\"id\":\"%s\"", id);
	if (e->known)
		str_printf(out, ",\"exitCode\":%d", e->code);
	if (e->known && e->signal)
		str_printf(out, ",\"exitSignal\":%d", e->signal);
	str_printf(out, ",\"exitReason\":\"%s\"", e->reason);
	if (e->maybe_reboot)
		str_add(out, ",\"maybeReboot\":true");
	if (e->finished[0])
		str_printf(out, ",\"finished\":\"%s\"", e->finished);
	if (more)
		str_printf(out, ",\"by\":\"%s\"", more);
	str_add(out, "}\n");
}

void exit_add_line(struct str *out, int format, const char *id, const struct container_exit *e,
		   const char *more)
{
	if (format == EXIT_JSON) {
		add_json(out, id, e, more);
		return;
	}
	str_printf(out, "%s: ", id);
	container_exit_words(e, out);
	str_printf(out, "%s%s\n", more ? ", " : "", more ? more : "");
}
