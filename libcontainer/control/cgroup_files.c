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
	struct json_out *o; /* owned */
	struct cgroup *cgroup;
};

/* As rows of two columns and as an array; listing_end() ends it, also when `r`, what went before, is a failure. */
static int listing_begin(struct listing *l, struct container *c, struct container_rows *rows, int r,
			 struct error *err)
{
	*l = (struct listing){ .rows = rows, .o = json_out_new("  ") };
	rows_begin(rows, 2);
	if (r == 0)
		r = container_cgroup(c, &l->cgroup, err);
	if (r < 0 || !l->o)
		return r < 0 ? r : sysf(err, "cgroup of the container");
	json_array_begin(l->o, NULL);
	return 0;
}

static int listing_end(struct listing *l, int r, struct error *err)
{
	if (l->o)
		json_array_end(l->o);
	if (r == 0)
		r = rows_end(l->rows, l->o, err);
	json_out_free(l->o);
	return r;
}

static void get_one(const char *asked, const struct listing *l)
{
	struct cgroup_file f = { 0 };
	struct error why = ERROR_INIT;
	auto_str value = STR_INIT;

	if (cgroup_file_find(l->cgroup, asked, &f, &why) == 0 && cgroup_file_read(&f, &value, &why) == 0) {
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
	struct listing l;
	int r = listing_begin(&l, c, ret, 0, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		get_one(items[i].file, &l);
	if (r == 0 && n == 0)
		r = cgroup_files_each(l.cgroup, get_listed, &l, err);
	return listing_end(&l, r, err);
}

/* ---- set ---- */

static void set_one(const struct container_cgroup_item *i, const struct listing *l)
{
	struct cgroup_file f = { 0 };
	struct error why = ERROR_INIT;

	if (cgroup_file_find(l->cgroup, i->file, &f, &why) == 0 &&
	    cgroup_file_write(&f, i->value, &why) == 0)
		log_counterpart(i->file, &f);
	item(l->rows, l->o, i->file, &f, i->value, &why);
}

/* In the order given, each for itself: a limit may need another one to be written before it. */
int container_cgroup_set(struct container *c, const struct container_cgroup_item *items, size_t n,
			 struct container_rows *ret, struct error *err)
{
	struct listing l;
	int r = listing_begin(&l, c, ret, container_lock_made(c, err), err);

	for (size_t i = 0; r == 0 && i < n; i++)
		set_one(&items[i], &l);
	return listing_end(&l, r, err);
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

static int add_paths(const char *controller, const struct listing *l, struct error *err)
{
	struct cgroup *cg = l->cgroup;
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
	struct listing l;
	int r = listing_begin(&l, c, ret, 0, err);

	if (r == 0)
		r = add_paths(controller, &l, err);
	return listing_end(&l, r, err);
}
