/* SPDX-License-Identifier: Apache-2.0 */
#include "store/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"
#include "json/json.h"
#include "store/store.h"

#define STATE_FILE   "state.json"
#define CREATING_FILE "creating.json"
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_SIZE 36

/* ---- the boot ---- */

/* What lies on a tmpfs ends with the boot, in which alone pids and start times mean something, and needs no fsync(2). */
static bool outlives_boot(int dir)
{
	struct statfs fs;

	return fstatfs(dir, &fs) < 0 || (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC);
}

/* "" when it cannot be known. Read once: a walk over a thousand containers asks as often. */
static const char *boot_id(void)
{
	static _Alignas(8) char id[BOOT_ID_SIZE + 1]; /* not 32 as is usual: see CMakeLists.txt */
	char room[2 * BOOT_ID_SIZE];
	auto_str text = STR_ON(room);

	if (!id[0] && file_read_piece_at(AT_FDCWD, BOOT_ID_FILE, sizeof(room), &text) == 0 &&
	    text.n >= BOOT_ID_SIZE)
		memcpy(id, text.s, BOOT_ID_SIZE);
	return id;
}

static bool is_this_boot(const char *boot)
{
	return !*boot_id() || streq(boot, boot_id());
}

/* ---- the members ---- */

enum member_type {
	MEMBER_STRING,
	MEMBER_MAYBE, /* a string, or nothing: younger than STATE_VERSION */
	MEMBER_BOOL,
	MEMBER_MAYBE_TRUE, /* absent: false */
	MEMBER_UID,
	MEMBER_PID,
	MEMBER_U64,
	MEMBER_MAYBE_U64, /* 0 when absent */
};

struct member {
	char key[20];
	enum member_type type;
	size_t at;
};

#define IN(member) offsetof(struct state, member)

/* clang-format off */
static const struct member members[] = {
	{ "id",              MEMBER_STRING, IN(id)                },
	{ "ociVersion",      MEMBER_STRING, IN(oci_version)       },
	{ "bundle",          MEMBER_STRING, IN(bundle)            },
	{ "rootfs",          MEMBER_STRING, IN(rootfs)            },
	{ "created",         MEMBER_STRING, IN(created)           },
	{ "owner",           MEMBER_UID,    IN(owner)             },
	{ "ownPidNamespace", MEMBER_BOOL,   IN(own_pid_namespace) },
	{ "hasProcess",      MEMBER_BOOL,   IN(has_process)       },
	{ "rootless",        MEMBER_BOOL,   IN(rootless)          },
	{ "noPoststop",      MEMBER_BOOL,   IN(no_poststop)       },
	{ "rootMount",       MEMBER_MAYBE_U64, IN(root_mount)     },
	{ "userNamespace",   MEMBER_MAYBE_U64, IN(user_namespace) },
	{ "keyring",         MEMBER_MAYBE,  IN(keyring)           },
	{ "resctrlGroup",    MEMBER_MAYBE,  IN(resctrl_group)     },
	{ "resctrlMonitor",  MEMBER_MAYBE,  IN(resctrl_monitor)   },
	{ "restored",        MEMBER_MAYBE,  IN(restored)          },
	{ "restoredFrom",    MEMBER_MAYBE,  IN(restored_from)     },
	{ "timeNamespace",   MEMBER_MAYBE_TRUE, IN(time_namespace) },
};

static const struct member init_members[] = {
	{ "pid",       MEMBER_PID, IN(init.pid)        },
	{ "startTime", MEMBER_U64, IN(init.start_time) },
	{ "handle",    MEMBER_U64, IN(init.handle)     },
};
/* clang-format on */

static void write_member(struct json_out *o, const struct member *m, const struct state *s)
{
	const void *at = (const char *)s + m->at;
	const char *text;

	switch (m->type) {
	case MEMBER_STRING:
		text = *(const char *const *)at;
		json_string(o, m->key, text ? text : "");
		return;
	case MEMBER_MAYBE:
		text = *(const char *const *)at;
		if (text)
			json_string(o, m->key, text);
		return;
	case MEMBER_BOOL:
		json_bool(o, m->key, *(const bool *)at);
		return;
	case MEMBER_MAYBE_TRUE:
		if (*(const bool *)at)
			json_bool(o, m->key, true);
		return;
	case MEMBER_UID:
		json_u64(o, m->key, *(const uid_t *)at);
		return;
	case MEMBER_PID:
		json_i64(o, m->key, *(const pid_t *)at);
		return;
	case MEMBER_MAYBE_U64:
		if (!*(const uint64_t *)at)
			return;
		/* fall through */
	case MEMBER_U64:
		json_u64(o, m->key, *(const uint64_t *)at);
		return;
	}
}

