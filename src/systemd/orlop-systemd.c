/* SPDX-License-Identifier: Apache-2.0 */

/*
 * orlop-systemd: asks systemd, over D-Bus, for the cgroups of containers. A program of its own, because
 * sd-bus lives in a dynamic library that a static runtime cannot load and that others need not pay for
 * (docs/decisions/0003-systemd-helper.md).
 *
 * Standard input is a SOCK_SEQPACKET socket: a request is one record, its answer another; end of file
 * is the end. Records are words that end with NUL:
 *
 *   start UNIT [PROPERTY...]       a transient unit; a scope gets a process of ours that holds it
 *   set UNIT [PROPERTY...]         ends that process, and changes properties (until the next reboot)
 *   attach UNIT SUBGROUP PID       moves a process into the unit's cgroup
 *   stop UNIT                      no unit of that name is fine
 *
 *   PROPERTY is NAME SINCE SIGNATURE COUNT WORD*COUNT: SINCE is the first version of systemd that knows
 *   it (older ones are not asked), the words are the values in the signature's order, an array's
 *   elements after their number, a variant's value after its signature.
 *
 *   The answer: "ok" CGROUP ("" but for start), or "error" ERRNO MESSAGE.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "base/cleanup.h"
#include "base/macros.h"
#include "base/parse.h"

#define SERVICE "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER SERVICE ".Manager"
#define PATIENCE_US UINT64_C(30000000)
#define REQUEST_MAX 196608
#define DEPTH_MAX 16

DEFINE_AUTO(sd_bus_message *, sd_bus_message_unref);
#define auto_message auto_(sd_bus_message_unref) sd_bus_message
#define auto_bus_error __attribute__((cleanup(sd_bus_error_free))) sd_bus_error

struct words {
	const char *at, *end;
	bool bad; /* one was missing */
};

struct answer {
	int num;
	char text[1024];
	char cgroup[4096];
};

struct manager {
	bool user;
	sd_bus *bus;
	uint64_t version; /* 0: not asked yet */
	pid_t holder;     /* keeps a scope alive while its container does not; 0: none */
};

static const char *next_word(struct words *w)
{
	const char *word = w->at;
	size_t n;

	if (w->at >= w->end) {
		w->bad = true;
		return "";
	}
	n = strlen(word);
	w->at += n + 1;
	return word;
}

static int fail(struct answer *a, int num, const char *fmt, ...) printf_like(3, 4);
static int fail(struct answer *a, int num, const char *fmt, ...)
{
	va_list args;

	num = num < 0 ? -num : num;
	if (a->num)
		return -num;
	a->num = num;
	va_start(args, fmt);
	(void)vsnprintf(a->text, sizeof(a->text), fmt, args);
	va_end(args);
	return -num;
}

/* ---- values ---- */

/* What follows the first complete type of a signature; NULL when it is none. */
static const char *after_type(const char *s, int depth)
{
	if (depth > DEPTH_MAX)
		return NULL;
	if (*s == 'a')
		return after_type(s + 1, depth + 1);
	if (*s != '(' && *s != '{')
		return *s && strchr("ybnqiuxtdsogv", *s) ? s + 1 : NULL;
	for (s++; s && *s && *s != ')' && *s != '}';)
		s = after_type(s, depth + 1);
	return s && *s ? s + 1 : NULL;
}

static int append_number(sd_bus_message *m, char type, const char *word)
{
	uint64_t u = 0;
	int64_t i = 0;
	int r;

	if (strchr("bnix", type))
		r = parse_i64(word, &i);
	else
		r = parse_u64(word, &u);
	if (r < 0)
		return r;
	/* sd-bus reads as many bytes as the type has. */
	switch (type) {
	case 'y':
		return sd_bus_message_append_basic(m, type, &(uint8_t){ (uint8_t)u });
	case 'q':
		return sd_bus_message_append_basic(m, type, &(uint16_t){ (uint16_t)u });
	case 'u':
		return sd_bus_message_append_basic(m, type, &(uint32_t){ (uint32_t)u });
	case 't':
		return sd_bus_message_append_basic(m, type, &u);
	case 'n':
		return sd_bus_message_append_basic(m, type, &(int16_t){ (int16_t)i });
	case 'x':
		return sd_bus_message_append_basic(m, type, &i);
	default: /* b, i */
		return sd_bus_message_append_basic(m, type, &(int32_t){ (int32_t)i });
	}
}

