/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whose ids a mount maps (spec M6, M7): its own mappings, those in the text of the option
 * "idmap=uids=A-B-C#A-B-C;gids=A-B-C" (as crun has it), or the container's.
 */

#include <errno.h>
#include <linux/sched.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"
#include "resolve/entry.h"
#include "spec/objects.h"
#include "spec/spec.h"

/* The node of the option. */
static const struct json *option_node(const struct entry *e)
{
	const struct json *list = json_member(e->m->json, "options");
	const struct json *item = list ? list->first : NULL;

	while (item && item->text != e->o.idmap_option)
		item = item->next;
	return item;
}

/* ---- idmap=uids=...;gids=... ---- */

/* A list of the text being read. */
struct list {
	struct entry *e;
	const char *name;             /* "uids" or "gids"            */
	const spec_idmaps *container; /* what '@' is relative to     */
	spec_idmaps *maps;
	size_t room;
};

static int wrong_text(const struct list *l)
{
	return refuse_spec(
		l->e->r, option_node(l->e), NULL,
		"'%s' of option '%s': expected FILESYSTEM-HOST-SIZE, of which several are joined "
		"by '#'; '@' before it makes HOST one of the container",
		l->name, l->e->o.idmap_option);
}

/* "A-B-C" without sign or space. */
static bool read_three(const char *text, size_t n, uint32_t v[3])
{
	for (int i = 0; i < 3; i++) {
		const char *dash = i < 2 ? memchr(text, '-', n) : text + n;
		size_t digits = dash ? (size_t)(dash - text) : 0;
		uint64_t number;

		if (!digits || parse_u64n(text, digits, 10, &number) < 0 || number > UINT32_MAX)
			return false;
		v[i] = (uint32_t)number;
		if (i < 2) {
			text += digits + 1;
			n -= digits + 1;
		}
	}
	return v[2] > 0;
}

static int add_map(struct list *l, uint32_t filesystem, uint32_t host, uint32_t size)
{
	struct arena *a = l->e->r->arena;
	const struct json *node = option_node(l->e);

	if (l->maps->n == l->room) {
		l->maps->v = arena_grow(a, l->maps->v, l->room * sizeof(*l->maps->v),
					(2 * l->room + 4) * sizeof(*l->maps->v));
		if (!l->maps->v)
			return resolve_no_memory(l->e->r);
		l->room = 2 * l->room + 4;
	}
	if (filesystem > UINT32_MAX - size || host > UINT32_MAX - size)
		return refuse_spec(l->e->r, node, NULL,
				   "'%s' of option '%s' exceed the last id 4294967294", l->name,
				   l->e->o.idmap_option);
	l->maps->v[l->maps->n++] = (struct spec_idmap){ node, filesystem, host, size };
	return 0;
}

static const struct spec_idmap *mapping_of(const spec_idmaps *maps, uint32_t id)
{
	foreach_list(m, maps)
		if (id >= m->container_id && id - m->container_id < m->size)
			return m;
	return NULL;
}

/* What is a run of ids in the container may be several on the host. */
static int add_relative(struct list *l, uint32_t filesystem, uint32_t inside, uint32_t size)
{
	while (size) {
		const struct spec_idmap *m = mapping_of(l->container, inside);
		uint32_t before = m ? inside - m->container_id : 0, n;
		int num;

		if (!m)
			return refuse_spec(l->e->r, option_node(l->e), NULL,
					   "'%s' of option '%s': id %u of the container is not in "
					   "'linux.%sMappings'",
					   l->name, l->e->o.idmap_option, inside,
					   l->name[0] == 'u' ? "uid" : "gid");
		n = min_of(size, m->size - before);
		num = add_map(l, filesystem, m->host_id + before, n);
		if (num < 0 || problems_touches(l->e->r->in->report, l->e->m->json))
			return num;
		filesystem += n;
		inside += n;
		size -= n;
	}
	return 0;
}

static int read_list(struct list *l, const char *text, size_t n)
{
	for (size_t length; n; text += length, n -= length) {
		const char *end = memchr(text, '#', n);
		bool relative = *text == '@';
		uint32_t v[3];
		int num;

		length = end ? (size_t)(end - text) : n;
		if (!read_three(text + relative, length - relative, v))
			return wrong_text(l);
		num = relative ? add_relative(l, v[0], v[1], v[2]) : add_map(l, v[0], v[1], v[2]);
		if (num < 0)
			return num;
		length += end != NULL;
	}
	return 0;
}

