/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/exit_text.h"

const struct name exit_formats[EXIT_FORMATS] = { { "text", EXIT_TEXT }, { "json", EXIT_JSON } };

void exit_add_line(struct str *out, int format, const char *id, const struct container_exit *e,
		   const char *more)
{
	if (format == EXIT_JSON) {
		container_exit_json(id, e, more, out);
		return;
	}
	str_printf(out, "%s: ", id);
	container_exit_words(e, out);
	str_printf(out, "%s%s\n", more ? ", " : "", more ? more : "");
}
