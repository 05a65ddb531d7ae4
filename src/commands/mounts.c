/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "cli/command.h"
#include "cli/rows.h"

static struct {
	int format;
	const char *source, *type;
	struct option_list options;
} values;

/* clang-format off */
static const struct option_row rows[] = {
	ROWS_FORMAT_OPTION(values.format),
	{ "options", 'o', OPTION_LIST, .to.list = &values.options, .value = "OPTION[,OPTION]",
	  .summary = "as in the config: ro, rslave, idmap, size=1m (repeatable)" },
	{ "source", 's', OPTION_STRING, .to.string = &values.source, .value = "PATH",
	  .summary = "what is to be mounted, on this host", .completes = COMPLETES_FILE },
	{ "type", 't', OPTION_STRING, .to.string = &values.type, .value = "TYPE",
	  .summary = "bind, tmpfs, overlay, erofs, ... [bind]" },
};
/* clang-format on */

/* With room for one more. A word may hold several with commas between, as in the config. */
static const char **copy_options(const struct option_list *list)
{
	const char **v = calloc(list->n + 2, sizeof(*v));

	for (size_t i = 0; v && i < list->n; i++)
		v[i] = list->v[i];
	return v;
}

static int add_one(struct container *c, const char *destination, struct error *err)
{
	bool bind = !values.type || streq(values.type, "bind") || streq(values.type, "rbind");
	struct container_mount m = { .destination = destination,
				     .source = values.source,
				     .type = values.type ? values.type : "bind" };
	const char **options = copy_options(&values.options);
	auto_(free_ptr) void *memory = options;

	if (!options)
		return sysf(err, "mounts add");
	m.n_options = values.options.n;
	if (bind && !values.source)
		return failf(err, EINVAL, "mounts add: a bind mount wants --source");
	if (bind) {
		m.type = "bind";
		options[m.n_options++] = values.type && streq(values.type, "rbind") ? "rbind" : "bind";
	}
	m.options = options;
	return container_mounts_add(c, &m, err);
}

static int add(struct container *c, const struct invocation *inv, struct error *err)
{
	const char *what = inv->args[1];

	if (!what)
		return failf(err, EINVAL, "mounts add: expected a destination, or a file with mounts");
	if (values.source || values.type || what[0] == '/') {
		const char *end = strrchr(what, '.');

		/* crun's form, by an absolute path. */
		if (!values.source && !values.type && end && streq(end, ".json"))
			return container_mounts_add_file(c, what, err);
		if (what[0] != '/')
			return failf(err, EINVAL, "destination '%s' is not an absolute path", what);
		return add_one(c, what, err);
	}
	return container_mounts_add_file(c, what, err);
}

static int remove_one(struct container *c, const struct invocation *inv, struct error *err)
{
	if (!inv->args[1])
		return failf(err, EINVAL, "mounts remove: expected a destination");
	return container_mounts_remove(c, inv->args[1], err);
}

static int list(struct container *c, const struct invocation *inv, struct error *err)
{
	static const char *const heads[] = { "DESTINATION", "TYPE",        "SOURCE",
					     "OPTIONS",     "PROPAGATION", "ORIGIN" };
	auto_(container_rows_done) struct container_rows all = { 0 };
	int r;

	if (inv->args[1])
		return failf(err, EINVAL, "mounts list: expected nothing after the id");
	r = container_mounts_list(c, &all, err);
	return r < 0 ? r : rows_print(&all, values.format, heads, err);
}

static int run_on(struct container *c, const struct invocation *inv, struct error *err)
{
	static const struct verb verbs[] = { { "add", add }, { "remove", remove_one }, { "list", list } };

	return verb_run(verbs, ARRAY_SIZE(verbs), c, inv, err);
}

const struct command cmd_mounts = {
	.name = "mounts",
	.operands = "add|remove|list ID [DEST|FILE.json]",
	.summary = "mount into a running container, take that away, list all",
	.about = "Mounts are made as those of the config, with all of its options, and by nothing in the image.\n"
		 "'add' with a FILE takes an array of mounts as the config has it. 'remove' takes away only\n"
		 "what 'add' has mounted. 'list' says where each came from: config, added, or container.",
	.examples = "  orlop mounts add demo /data --source ./data -o ro\n"
		    "  orlop mounts add demo /cache --type tmpfs -o size=64m\n"
		    "  orlop mounts remove demo /data\n"
		    "  orlop mounts list demo",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.verbs = "add|remove|list",
	.min_operands = 1,
	.max_operands = 2,
	.operand_is_id = true,
	.run_on = run_on,
};
