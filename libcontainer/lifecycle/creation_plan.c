/* SPDX-License-Identifier: Apache-2.0 */

/* What `create` wants its child to do, as a plan. */

#include "lifecycle/creation.h"
#include "lifecycle/join.h"
#include "lifecycle/learner.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memfd.h"
#include "host/notify.h"

/* Through /proc/self/fd, since a socket's path may have 107 bytes and the state root any number. */
static int listen_for_start(struct creation *c, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_(close_fd) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return sysf(err, "socket");
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" START_SOCKET, c->dir);
	if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 1) < 0)
		return sysf(err, "start socket");
	return take_fd(fd);
}

static int hook_memfd(const struct spec *s, enum spec_hook_kind kind, int *ret, struct error *err)
{
	*ret = -EBADF;
	if (!s->hooks || !s->hooks->kind[kind].n)
		return 0;
	*ret = memfd_new("state");
	return *ret < 0 ? codef(err, *ret, "memfd for hooks") : 0;
}

static int output_memfd(const struct compile_input *in, int *ret, struct error *err)
{
	*ret = -EBADF;
	if (in->hook_state < 0 && in->start_hook_state < 0)
		return 0;
	*ret = memfd_new("output");
	return *ret < 0 ? codef(err, *ret, "memfd for hooks") : 0;
}

static spec_strings our_environment(void)
{
	spec_strings ret = { .v = (const char **)environ };

	while (environ && environ[ret.n])
		ret.n++;
	return ret;
}

int creation_compile(struct creation *c, struct error *err)
{
	struct compile_input in = {
		.resolved = c->resolved,
		.process = c->spec->process,
		.id = c->o->id,
		.bundle = c->bundle,
		.environment = our_environment(),
		.rootfs = c->rootfs,
		.cgroup = c->cgroup,
		.cache_dir = c->rootless ? NULL : "/run/orlop-seccomp",
		.rootless = c->rootless,
		.foreground = c->run,
		.no_pivot = c->o->no_pivot,
		.keyring = c->state.keyring,
		.init = c->o->init || c->resolved->init,
		.learns = c->o->learner != NULL,
		.nofile = c->nofile_raised ? &c->nofile : NULL,
		.trees_max = c->trees_max,
		.preserve_fds = c->preserve_fds,
		.listen_fds = c->listen_fds,
		.start_socket = -EBADF,
		.init_pidfd = -EBADF,
	};
	char notify[PATH_MAX];
	int r = hook_memfd(c->spec, HOOK_CREATE_CONTAINER, &in.hook_state, err);

	if (r == 0)
		r = hook_memfd(c->spec, HOOK_START_CONTAINER, &in.start_hook_state, err);
	if (r == 0)
		r = output_memfd(&in, &in.hook_output, err);
	if (r == 0 && !c->run)
		r = in.start_socket = listen_for_start(c, err);
	if (r >= 0 && notify_wanted()) {
		r = notify_directory(c->dir, notify, sizeof(notify), err);
		in.notify = notify;
	}
	if (r >= 0 && c->o->learner)
		r = learner_compare(c->o->learner, c->spec->lnx.seccomp, in.cache_dir, err);
	if (r < 0)
		return r;
	c->create_state = in.hook_state;
	c->start_state = in.start_hook_state;
	c->hook_output = in.hook_output;
	r = plan_compile(&in, &c->compiled, err);
	return r < 0 ? r : join_check(c, err);
}
