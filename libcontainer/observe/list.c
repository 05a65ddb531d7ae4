/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/parse.h"
#include "container/handle.h"
#include "json/json.h"
#include "store/ids.h"
#include "store/store.h"

#define PASSWD_LIMIT ((size_t)16 << 20)

/* ---- names of owners ---- */

/*
 * /etc/passwd itself and not getpwuid(): a static program has no NSS, and one directory server that
 * does not answer must not stop `list`.
 */
struct owners {
	struct str passwd;
	bool loaded, known;
	uid_t last; /* most containers have one owner: its name is kept */
	char name[64];
};

/* The line's third field is the uid. */
static bool line_has_uid(const char *line, size_t n, uid_t uid)
{
	const char *end = line + n;
	const char *password = memchr(line, ':', n);
	const char *number = password ? memchr(password + 1, ':', (size_t)(end - password - 1))
				      : NULL;
	const char *stop = number ? memchr(number + 1, ':', (size_t)(end - number - 1)) : NULL;
	uint64_t value;

	return stop && parse_u64n(number + 1, (size_t)(stop - number - 1), 10, &value) == 0 &&
		value == uid;
}

static void look_up(struct owners *o, uid_t uid)
{
	const char *line = str_text(&o->passwd);

	(void)snprintf(o->name, sizeof(o->name), "#%u", (unsigned)uid);
	for (size_t n; *line; line += n + (line[n] != 0)) {
		n = strcspn(line, "\n");
		if (!line_has_uid(line, n, uid))
			continue;
		(void)snprintf(o->name, sizeof(o->name), "%.*s", (int)strcspn(line, ":"), line);
		return;
	}
}

static const char *owner_name(struct owners *o, uid_t uid)
{
	if (!o->loaded)
		(void)file_read_at(AT_FDCWD, "/etc/passwd", PASSWD_LIMIT, &o->passwd);
	o->loaded = true;
	if (!o->known || o->last != uid)
		look_up(o, uid);
	o->known = true;
	o->last = uid;
	return o->name;
}

static void owners_done(struct owners *o)
{
	str_done(&o->passwd);
}
#define auto_owners __attribute__((cleanup(owners_done))) struct owners

/* ---- rows ---- */

void container_list_done(struct container_list *l)
{
	free(l->rows);
	arena_free(l->arena);
	str_done(&l->json);
	*l = (struct container_list){ 0 };
}

static int add_info(struct container_list *l, const struct state *s, enum container_status status,
		    const char *owner)
{
	struct container_info *info = &l->rows[l->n];

	*info = (struct container_info){
		.id = arena_strdup(l->arena, s->id),
		.status = container_status_name(status),
		.bundle = arena_strdup(l->arena, s->bundle),
		.created = arena_strdup(l->arena, s->created),
		.owner = arena_strdup(l->arena, owner),
		.pid = status == STATUS_STOPPED ? 0 : s->init.pid,
	};
	if (!info->id || !info->bundle || !info->created || !info->owner)
		return -ENOMEM;
	l->n++;
	return 0;
}

/* 1: a row; 0: one that is not there yet; -ENOENT: no record, and no create goes on; other negative: broken. */
static int look_at(int root, const char *id, struct container **ret, enum container_status *status,
		   struct error *err)
{
	int r = container_open(root, id, ret, err);

	if (r == 0)
		r = container_status(*ret, status, err);
	return r < 0 ? r : *status != STATUS_CREATING;
}

static int add_state(const struct state *s, enum container_status status, struct owners *owners,
		     struct container_list *l, struct json_out *o)
{
	const char *owner = owner_name(owners, s->owner);

	if (o)
		container_write_state(o, s, status, owner);
	return add_info(l, s, status, owner);
}

/* Clients parse the time: it is that of the config that create has kept, or else of the directory. */
static int add_unreadable(int root, const char *id, enum container_status status, struct owners *owners,
			  struct container_list *l, struct json_out *o)
{
	char created[CLOCK_TEXT_SIZE], config[NAME_MAX + sizeof("/config.json")];
	struct stat dir, st;

