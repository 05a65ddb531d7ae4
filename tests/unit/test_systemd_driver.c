/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The systemd driver on plain directories: what it asks for and when, what it writes itself, what it gives back. The three
 * functions that talk to orlop-systemd are replaced when this program is linked (--wrap): the answers are made here.
 */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cgroup/systemd.h"
#include "spec/spec.h"
#include "tests/lib/suite.h"

static char top[64], self[96], none[96];
static struct cgroup_host host = {
	.mount = top, .self = self, .mountinfo = none, .delegate = none, .timeout_ms = 1
};
static struct error e;
static struct str logged;

/* ---- orlop-systemd ---- */

struct systemd_helper {
	bool user, open;
};

static struct {
	struct systemd_helper helper;
	int opened, closed, asked;
	struct str request; /* the last one, with ' ' for each NUL */
	const char *cgroup; /* the answer to "start"               */
	const char *refusal;
} bus;

int __wrap_systemd_helper_open(bool user, struct systemd_helper **ret, struct error *err);
void __wrap_systemd_helper_close(struct systemd_helper *h);
int __wrap_systemd_helper_ask(struct systemd_helper *h, const struct str *request,
			      struct str *answer, struct error *err);

int __wrap_systemd_helper_open(bool user, struct systemd_helper **ret, struct error *err)
{
	(void)err;
	ck_assert(!bus.helper.open);
	bus.helper = (struct systemd_helper){ .user = user, .open = true };
	bus.opened++;
	*ret = &bus.helper;
	return 0;
}

void __wrap_systemd_helper_close(struct systemd_helper *h)
{
	if (!h)
		return;
	ck_assert(h->open);
	h->open = false;
	bus.closed++;
}

int __wrap_systemd_helper_ask(struct systemd_helper *h, const struct str *request,
			      struct str *answer, struct error *err)
{
	ck_assert(h == &bus.helper && h->open);
	bus.asked++;
	bus.request.n = 0;
	for (size_t i = 0; i + 1 < request->n; i++)
		str_addn(&bus.request, request->s[i] ? &request->s[i] : " ", 1);
	if (bus.refusal)
		return failf(err, EACCES, "systemd: %s", bus.refusal);
	if (answer)
		str_add(answer, bus.cgroup);
	return 0;
}

static void was_asked(const char *want)
{
	ck_assert_str_eq(str_text(&bus.request), want);
}

/* ---- the host ---- */