static int append_basic(sd_bus_message *m, char type, const char *word)
{
	if (strchr("sog", type))
		return sd_bus_message_append_basic(m, type, word);
	if (type == 'd')
		return sd_bus_message_append_basic(m, type, &(double){ strtod(word, NULL) });
	return append_number(m, type, word);
}

static int append_type(sd_bus_message *m, const char *type, struct words *w, int depth);

/* The types from `s` to `end`, one after the other. */
static int append_types(sd_bus_message *m, const char *s, const char *end, struct words *w, int depth)
{
	int r = 0;

	while (r >= 0 && s && s < end) {
		r = append_type(m, s, w, depth);
		s = after_type(s, 0);
	}
	return s ? r : -EINVAL;
}

static int append_container(sd_bus_message *m, char kind, const char *inner, size_t n, uint64_t times,
			    struct words *w, int depth)
{
	char contents[256];
	int r;

	if (n >= sizeof(contents))
		return -EINVAL;
	memcpy(contents, inner, n);
	contents[n] = 0;
	r = sd_bus_message_open_container(m, kind, contents);
	for (uint64_t i = 0; r >= 0 && i < times && !w->bad; i++)
		r = append_types(m, contents, contents + n, w, depth + 1);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_type(sd_bus_message *m, const char *type, struct words *w, int depth)
{
	const char *end = after_type(type, 0), *signature;
	uint64_t n;

	if (!end || depth > DEPTH_MAX)
		return -EINVAL;
	switch (*type) {
	case 'a':
		if (parse_u64(next_word(w), &n) < 0)
			return -EINVAL;
		return append_container(m, 'a', type + 1, (size_t)(end - type - 1), n, w, depth);
	case '(':
		return append_container(m, 'r', type + 1, (size_t)(end - type - 2), 1, w, depth);
	case '{':
		return append_container(m, 'e', type + 1, (size_t)(end - type - 2), 1, w, depth);
	case 'v':
		signature = next_word(w);
		return append_container(m, 'v', signature, strlen(signature), 1, w, depth);
	default:
		return append_basic(m, *type, next_word(w));
	}
}

static int append_property(sd_bus_message *m, const char *name, const char *signature, struct words *w)
{
	int r = sd_bus_message_open_container(m, 'r', "sv");

	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', name);
	if (r >= 0)
		r = append_container(m, 'v', signature, strlen(signature), 1, w, 0);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* ---- the bus ---- */

static int bus_failed(struct answer *a, int r, const sd_bus_error *e, const char *what)
{
	if (e && sd_bus_error_is_set(e))
		return fail(a, sd_bus_error_get_errno(e), "%s: %s", what,
			    e->message ? e->message : e->name);
	return fail(a, r, "%s: %s", what, strerror(r < 0 ? -r : r));
}

static int open_address(const char *address, bool is_bus, sd_bus **ret)
{
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, is_bus);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0)
		sd_bus_unref(bus);
	else
		*ret = bus;
	return r;
}

/* Root in a user namespace is somebody else outside, and it is his manager that we want. */
static uint64_t outer_uid(void)
{
	FILE *f = fopen("/proc/self/uid_map", "re");
	uint64_t inside, outside, n, me = geteuid();
	bool found = false;

	while (f && !found &&
	       fscanf(f, "%" SCNu64 " %" SCNu64 " %" SCNu64, &inside, &outside, &n) == 3)
		found = me >= inside && me - inside < n;
	if (f)
		(void)fclose(f);
	return found ? outside + (me - inside) : me;
}

static int open_user(sd_bus **ret)
{
	/* The second is the manager's own socket: there may be no message bus. */
	static const char *const places[] = { "bus", "systemd/private" };
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char address[512];
	int r = -ENOMEDIUM;

	if (dir || getenv("DBUS_SESSION_BUS_ADDRESS"))
		r = sd_bus_open_user(ret);
	for (size_t i = 0; r < 0 && i < ARRAY_SIZE(places); i++) {
		if (dir)
			(void)snprintf(address, sizeof(address), "unix:path=%s/%s", dir, places[i]);
		else
			(void)snprintf(address, sizeof(address),
				       "unix:path=/run/user/%" PRIu64 "/%s", outer_uid(), places[i]);
		r = open_address(address, i == 0, ret);
	}
	return r;
}

static int open_system(sd_bus **ret)
{
	int r = sd_bus_open_system(ret);

	if (r < 0 && geteuid() == 0)
		r = open_address("unix:path=/run/systemd/private", false, ret);
	return r;
}