	if (fstatat(root, id, &dir, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	(void)snprintf(config, sizeof(config), "%s/config.json", id);
	if (fstatat(root, config, &st, AT_SYMLINK_NOFOLLOW) < 0)
		st = dir;
	clock_text_of(st.st_mtim, created);
	return add_state(&(struct state){ .id = id, .bundle = "", .created = created, .owner = dir.st_uid },
			 status, owners, l, o);
}

/*
 * A create keeps the config before it makes anything, and holds the lock from before that until its record is there. So
 * a config without either is what a killed one has left. One that has just begun has no config.
 */
static bool is_leftover(int root, const char *id)
{
	auto_(close_fd) int dir = openat(root, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return dir >= 0 && faccessat(dir, "config.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	       faccessat(dir, "state.json", F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

static int add_row(int root, const char *id, struct owners *owners, struct container_list *l,
		   struct json_out *o)
{
	auto_(container_free) struct container *c = NULL;
	struct error e = ERROR_INIT;
	enum container_status status = STATUS_STOPPED;
	int r = look_at(root, id, &c, &status, &e);

	if (r > 0)
		return add_state(&c->state, status, owners, l, o);
	if (r == -EBADMSG) {
		log_warn("%s", e.msg);
		return add_unreadable(root, id, STATUS_BROKEN, owners, l, o);
	}
	if (r == -ENOENT && is_leftover(root, id))
		return add_unreadable(root, id, STATUS_LEFTOVER, owners, l, o);
	if (r < 0 && r != -ENOENT)
		log_warn("container '%s' is left out: %s", id, e.msg);
	return 0;
}

/* o: also the array of them all, or NULL. */
static int add_rows(int root, const struct ids *ids, struct container_list *l, struct json_out *o)
{
	auto_owners owners = { .passwd = STR_INIT };
	int r = 0;

	l->arena = arena_new();
	l->rows = calloc(ids->n + 1, sizeof(*l->rows));
	if (!l->arena || !l->rows)
		return -ENOMEM;
	for (size_t i = 0; i < ids->n && r == 0; i++)
		r = add_row(root, ids->v[i], &owners, l, o);
	return r;
}

static int fill_json(int root, const struct ids *ids, struct container_list *l)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	const char *text;
	int r;

	if (!o)
		return -ENOMEM;
	json_array_begin(o, NULL);
	r = add_rows(root, ids, l, o);
	json_array_end(o);
	text = json_out_text(o);
	if (r < 0 || !text)
		return -ENOMEM;
	str_add(&l->json, l->n > 0 ? text : "null");
	return str_ok(&l->json) ? 0 : -ENOMEM;
}

static int read_root(int root, bool want_json, struct container_list *ret, struct error *err)
{
	struct container_list l = { 0 };
	auto_ids ids = { 0 };
	int r;

	r = ids_read(root, &ids);
	if (r < 0)
		return codef(err, r, "read the root directory");
	r = want_json ? fill_json(root, &ids, &l) : add_rows(root, &ids, &l, NULL);
	if (r < 0) {
		container_list_done(&l);
		return codef(err, r, "list of containers");
	}
	*ret = l;
	return 0;
}

int container_list(const struct runtime *rt, bool want_json, struct container_list *ret,
		   struct error *err)
{
	auto_(close_fd) int root = store_open_root(rt, false, err);

	if (root == -ENOENT && rt->root_given)
		return codef(err, ENOENT, "open root '%s'", rt->root);
	if (root == -ENOENT) {
		*ret = (struct container_list){ 0 };
		str_add(&ret->json, "null");
		return str_ok(&ret->json) ? 0 : codef(err, ENOMEM, "list of containers");
	}
	return root < 0 ? root : read_root(root, want_json, ret, err);
}