static void on_log(enum log_level level, const char *message)
{
	(void)level;
	str_printf(&logged, "%s\n", message);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

static void set_up(void)
{
	e = (struct error)ERROR_INIT;
	snprintf(top, sizeof(top), "/tmp/orlop-systemd-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(self, sizeof(self), "%s/self", top);
	snprintf(none, sizeof(none), "%s/none", top);
	log_to(on_log, LOG_DEBUG);
}

static void tear_down(void)
{
	(void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	str_done(&bus.request);
	str_done(&logged);
}

static void put(const char *path, const char *text)
{
	char full[PATH_MAX], folder[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", top, path);
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(full, '/') - full), full);
	ck_assert_int_eq(mkdir_parents(folder, 0755), 0);
	ck_assert_int_eq(file_replace_at(AT_FDCWD, full, text, strlen(text), 0644), 0);
}

static void holds(const char *path, const char *want)
{
	auto_str text = STR_INIT;
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", top, path);
	ck_assert_int_eq(file_read_at(AT_FDCWD, full, 65536, &text), 0);
	ck_assert_str_eq(str_text(&text), want);
}

#define SCOPE "user.slice/u/orlop-c1.scope"

static void make_v2_host(void)
{
	host.kind = CGROUP_V2;
	put("self", "0::/user.slice/shell\n");
	put("user.slice/shell/cgroup.procs", "");
	put(SCOPE "/cgroup.procs", "");
	put(SCOPE "/cgroup.controllers", "cpu memory pids\n");
	put(SCOPE "/cgroup.events", "populated 1\nfrozen 0\n");
	put(SCOPE "/cgroup.freeze", "0\n");
	put(SCOPE "/cpu.max", "30000 50000\n");
	put(SCOPE "/memory.current", "8192\n");
	put(SCOPE "/memory.events", "oom 2\noom_kill 1\n");
	put(SCOPE "/pids.max", ""); /* a plain file keeps what a shorter text does not cover */
	put(SCOPE "/pids.current", "3\n");
	bus.cgroup = "/user.slice//u/orlop-c1.scope";
}

static struct cgroup *made(const struct cgroup_options *o)
{
	struct cgroup *c = NULL;

	ck_assert_msg(cgroup_new_at(&host, o, &c, &e) == 0, "%s", e.msg);
	ck_assert_msg(cgroup_make(c, o, &e) == 0, "%s", e.msg);
	return c;
}

static void apply(struct cgroup *c, const char *text, bool devices)
{
	auto_(spec_doc_free) struct spec_doc *d = NULL;

	ck_assert_msg(spec_parse_resources(text, strlen(text), "r", &d, &e) == 0, "%s", e.msg);
	ck_assert_msg(cgroup_apply(c, d->resources, devices, &e) == 0, "%s", e.msg);
}

static struct cgroup *loaded(struct arena *a, const char *unit, const char *kind, const char *trees)
{
	char *text = arena_printf(
		a, "{\"kind\":\"%s\",\"driver\":\"systemd\",\"unit\":%s,\"trees\":{%s}}", kind,
		unit, trees);
	struct cgroup *c = NULL;
	struct json *saved;

	ck_assert_msg(json_parse(a, text, strlen(text), "saved", &saved, &e) == 0, "%s", e.msg);
	ck_assert_msg(cgroup_load_at(&host, saved, &c, &e) == 0, "%s", e.msg);
	return c;
}

/* ---- a scope of the user's manager ---- */

START_TEST(makes_a_scope_and_stops_it)
{
	struct cgroup_options o = { .id = "c1", .systemd = true, .rootless = true };
	struct cgroup *c;

	make_v2_host();
	c = made(&o);
	ck_assert_int_eq(strncmp(str_text(&bus.request), "start orlop-c1.scope ", 21), 0);
	ck_assert(bus.helper.user && bus.helper.open);
	ck_assert_str_eq(c->unified->path + strlen(top), "/" SCOPE);
	/* Until init is in the scope, the helper holds it; then the limits are set, and it goes. */
	apply(c, "{\"pids\":{\"limit\":20},\"cpu\":{\"period\":100000}}", false);
	ck_assert_ptr_nonnull(strstr(str_text(&bus.request), "set orlop-c1.scope "));
	ck_assert_ptr_nonnull(strstr(str_text(&bus.request), "TasksMax 0 t 1 20"));
	/* The quota of now is kept: 30000 of the new period, in microseconds a second. */
	ck_assert_ptr_nonnull(strstr(str_text(&bus.request), "CPUQuotaPerSecUSec 0 t 1 300000"));
	holds(SCOPE "/pids.max", "20");
	ck_assert(!bus.helper.open);
	cgroup_free(c);
	was_asked("stop orlop-c1.scope");
	ck_assert_int_eq(bus.opened, 2);
	ck_assert_int_eq(bus.closed, 2);
}
END_TEST

START_TEST(keeps_a_scope)
{
	struct cgroup_options o = { .id = "c1", .systemd = true, .rootless = true };
	struct cgroup *c;

	make_v2_host();
	c = made(&o);
	ck_assert_int_eq(cgroup_apply(c, NULL, false, &e), 0);
	was_asked("set orlop-c1.scope"); /* nothing to set, but the holder is to go */
	cgroup_keep(c);
	cgroup_free(c);
	was_asked("set orlop-c1.scope");
	ck_assert_int_eq(bus.opened, 1);
}
END_TEST

START_TEST(says_why_there_is_no_scope)
{
	struct cgroup_options o = { .id = "c1", .systemd = true, .rootless = true };
	struct cgroup *c = NULL;

	make_v2_host();
	bus.refusal = "the unit is there";
	ck_assert_int_eq(cgroup_new_at(&host, &o, &c, &e), 0);
	ck_assert_int_eq(cgroup_make(c, &o, &e), -EACCES);
	ck_assert_str_eq(e.msg, "systemd: the unit is there");
	cgroup_free(c);
	ck_assert_int_eq(bus.asked, 1); /* what was not started is not stopped */
	ck_assert(!bus.helper.open);
}
END_TEST

START_TEST(refuses_a_path_that_is_no_unit)
{
	struct cgroup_options o = { .id = "c1", .path = "/a/b", .systemd = true, .rootless = true };
	struct cgroup *c = NULL;

	make_v2_host();
	ck_assert_int_eq(cgroup_new_at(&host, &o, &c, &e), 0);
	ck_assert_int_eq(cgroup_make(c, &o, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.msg, "/a/b"));
	cgroup_free(c);
	ck_assert_int_eq(bus.opened, 0);
}
END_TEST

START_TEST(needs_systemd_on_the_host)
{
	struct cgroup_options o = { .id = "c1", .systemd = true };
	struct cgroup *c = NULL;

	make_v2_host();
	ck_assert_int_eq(cgroup_new_at(&host, &o, &c, &e), 0);
	if (access("/run/systemd/system", F_OK) < 0) {
		ck_assert_int_eq(cgroup_make(c, &o, &e), -ENOENT);
		ck_assert_ptr_nonnull(strstr(e.msg, "there is no /run/systemd/system"));
		ck_assert_int_eq(bus.opened, 0);
	} else {
		ck_assert_int_eq(cgroup_make(c, &o, &e), 0);
		ck_assert(!bus.helper.user);
	}
	cgroup_free(c);
}
END_TEST

/* A stop that systemd refuses is told to who asks with --debug; the failure before it is the one to show. */
START_TEST(logs_a_scope_that_stays)
{
	struct cgroup_options o = { .id = "c1", .systemd = true, .rootless = true };
	struct cgroup *c;

	make_v2_host();
	c = made(&o);
	bus.refusal = "no";
	cgroup_free(c);
	ck_assert_ptr_nonnull(strstr(str_text(&logged), "unit 'orlop-c1.scope': systemd: no"));
}
END_TEST

/* ---- as saved ---- */

#define USER_UNIT   "{\"name\":\"orlop-c1.scope\",\"slice\":\"user.slice\",\"user\":true}"
#define SYSTEM_UNIT "{\"name\":\"orlop-c1.scope\",\"slice\":\"system.slice\"}"

static struct cgroup *loaded_v2(struct arena *a, const char *unit)
{
	return loaded(a, unit, "v2", arena_printf(a, "\"\":[\"%s\",\"/" SCOPE "\"]", top));
}

START_TEST(works_on_the_files_below)
{
	auto_(arena_free) struct arena *a = arena_new();
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	struct cgroup *c;

	make_v2_host();
	c = loaded_v2(a, USER_UNIT);
	ck_assert_int_eq(cgroup_memory_usage(c), 8192);
	ck_assert_int_eq(cgroup_oom_kills(c), 1);
	ck_assert_int_eq(cgroup_is_frozen(c), 0);
	put(SCOPE "/cgroup.events", "populated 1\nfrozen 1\n");
	ck_assert_int_eq(cgroup_freeze(c, true, &e), 0);
	holds(SCOPE "/cgroup.freeze", "1\n");
	ck_assert_int_eq(cgroup_is_frozen(c), 1);
	json_object_begin(o, NULL);
	ck_assert_int_eq(cgroup_stats(c, o, "data", &e), 0);
	cgroup_save(c, o, "saved");
	json_object_end(o);
	ck_assert_ptr_nonnull(strstr(json_out_text(o), "\"pids\":{\"current\":3}"));
	ck_assert_ptr_nonnull(strstr(json_out_text(o), "\"unit\":" USER_UNIT));
	ck_assert_int_eq(bus.asked, 0);
	cgroup_free(c);
	ck_assert_int_eq(bus.asked, 0); /* it is not of this handle */
}
END_TEST

START_TEST(an_update_opens_the_helper_for_itself)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct cgroup *c;

	make_v2_host();
	c = loaded_v2(a, SYSTEM_UNIT);
	apply(c, "{\"pids\":{\"limit\":7}}", false);
	was_asked("set orlop-c1.scope TasksMax 0 t 1 7");
	ck_assert(!bus.helper.open && !bus.helper.user);
	/* Without anything to set nobody is asked. */
	ck_assert_int_eq(cgroup_apply(c, NULL, false, &e), 0);
	ck_assert_int_eq(bus.asked, 1);
	bus.refusal = "no such property";
	{
		auto_(spec_doc_free) struct spec_doc *d = NULL;
		static const char text[] = "{\"pids\":{\"limit\":8}}";

		ck_assert_int_eq(spec_parse_resources(text, strlen(text), "r", &d, &e), 0);
		ck_assert_int_eq(cgroup_apply(c, d->resources, false, &e), -EACCES);
	}
	holds(SCOPE "/pids.max", "7"); /* systemd first: it said no, and nothing was written */
	cgroup_free(c);
}
END_TEST

START_TEST(removes_by_a_stop)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct cgroup *c;

	make_v2_host();
	c = loaded_v2(a, SYSTEM_UNIT);
	ck_assert_int_eq(systemd_remove(c, &e), 0);
	was_asked("stop orlop-c1.scope");
	bus.refusal = "no";
	ck_assert_int_eq(systemd_remove(c, &e), -EACCES);
	cgroup_free(c);
}
END_TEST