static int connect_manager(struct manager *m, struct answer *a)
{
	int r;

	if (m->bus)
		return 0;
	r = m->user ? open_user(&m->bus) : open_system(&m->bus);
	/* Root in a container with a systemd of its own has no other manager. */
	if (r < 0 && m->user && geteuid() == 0)
		r = open_system(&m->bus);
	if (r < 0)
		return bus_failed(a, r, NULL, m->user ? "connect to the user's systemd" :
							"connect to systemd");
	return 0;
}

static int new_call(struct manager *m, const char *method, sd_bus_message **ret)
{
	return sd_bus_message_new_method_call(m->bus, ret, SERVICE, MANAGER_PATH, MANAGER, method);
}

/* The leading number of "252.39-1~deb12u2", or of "v254". */
static uint64_t manager_version(struct manager *m)
{
	auto_(free) char *text = NULL;
	const char *at;

	if (m->version)
		return m->version;
	m->version = 1;
	if (sd_bus_get_property_string(m->bus, SERVICE, MANAGER_PATH, MANAGER, "Version", NULL,
				       &text) < 0)
		return m->version;
	at = text + strcspn(text, "0123456789");
	(void)parse_u64n(at, strspn(at, "0123456789"), 10, &m->version);
	return m->version;
}

/* *n: how many were added. */
static int append_properties(struct manager *m, sd_bus_message *call, struct words *w, size_t *n,
			     struct answer *a)
{
	int r = 0;

	while (w->at < w->end && !w->bad) {
		const char *name = next_word(w), *since = next_word(w), *signature = next_word(w);
		uint64_t version = 0, count = 0;

		if (parse_u64(since, &version) < 0 || parse_u64(next_word(w), &count) < 0)
			return fail(a, EINVAL, "property '%s': bad request", name);
		if (version && version > manager_version(m)) {
			while (count-- > 0 && !w->bad)
				(void)next_word(w);
			continue;
		}
		r = append_property(call, name, signature, w);
		if (r < 0 || w->bad)
			return fail(a, EINVAL, "property '%s': values do not fit type '%s'", name,
				    signature);
		(*n)++;
	}
	return w->bad ? fail(a, EINVAL, "bad request") : 0;
}

/* ---- jobs ---- */

struct job {
	const char *path;
	char result[32];
};

static int on_job_removed(sd_bus_message *m, void *data, sd_bus_error *e)
{
	struct job *job = data;
	const char *path, *unit, *result;
	uint32_t id;

	(void)e;
	if (job->path && sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) >= 0 &&
	    strcmp(path, job->path) == 0)
		(void)snprintf(job->result, sizeof(job->result), "%s", result);
	return 0;
}

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int await_job(struct manager *m, struct job *job, const char *what, struct answer *a)
{
	uint64_t deadline = now_us() + PATIENCE_US;
	int r = 0;

	while (!*job->result) {
		r = sd_bus_process(m->bus, NULL);
		if (r > 0)
			continue;
		if (r == 0 && now_us() >= deadline)
			r = -ETIMEDOUT;
		if (r == 0)
			r = sd_bus_wait(m->bus, deadline - now_us());
		if (r < 0 && r != -EINTR)
			return bus_failed(a, r, NULL, what);
	}
	if (strcmp(job->result, "done") != 0 && strcmp(job->result, "skipped") != 0)
		return fail(a, EIO, "%s: systemd's job ended as '%s'", what, job->result);
	return 0;
}

static int subscribe(struct manager *m, struct job *job, sd_bus_slot **slot)
{
	int r = sd_bus_match_signal_async(m->bus, slot, SERVICE, MANAGER_PATH, MANAGER, "JobRemoved",
					  on_job_removed, NULL, job);

	/* Nobody waits for the answer: messages of one sender arrive in order. */
	if (r >= 0)
		r = sd_bus_call_method_async(m->bus, NULL, SERVICE, MANAGER_PATH, MANAGER,
					     "Subscribe", NULL, NULL, NULL);
	return r;
}

/* Sends a call whose answer is a job, and waits until that is done. */
static int run_job(struct manager *m, sd_bus_message *call, const char *what, sd_bus_error *e,
		   struct answer *a)
{
	auto_message *reply = NULL;
	sd_bus_slot *slot = NULL;
	struct job job = { 0 };
	int r = subscribe(m, &job, &slot);

	if (r >= 0)
		r = sd_bus_call(m->bus, call, PATIENCE_US, e, &reply);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &job.path);
	if (r >= 0)
		r = await_job(m, &job, what, a);
	sd_bus_slot_unref(slot);
	return r;
}

/* ---- pids ---- */

/*
 * Our numbers must be the manager's: in another pid namespace they would name strangers, who would then
 * be moved into the container's cgroup and killed with it. The message bus knows us by its own number.
 */
