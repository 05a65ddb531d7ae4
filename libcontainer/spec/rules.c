/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "base/str.h"
#include "spec/objects.h"
#include "spec/spec.h"
#include "spec/sysctl.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* More than any host moves, few enough to be compared pair by pair. */
#define NET_DEVICES_MAX 1024

/* What the rules look at. With a report each broken one is told, else the first ends it. */
struct rules {
	const struct spec *spec;
	struct problems *report;
	struct error *err;
	bool some_unknown; /* a namespace could not be read: it may be any */
};

/* Benefit of the doubt for what could not be read. */
static bool has_namespace(const struct rules *c, uint64_t flag)
{
	return c->some_unknown || spec_namespace_of(&c->spec->lnx, flag) != NULL;
}

/* Absent, or present and read without a failure. */
static bool is_sound(const struct rules *c, const struct json *object, const char *member)
{
	return !problems_touches(c->report, json_member(object, member));
}

/* A failure at the place of a member of `node`: 0 when it went to the report. */
#define refuse(c, node, member, ...)                                                \
	({                                                                          \
		failf((c)->err, EINVAL, __VA_ARGS__);                               \
		problems_failure((c)->report, spec_error(node, member, (c)->err),     \
			       (c)->err, NULL, false);                              \
	})

/* ---- ociVersion: SemVer 2.0.0 ---- */

#define ALPHANUMERIC "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"

/* "0" or digits without a leading zero; moves *s behind them. */
static bool version_number(const char **s)
{
	size_t n = strspn(*s, "0123456789");
	bool good = n > 0 && (n == 1 || **s != '0');

	*s += n;
	return good;
}

/* Identifiers with dots between, as in "-rc.1" and "+build.5". */
static bool version_identifiers(const char **s, bool zeros)
{
	for (;; ++*s) {
		size_t n = strspn(*s, ALPHANUMERIC);
		bool number = strspn(*s, "0123456789") == n;

		if (n == 0 || (number && !zeros && n > 1 && **s == '0'))
			return false;
		*s += n;
		if (**s != '.')
			return true;
	}
}

bool spec_version_is_semantic(const char *s)
{
	if (!version_number(&s) || *s++ != '.' || !version_number(&s) || *s++ != '.' || !version_number(&s))
		return false;
	if (*s == '-' && (s++, !version_identifiers(&s, false)))
		return false;
	if (*s == '+' && (s++, !version_identifiers(&s, true)))
		return false;
	return !*s;
}

/* As far as it is needed, and also of what is not quite a semantic version: "1.0", "v1.0.0". */
static bool read_version(const char *s, uint64_t *major, uint64_t *minor)
{
	size_t n;

	s += *s == 'v';
	n = strspn(s, "0123456789");
	*minor = 0;
	if (parse_u64n(s, n, 10, major) < 0)
		return false;
	if (s[n] != '.')
		return !s[n];
	s += n + 1;
	return parse_u64n(s, strspn(s, "0123456789"), 10, minor) == 0;
}

/*
 * Every 1.x is readable, older and younger; what came before 1.0 is read as far as it has 1.0's
 * form. Without one it is the oldest.
 */
static int version_rule(const struct rules *c)
{
	const struct spec *spec = c->spec;
	uint64_t major, minor;

	if (!is_sound(c, spec->json, "ociVersion") || !spec->oci_version)
		return 0;
	if (!read_version(spec->oci_version, &major, &minor))
		return refuse(c, spec->json, "ociVersion",
			      "expected a semantic version such as '1.3.0', found '%.80s'",
			      spec->oci_version);
	if (major > 1)
		return refuse(c, spec->json, "ociVersion",
			      "version '%.80s' is not supported, expected 1.x", spec->oci_version);
	if (major == 0)
		log_debug("%s: ociVersion '%s' is older than 1.0.0, reading it as 1.0.0",
			  json_doc_name(spec->json), spec->oci_version);
	return 0;
}

/*
 * Until 1.3.0 the specification's own Go types could not leave pids.limit out: 0 was how a client
 * said that there is none (podman 4 does so for --pids-limit -1), and it has to go on saying that.
 */
bool spec_zero_pids_is_no_limit(const struct spec *spec)
{
	uint64_t major, minor;

	if (!spec->oci_version)
		return true;
	return read_version(spec->oci_version, &major, &minor) && major <= 1 && (major < 1 || minor < 3);
}

void rules_settle(struct spec *spec)
{
	struct spec_linux *l = &spec->lnx;
	struct spec_resources *r = l->resources;

	if (r && r->pids && r->pids->limit.value == 0 && spec_zero_pids_is_no_limit(spec))
		r->pids->limit.set = false;
	if (!spec_namespace_of(l, CLONE_NEWUSER))
		l->uid_mappings.n = l->gid_mappings.n = 0;
}

