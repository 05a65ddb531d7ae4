/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The driver that lets systemd make the cgroup: a scope, or a slice. Nothing may be started in a cgroup
 * of systemd's but by systemd, and a scope needs a process to begin with, while our child needs the
 * cgroup: so the helper puts a process of its own into the scope, which goes when the container's init
 * is there. What is below the unit's path, limits included, is then the work of v1.c and v2.c.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/parse.h"
#include "cgroup/systemd.h"

static const struct cgroup_driver *below(const struct cgroup *c)
{
	return c->kind == CGROUP_V2 ? &cgroup_v2_driver : &cgroup_v1_driver;
}

/* One request to the helper that holds the scope, or else to a new one. */
static int ask(struct cgroup *c, const struct str *request, struct str *answer, struct error *err)
{
	auto_(systemd_helper_close) struct systemd_helper *own = NULL;
	struct systemd_helper *h = c->unit->helper;
	int r = h ? 0 : systemd_helper_open(c->unit->user, &own, err);

	return r < 0 ? r : systemd_helper_ask(h ? h : own, request, answer, err);
}

static void begin(struct cgroup *c, struct str *request, const char *verb)
{
	request_word(request, verb);
	request_word(request, c->unit->name);
}

/* ---- making ---- */

static int start(struct cgroup *c, const struct cgroup_options *o, char **path, struct error *err)
{
	auto_str request = STR_INIT, answer = STR_INIT;
	int r;

	if (!c->unit->user && access("/run/systemd/system", F_OK) < 0)
		return failf(err, ENOENT,
			     "systemd not running on this host, cannot use systemd cgroups manager: there is no "
			     "/run/systemd/system; without --systemd-cgroup the cgroups are made by ourselves");
	begin(c, &request, "start");
	r = systemd_start_properties(&request, c->unit, o, c->kind == CGROUP_V2, err);
	if (r == 0)
		r = systemd_helper_open(c->unit->user, &c->unit->helper, err);
	if (r < 0)
		return r;
	r = ask(c, &request, &answer, err);
	c->unit->started = r == 0;
	if (r < 0)
		return r;
	*path = cgroup_clean_path(c->arena, str_text(&answer));
	return *path ? 0 : failf(err, ENOMEM, "cgroup: out of memory");
}

/* What systemd made for us goes with us; a slice may be of others as well. */
static void take_over(struct cgroup *c)
{
	for (size_t i = 0; i < c->n && !systemd_is_slice(c->unit->name); i++)
		if (!c->trees[i].made)
			c->trees[i].made = strlen(c->trees[i].path);
}

static int systemd_make(struct cgroup *c, const struct cgroup_options *o, struct error *err)
{
	struct cgroup_options files = *o;
	char *path = NULL;
	int r;

	c->unit = arena_new_of(c->arena, struct systemd_unit);
	if (!c->unit)
		return failf(err, ENOMEM, "cgroup: out of memory");
	r = systemd_unit_of(c->arena, o, c->unit, err);
	if (r == 0)
		r = start(c, o, &path, err);
	if (r < 0)
		return r;
	files.path = path;
	files.systemd = false;
	r = cgroup_layout(c, &files, err);
	if (r == 0)
		r = below(c)->make(c, &files, err);
	c->driver = &cgroup_systemd_driver;
	take_over(c);
	return r;
}

void systemd_release(struct cgroup *c)
{
	auto_str request = STR_INIT;
	struct error e = ERROR_INIT;

	if (c->unit->started && !c->kept) {
		begin(c, &request, "stop");
		if (ask(c, &request, NULL, &e) < 0)
			log_debug("unit '%s': %s", c->unit->name, e.msg);
	}
	systemd_helper_close(take_ptr(c->unit->helper));
}

int systemd_remove(struct cgroup *c, struct error *err)
{
	auto_str request = STR_INIT;

	begin(c, &request, "stop");
	return ask(c, &request, NULL, err);
}

/* ---- entering ---- */

/*
 * To move a process the kernel wants the right to write to the cgroup above both places: a user has it
 * below his manager's cgroup, and not in the session he logged in to (cgroups(7), "Cgroups delegation").
 */
static bool may_enter(const struct cgroup *c)
{
	auto_str own = STR_INIT;
	const char *at, *target = c->unified->path + strlen(c->unified->mount);
	char file[PATH_MAX];
	size_t n = 0;

	if (tree_read_file(c->host->self, &own) < 0)
		return true;
	at = strstr(str_text(&own), "0::/");
	if (!at)
		return true;
	at += strlen("0::");
	for (size_t i = 0; at[i] && at[i] != '\n' && at[i] == target[i]; i++)
		if (target[i] == '/')
			n = i;
	snprintf(file, sizeof(file), "%s%.*s/cgroup.procs", c->unified->mount, (int)n, target);
	return faccessat(AT_FDCWD, file, W_OK, AT_EACCESS) == 0;
}

bool systemd_moves(struct cgroup *c)
{
	c->unit->by_manager = c->unit->user && c->unified && !may_enter(c);
	return c->unit->by_manager;
}

int cgroup_attach(struct cgroup *c, const char *sub, pid_t pid, struct error *err)
{
	auto_str request = STR_INIT;

	if (!c->unit || !c->unit->by_manager)
		return 0;
	begin(c, &request, "attach");
	request_word(&request, sub ? sub : "");
	request_number(&request, (uint64_t)pid);
	return ask(c, &request, NULL, err);
}