static int check_pids(struct manager *m, struct answer *a)
{
	auto_message *reply = NULL;
	const char *name;
	uint32_t pid;

	/* There is none between the manager and us: its private socket. */
	if (sd_bus_get_unique_name(m->bus, &name) < 0)
		return 0;
	if (sd_bus_call_method(m->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
			       "org.freedesktop.DBus", "GetConnectionUnixProcessID", NULL, &reply, "s",
			       name) < 0 ||
	    sd_bus_message_read(reply, "u", &pid) < 0)
		return 0;
	if ((pid_t)pid == getpid())
		return 0;
	return fail(a, EXDEV,
		    "it runs in another pid namespace: it cannot move processes of this one into "
		    "cgroups");
}

/* ---- the process that holds a scope ---- */

static int start_holder(struct manager *m, struct answer *a)
{
	pid_t parent = getpid();

	m->holder = fork();
	if (m->holder < 0)
		return fail(a, errno, "fork: %s", strerror(errno));
	if (m->holder > 0)
		return 0;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "orlop-holder");
	if (getppid() != parent)
		_exit(0);
	for (int fd = 0; fd < 64; fd++)
		(void)close(fd);
	for (;;)
		(void)pause();
}

static void end_holder(struct manager *m)
{
	if (m->holder <= 0)
		return;
	(void)kill(m->holder, SIGKILL);
	while (waitpid(m->holder, NULL, 0) < 0 && errno == EINTR)
		;
	m->holder = 0;
}

/* ---- requests ---- */

static void reset_failed(struct manager *m, const char *unit)
{
	(void)sd_bus_call_method(m->bus, SERVICE, MANAGER_PATH, MANAGER, "ResetFailedUnit", NULL, NULL,
				 "s", unit);
}

static bool is_scope(const char *unit)
{
	size_t n = strlen(unit);

	return n > 6 && strcmp(unit + n - 6, ".scope") == 0;
}

static int start_message(struct manager *m, const char *unit, struct words w, sd_bus_message **ret,
			 struct answer *a)
{
	size_t n = 0;
	int r = new_call(m, "StartTransientUnit", ret);

	if (r >= 0)
		r = sd_bus_message_append(*ret, "ss", unit, "fail");
	if (r >= 0)
		r = sd_bus_message_open_container(*ret, 'a', "(sv)");
	if (r >= 0 && m->holder > 0)
		r = sd_bus_message_append(*ret, "(sv)", "PIDs", "au", 1, (uint32_t)m->holder);
	if (r >= 0)
		r = append_properties(m, *ret, &w, &n, a);
	if (r >= 0)
		r = sd_bus_message_close_container(*ret);
	if (r >= 0)
		r = sd_bus_message_append(*ret, "a(sa(sv))", 0);
	return r < 0 ? fail(a, r, "unit '%s': %s", unit, strerror(-r)) : 0;
}

static int read_cgroup(struct manager *m, const char *unit, struct answer *a)
{
	auto_(free) char *path = NULL, *cgroup = NULL;
	auto_bus_error e = SD_BUS_ERROR_NULL;
	const char *interface = is_scope(unit) ? SERVICE ".Scope" : SERVICE ".Slice";
	int r = sd_bus_path_encode(MANAGER_PATH "/unit", unit, &path);

	if (r >= 0)
		r = sd_bus_get_property_string(m->bus, SERVICE, path, interface, "ControlGroup", &e,
					       &cgroup);
	if (r < 0)
		return bus_failed(a, r, &e, "cgroup of the unit");
	if (!*cgroup || strlen(cgroup) >= sizeof(a->cgroup))
		return fail(a, ESRCH, "unit '%s' has no cgroup", unit);
	memcpy(a->cgroup, cgroup, strlen(cgroup) + 1);
	return 0;
}

static int start(struct manager *m, struct words *w, struct answer *a)
{
	const char *unit = next_word(w);
	char what[300];
	int r = is_scope(unit) ? check_pids(m, a) : 0;

	if (r == 0 && is_scope(unit))
		r = start_holder(m, a);
	(void)snprintf(what, sizeof(what), "start unit '%s'", unit);
	/* A failed unit of an earlier container may stand there under this name. */
	for (int try = 0; r == 0 && try < 2; try++) {
		auto_bus_error e = SD_BUS_ERROR_NULL;
		auto_message *call = NULL;

		r = start_message(m, unit, *w, &call, a);
		if (r < 0)
			return r;
		r = run_job(m, call, what, &e, a);
		if (r >= 0)
			return read_cgroup(m, unit, a);
		if (try == 1 || !sd_bus_error_has_name(&e, SERVICE ".UnitExists"))
			return bus_failed(a, r, &e, what);
		reset_failed(m, unit);
		r = 0;
	}
	return r;
}

