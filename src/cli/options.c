/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "base/signals.h"
#include "base/str.h"
#include "cli/command.h"

/* The spellings that Go's flag package takes, because its clients send them. */
/* clang-format off */
static const struct name booleans[] = {
	{ "true",  1 }, { "1", 1 }, { "t", 1 }, { "T", 1 }, { "TRUE",  1 }, { "True",  1 },
	{ "false", 0 }, { "0", 0 }, { "f", 0 }, { "F", 0 }, { "FALSE", 0 }, { "False", 0 },
};
/* clang-format on */

struct cursor {
	const struct option_row *rows;
	size_t n_rows;
	char **argv;
	size_t argc, at;
};

static const struct option_row *find_long(const struct cursor *c, const char *name, size_t n)
{
	for (size_t i = 0; i < c->n_rows; i++)
		if (strlen(c->rows[i].name) == n && strncmp(c->rows[i].name, name, n) == 0)
			return &c->rows[i];
	return NULL;
}

static const struct option_row *find_letter(const struct cursor *c, char letter)
{
	for (size_t i = 0; i < c->n_rows; i++)
		if (letter && c->rows[i].letter == letter)
			return &c->rows[i];
	return NULL;
}

/* "-9", "-KILL": as kill(1) takes them, where there is an option for a signal. */
static const struct option_row *find_signal(const struct cursor *c, const char *arg)
{
	if (arg[1] == '-' || signal_number(arg + 1) < 0)
		return NULL;
	for (size_t i = 0; i < c->n_rows; i++)
		if (c->rows[i].kind == OPTION_SIGNAL)
			return &c->rows[i];
	return NULL;
}

static const struct option_row *find(const struct cursor *c, const char *name, size_t n)
{
	const struct option_row *row = n == 1 ? find_letter(c, name[0]) : NULL;

	return row ? row : find_long(c, name, n);
}

static int set_flag(const struct option_row *row, const char *value, struct error *err)
{
	const struct name *word =
		names_find(booleans, ARRAY_SIZE(booleans), value ? value : "true");

	if (!word)
		return failf(err, EINVAL, "invalid %s: %s (expected true or false)", row->name,
			     value);
	*row->to.flag = word->value;
	return 0;
}

static int set_string(const struct option_row *row, const char *value, struct error *err)
{
	(void)err;
	/* Callers pass on what they were not told: an empty value is none. */
	*row->to.string = *value ? value : NULL;
	return 0;
}

static int set_list(const struct option_row *row, const char *value, struct error *err)
{
	struct option_list *l = row->to.list;
	const char **v = reallocarray(l->v, l->n + 1, sizeof(*v));

	if (!v)
		return sysf(err, "option '--%s'", row->name);
	v[l->n++] = value;
	l->v = v;
	return 0;
}

static int set_unsigned(const struct option_row *row, const char *value, struct error *err)
{
	uint32_t number;
	int r;

	r = parse_u32(value, &number);
	if (r < 0)
		return failf(err, EINVAL, "invalid %s: %s (expected a number from 0 to %u)",
			     row->name, value, UINT32_MAX);
	*row->to.number = number;
	return 0;
}

/* 0 is no process, and what an unset variable of a script may come to. */
static int set_pid(const struct option_row *row, const char *value, struct error *err)
{
	int32_t number;

	if (parse_i32(value, &number) < 0 || number < 1)
		return failf(err, EINVAL, "invalid %s: %s (expected the number of a process)",
			     row->name, value);
	*row->to.pid = number;
	return 0;
}

static int set_duration(const struct option_row *row, const char *value, struct error *err)
{
	int r;

	r = parse_duration(value, row->to.duration);
	if (r < 0)
		return failf(err, EINVAL, "invalid %s: %s (expected a duration like 5s or 500ms)",
			     row->name, value);
	return 0;
}

static int set_choice(const struct option_row *row, const char *value, struct error *err)
{
	const struct name *word = names_find(row->choices, row->n_choices, value);
	char known[128] = "";
	size_t n = 0;

	if (word) {
		*row->to.choice = (int)word->value;
		return 0;
	}
	for (size_t i = 0; i < row->n_choices && n < sizeof(known); i++)
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", i ? ", " : "",
				      row->choices[i].name);
	return failf(err, EINVAL, "invalid %s: %s (expected one of: %s)", row->name, value, known);
}

