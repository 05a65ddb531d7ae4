/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/pod_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"
#include "json/json.h"
#include "resolve/resolve.h"
#include "store/store.h"

#define POD_FILE    "pod.json"
#define POD_FORMAT  1
#define POD_MAX     ((size_t)1 << 20)
#define MEMBERS_MAX 1024

/* clang-format off */
static const struct { uint64_t type; const char *file; } namespaces[] = {
	{ CLONE_NEWNET,  "net"  }, { CLONE_NEWIPC,  "ipc"  }, { CLONE_NEWUTS,  "uts"  },
	{ CLONE_NEWPID,  "pid"  }, { CLONE_NEWUSER, "user" }, { CLONE_NEWTIME, "time" },
	{ CLONE_NEWNS,   "mnt"  }, { CLONE_NEWCGROUP, "cgroup" },
};
/* clang-format on */

const char *pod_namespace_file(uint64_t type)
{
	foreach_array(ns, namespaces)
		if (ns->type == type)
			return ns->file;
	return NULL;
}

/* ---- writing ---- */

struct survey {
	struct container *const *c;
	size_t n;
	struct spec_doc **docs;
	const struct resolved **configs;
	struct pod_member *members; /* as given */
	size_t *order;              /* indices, for the restore */
	size_t *place;              /* of each in that order; n: not yet */
};

static ino_t namespace_of(const struct container *c, const char *file)
{
	struct stat st;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)c->state.init.pid, file);
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

/* The member whose own namespace it is; n: of none, it is from elsewhere. */
static size_t owner_of(const struct survey *s, size_t of, uint64_t type)
{
	ino_t ns = namespace_of(s->c[of], pod_namespace_file(type));

	for (size_t i = 0; ns && i < s->n; i++) {
		if (i != of && resolved_makes_namespace(s->configs[i], type) && namespace_of(s->c[i], pod_namespace_file(type)) == ns)
			return i;
	}
	return s->n;
}

static int load(struct survey *s, size_t i, struct arena *a, struct error *err)
{
	int r = container_config(s->c[i], &s->docs[i], err);

	return r < 0 ? r : resolve_existing(s->docs[i]->spec, a, &s->configs[i], err);
}

static int find_joins(struct survey *s, size_t i, struct arena *a, struct error *err)
{
	const struct resolved *config = s->configs[i];
	struct pod_member *m = &s->members[i];

	m->id = s->c[i]->state.id;
	m->bundle = s->c[i]->state.bundle;
	m->joins.v = arena_array_of(a, struct pod_join, config->namespaces.n + 1);
	if (!m->joins.v)
		return sysf(err, POD_FILE);
	foreach_list(ns, &config->namespaces) {
		size_t owner = ns->path ? owner_of(s, i, ns->type) : s->n;

		if (owner < s->n)
			m->joins.v[m->joins.n++] = (struct pod_join){ .type = ns->type, .member = owner };
	}
	return 0;
}

static bool can_come(const struct survey *s, const struct pod_member *m)
{
	foreach_list(join, &m->joins)
		if (s->place[join->member] == s->n)
			return false;
	return true;
}

/* No round can be without one: who owns a namespace that another joins was there before him. */
static int bring_in_order(struct survey *s, struct error *err)
{
	size_t done = 0;

	for (size_t i = 0; i < s->n; i++)
		s->place[i] = s->n;
	while (done < s->n) {
		size_t before = done;

		for (size_t i = 0; i < s->n; i++) {
			if (s->place[i] < s->n || !can_come(s, &s->members[i]))
				continue;
			s->place[i] = done;
			s->order[done++] = i;
		}
		if (done == before)
			return failf(err, EINVAL, "containers join namespaces of each other in a circle");
	}
	return 0;
}

