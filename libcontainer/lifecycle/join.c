/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/join.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/proc.h"
#include "base/sys.h"
#include "json/json.h"
#include "store/store.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* clang-format off */
static const struct {
	const char *oci, *file; /* both are taken as names */
	uint64_t flag;
} types[] = {
	{ "network", "net",    CLONE_NEWNET },    { "ipc",   "ipc",  CLONE_NEWIPC },
	{ "uts",     "uts",    CLONE_NEWUTS },    { "pid",   "pid",  CLONE_NEWPID },
	{ "mount",   "mnt",    CLONE_NEWNS },     { "user",  "user", CLONE_NEWUSER },
	{ "cgroup",  "cgroup", CLONE_NEWCGROUP }, { "time",  "time", CLONE_NEWTIME },
};
/* clang-format on */
#define N_TYPES ARRAY_SIZE(types)

/* What the members of a pod share as a rule. */
#define DEFAULT_FLAGS (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

struct joined {
	const char *path[N_TYPES], *id[N_TYPES]; /* in the arena of the document; NULL: not joined */
	bool is_ours[N_TYPES];                   /* that of the runtime: the config names none     */
};

/*
 * What both share already, as the host's network that is not made anew, needs no joining: who has no right over it could
 * not do that.
 */
static bool is_ours(pid_t pid, const char *file)
{
	uint64_t theirs, ours;

	return proc_namespace(pid, file, &theirs) == 0 && proc_namespace(0, file, &ours) == 0 && theirs == ours;
}

/* ---- "ID[:ns,ns]" ---- */

int join_parse_types(const char *what, const char *text, uint64_t *flags, struct error *err)
{
	*flags = 0;
	while (*text) {
		size_t n = strcspn(text, ","), at = 0;

		while (at < N_TYPES && (strlen(types[at].oci) != n || strncmp(types[at].oci, text, n) != 0) &&
		       (strlen(types[at].file) != n || strncmp(types[at].file, text, n) != 0))
			at++;
		if (at == N_TYPES)
			return failf(err, EINVAL,
				     "%s: '%.*s' is no namespace (net, ipc, uts, pid, mnt, user, cgroup, time)",
				     what, (int)n, text);
		*flags |= types[at].flag;
		text += n + (text[n] == ',');
	}
	return *flags ? 0 : failf(err, EINVAL, "%s: expected names of namespaces", what);
}

static int open_other(struct creation *c, const char *id, struct container **ret, struct error *err)
{
	enum container_status status = STATUS_STOPPED;
	int r;

	if (streq(id, c->o->id))
		return failf(err, EINVAL, "--join: container '%s' cannot join itself", id);
	r = container_load(c->rt, id, ret, err);
	if (r == 0)
		r = container_status(*ret, &status, err);
	if (r < 0)
		return error_context(err, "--join '%s'", id);
	if (status == STATUS_STOPPED || status == STATUS_CREATING)
		return failf(err, ESRCH, "--join: container '%s' is not running", id);
	return 0;
}

static int join_one(struct creation *c, const char *text, struct joined *j, struct error *err)
{
	auto_(container_free) struct container *other = NULL;
	struct arena *a = c->doc->arena;
	const char *colon = strchr(text, ':');
	const char *id = colon ? arena_strndup(a, text, (size_t)(colon - text)) : text;
	uint64_t flags = DEFAULT_FLAGS;
	int r = colon ? join_parse_types("--join", colon + 1, &flags, err) : 0;

	if (!id)
		return sysf(err, "--join");
	if (r == 0)
		r = open_other(c, id, &other, err);
	if (r < 0)
		return r;
	if (c->n_joined == CREATION_JOINS_MAX)
		return failf(err, E2BIG, "--join: at most %d containers", CREATION_JOINS_MAX);
	c->joined[c->n_joined] = container_init_pidfd(other, err);
	if (c->joined[c->n_joined] == -ESRCH)
		return failf(err, ESRCH, "--join: container '%s' is not running", id);
	if (c->joined[c->n_joined] < 0)
		return c->joined[c->n_joined];
	c->n_joined++;
	for (size_t i = 0; i < N_TYPES; i++) {
		if (!(flags & types[i].flag))
			continue;
		if (j->path[i])
			return failf(err, EINVAL, "--join: the namespace '%s' is joined twice", types[i].oci);
		j->path[i] = arena_printf(a, "/proc/%d/ns/%s", (int)other->state.init.pid, types[i].file);
		j->id[i] = arena_strdup(a, id);
		if (!j->path[i] || !j->id[i])
			return sysf(err, "--join");
		j->is_ours[i] = is_ours(other->state.init.pid, types[i].file);
	}
	return 0;
}

