/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/mountinfo.h"

#include <stddef.h>
#include <string.h>

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7';
}

static void unescape(char *s)
{
	char *to = s;

	for (; *s; to++) {
		if (*s == '\\' && is_octal(s + 1)) {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = 0;
}

/* "36 35 0:30 /root /mountpoint options [optional...] - type source super-options" */
static bool take_apart(char *line, struct mountinfo *ret)
{
	char *type = strstr(line, " - "), *word, *rest = line;
	char *fields[5] = { NULL };
	size_t n = 0;

	if (!type)
		return false;
	*type = 0;
	type += 3;
	type[strcspn(type, " ")] = 0;
	while (n < 5 && (word = strsep(&rest, " ")))
		fields[n++] = word;
	if (n < 5)
		return false;
	unescape(fields[3]);
	unescape(fields[4]);
	*ret = (struct mountinfo){ .root = fields[3], .mountpoint = fields[4], .type = type };
	return true;
}

bool mountinfo_next(char **text, struct mountinfo *ret)
{
	while (*text && **text) {
		char *line = strsep(text, "\n");

		if (take_apart(line, ret))
			return true;
	}
	return false;
}
