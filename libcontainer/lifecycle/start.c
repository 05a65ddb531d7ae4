/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/child.h"
#include "base/file.h"
#include "launch/console.h"
#include "launch/hooks.h"
#include "launch/limits.h"
#include "launch/listener.h"
#include "host/notify.h"
#include "launch/stuck.h"
#include "spec/seccomp.h"
#include "store/store.h"

int write_pid_file(const char *path, pid_t pid, struct error *err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);

	if (!path)
		return 0;
	if (file_renew_at(AT_FDCWD, path, text, (size_t)n, 0644) < 0)
		return sysf(err, "pid file '%s'", path);
	return 0;
}

int send_pidfd(const char *path, int pidfd, struct error *err)
{
	return path ? socket_send_fd(path, pidfd, "pidfd", err) : 0;
}

int await_console(struct handshake *t, int *console, struct error *err)
{
	int r;

	if (!(t->features & WITH_CONSOLE))
		return 0;
	r = handshake_await(t, SYNC_CONSOLE, console, NULL, err);
	return r < 0 ? r : console_set_size(*console, t->process->console_size, err);
}

int take_console(struct handshake *t, const char *socket, int *console, struct error *err)
{
	int r = await_console(t, console, err);

	return r < 0 ? r : send_console(socket, console, err);
}

int send_console(const char *socket, int *console, struct error *err)
{
	int r;

	if (*console < 0)
		return 0;
	if (!socket)
		return console_plain_newlines(*console, err);
	r = socket_send_fd(socket, *console, "/dev/ptmx", err);
	close_fd(*console);
	*console = -EBADF;
	return r;
}

int handshake_start(struct handshake *t, const struct state *s, enum container_status status,
		       pid_t pid, struct error *err)
{
	int r = handshake_send(t, SYNC_START, err);

	if (r == 0 && (t->features & WITH_LISTENER))
		r = listener_forward(t, s, container_status_name(status), pid, err);
	return r < 0 ? r : handshake_await_exec(t, err);
}

#define POSTSTART_LOCK_TIMEOUT 10 /* seconds */

int start_poststart(const struct spec *spec, const struct state *s, int dir, bool *lost,
		    struct error *err)
{
	auto_str text = STR_INIT;
	int r;

	if (!spec->hooks || !spec->hooks->kind[HOOK_POSTSTART].n)
		return 0;
	if (container_oci_state(s, STATUS_RUNNING, s->init.pid, &text) < 0)
		return failf(err, ENOMEM, "state for hooks: out of memory");
	/* A hook may well ask to update or to pause its container: it must not wait for us. */
	store_unlock(dir);
	r = hooks_run(spec->hooks, HOOK_POSTSTART, s->bundle, str_text(&text), false, err);
	*lost = r < 0 && store_lock(dir, POSTSTART_LOCK_TIMEOUT, NULL) < 0;
	return r;
}

static int check_status(struct container *c, struct error *err)
{
	enum container_status status;
	int r = container_status(c, &status, err);

	if (r < 0)
		return r;
	if (status == STATUS_STOPPED)
		return failf(err, EINVAL, "cannot start a container that has stopped: '%s'", c->state.id);
	if (status == STATUS_PAUSED)
		return failf(err, EINVAL, "cannot start a container in the paused state");
	if (status != STATUS_CREATED)
		return failf(err, EINVAL, "cannot start an already running container: '%s'", c->state.id);
	if (!c->state.has_process)
		return failf(err, EINVAL, "cannot start a container whose config has no process");
	return 0;
}

static int connect_to_init(struct container *c, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_(close_fd) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	const char *why;

	if (fd < 0)
		return sysf(err, "socket");
	if (handshake_watch(fd, err) < 0)
		return -err->num;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" START_SOCKET, c->dir);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return take_fd(fd);
	/* A `start` that was killed did come that far. */
	if (errno == ECONNREFUSED)
		return failf(err, EINVAL, "cannot start an already running container");
	/* Others have asked before, and it does not even look. */
	why = errno == EAGAIN ? stuck_why(c->state.init.pid) : NULL;
	if (why)
		return failf(err, EBUSY, "process %d does not go on: %s", (int)c->state.init.pid, why);
	return sysf(err, "start socket of container '%s'", c->state.id);
}