static int (*const setters[])(const struct option_row *, const char *, struct error *) = {
	[OPTION_FLAG] = set_flag,         [OPTION_STRING] = set_string,
	[OPTION_LIST] = set_list,         [OPTION_UNSIGNED] = set_unsigned,
	[OPTION_PID] = set_pid,           [OPTION_DURATION] = set_duration,
	[OPTION_CHOICE] = set_choice,     [OPTION_SIGNAL] = set_string,
};

static int unknown(const struct cursor *c, const char *arg, const char *name, size_t n,
		   struct error *err)
{
	const char *nearest = NULL;
	char wanted[64];
	unsigned best = 3;

	snprintf(wanted, sizeof(wanted), "%.*s", (int)min_of(n, sizeof(wanted) - 1), name);
	for (size_t i = 0; i < c->n_rows && n > 2; i++) {
		unsigned distance = name_distance(c->rows[i].name, wanted);

		if (distance < best && c->rows[i].summary) {
			best = distance;
			nearest = c->rows[i].name;
		}
	}
	if (nearest)
		return failf(err, EINVAL, "unknown option '%.*s', did you mean '--%s'",
			     (int)(name + n - arg), arg, nearest);
	for (size_t i = 0; i < n_global_options; i++)
		if (c->rows != global_options && streq(global_options[i].name, wanted))
			return failf(err, EINVAL, "unknown option '%.*s': it stands before the command",
				     (int)(name + n - arg), arg);
	return failf(err, EINVAL, "unknown option '%.*s'", (int)(name + n - arg), arg);
}

/* "-dt": letters of options that take no value. All of them are known before one is set. */
static bool is_cluster(const struct cursor *c, const char *arg, size_t n)
{
	if (arg[1] == '-' || n < 2 || arg[1 + n])
		return false;
	for (size_t i = 1; i <= n; i++) {
		const struct option_row *row = find_letter(c, arg[i]);

		if (!row || row->kind != OPTION_FLAG)
			return false;
	}
	return true;
}

static int take_option(struct cursor *c, bool *help, struct error *err)
{
	const char *arg = c->argv[c->at++];
	const char *name = arg + (arg[1] == '-' ? 2 : 1);
	size_t n = strcspn(name, "=");
	const char *value = name[n] ? name + n + 1 : NULL;
	const struct option_row *row = find(c, name, n);

	if (!row && !value) {
		row = find_signal(c, arg);
		value = row ? name : NULL;
	}
	if (!row && !value && (streq(name, "h") || streq(name, "help"))) {
		*help = true;
		return 0;
	}
	if (!row && is_cluster(c, arg, n)) {
		for (const char *letter = name; *letter; letter++)
			*find_letter(c, *letter)->to.flag = true;
		return 0;
	}
	if (!row)
		return unknown(c, arg, name, n, err);
	if (!value && row->kind != OPTION_FLAG) {
		if (c->at >= c->argc)
			/* The words by which podman tells whether a runtime knows an option. */
			return failf(err, EINVAL, "flag needs an argument: %s %s", arg,
				     row->value ? row->value : "VALUE");
		value = c->argv[c->at++];
	}
	return setters[row->kind](row, value, err);
}

/* Operands gather at the front of argv: they are never more than what was read. */
static void keep(struct cursor *c, struct operands *out)
{
	out->v[out->n++] = c->argv[c->at++];
}

int options_parse(const struct option_row *rows, size_t n, bool options_first, char **argv,
		  size_t argc, struct operands *ret, struct error *err)
{
	struct cursor c = { .rows = rows, .n_rows = n, .argv = argv, .argc = argc };
	struct operands out = { .v = argv };
	bool options = true;

	while (c.at < argc && !out.help) {
		const char *arg = argv[c.at];
		int r;

		if (!options || arg[0] != '-' || !arg[1]) {
			keep(&c, &out);
			options = options && !options_first;
			continue;
		}
		if (streq(arg, "--")) {
			c.at++;
			options = false;
			continue;
		}
		r = take_option(&c, &out.help, err);
		if (r < 0)
			return r;
	}
	if (out.n < argc)
		out.v[out.n] = NULL;
	*ret = out;
	return 0;
}