static const char *const bad_units[] = {
	"1",
	"{}",
	"{\"name\":\"a.scope\"}",
	"{\"name\":\"\",\"slice\":\"b.slice\"}",
	"{\"name\":\"../a.scope\",\"slice\":\"b.slice\"}",
	"{\"name\":\"a.scope\",\"slice\":7}",
};

START_TEST(refuses_a_saved_unit)
{
	auto_(arena_free) struct arena *a = arena_new();
	char *text = arena_printf(
		a,
		"{\"kind\":\"v2\",\"driver\":\"systemd\",\"unit\":%s,\"trees\":{\"\":[\"/m\",\"/a\"]}}",
		bad_units[_i]);
	struct cgroup *c = NULL;
	struct json *saved;

	ck_assert_int_eq(json_parse(a, text, strlen(text), "saved", &saved, &e), 0);
	ck_assert_int_eq(cgroup_load_at(&host, saved, &c, &e), -EBADMSG);
	ck_assert_str_eq(e.msg, "cgroup in the saved state: bad unit");
}
END_TEST

/* ---- v1 ---- */

START_TEST(v1_has_device_rules_and_the_quota_of_its_files)
{
	static const char deny[] = "{\"devices\":[{\"allow\":false}],\"cpu\":{\"period\":100000}}";
	auto_(arena_free) struct arena *a = arena_new();
	struct cgroup *c;

	host.kind = CGROUP_V1;
	put("cpu/s/cpu.cfs_quota_us", "30000\n");
	put("cpu/s/cpu.cfs_period_us", "50000\n");
	put("devices/s/devices.allow", "");
	put("devices/s/devices.deny", "");
	c = loaded(a, SYSTEM_UNIT, "v1",
		   arena_printf(a,
				"\"cpu\":[\"%s/cpu\",\"/s\"],\"devices\":[\"%s/devices\",\"/s\"]",
				top, top));
	apply(c, deny, true);
	ck_assert_ptr_nonnull(strstr(str_text(&bus.request), "CPUQuotaPerSecUSec 0 t 1 300000"));
	ck_assert_ptr_nonnull(strstr(str_text(&bus.request), "DevicePolicy 0 s 1 strict"));
	holds("cpu/s/cpu.cfs_period_us", "100000");
	/* What systemd has no words for is ours alone, until it loads its units anew. */
	str_done(&logged);
	apply(c,
	      "{\"devices\":[{\"allow\":true},{\"allow\":false,\"type\":\"c\",\"major\":9,\"minor\":9}]}",
	      true);
	ck_assert_ptr_nonnull(strstr(str_text(&logged), "systemd cannot express the device rules"));
	cgroup_free(c);
}
END_TEST