static int wrong(const struct json *node, const char *key, struct error *err)
{
	return failf(err, EPROTO, "%s: '%s' is missing or of the wrong type", json_doc_name(node),
		     key);
}

static int read_number(const struct json *node, const struct member *m, void *at)
{
	uint64_t value;

	if (node->type != JSON_NUMBER || parse_u64(node->text, &value) < 0)
		return -EPROTO;
	if (m->type == MEMBER_U64 || m->type == MEMBER_MAYBE_U64)
		*(uint64_t *)at = value;
	else if (m->type == MEMBER_UID && value <= UINT32_MAX)
		*(uid_t *)at = (uid_t)value;
	else if (m->type == MEMBER_PID && value <= INT_MAX)
		*(pid_t *)at = (pid_t)value;
	else
		return -EPROTO;
	return 0;
}

static int read_member(const struct json *object, const struct member *m, struct state *s,
		       struct error *err)
{
	void *at = (char *)s + m->at;
	const struct json *node = json_member(object, m->key);

	if (!node && (m->type == MEMBER_MAYBE || m->type == MEMBER_MAYBE_U64 ||
		      m->type == MEMBER_MAYBE_TRUE))
		return 0;
	if (!node)
		return wrong(object, m->key, err);
	if ((m->type == MEMBER_STRING || m->type == MEMBER_MAYBE) && node->type == JSON_STRING)
		*(const char **)at = node->text;
	else if ((m->type == MEMBER_BOOL || m->type == MEMBER_MAYBE_TRUE) && node->type == JSON_BOOL)
		*(bool *)at = node->boolean;
	else if (m->type == MEMBER_STRING || m->type == MEMBER_MAYBE || m->type == MEMBER_BOOL ||
		 m->type == MEMBER_MAYBE_TRUE || read_number(node, m, at) < 0)
		return wrong(object, m->key, err);
	return 0;
}

static int read_members(const struct json *object, const struct member *table, size_t n,
			struct state *s, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = read_member(object, &table[i], s, err);
	return r;
}

static int read_pairs(struct arena *a, const struct json *object, const char *key, spec_pairs *ret,
		      struct error *err)
{
	const struct json *node = json_member(object, key);

	if (!node || node->type != JSON_OBJECT)
		return wrong(object, key, err);
	ret->v = arena_array_of(a, struct spec_pair, node->n);
	if (!ret->v)
		return sysf(err, "%s", json_doc_name(object));
	for (const struct json *pair = node->first; pair; pair = pair->next) {
		if (pair->type != JSON_STRING)
			return wrong(object, key, err);
		ret->v[ret->n++] =
			(struct spec_pair){ .json = pair, .key = pair->key, .value = pair->text };
	}
	return 0;
}

/* Most containers share nothing, and have no such member. */
static int read_all_pairs(struct arena *a, const struct json *object, struct state *s,
			  struct error *err)
{
	int r = read_pairs(a, object, "annotations", &s->annotations, err);

	if (r == 0 && json_member(object, "shared"))
		r = read_pairs(a, object, "shared", &s->shared, err);
	return r;
}

/* ---- the file ---- */

static void write_document(struct json_out *o, const struct state *s, const struct cgroup *cg,
			   bool with_boot)
{
	json_object_begin(o, NULL);
	json_u64(o, "version", STATE_VERSION);
	foreach_array(m, members) write_member(o, m, s);
	json_object_begin(o, "init");
	foreach_array(m, init_members) write_member(o, m, s);
	json_object_end(o);
	json_object_begin(o, "annotations");
	foreach_list(pair, &s->annotations) json_string(o, pair->key, pair->value);
	json_object_end(o);
	if (s->shared.n) {
		json_object_begin(o, "shared");
		foreach_list(pair, &s->shared) json_string(o, pair->key, pair->value);
		json_object_end(o);
	}
	if (with_boot && *boot_id())
		json_string(o, "boot", boot_id());
	if (cg)
		cgroup_save(cg, o, "cgroup");
	json_object_end(o);
}