static int write_text(const char *folder, const char *text, struct error *err)
{
	auto_(close_fd) int dir = openat(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return sysf(err, "image directory '%s'", folder);
	if (file_replace_at(dir, POD_FILE, text, strlen(text), 0600) < 0)
		return sysf(err, "write " POD_FILE " to '%s'", folder);
	return 0;
}

static int write_survey(const struct survey *s, const char *folder, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");
	const char *text;

	if (!o)
		return sysf(err, POD_FILE);
	json_object_begin(o, NULL);
	json_u64(o, "format", POD_FORMAT);
	json_array_begin(o, "containers");
	for (size_t i = 0; i < s->n; i++) {
		const struct pod_member *m = &s->members[s->order[i]];

		json_object_begin(o, NULL);
		json_string(o, "id", m->id);
		json_string(o, "bundle", m->bundle);
		json_object_begin(o, "joins");
		foreach_list(join, &m->joins)
			json_u64(o, pod_namespace_file(join->type), s->place[join->member]);
		json_object_end(o);
		json_object_end(o);
	}
	json_array_end(o);
	json_object_end(o);
	text = json_out_text(o);
	return text ? write_text(folder, text, err) : codef(err, ENOMEM, POD_FILE);
}

int pod_file_write(const char *folder, struct container *const *c, size_t n, struct arena *a,
		   struct error *err)
{
	struct survey s = {
		.c = c,
		.n = n,
		.docs = arena_array_of(a, struct spec_doc *, n),
		.configs = arena_array_of(a, const struct resolved *, n),
		.members = arena_array_of(a, struct pod_member, n),
		.order = arena_array_of(a, size_t, n),
		.place = arena_array_of(a, size_t, n),
	};
	int r = s.docs && s.configs && s.members && s.order && s.place ? 0 : sysf(err, POD_FILE);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = load(&s, i, a, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = find_joins(&s, i, a, err);
	if (r == 0)
		r = bring_in_order(&s, err);
	if (r == 0)
		r = write_survey(&s, folder, err);
	for (size_t i = 0; s.docs && i < n; i++)
		spec_doc_free(s.docs[i]);
	return r;
}

/* ---- reading ---- */

static int wrong(const char *what, struct error *err)
{
	return failf(err, EPROTO, POD_FILE ": %s", what);
}

static const char *text_in(const struct json *object, const char *key)
{
	const struct json *node = object->type == JSON_OBJECT ? json_member(object, key) : NULL;

	return node && node->type == JSON_STRING ? node->text : NULL;
}

static bool read_join(const struct json *node, size_t at, struct pod_join *ret)
{
	uint64_t member;

	foreach_array(ns, namespaces) {
		if (!streq(ns->file, node->key))
			continue;
		if (node->type != JSON_NUMBER || parse_u64(node->text, &member) < 0 || member >= at)
			return false;
		*ret = (struct pod_join){ .type = ns->type, .member = (size_t)member };
		return true;
	}
	return false;
}

static int read_member(struct arena *a, const struct json *node, struct pod_file *pod, struct error *err)
{
	const struct json *joins = node->type == JSON_OBJECT ? json_member(node, "joins") : NULL;
	struct pod_member *m = &pod->members.v[pod->members.n];

	m->id = text_in(node, "id");
	m->bundle = text_in(node, "bundle");
	if (!m->id || !m->bundle || m->bundle[0] != '/' || !joins || joins->type != JSON_OBJECT)
		return wrong("'containers' is missing or of the wrong type", err);
	/* It becomes the name of a folder. */
	if (store_check_id(m->id, err) < 0)
		return -err->num;
	foreach_list(other, &pod->members)
		if (streq(other->id, m->id))
			return wrong("a container stands there twice", err);
	m->joins.v = arena_array_of(a, struct pod_join, joins->n);
	if (!m->joins.v)
		return sysf(err, POD_FILE);
	for (const struct json *join = joins->first; join; join = join->next)
		if (!read_join(join, pod->members.n, &m->joins.v[m->joins.n++]))
			return wrong("a namespace is joined that is none of a container before", err);
	pod->members.n++;
	return 0;
}

int pod_file_parse(struct arena *a, const char *text, size_t size, struct pod_file *ret, struct error *err)
{
	struct error own = ERROR_INIT;
	struct error *e = err ? err : &own;
	struct pod_file pod = { 0 };
	const struct json *format, *list;
	uint64_t number = 0;
	struct json *root;
	int r = json_parse(a, text, size, POD_FILE, &root, e);

	if (r < 0)
		return r;
	format = root->type == JSON_OBJECT ? json_member(root, "format") : NULL;
	list = root->type == JSON_OBJECT ? json_member(root, "containers") : NULL;
	if (!format || format->type != JSON_NUMBER || parse_u64(format->text, &number) < 0 || number != POD_FORMAT)
		return wrong("a format that this version of orlop does not know", e);
	if (!list || list->type != JSON_ARRAY || list->n > MEMBERS_MAX)
		return wrong("'containers' is missing or of the wrong type", e);
	if (list->n < 1)
		return wrong("a checkpoint of no container", e);
	pod.members.v = arena_array_of(a, struct pod_member, list->n);
	if (!pod.members.v)
		return sysf(e, POD_FILE);
	for (const struct json *item = list->first; r == 0 && item; item = item->next)
		r = read_member(a, item, &pod, e);
	if (r == 0)
		*ret = pod;
	return r;
}

int pod_file_read(const char *folder, struct arena *a, struct pod_file *ret, struct error *err)
{
	auto_(close_fd) int dir = openat(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_(close_fd) int fd = -EBADF;
	struct str text = STR_IN(a);
	struct stat st;

	if (dir < 0)
		return sysf(err, "image directory '%s'", folder);
	fd = openat(dir, POD_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return sysf(err, "'%s' has no checkpoint of a pod: " POD_FILE, folder);
	if (!S_ISREG(st.st_mode) || file_read_fd(fd, POD_MAX, &text) < 0)
		return failf(err, EINVAL, POD_FILE " of '%s' cannot be read", folder);
	return pod_file_parse(a, str_text(&text), text.n, ret, err);
}