START_TEST(v2_tells_of_rules_without_words)
{
	auto_(arena_free) struct arena *a = arena_new();
	auto_(spec_doc_free) struct spec_doc *d = NULL;
	static const char text[] =
		"{\"devices\":[{\"allow\":true},{\"allow\":false,\"type\":\"c\",\"major\":9,\"minor\":9}]}";
	struct cgroup *c;

	make_v2_host();
	c = loaded_v2(a, SYSTEM_UNIT);
	ck_assert_int_eq(spec_parse_resources(text, strlen(text), "r", &d, &e), 0);
	/* No program can be attached to a plain directory; what systemd was told came before. */
	(void)cgroup_apply(c, d->resources, true, &e);
	ck_assert_ptr_nonnull(
		strstr(str_text(&logged), "no device rules for systemd: our program has them"));
	ck_assert_int_eq(bus.asked, 0);
	cgroup_free(c);
	/* A user's manager has none in any case. */
	str_done(&logged);
	c = loaded_v2(a, USER_UNIT);
	(void)cgroup_apply(c, d->resources, true, &e);
	ck_assert_ptr_null(strstr(str_text(&logged), "device rules for systemd"));
	cgroup_free(c);
}
END_TEST

/* ---- entering ---- */

START_TEST(the_manager_moves_what_its_user_may_not)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct cgroup *c;
	char path[PATH_MAX];

	make_v2_host();
	c = loaded_v2(a, USER_UNIT);
	ck_assert_int_eq(cgroup_attach(c, NULL, 77, &e), 0);
	ck_assert_int_eq(bus.asked, 0);
	/* Above both, /user.slice, there is a file that may be written: no need of the manager. */
	put("user.slice/cgroup.procs", "");
	ck_assert(!systemd_moves(c));
	snprintf(path, sizeof(path), "%s/user.slice/cgroup.procs", top);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(systemd_moves(c));
	ck_assert_int_eq(cgroup_attach(c, NULL, 77, &e), 0);
	was_asked("attach orlop-c1.scope  77");
	ck_assert_int_eq(cgroup_attach(c, "sub", 78, &e), 0);
	was_asked("attach orlop-c1.scope sub 78");
	/* Whoever is in no unified cgroup, or cannot read where he is, tries it himself. */
	put("self", "1:name=x:/\n");
	ck_assert(!systemd_moves(c));
	ck_assert_int_eq(unlink(self), 0);
	ck_assert(!systemd_moves(c));
	cgroup_free(c);
	/* root moves by itself. */
	c = loaded_v2(a, SYSTEM_UNIT);
	ck_assert(!systemd_moves(c));
	cgroup_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("systemd_driver");
	TCase *t = tcase_create("systemd_driver");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, makes_a_scope_and_stops_it);
	tcase_add_test(t, keeps_a_scope);
	tcase_add_test(t, says_why_there_is_no_scope);
	tcase_add_test(t, refuses_a_path_that_is_no_unit);
	tcase_add_test(t, needs_systemd_on_the_host);
	tcase_add_test(t, logs_a_scope_that_stays);
	tcase_add_test(t, works_on_the_files_below);
	tcase_add_test(t, an_update_opens_the_helper_for_itself);
	tcase_add_test(t, removes_by_a_stop);
	tcase_add_loop_test(t, refuses_a_saved_unit, 0, (int)ARRAY_SIZE(bad_units));
	tcase_add_test(t, v1_has_device_rules_and_the_quota_of_its_files);
	tcase_add_test(t, v2_tells_of_rules_without_words);
	tcase_add_test(t, the_manager_moves_what_its_user_may_not);
	suite_add_tcase(s, t);
	return run_suite(s);
}