static int root_rule(const struct rules *c)
{
	if (c->spec->root || !is_sound(c, c->spec->json, "root"))
		return 0;
	return refuse(c, c->spec->json, NULL, "root must be specified");
}

/* ---- namespaces ---- */

static int namespaces_rule(const struct rules *c)
{
	const struct spec_linux *l = &c->spec->lnx;
	int r = 0;

	foreach_list(ns, &l->namespaces) {
		const struct spec_namespace *first = spec_namespace_of(l, ns->type);

		if (r == 0 && first != ns)
			r = refuse(c, ns->json, "type",
				   "duplicate namespace '%s', first on line %u",
				   spec_namespace_name(ns->type), json_line(first->json));
	}
	return r;
}

static int user_rule(const struct rules *c)
{
	const struct spec_linux *l = &c->spec->lnx;
	const struct spec_namespace *ns = spec_namespace_of(l, CLONE_NEWUSER);
	bool uids = l->uid_mappings.n || !is_sound(c, l->json, "uidMappings");
	bool gids = l->gid_mappings.n || !is_sound(c, l->json, "gidMappings");
	int r = 0;

	/* They map nobody then: resolve/namespaces.c warns of them. */
	if (!has_namespace(c, CLONE_NEWUSER))
		return 0;
	if (ns && !ns->path && !uids)
		r = refuse(c, ns->json, NULL, "a new user namespace needs 'uidMappings'");
	if (r == 0 && ns && !ns->path && !gids)
		r = refuse(c, ns->json, NULL, "a new user namespace needs 'gidMappings'");
	return r < 0 ? r : idmaps_check(&l->uid_mappings, &l->gid_mappings, c->report, c->err);
}

static bool is_mapped(const spec_idmaps *maps, uint32_t id)
{
	foreach_list(m, maps)
		if (id >= m->container_id && id - m->container_id < m->size)
			return true;
	return false;
}

static int unmapped(const struct rules *c, const char *member, const char *maps, uint32_t id)
{
	return refuse(c, c->spec->process->user.json, member,
		      "id %u is not in 'linux.%s': the process cannot have it in this user "
		      "namespace",
		      id, maps);
}

/* setresuid(2) and setgroups(2) would say EINVAL. */
static int ids_rule(const struct rules *c)
{
	const struct spec_linux *l = &c->spec->lnx;
	const struct spec_namespace *ns = spec_namespace_of(l, CLONE_NEWUSER);
	const struct spec_user *u = c->spec->process ? &c->spec->process->user : NULL;
	bool uids, gids;
	int r = 0;

	if (!ns || ns->path || !u || !u->json)
		return 0;
	uids = l->uid_mappings.n && is_sound(c, l->json, "uidMappings");
	gids = l->gid_mappings.n && is_sound(c, l->json, "gidMappings");
	if (uids && !is_mapped(&l->uid_mappings, u->uid))
		r = unmapped(c, "uid", "uidMappings", u->uid);
	if (r == 0 && gids && !is_mapped(&l->gid_mappings, u->gid))
		r = unmapped(c, "gid", "gidMappings", u->gid);
	foreach_list(gid, &u->additional_gids)
		if (r == 0 && gids && !is_mapped(&l->gid_mappings, *gid))
			r = unmapped(c, "additionalGids", "gidMappings", *gid);
	return r;
}

/* The stage is root of its user namespace: as nobody it could make no file there. */
static int root_id_rule(const struct rules *c)
{
	const struct spec_linux *l = &c->spec->lnx;
	const struct spec_namespace *ns = spec_namespace_of(l, CLONE_NEWUSER);
	int r = 0;

	if (!ns || ns->path)
		return 0;
	if (l->uid_mappings.n && !is_mapped(&l->uid_mappings, 0))
		r = refuse(c, l->json, "uidMappings",
			   "container id 0 is not mapped: as root the container is set up");
	if (r == 0 && l->gid_mappings.n && !is_mapped(&l->gid_mappings, 0))
		r = refuse(c, l->json, "gidMappings",
			   "container id 0 is not mapped: as root the container is set up");
	return r;
}