/* ---- limits ---- */

static struct cpu_quota quota_now(struct cgroup *c)
{
	struct cpu_quota q = { .quota = -1, .period = 0 };
	struct cgroup_tree *t = tree_of(c, "cpu");
	auto_str text = STR_INIT;

	if (t && t->v2 && tree_read(t->path, "cpu.max", &text) == 0) {
		const char *blank = strchr(str_text(&text), ' ');
		uint64_t n;

		if (parse_u64n(str_text(&text), strcspn(str_text(&text), " "), 10, &n) == 0)
			q.quota = (int64_t)n;
		if (blank)
			(void)parse_u64(blank + 1, &q.period);
	} else if (t && !t->v2) {
		if (tree_read(t->path, "cpu.cfs_quota_us", &text) == 0)
			(void)parse_i64(str_text(&text), &q.quota);
		(void)tree_read_u64(t->path, "cpu.cfs_period_us", &q.period);
	}
	return q;
}

static int add_limits(struct cgroup *c, const struct spec_resources *r, struct str *request,
		      struct error *err)
{
	struct knobs k = { .arena = c->arena };
	int ret = c->kind == CGROUP_V2 ? v2_knobs(r, &k, err) : v1_knobs(r, &k, err);

	if (ret == 0)
		systemd_limit_properties(request, &k, quota_now(c));
	return ret;
}

static void add_devices(struct cgroup *c, const struct spec_resources *r, struct str *request)
{
	struct device_rules rules, x;
	auto_str properties = STR_INIT;

	if (devices_collect(c->arena, r, &rules, NULL) == 0 &&
	    devices_exceptions(c->arena, &rules, &x, NULL) == 0 &&
	    systemd_device_properties(&properties, &x)) {
		str_addn(request, properties.s, properties.n);
		return;
	}
	if (c->kind == CGROUP_V2)
		log_debug("unit '%s': no device rules for systemd: our program has them",
			  c->unit->name);
	else
		log_warn("systemd cannot express the device rules: 'systemctl daemon-reload' lifts "
			 "them");
}

/* systemd first: it rounds, and our writes come after its. */
static int systemd_apply(struct cgroup *c, const struct spec_resources *r, bool devices,
			 struct error *err)
{
	auto_str request = STR_INIT;
	size_t empty;
	int ret = 0;

	begin(c, &request, "set");
	empty = request.n;
	if (r)
		ret = add_limits(c, r, &request, err);
	if (ret == 0 && devices && !c->unit->user)
		add_devices(c, r, &request);
	/* Also when there is nothing to set: init is in the scope now, and the holder goes. */
	if (ret == 0 && (request.n > empty || c->unit->helper))
		ret = ask(c, &request, NULL, err);
	systemd_helper_close(take_ptr(c->unit->helper));
	return ret < 0 ? ret : below(c)->apply(c, r, devices, err);
}

/* ---- as without systemd ---- */

static int systemd_freeze(struct cgroup *c, bool frozen, struct error *err)
{
	return below(c)->freeze(c, frozen, err);
}

static int systemd_is_frozen(struct cgroup *c)
{
	return below(c)->is_frozen(c);
}

static int64_t systemd_oom_kills(struct cgroup *c)
{
	return below(c)->oom_kills(c);
}

static void systemd_prepare(struct cgroup *c, const struct spec_resources *r)
{
	if (below(c)->prepare)
		below(c)->prepare(c, r);
}

static int64_t systemd_memory_usage(struct cgroup *c)
{
	return below(c)->memory_usage(c);
}

static void systemd_stats(struct cgroup *c, struct json_out *o)
{
	below(c)->stats(c, o);
}

const struct cgroup_driver cgroup_systemd_driver = {
	.name = "systemd",
	.make = systemd_make,
	.prepare = systemd_prepare,
	.apply = systemd_apply,
	.freeze = systemd_freeze,
	.is_frozen = systemd_is_frozen,
	.oom_kills = systemd_oom_kills,
	.memory_usage = systemd_memory_usage,
	.stats = systemd_stats,
};

/* ---- as saved ---- */

void systemd_save(const struct cgroup *c, struct json_out *o)
{
	json_object_begin(o, "unit");
	json_string(o, "name", c->unit->name);
	json_string(o, "slice", c->unit->slice);
	json_bool(o, "user", c->unit->user);
	json_object_end(o);
}

int systemd_load(struct cgroup *c, const struct json *saved)
{
	const struct json *unit = json_member(saved, "unit"), *user;
	const char *names[2] = { "name", "slice" };

	if (!unit || unit->type != JSON_OBJECT)
		return -EINVAL;
	foreach_array(name, names) {
		const struct json *m = json_member(unit, *name);

		if (!m || m->type != JSON_STRING || !*m->text || strchr(m->text, '/'))
			return -EINVAL;
		*name = arena_strdup(c->arena, m->text);
		if (!*name)
			return -ENOMEM;
	}
	c->unit = arena_new_of(c->arena, struct systemd_unit);
	if (!c->unit)
		return -ENOMEM;
	user = json_member(unit, "user");
	*c->unit = (struct systemd_unit){
		.name = names[0],
		.slice = names[1],
		.user = user && user->boolean,
	};
	return 0;
}
