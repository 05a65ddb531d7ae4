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
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/parse.h"
#include "systemd.h"

#define REQUEST_MAX 196608

/* ---- words and answers ---- */

const char *next_word(struct words *w)
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

int fail(struct answer *a, int num, const char *fmt, ...)
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
			       "org.freedesktop.DBus", "GetConnectionUnixProcessID", NULL, &reply,
			       "s", name) < 0 ||
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
	(void)sd_bus_call_method(m->bus, SERVICE, MANAGER_PATH, MANAGER, "ResetFailedUnit", NULL,
				 NULL, "s", unit);
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
		fprintf(stderr,
			"usage: orlop-systemd system|user\nA part of orlop, which runs it.\n");
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
