/* SPDX-License-Identifier: Apache-2.0 */

/* The mounts of a container as they are, and where each came from. */

#include <errno.h>
#include <inttypes.h>

#include "base/macros.h"
#include "container/inside.h"
#include "container/mount_record.h"
#include "container/rows.h"
#include "observe/proc_dir.h"
#include "observe/mountinfo.h"
#include "resolve/resolve.h"

enum origin { ORIGIN_CONTAINER, ORIGIN_CONFIG, ORIGIN_ADDED };

struct origins {
	int root;
	const struct mount_lines *lines;
	enum origin *v; /* of each line */
};

static void mark(struct origins *o, uint64_t id, enum origin origin)
{
	for (size_t i = 0; i < o->lines->n; i++)
		if ((uint64_t)o->lines->v[i].id == id)
			o->v[i] = origin;
}

/* With all that a recursive bind brought along below it. */
static void mark_below(struct origins *o, uint64_t id, enum origin origin)
{
	mark(o, id, origin);
	for (size_t i = 0; i < o->lines->n; i++)
		if ((uint64_t)o->lines->v[i].parent == id && o->v[i] == ORIGIN_CONTAINER &&
		    (uint64_t)o->lines->v[i].id != id)
			mark_below(o, (uint64_t)o->lines->v[i].id, origin);
}

static void mark_path(struct origins *o, const char *path, bool tree)
{
	struct inside_place place;

	if (inside_look(o->root, path, true, &place) < 0 || !place.mounted)
		return;
	if (tree)
		mark_below(o, place.mount, ORIGIN_CONFIG);
	else
		mark(o, place.mount, ORIGIN_CONFIG);
}

/* What a container may get besides what its config asks for. */
static const char *const always[] = { "/", "/dev/console", "/run/notify" };

static void mark_config(struct origins *o, const struct resolved *r)
{
	foreach_array(path, always)
		mark_path(o, *path, false);
	foreach_list(m, &r->mounts) mark_path(o, m->destination, m->recursive || m->kind == MOUNT_CGROUP);
	foreach_list(p, &r->masked) mark_path(o, p->path, false);
	foreach_list(p, &r->readonly) mark_path(o, p->path, false);
	foreach_list(d, &r->devices) mark_path(o, d->path, false);
}

/* Those that were added, found by numbers that no other mount has. */
static void mark_added(struct origins *o, const struct mount_records *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct mount_record *m = &all->v[i];
		struct inside_place place;

		if (inside_look(o->root, m->destination, true, &place) == 0 && place.mounted &&
		    (m->unique ? place.unique == m->unique : place.mount == m->mount))
			mark(o, place.mount, ORIGIN_ADDED);
		else if (!m->unique)
			mark(o, m->mount, ORIGIN_ADDED);
	}
}

static void add_line(struct container_rows *r, struct json_out *o, const struct mount_line *m,
		     enum origin origin)
{
	static const char *const names[] = { "container", "config", "added" };

	rows_add(r, m->target);
	rows_add(r, m->type);
	rows_add(r, m->source);
	rows_add(r, m->options);
	rows_add(r, m->propagation);
	rows_add(r, names[origin]);
	json_object_begin(o, NULL);
	json_string(o, "destination", m->target);
	json_string(o, "type", m->type);
	json_string(o, "source", m->source);
	json_string(o, "root", m->root);
	json_string(o, "options", m->options);
	json_string(o, "propagation", m->propagation);
	json_string(o, "data", m->data);
	json_string(o, "origin", names[origin]);
	json_i64(o, "id", m->id);
	json_i64(o, "parent", m->parent);
	json_object_end(o);
}

static int list(struct container *c, struct arena *a, struct container_rows *ret, struct json_out *o,
		struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_(close_fd) int proc = proc_dir_open_init(c, err), root = proc < 0 ? proc : inside_root(c, err);
	struct resolve_input in = { .bundle = -EBADF };
	const struct resolved *resolved = NULL;
	struct mount_lines lines;
	struct mount_records records;
	struct origins origins = { .root = root, .lines = &lines };
	int r = root < 0 ? root : container_config(c, &doc, err);

	if (r < 0)
		return r;
	in.spec = doc->spec;
	r = resolve_config(&in, a, &resolved, err);
	if (r == 0)
		r = mount_records_read(c->dir, a, &records, err);
	if (r < 0)
		return r;
	r = mountinfo_read(a, proc, &lines);
	origins.v = r == 0 ? arena_array_of(a, enum origin, lines.n + 1) : NULL;
	if (!origins.v)
		return codef(err, r < 0 ? r : ENOMEM, "mounts of container '%s'", c->state.id);
	mark_config(&origins, resolved);
	mark_added(&origins, &records);
	for (size_t i = 0; i < lines.n; i++)
		add_line(ret, o, &lines.v[i], origins.v[i]);
	return 0;
}

int container_mounts_list(struct container *c, struct container_rows *ret, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");
	auto_(arena_free) struct arena *a = arena_new();
	int r;

	rows_begin(ret, 6);
	if (!o || !a)
		return sysf(err, "mounts of container '%s'", c->state.id);
	json_array_begin(o, NULL);
	r = list(c, a, ret, o, err);
	json_array_end(o);
	return r < 0 ? r : rows_end(ret, o, err);
}
