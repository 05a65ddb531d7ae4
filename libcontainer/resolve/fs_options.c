/* SPDX-License-Identifier: Apache-2.0 */

/* What a filesystem is configured with. */

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "base/macros.h"
#include "base/str.h"
#include "fs/overlay.h"
#include "resolve/entry.h"
#include "security/lsm.h"
#include "spec/spec.h"

#define VALUE_MAX  255  /* of fsconfig(2)                                 */
#define PAGE_MAX   4095 /* of the one text of mount(2), without its end   */
#define LAYERS_MAX 500  /* of overlay: OVL_MAX_STACK of the kernel        */

static void add_option(struct resolved_mount *out, const char *key, const char *value)
{
	out->options[out->n_options++] = (struct mount_option_value){ key, value };
}

/* "key=value" or "key". */
static int add_text(struct entry *e, const char *text)
{
	const char *equals = strchr(text, '=');
	char *key = equals ? arena_strndup(e->r->arena, text, (size_t)(equals - text)) : NULL;

	if (equals && !key)
		return resolve_no_memory(e->r);
	add_option(e->out, equals ? key : text, equals ? equals + 1 : NULL);
	return 0;
}

static bool is_access(const char *flag)
{
	return streq(flag, "ro") || streq(flag, "rw");
}

/*
 * `ro` of a pseudo filesystem is the mount's alone: its superblock may be shared with others, which would
 * refuse (or suffer) the change.
 */
static bool is_for_superblock(const char *type, const char *flag)
{
	static const char *const pseudo[] = { "proc",   "sysfs",   "tmpfs", "devpts", "mqueue",
					      "cgroup", "cgroup2", "ramfs", "overlay", "debugfs", "tracefs", "securityfs" };

	if (!is_access(flag))
		return true;
	foreach_array(name, pseudo)
		if (streq(*name, type))
			return false;
	return true;
}

static bool has_option(const struct resolved_mount *out, const char *key)
{
	for (size_t i = 0; i < out->n_options; i++)
		if (streq(out->options[i].key, key) && out->options[i].value)
			return true;
	return false;
}

static void add_label(struct entry *e, const char *type)
{
	const char *label = e->r->spec->lnx.mount_label;

	if (lsm_labels_mount(label, type))
		add_option(e->out, "context", label);
}

/* ---- in one text: mount(2) ---- */

/* Flags of the superblock, which are no words of that text. 0: the contrary of one, which is the default. */
static unsigned long superblock_flag(const char *name)
{
	/* clang-format off */
	static const struct { const char *name; unsigned long flag; } flags[] = {
		{ "ro", MS_RDONLY }, { "sync", MS_SYNCHRONOUS }, { "dirsync", MS_DIRSYNC },
		{ "mand", MS_MANDLOCK }, { "lazytime", MS_LAZYTIME },
	};
	/* clang-format on */

	foreach_array(row, flags)
		if (streq(row->name, name))
			return row->flag;
	return 0;
}

/* A comma in it would end it, but in quotes or behind a backslash. */
static void add_to_page(struct str *page, const struct mount_option_value *o)
{
	bool quotes = o->value && strchr(o->value, ',') && !strchr(o->value, '\\');

	str_printf(page, "%s%s%s%s%s%s", page->n ? "," : "", o->key, o->value ? "=" : "",
		   quotes ? "\"" : "", o->value ? o->value : "", quotes ? "\"" : "");
}

static bool is_too_long(const struct mount_option_value *o)
{
	return strlen(o->key) > VALUE_MAX || (o->value && strlen(o->value) > VALUE_MAX);
}

static bool needs_page(const struct resolved_mount *m)
{
	for (size_t i = 0; i < m->n_options; i++)
		if (is_too_long(&m->options[i]))
			return true;
	return false;
}

static int make_page(struct entry *e, size_t first_data)
{
	struct resolved_mount *m = e->out;
	struct str page = STR_IN(e->r->arena);

	m->page_source = m->options[0].value;
	for (size_t i = 1; i < first_data; i++)
		m->page_flags |= superblock_flag(m->options[i].key);
	for (size_t i = first_data; i < m->n_options; i++)
		add_to_page(&page, &m->options[i]);
	if (!str_ok(&page))
		return resolve_no_memory(e->r);
	m->page = str_text(&page);
	return 0;
}

/* ---- lowerdir of overlay, layer by layer ---- */