/* For the state, in the new document's arena. */
static int record(struct creation *c, struct arena *a, const struct joined *j, struct error *err)
{
	c->shared = (spec_pairs){ .v = arena_array_of(a, struct spec_pair, N_TYPES) };
	for (size_t i = 0; c->shared.v && i < N_TYPES; i++) {
		const char *id = j->id[i] ? arena_strdup(a, j->id[i]) : NULL;

		if (id)
			c->shared.v[c->shared.n++] = (struct spec_pair){ .key = types[i].oci, .value = id };
	}
	return c->shared.v ? 0 : sysf(err, "--join");
}

/* ---- the config with them ---- */

static bool is_joined(const struct json *ns, const struct joined *j)
{
	const struct json *type = json_member(ns, "type");

	for (size_t i = 0; i < N_TYPES; i++)
		if (j->path[i] && type && streq(type->text, types[i].oci))
			return true;
	return false;
}

static void write_namespaces(struct json_out *o, const struct json *old, const struct joined *j)
{
	json_array_begin(o, "namespaces");
	for (const struct json *ns = old ? old->first : NULL; ns; ns = ns->next)
		if (!is_joined(ns, j))
			json_node(o, NULL, ns);
	for (size_t i = 0; i < N_TYPES; i++) {
		if (!j->path[i] || j->is_ours[i])
			continue;
		json_object_begin(o, NULL);
		json_string(o, "type", types[i].oci);
		json_string(o, "path", j->path[i]);
		json_object_end(o);
	}
	json_array_end(o);
}

/* What belongs to a new namespace is the other's business now. */
static bool is_dropped(const char *key, const struct joined *j)
{
	bool user = false;

	for (size_t i = 0; i < N_TYPES; i++)
		user = user || (j->path[i] && types[i].flag == CLONE_NEWUSER);
	return user && (streq(key, "uidMappings") || streq(key, "gidMappings"));
}

static void write_config(struct json_out *o, const struct json *root, const struct joined *j)
{
	const struct json *lnx = json_member(root, "linux");

	json_object_begin(o, NULL);
	for (const struct json *m = root->first; m; m = m->next)
		if (m != lnx)
			json_node(o, m->key, m);
	json_object_begin(o, "linux");
	for (const struct json *m = lnx ? lnx->first : NULL; m; m = m->next)
		if (!streq(m->key, "namespaces") && !is_dropped(m->key, j))
			json_node(o, m->key, m);
	write_namespaces(o, lnx ? json_member(lnx, "namespaces") : NULL, j);
	json_object_end(o);
	json_object_end(o);
}

int join_apply(struct creation *c, struct error *err)
{
	auto_(json_out_free) struct json_out *o = NULL;
	struct spec_doc *doc = NULL;
	struct joined j = { 0 };
	const char *text;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->o->n_joins; i++)
		r = join_one(c, c->o->joins[i], &j, err);
	if (r < 0 || !c->o->n_joins)
		return r;
	o = json_out_new("  ");
	if (!o)
		return sysf(err, "--join");
	write_config(o, c->doc->spec->json, &j);
	text = json_out_text(o);
	if (!text)
		return codef(err, ENOMEM, "--join");
	r = spec_parse_config(text, strlen(text), "config.json with --join", &doc, err);
	if (r == 0)
		r = record(c, doc->arena, &j, err);
	if (r < 0) {
		spec_doc_free(doc);
		return r;
	}
	spec_doc_free(c->doc);
	c->doc = doc;
	return 0;
}

int join_check(const struct creation *c, struct error *err)
{
	for (size_t i = 0; i < c->n_joined; i++)
		if (sys_pidfd_send_signal(c->joined[i], 0) < 0 && errno == ESRCH)
			return failf(err, ESRCH, "--join '%s': it has ended meanwhile", c->o->joins[i]);
	return 0;
}

void join_done(struct creation *c)
{
	while (c->n_joined)
		close_fd(c->joined[--c->n_joined]);
}