/* What became of a start that failed. */
enum start_failure {
	NOTHING_STARTED, /* init still waits for a start */
	START_FAILED,
	HOOK_FAILED,
};

/*
 * An init that something holds has not read our START: with our end shut it passes that over when it goes on, and waits
 * for the next one.
 */
static bool withdraw_start(int sync)
{
	int unread = 0;

	return shutdown(sync, SHUT_WR) == 0 && ioctl(sync, SIOCOUTQ, &unread) == 0 && unread > 0;
}

/* The config that `create` kept; needed for listeners, hooks and the words of errors. */
static int send_start(struct container *c, const struct resolved *config, int pidfd, enum start_failure *failure,
		    struct error *err)
{
	auto_(close_fd) int sync = connect_to_init(c, err);
	struct handshake t = {
		.sync = sync,
		.pidfd = pidfd,
		.pid = c->state.init.pid,
		.features = WITH_START_SOCKET | (spec_seccomp_notifies(config->spec->lnx.seccomp) ? WITH_LISTENER : 0),
		.last = SYNC_KEPT,
		.config = config,
		.process = config->spec->process,
	};
	int r;

	if (sync < 0)
		return -err->num;
	r = handshake_start(&t, &c->state, STATUS_CREATED, c->state.init.pid, err);
	if (r < 0 && !withdraw_start(sync))
		*failure = t.hook_failed ? HOOK_FAILED : START_FAILED;
	return r;
}

#define DEATH_TIMEOUT 10 /* seconds */

/*
 * A container whose start failed is stopped when we return, for whoever asks next: what it was made of stays for
 * `delete`.
 */
static void stop(struct container *c, int pidfd)
{
	(void)container_kill(c, SIGKILL, true, NULL);
	(void)child_await(pidfd, DEATH_TIMEOUT);
}

/* After a startContainer or poststart hook that failed. */
static void destroy(struct container *c, int pidfd)
{
	stop(c, pidfd);
	(void)container_delete(c, true, NULL);
}

static void clear_away(struct container *c, int pidfd, enum start_failure failure)
{
	if (failure == HOOK_FAILED)
		destroy(c, pidfd);
	else if (failure == START_FAILED)
		stop(c, pidfd);
}

int container_start(struct container *c, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_(close_fd) int notify = -EBADF, pidfd = -EBADF;
	enum start_failure failure = NOTHING_STARTED;
	const struct resolved *config = NULL;
	struct cgroup *cg;
	bool lost = false;
	int r = container_lock(c, err);

	if (r == 0 && c->incomplete)
		r = container_without_state(c, err);
	if (r == 0)
		r = check_status(c, err);
	if (r == 0)
		r = container_config(c, &doc, err);
	if (r == 0)
		r = resolve_existing(doc->spec, doc->arena, &config, err);
	if (r < 0)
		return r;
	if (notify_wanted()) {
		notify = notify_listen(c->dir, c->state.init.pid, err);
		if (notify < 0 && notify != -ENOENT)
			return notify;
	}
	pidfd = container_init_pidfd(c, err);
	if (pidfd < 0)
		return pidfd == -ESRCH ? failf(err, EINVAL, "cannot start a container that has stopped") : pidfd;
	r = send_start(c, config, pidfd, &failure, err);
	if (r < 0) {
		if (container_cgroup(c, &cg, NULL) == 0)
			(void)limits_explain(cg, doc->spec->lnx.resources, err);
		clear_away(c, pidfd, failure);
		return -err->num;
	}
	(void)unlinkat(c->dir, START_SOCKET, 0);
	r = start_poststart(doc->spec, &c->state, c->dir, &lost, err);
	if (r < 0 && !lost)
		destroy(c, pidfd);
	if (r < 0 || notify < 0)
		return r;
	/* Nobody knows how long that takes: others must be able to stop or delete it meanwhile. */
	store_unlock(c->dir);
	notify_forward(notify, pidfd, c->state.init.pid);
	return 0;
}