static int read_text(struct entry *e, spec_idmaps *uids, spec_idmaps *gids)
{
	const struct spec_linux *l = &e->r->spec->lnx;
	struct list lists[] = {
		{ .e = e, .name = "uids", .container = &l->uid_mappings, .maps = uids },
		{ .e = e, .name = "gids", .container = &l->gid_mappings, .maps = gids },
	};
	const char *text = e->o.idmap_text;

	for (size_t n; *text; text += n + (text[n] == ';')) {
		struct list *list = starts_with(text, "uids=") ? &lists[0] : &lists[1];
		int num;

		n = strcspn(text, ";");
		if (!starts_with(text, "uids=") && !starts_with(text, "gids="))
			return refuse_spec(e->r, option_node(e), NULL,
					   "option '%s': expected 'uids=' or 'gids='",
					   e->o.idmap_option);
		num = read_list(list, text + 5, n - 5);
		if (num < 0)
			return num;
	}
	return 0;
}

static int text_idmap(struct entry *e)
{
	spec_idmaps *maps = arena_array_of(e->r->arena, spec_idmaps, 2);
	int num;

	if (!maps)
		return resolve_no_memory(e->r);
	if (e->m->uid_mappings.n)
		return refuse_spec(
			e->r, option_node(e), NULL,
			"option '%s' beside 'uidMappings' and 'gidMappings' of the same mount",
			e->o.idmap_option);
	num = read_text(e, &maps[0], &maps[1]);
	e->idmap.uids = &maps[0];
	e->idmap.gids = &maps[1];
	if (num < 0 || problems_touches(e->r->in->report, e->m->json) || (maps[0].n && maps[1].n))
		return num;
	/* Linux takes no user namespace for it that lacks one of them. */
	return refuse_spec(e->r, option_node(e), NULL, "option '%s' needs both 'uids=' and 'gids='",
			   e->o.idmap_option);
}

/* ---- all of them ---- */

static int check_place(struct entry *e)
{
	const struct spec_mount *m = e->m;
	const char *option = e->o.idmap_option;
	bool own = m->uid_mappings.n > 0 || (e->o.idmap_text && e->o.idmap_text[0]);
	bool is_new = !e->o.bind && !e->o.remount;

	if (option && !own && !resolve_has_namespace(e->r, CLONE_NEWUSER))
		return refuse_spec(e->r, option_node(e), NULL,
				   "option '%s' needs 'uidMappings' and 'gidMappings', or a user "
				   "namespace",
				   option);
	if (is_new && option && !own)
		return refuse_spec(
			e->r, m->json, "options",
			"a new filesystem has the ids of the container's user namespace: "
			"'idmap' needs 'uidMappings' and 'gidMappings'");
	if (is_new && (option || own) && m->type && streq(m->type, "cgroup"))
		return refuse_spec(e->r, m->json, NULL, "cgroups cannot be idmapped");
	return 0;
}

int entry_idmap(struct entry *e)
{
	const struct spec_linux *l = &e->r->spec->lnx;
	const struct spec_namespace *user = spec_namespace_of(l, CLONE_NEWUSER);
	int num = check_place(e);

	if (num < 0)
		return num;
	e->idmap.wanted = e->o.idmap_option || e->m->uid_mappings.n;
	e->idmap.recursive = e->o.ridmap;
	if (e->o.idmap_text && e->o.idmap_text[0]) {
		num = text_idmap(e);
	} else if (e->m->uid_mappings.n) {
		e->idmap.uids = &e->m->uid_mappings;
		e->idmap.gids = &e->m->gid_mappings;
	} else if (user && !user->path) {
		e->idmap.uids = &l->uid_mappings;
		e->idmap.gids = &l->gid_mappings;
		return 0; /* rules.c has checked them */
	}
	if (num < 0 || !e->idmap.uids)
		return num;
	return idmaps_check(e->idmap.uids, e->idmap.gids, e->r->in->report, e->r->err);
}
