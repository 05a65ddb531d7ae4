/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/rows.h"

static int format;

/* clang-format off */
static const struct option_row rows[] = {
	ROWS_FORMAT_OPTION(format),
};
/* clang-format on */

/* The second column alone: what `cat` would print. */
static int print_values(const struct container_rows *r, struct error *err)
{
	auto_str out = STR_INIT;
	int e;

	for (size_t i = 1; i < r->n_cells; i += r->columns)
		str_printf(&out, "%s\n", r->cells[i]);
	e = output(&out, err);
	return e < 0 ? e : rows_failures(r);
}

static int get(struct container *c, const struct invocation *inv, struct error *err)
{
	static const char *const heads[] = { "FILE", "VALUE" };
	auto_(container_rows_done) struct container_rows list = { 0 };
	size_t n = inv->n_args - 1;
	auto_(free_ptr) void *memory = calloc(n + 1, sizeof(struct container_cgroup_item));
	struct container_cgroup_item *items = memory;
	int r;

	if (!items)
		return sysf(err, "cgroup get");
	for (size_t i = 0; i < n; i++)
		items[i].file = inv->args[i + 1];
	r = container_cgroup_get(c, items, n, &list, err);
	if (r < 0)
		return r;
	if (n == 1 && format == ROWS_TABLE)
		return print_values(&list, err);
	return rows_print(&list, format, list.n_cells ? heads : NULL, err);
}

static int set(struct container *c, const struct invocation *inv, struct error *err)
{
	auto_(container_rows_done) struct container_rows list = { 0 };
	size_t n = inv->n_args - 1;
	auto_(free_ptr) void *memory = calloc(n + 1, sizeof(struct container_cgroup_item));
	struct container_cgroup_item *items = memory;
	int r;

	if (!items)
		return sysf(err, "cgroup set");
	if (n == 0)
		return failf(err, EINVAL, "cgroup set: expected FILE=VALUE");
	for (size_t i = 0; i < n; i++) {
		char *equals = strchr(inv->args[i + 1], '=');

		if (!equals || equals == inv->args[i + 1])
			return failf(err, EINVAL, "cgroup set: expected FILE=VALUE, found '%s'",
				     inv->args[i + 1]);
		*equals = 0;
		items[i] = (struct container_cgroup_item){ .file = inv->args[i + 1],
							   .value = equals + 1 };
	}
	r = container_cgroup_set(c, items, n, &list, err);
	return r < 0 ? r : rows_print(&list, format, NULL, err);
}

static int path(struct container *c, const struct invocation *inv, struct error *err)
{
	static const char *const heads[] = { "HIERARCHY", "PATH" };
	auto_(container_rows_done) struct container_rows list = { 0 };
	int r;

	if (inv->n_args > 2)
		return failf(err, EINVAL, "cgroup path: expected one CONTROLLER at most");
	r = container_cgroup_paths(c, inv->args[1], &list, err);
	if (r < 0)
		return r;
	if (format == ROWS_TABLE && list.n_cells == list.columns)
		return print_values(&list, err);
	return rows_print(&list, format, heads, err);
}

static int run_on(struct container *c, const struct invocation *inv, struct error *err)
{
	static const struct verb verbs[] = { { "get", get }, { "set", set }, { "path", path } };

	return verb_run(verbs, ARRAY_SIZE(verbs), c, inv, err);
}

const struct command cmd_cgroup = {
	.name = "cgroup",
	.operands = "get|set|path ID [FILE[=VALUE]...|CONTROLLER]",
	.summary = "read and write the control files of a container's cgroup",
	.about =
		"FILE lies in the container's cgroup: memory.max, SUB/pids.max of a cgroup below it, or\n"
		"CONTROLLER:FILE where several hierarchies have it (pids:tasks). Names of cgroup v1 work on\n"
		"v2, and those of v2 on v1, where one has a counterpart. Every item is tried; the exit\n"
		"status is 1 when one failed.",
	.examples = "  orlop cgroup get demo memory.max memory.events\n"
		    "  orlop cgroup set demo pids.max=100 memory.high=512M\n"
		    "  orlop cgroup path demo memory",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.verbs = "get|set|path",
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.operand_is_id = true,
	.run_on = run_on,
};
