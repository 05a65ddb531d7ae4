/* SPDX-License-Identifier: Apache-2.0 */

/* The connection with systemd, and the jobs that it does for us. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/parse.h"
#include "systemd.h"

/* ---- the bus ---- */

int bus_failed(struct answer *a, int r, const sd_bus_error *e, const char *what)
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
				       "unix:path=/run/user/%" PRIu64 "/%s", outer_uid(),
				       places[i]);
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

int connect_manager(struct manager *m, struct answer *a)
{
	int r;

	if (m->bus)
		return 0;
	r = m->user ? open_user(&m->bus) : open_system(&m->bus);
	/* Root in a container with a systemd of its own has no other manager. */
	if (r < 0 && m->user && geteuid() == 0)
		r = open_system(&m->bus);
	if (r < 0)
		return bus_failed(a, r, NULL,
				  m->user ? "connect to the user's systemd" : "connect to systemd");
	return 0;
}

int new_call(struct manager *m, const char *method, sd_bus_message **ret)
{
	return sd_bus_message_new_method_call(m->bus, ret, SERVICE, MANAGER_PATH, MANAGER, method);
}

/* The leading number of "252.39-1~deb12u2", or of "v254". */
uint64_t manager_version(struct manager *m)
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
	int r = sd_bus_match_signal_async(m->bus, slot, SERVICE, MANAGER_PATH, MANAGER,
					  "JobRemoved", on_job_removed, NULL, job);

	/* Nobody waits for the answer: messages of one sender arrive in order. */
	if (r >= 0)
		r = sd_bus_call_method_async(m->bus, NULL, SERVICE, MANAGER_PATH, MANAGER,
					     "Subscribe", NULL, NULL, NULL);
	return r;
}

int run_job(struct manager *m, sd_bus_message *call, const char *what, sd_bus_error *e,
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
