/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/listener.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"
#include "json/json.h"
#include "launch/console.h"
#include "spec/spec.h"

#define TRIES 20000
#define TRY_NS 100000 /* 2 s in all */

static bool is_listener(int fd)
{
	char path[64];

	return path_of_fd(fd, path, sizeof(path)) == 0 && strstr(path, "seccomp notify");
}

/* The child said which number comes; until the filter is loaded nothing has it. */
static int fetch(int pidfd, int number, struct error *err)
{
	struct timespec pause = { 0, TRY_NS };

	for (int i = 0; i < TRIES; i++) {
		auto_(close_fd) int fd = sys_pidfd_getfd(pidfd, number);

		if (fd >= 0 && is_listener(fd))
			return take_fd(fd);
		if (fd < 0 && errno != EBADF)
			return sysf(err, "fetch the seccomp listener");
		nanosleep(&pause, NULL);
	}
	return failf(err, ETIMEDOUT, "the seccomp listener did not appear");
}

/* The word the child is spinning on. */
static int release(int page, struct error *err)
{
	volatile uint32_t *taken =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, page, 0);

	if (taken == MAP_FAILED)
		return sysf(err, "map the child's page");
	*taken = 1;
	(void)munmap((void *)(uintptr_t)taken, 4096);
	return 0;
}

static int process_state(const struct handshake *t, const struct state *s, const char *status,
			 pid_t pid, struct str *out, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	const char *metadata = t->config->spec->lnx.seccomp->listener_metadata;

	if (!o)
		return failf(err, ENOMEM, "seccomp state: out of memory");
	json_object_begin(o, NULL);
	json_string(o, "ociVersion", s->oci_version);
	json_array_begin(o, "fds");
	json_string(o, NULL, "seccompFd");
	json_array_end(o);
	json_i64(o, "pid", pid);
	if (metadata)
		json_string(o, "metadata", metadata);
	json_object_begin(o, "state");
	json_string(o, "ociVersion", s->oci_version);
	json_string(o, "id", s->id);
	json_string(o, "status", status);
	json_i64(o, "pid", s->init.pid);
	json_string(o, "bundle", s->bundle);
	json_object_begin(o, "annotations");
	foreach_list(a, &s->annotations)
		json_string(o, a->key, a->value);
	json_object_end(o);
	json_object_end(o);
	json_object_end(o);
	if (!json_out_text(o))
		return failf(err, ENOMEM, "seccomp state: out of memory");
	str_add(out, json_out_text(o));
	return 0;
}

static int send_to_agent(const struct handshake *t, const struct state *s, const char *status, pid_t pid,
			 int listener, struct error *err)
{
	const struct spec_seccomp *profile = t->config->spec->lnx.seccomp;
	auto_str text = STR_INIT;
	int r = process_state(t, s, status, pid, &text, err);

	if (r < 0)
		return r;
	if (!profile->listener_path) {
		failf(err, EINVAL, "SCMP_ACT_NOTIFY needs a 'listenerPath'");
		return spec_error(profile->json, NULL, err);
	}
	if (socket_send_fd(profile->listener_path, listener, str_text(&text), err) < 0)
		return spec_error(profile->json, "listenerPath", err);
	return 0;
}

int listener_forward(struct handshake *t, const struct state *s, const char *status, pid_t pid,
		     struct error *err)
{
	auto_(close_fd) int page = -EBADF;
	auto_(close_fd) int listener = -EBADF;
	int number, r = handshake_await(t, SYNC_LISTENER, &page, &number, err);

	if (r < 0)
		return r;
	listener = fetch(t->pidfd, number, err);
	if (listener < 0)
		return t->config->spec->lnx.seccomp ? spec_error(t->config->spec->lnx.seccomp->json, NULL, err) : listener;
	if (t->take_listener)
		r = t->take_listener(t->take_data, take_fd(listener), t->pidfd, err);
	else
		r = send_to_agent(t, s, status, pid, listener, err);
	return r < 0 ? r : release(page, err);
}
