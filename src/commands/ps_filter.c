/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/ps_filter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/parse.h"
#include "cli/output.h"

#define BLANKS " \t"

/* The next word before `end`; its length goes to *n, which is 0 at the end. */
static const char *next_word(const char *at, const char *end, size_t *n)
{
	at += strspn(at, BLANKS);
	*n = at < end ? strcspn(at, BLANKS "\n") : 0;
	return at;
}

static int find_column(const char *line, const char *end, size_t *column)
{
	size_t n, i = 0;

	for (const char *word = next_word(line, end, &n); n;
	     word = next_word(word + n, end, &n), i++) {
		if (n == 3 && strncmp(word, "PID", 3) == 0) {
			*column = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int pid_of_line(const char *line, const char *end, size_t column, uint64_t *pid)
{
	size_t n;
	const char *word = next_word(line, end, &n);

	while (n && column--)
		word = next_word(word + n, end, &n);
	return parse_u64n(word, n, 10, pid);
}

static bool is_listed(uint64_t pid, const pid_t *pids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((uint64_t)pids[i] == pid)
			return true;
	return false;
}

int ps_filter(const char *listing, const pid_t *pids, size_t n, struct str *out, struct error *err)
{
	const char *line = listing, *end = strchrnul(line, '\n');
	size_t column;
	uint64_t pid;

	if (find_column(line, end, &column) < 0)
		return failf(err, EINVAL, "the output of ps has no PID column");
	str_addn(out, line, (size_t)(end - line));
	str_add(out, "\n");
	while (*end && end[1]) {
		line = end + 1;
		end = strchrnul(line, '\n');
		if (pid_of_line(line, end, column, &pid) < 0)
			return failf(err, EINVAL, "no process id in this line of ps: '%.*s'",
				     (int)(end - line), line);
		if (!is_listed(pid, pids, n))
			continue;
		output_add_plain(out, line, (size_t)(end - line));
		str_add(out, "\n");
	}
	return 0;
}