static int set(struct manager *m, struct words *w, struct answer *a)
{
	auto_bus_error e = SD_BUS_ERROR_NULL;
	auto_message *call = NULL;
	const char *unit = next_word(w);
	size_t n = 0;
	int r;

	end_holder(m);
	r = new_call(m, "SetUnitProperties", &call);
	if (r >= 0)
		r = sd_bus_message_append(call, "sb", unit, 1);
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "(sv)");
	if (r >= 0)
		r = append_properties(m, call, w, &n, a);
	if (r >= 0)
		r = sd_bus_message_close_container(call);
	if (r >= 0 && n > 0)
		r = sd_bus_call(m->bus, call, PATIENCE_US, &e, NULL);
	return r < 0 ? bus_failed(a, r, &e, "set the properties of the unit") : 0;
}

static int attach(struct manager *m, struct words *w, struct answer *a)
{
	auto_bus_error e = SD_BUS_ERROR_NULL;
	const char *unit = next_word(w), *sub = next_word(w);
	uint64_t pid;
	int r;

	if (parse_u64(next_word(w), &pid) < 0)
		return fail(a, EINVAL, "bad request");
	r = check_pids(m, a);
	if (r < 0)
		return r;
	r = sd_bus_call_method(m->bus, SERVICE, MANAGER_PATH, MANAGER, "AttachProcessesToUnit", &e,
			       NULL, "ssau", unit, sub, 1, (uint32_t)pid);
	return r < 0 ? bus_failed(a, r, &e, "move the process into its unit") : 0;
}

static int stop(struct manager *m, struct words *w, struct answer *a)
{
	auto_bus_error e = SD_BUS_ERROR_NULL;
	auto_message *call = NULL;
	const char *unit = next_word(w);
	int r;

	end_holder(m);
	r = new_call(m, "StopUnit", &call);
	if (r >= 0)
		r = sd_bus_message_append(call, "ss", unit, "replace");
	if (r >= 0)
		r = run_job(m, call, "stop the unit", &e, a);
	if (r < 0 && sd_bus_error_has_name(&e, SERVICE ".NoSuchUnit"))
		return 0;
	if (r < 0)
		return bus_failed(a, r, &e, "stop the unit");
	reset_failed(m, unit);
	return 0;
}

static void answer_request(struct manager *m, struct words *w, struct answer *a)
{
	static const struct {
		const char *name;
		int (*run)(struct manager *, struct words *, struct answer *);
	} verbs[] = {
		{ "start", start },
		{ "set", set },
		{ "attach", attach },
		{ "stop", stop },
	};
	const char *verb = next_word(w);
	int r;

	foreach_array(v, verbs) {
		if (strcmp(v->name, verb) != 0)
			continue;
		r = connect_manager(m, a);
		if (r >= 0)
			r = v->run(m, w, a);
		if (r < 0)
			(void)fail(a, r, "%s: %s", verb, strerror(-r));
		return;
	}
	(void)fail(a, EINVAL, "unknown request '%s'", verb);
}

static int send_answer(const struct answer *a)
{
	char text[sizeof(a->cgroup) + 64];
	int n;

	if (a->num)
		n = snprintf(text, sizeof(text), "error%c%d%c%s", 0, a->num, 0, a->text);
	else
		n = snprintf(text, sizeof(text), "ok%c%s", 0, a->cgroup);
	return send(STDIN_FILENO, text, (size_t)n + 1, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
	static char request[REQUEST_MAX];
	struct manager m = { .user = argc == 2 && strcmp(argv[1], "user") == 0 };

	if (argc != 2 || (!m.user && strcmp(argv[1], "system") != 0)) {
		fprintf(stderr, "usage: orlop-systemd system|user\nA part of orlop, which runs it.\n");
		return 2;
	}
	for (;;) {
		ssize_t n = recv(STDIN_FILENO, request, sizeof(request), 0);
		struct answer a = { 0 };
		struct words w = { .at = request, .end = request + (n > 0 ? n : 0) };

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (request[n - 1])
			(void)fail(&a, EINVAL, "bad request");
		else
			answer_request(&m, &w, &a);
		if (send_answer(&a) < 0)
			break;
	}
	end_holder(&m);
	sd_bus_flush_close_unref(m.bus);
	return 0;
}