/* "lowerdir=A:B::C": lowerdir+ for A and B, datadir+ for C, each of which may be as long as one value. */
static int add_layers(struct entry *e, struct mount_option_value *to, const char *list, size_t *n)
{
	const char *key = "lowerdir+";

	for (size_t length; *list; list += length + (list[length] == ':')) {
		char *layer;

		if (*list == ':') {
			key = "datadir+";
			list++;
		}
		length = strcspn(list, ":");
		layer = arena_strndup(e->r->arena, list, length);
		if (!layer)
			return resolve_no_memory(e->r);
		to[(*n)++] = (struct mount_option_value){ key, layer };
	}
	return 0;
}

/* Kernels since 6.8 take each layer alone. A backslash would be taken as it is there: not for those. */
static bool splits(const struct mount_option_value *o)
{
	return streq(o->key, "lowerdir") && o->value && !strchr(o->value, '\\');
}

static int split_layers(struct entry *e)
{
	struct resolved_mount *m = e->out;
	struct mount_option_value *options;
	size_t n = 0, room = m->n_options + LAYERS_MAX;

	for (size_t i = 0; i < m->n_options; i++)
		for (const char *c = m->options[i].value; c && *c; c++)
			room += *c == ':';
	options = arena_array_of(e->r->arena, struct mount_option_value, room);
	if (!options)
		return resolve_no_memory(e->r);
	for (size_t i = 0; i < m->n_options; i++) {
		if (!splits(&m->options[i]))
			options[n++] = m->options[i];
		else if (add_layers(e, options, m->options[i].value, &n) < 0)
			return -ENOMEM;
	}
	m->options = options;
	m->n_options = n;
	return 0;
}

/*
 * mount(2) takes a page of options, whatever the kernel; only what is longer goes layer by layer. first_data: options
 * before that are the source and flags of the superblock.
 */
static int long_options(struct entry *e, size_t first_data)
{
	struct resolved_mount *m = e->out;
	int num;

	if (!needs_page(m))
		return 0;
	num = make_page(e, first_data);
	if (num < 0 || strlen(m->page) <= PAGE_MAX)
		return num;
	m->page = NULL;
	if (streq(m->type, "overlay") && overlay_takes_layers())
		num = split_layers(e);
	if (num < 0 || !needs_page(m))
		return num;
	return refuse_spec(
		e->r, e->m->json, "options",
		"the kernel takes %d bytes for an option, or %d for all of them: these have more",
		VALUE_MAX, PAGE_MAX);
}

/* ---- by kinds ---- */

static int filesystem_options(struct entry *e)
{
	const struct mount_options *o = &e->o;
	const char *type = e->out->type;
	size_t first_data;

	add_option(e->out, "source", e->m->source ? e->m->source : type);
	for (size_t i = 0; i < o->n_sb; i++)
		if (is_for_superblock(type, o->sb[i]))
			add_option(e->out, o->sb[i], NULL);
	first_data = e->out->n_options;
	for (size_t i = 0; i < o->n_data; i++)
		if (add_text(e, o->data[i]) < 0)
			return -ENOMEM;
	e->out->mode_of_target = streq(type, "tmpfs") && !has_option(e->out, "mode");
	add_label(e, type);
	return long_options(e, first_data);
}

/* A tmpfs with a directory for each hierarchy; on v2 it is not needed. */
static int cgroup_options(struct entry *e)
{
	add_option(e->out, "source", "tmpfs");
	add_option(e->out, "mode", "755");
	add_label(e, "tmpfs");
	return 0;
}

/* With "bind" beside it only the mount changes; and "ro" always is the mount's. */
static int remount_options(struct entry *e)
{
	const struct mount_options *o = &e->o;

	for (size_t i = 0; i < o->n_sb && !o->bind; i++)
		if (!is_access(o->sb[i]))
			add_option(e->out, o->sb[i], NULL);
	for (size_t i = 0; i < o->n_data; i++)
		if (add_text(e, o->data[i]) < 0)
			return -ENOMEM;
	return 0;
}

int entry_options(struct entry *e)
{
	static int (*const by_kind[])(struct entry *) = {
		[MOUNT_FILESYSTEM] = filesystem_options,
		[MOUNT_CGROUP] = cgroup_options,
		[MOUNT_REMOUNT] = remount_options,
	};
	/* source, mode and label */
	size_t most = 3 + e->o.n_sb + e->o.n_data;

	if (e->out->kind == MOUNT_BIND)
		return 0;
	e->out->options = arena_array_of(e->r->arena, struct mount_option_value, most);
	return e->out->options ? by_kind[e->out->kind](e) : resolve_no_memory(e->r);
}