static int write_as(int dir, const char *name, const struct state *s, const struct cgroup *cg, bool on_disk,
		    struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	const char *text;
	int r;

	if (!o)
		return sysf(err, "state of '%s'", s->id);
	write_document(o, s, cg, on_disk);
	text = json_out_text(o);
	if (!text)
		return codef(err, ENOMEM, "state of '%s'", s->id);
	r = (on_disk ? file_replace_safely_at : file_replace_at)(dir, name, text, strlen(text), 0600);
	return r < 0 ? codef(err, r, "write %s of '%s'", name, s->id) : 0;
}

int state_write(int dir, const struct state *s, const struct cgroup *cg, struct error *err)
{
	return write_as(dir, STATE_FILE, s, cg, outlives_boot(dir), err);
}

int state_write_creating(int dir, const struct state *s, const struct cgroup *cg, struct error *err)
{
	return write_as(dir, CREATING_FILE, s, cg, false, err);
}

void state_end_creating(int dir)
{
	(void)unlinkat(dir, CREATING_FILE, 0);
}

static int check_version(const struct json *root, struct error *err)
{
	const struct json *node = json_member(root, "version");
	uint64_t version = 0;

	if (!node || node->type != JSON_NUMBER || parse_u64(node->text, &version) < 0)
		return wrong(root, "version", err);
	if (version != STATE_VERSION)
		return failf(err, EPROTO,
			     "%s has version %s and this program knows version %d only",
			     json_doc_name(root), node->text, STATE_VERSION);
	return 0;
}

static int decode(struct arena *a, const struct json *root, struct state *s, struct error *err)
{
	const struct json *init = json_member(root, "init");
	const struct json *boot = json_member(root, "boot");
	int r;

	if (!init || init->type != JSON_OBJECT)
		return wrong(root, "init", err);
	r = read_members(root, members, ARRAY_SIZE(members), s, err);
	if (r < 0)
		return r;
	r = read_members(init, init_members, ARRAY_SIZE(init_members), s, err);
	if (r < 0)
		return r;
	s->cgroup = json_member(root, "cgroup");
	if (s->cgroup && s->cgroup->type != JSON_OBJECT)
		return wrong(root, "cgroup", err);
	if (boot && (boot->type != JSON_STRING || !is_this_boot(boot->text)))
		s->init = (struct identity){ 0 };
	return read_all_pairs(a, root, s, err);
}

int state_parse(struct arena *a, const char *text, size_t size, struct state *ret,
		struct error *err)
{
	struct state s = { 0 };
	struct json *root;
	int r = json_parse(a, text, size, STATE_FILE, &root, err);

	if (r < 0)
		return r;
	if (root->type != JSON_OBJECT)
		return failf(err, EPROTO, STATE_FILE " is no object");
	r = check_version(root, err);
	if (r < 0)
		return r;
	r = decode(a, root, &s, err);
	if (r < 0)
		return r;
	*ret = s;
	return 0;
}

static int read_text(int dir, const char *name, struct str *text, struct error *err)
{
	auto_(close_fd) int fd = store_open_file(dir, name, err);
	int r;

	if (fd < 0)
		return fd;
	/* It comes to its name whole, and is not written to again: in one piece, but for one that fills the buffer. */
	r = file_read_piece_fd(fd, JSON_SIZE_MAX, text);
	if (r == -EFBIG)
		return codef(err, EBADMSG, "%s is larger than any that we write", name);
	return r < 0 ? codef(err, r, "read %s", name) : 0;
}

static int read_from(int dir, const char *name, const char *id, struct arena *a, struct state *ret,
		     struct error *err)
{
	struct str text = STR_IN(a);
	int r = read_text(dir, name, &text, err);

	if (r < 0)
		return r;
	r = state_parse(a, str_text(&text), text.n, ret, err);
	if (r < 0)
		return r == -ENOMEM ? r : -EBADMSG;
	if (!streq(ret->id, id))
		return failf(err, EBADMSG, "%s is that of container '%s'", name, ret->id);
	return 0;
}

int state_read(int dir, const char *id, struct arena *a, struct state *ret, struct error *err)
{
	return read_from(dir, STATE_FILE, id, a, ret, err);
}

int state_read_creating(int dir, const char *id, struct arena *a, struct state *ret)
{
	return read_from(dir, CREATING_FILE, id, a, ret, NULL);
}
