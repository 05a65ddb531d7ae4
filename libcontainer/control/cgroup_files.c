/* SPDX-License-Identifier: Apache-2.0 */

/* The control files of a container's cgroup, read and written by name. */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "cgroup/files.h"
#include "container/handle.h"
#include "container/rows.h"

/* One row a line, so that grep and awk see which file a line is of. */
static void add_lines(struct container_rows *r, const char *file, const char *text)
{
	do {
		size_t n = strcspn(text, "\n");

		rows_add(r, file);
		rows_addn(r, text, n);
		text += n + (text[n] == '\n');
	} while (*text);
}

static void log_counterpart(const char *asked, const struct cgroup_file *f)
{
	if (f->as)
		log_warn("cgroup file '%s' is '%s' on this host: the value is converted", asked,
			 f->name);
}

/* An item of the array; what failed has `error` in place of the rest. */
static void item(struct container_rows *r, struct json_out *o, const char *asked,
		 const struct cgroup_file *f, const char *value, const struct error *why)
{
	json_object_begin(o, NULL);
	json_string(o, "file", asked);
	if (f && f->dir)
		json_string(o, "directory", f->dir);
	if (f && f->as)
		json_string(o, "as", f->name);
	if (why->num == 0)
		json_string(o, "value", value);
	else
		json_string(o, "error", why->msg);
	json_object_end(o);
	if (why->num)
		rows_fail(r, why);
}

/* ---- get ---- */

struct listing {
	struct container_rows *rows;
	struct json_out *o;
};

static void get_one(struct cgroup *cg, const char *asked, const struct listing *l)
{
	struct cgroup_file f = { 0 };
	struct error why = ERROR_INIT;
	auto_str value = STR_INIT;

	if (cgroup_file_find(cg, asked, &f, &why) == 0 && cgroup_file_read(&f, &value, &why) == 0) {
		log_counterpart(asked, &f);
		add_lines(l->rows, asked, str_text(&value));
	}
	item(l->rows, l->o, asked, &f, str_text(&value), &why);
}

/* Of all files some can never be read (memory.pressure of a kernel without it): they are left out. */
static int get_listed(const struct cgroup_file *f, void *ctx, struct error *err)
{
	const struct listing *l = ctx;
	struct error why = ERROR_INIT;
	auto_str value = STR_INIT;

	(void)err;
	if (cgroup_file_read(f, &value, &why) < 0)
		return 0;
	add_lines(l->rows, f->name, str_text(&value));
	item(l->rows, l->o, f->name, f, str_text(&value), &why);
	return 0;
}

int container_cgroup_get(struct container *c, const struct container_cgroup_item *items, size_t n,
			 struct container_rows *ret, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");
	const struct listing l = { .rows = ret, .o = o };
	struct cgroup *cg = NULL;
	int r = container_cgroup(c, &cg, err);

	rows_begin(ret, 2);
	if (r < 0 || !o)
		return r < 0 ? r : sysf(err, "cgroup files");
	json_array_begin(o, NULL);
	for (size_t i = 0; i < n; i++)
		get_one(cg, items[i].file, &l);
	if (n == 0)
		r = cgroup_files_each(cg, get_listed, (void *)(uintptr_t)&l, err);
	json_array_end(o);
	return r < 0 ? r : rows_end(ret, o, err);
}

/* ---- set ---- */

static void set_one(struct cgroup *cg, const struct container_cgroup_item *i,
		    const struct listing *l)
{
	struct cgroup_file f = { 0 };
	struct error why = ERROR_INIT;

	if (cgroup_file_find(cg, i->file, &f, &why) == 0 &&
	    cgroup_file_write(&f, i->value, &why) == 0)
		log_counterpart(i->file, &f);
	item(l->rows, l->o, i->file, &f, i->value, &why);
}

/* In the order given, each for itself: a limit may need another one to be written before it. */
int container_cgroup_set(struct container *c, const struct container_cgroup_item *items, size_t n,
			 struct container_rows *ret, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");
	const struct listing l = { .rows = ret, .o = o };
	struct cgroup *cg = NULL;
	int r = container_lock_made(c, err);

	rows_begin(ret, 2);
	if (r == 0)
		r = container_cgroup(c, &cg, err);
	if (r < 0 || !o)
		return r < 0 ? r : sysf(err, "cgroup files");
	json_array_begin(o, NULL);
	for (size_t i = 0; i < n; i++)
		set_one(cg, &items[i], &l);
	json_array_end(o);
	return rows_end(ret, o, err);
}

/* ---- path ---- */

static void add_path(const struct listing *l, const char *name, const char *path)
{
	rows_add(l->rows, *name ? name : "unified");
	rows_add(l->rows, path);
	json_object_begin(l->o, NULL);
	json_string(l->o, "hierarchy", *name ? name : "unified");
	json_string(l->o, "path", path);
	json_object_end(l->o);
}

static int add_paths(struct cgroup *cg, const char *controller, const struct listing *l,
		     struct error *err)
{
	const char *path, *name;

	if (cgroup_is_none(cg))
		return failf(err, EOPNOTSUPP, "the container has no cgroup");
	if (!controller) {
		for (size_t i = 0; (path = cgroup_tree_path(cg, i, &name)); i++)
			add_path(l, name, path);
		return 0;
	}
	path = cgroup_controller_path(cg, controller);
	if (!path)
		return failf(err, ENOENT, "the container's cgroup has no controller '%s'",
			     controller);
	add_path(l, controller, path);
	return 0;
}

int container_cgroup_paths(struct container *c, const char *controller, struct container_rows *ret,
			   struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");
	const struct listing l = { .rows = ret, .o = o };
	struct cgroup *cg = NULL;
	int r = container_cgroup(c, &cg, err);

	rows_begin(ret, 2);
	if (r < 0 || !o)
		return r < 0 ? r : sysf(err, "cgroup paths");
	json_array_begin(o, NULL);
	r = add_paths(cg, controller, &l, err);
	json_array_end(o);
	return r < 0 ? r : rows_end(ret, o, err);
}