static int time_rule(const struct rules *c)
{
	const struct spec_linux *l = &c->spec->lnx;
	const struct spec_namespace *ns = spec_namespace_of(l, CLONE_NEWTIME);

	if (!l->monotonic.set && !l->boottime.set)
		return 0;
	if (!has_namespace(c, CLONE_NEWTIME))
		return refuse(c, l->json, "timeOffsets",
			      "'timeOffsets' without a time namespace");
	/* Offsets can be written until the first process enters. */
	if (ns && ns->path)
		return refuse(c, l->json, "timeOffsets",
			      "'timeOffsets' of a time namespace that is joined");
	return 0;
}

static int uts_rule(const struct rules *c)
{
	const struct spec *spec = c->spec;
	int r = 0;

	if (has_namespace(c, CLONE_NEWUTS))
		return 0;
	if (spec->hostname)
		r = refuse(c, spec->json, "hostname",
			   "unable to set hostname without a private UTS namespace");
	if (r == 0 && spec->domainname)
		r = refuse(c, spec->json, "domainname",
			   "unable to set domainname without a private UTS namespace");
	return r;
}

/* ---- sysctl ---- */

static int uts_sysctl(const struct rules *c, const struct spec_pair *pair, const char *path)
{
	const char *member = path_last(path);
	const char *set = streq(member, "hostname") ? c->spec->hostname : c->spec->domainname;

	/* The same twice is no contradiction. */
	if (set && !streq(set, pair->value))
		return refuse(c, pair->json, NULL,
			      "sysctl \"%.200s\" is not allowed as it conflicts with '%s'",
			      pair->key, member);
	return 0;
}

static int sysctl_check(const struct rules *c, const struct spec_pair *pair)
{
	char path[512];
	uint64_t flag;

	if (sysctl_path(pair->key, path, sizeof(path)) < 0)
		return refuse(c, pair->json, NULL, "'%.200s' is no name of a kernel parameter",
			      pair->key);
	flag = sysctl_namespace(path);
	if (!flag)
		return refuse(c, pair->json, NULL,
			      "sysctl \"%.200s\" is not in a separate kernel namespace", pair->key);
	if (!has_namespace(c, flag))
		return refuse(c, pair->json, NULL,
			      "sysctl \"%.200s\" not allowed in host %s namespace", pair->key,
			      spec_namespace_name(flag));
	return flag == CLONE_NEWUTS ? uts_sysctl(c, pair, path) : 0;
}

static int sysctl_rule(const struct rules *c)
{
	int r = 0;

	foreach_list(pair, &c->spec->lnx.sysctl)
		if (r == 0)
			r = sysctl_check(c, pair);
	return r;
}

/* ---- network devices ---- */

static const char *inner_name(const struct spec_net_device *d)
{
	return d->name ? d->name : d->host_name;
}

/* The earlier device that gets the same name; "%d" is numbered by the kernel. */
static const struct spec_net_device *namesake(const struct spec_linux *l,
					      const struct spec_net_device *d)
{
	if (strstr(inner_name(d), "%d"))
		return NULL;
	for (const struct spec_net_device *other = l->net_devices.v; other < d; other++)
		if (streq(inner_name(d), inner_name(other)))
			return other;
	return NULL;
}

static int net_devices_rule(const struct rules *c)
{
	const struct spec_linux *l = &c->spec->lnx;
	int r = 0;

	if (l->net_devices.n && !has_namespace(c, CLONE_NEWNET))
		r = refuse(c, l->json, "netDevices",
			   "unable to move network devices without a private network namespace");
	if (l->net_devices.n > NET_DEVICES_MAX)
		return refuse(c, l->json, "netDevices", "more than %d devices", NET_DEVICES_MAX);
	foreach_list(d, &l->net_devices) {
		const struct spec_net_device *other = r == 0 ? namesake(l, d) : NULL;

		if (other)
			r = refuse(c, d->json, d->name ? "name" : NULL,
				   "'%s' is also the name of the device on line %u", inner_name(d),
				   json_line(other->json));
	}
	return r;
}

typedef int (*rule)(const struct rules *c);

static const rule rules[] = {
	version_rule, root_rule, namespaces_rule, user_rule,   root_id_rule,    ids_rule,        time_rule,
	uts_rule,     sysctl_rule, net_devices_rule,
};

int rules_check(const struct spec *spec, struct problems *report, struct error *err)
{
	struct error unwanted = ERROR_INIT;
	struct rules c = { .spec = spec, .report = report, .err = err ? err : &unwanted };

	/* No object at all. */
	if (!spec->json)
		return 0;
	/* "linux" itself may be of a wrong type. */
	c.some_unknown = spec->lnx.json ? !is_sound(&c, spec->lnx.json, "namespaces")
					: !is_sound(&c, spec->json, "linux");
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		int r = rules[i](&c);

		if (r < 0)
			return r;
	}
	return 0;
}
