/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/memfd.h"
#include "base/signals.h"
#include "base/sys.h"
#include "spec/spec.h"

#define TAIL_SIZE 1024

/* The last bytes of what a hook said: the reason usually stands at the end. */
struct tail {
	char text[TAIL_SIZE + 1];
	size_t n;
	bool cut;
};

struct hook_run {
	pid_t pid; /* and process group; 0: not started or reaped */
	int pidfd, output;
	struct tail tail;
};

static const char *const kind_names[HOOK_KINDS] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

const char *hook_kind_name(enum spec_hook_kind kind)
{
	return kind_names[kind];
}

/* ---- output ---- */

static void tail_add(struct tail *t, const char *data, size_t n)
{
	size_t keep;

	if (n >= TAIL_SIZE) {
		t->cut |= t->n > 0 || n > TAIL_SIZE;
		memcpy(t->text, data + n - TAIL_SIZE, TAIL_SIZE);
		t->n = TAIL_SIZE;
		return;
	}
	keep = min_of(t->n, TAIL_SIZE - n);
	t->cut |= keep < t->n;
	memmove(t->text, t->text + t->n - keep, keep);
	memcpy(t->text + keep, data, n);
	t->n = keep + n;
}

static const char *tail_text(struct tail *t)
{
	while (t->n > 0 && strchr(" \t\r\n", t->text[t->n - 1]))
		t->n--;
	t->text[t->n] = 0;
	for (size_t i = 0; i < t->n; i++)
		t->text[i] = t->text[i] ? t->text[i] : ' ';
	return t->text;
}

/* False once the last writer has gone. */
static bool drain(struct hook_run *h)
{
	char buf[4096];

	for (;;) {
		ssize_t n = read(h->output, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		tail_add(&h->tail, buf, (size_t)n);
	}
}

/* ---- starting ---- */

/* A file and not a pipe: a hook that does not read its state can neither block nor signal us. */
static int state_input(const char *state)
{
	auto_(close_fd) int fd = memfd_new("state");
	int r = fd < 0 ? fd : write_all(fd, state, strlen(state));

	if (r < 0)
		return r;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return take_fd(fd);
}

/* execve() takes the strings as not const for history's sake only. */
static char **vector_of(const spec_strings *list, const char *first)
{
	char **v = calloc(list->n + 2, sizeof(*v));

	if (!v)
		return NULL;
	v[0] = (char *)first;
	for (size_t i = 0; i < list->n; i++)
		v[i] = (char *)list->v[i];
	return v;
}

static void vector_free(char **v)
{
	free(v);
}
DEFINE_AUTO(char **, vector_free);

struct spawn {
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t files;
};

static void spawn_done(struct spawn *s)
{
	(void)posix_spawn_file_actions_destroy(&s->files);
	(void)posix_spawnattr_destroy(&s->attr);
}
#define auto_spawn __attribute__((cleanup(spawn_done))) struct spawn

/* A process group of its own, so that a timeout also ends what the hook has started. */
static int spawn_init(struct spawn *s, int input, int output)
{
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	/* Not sigfillset(): it spares two signals of the C library, which a hook would have ignored. */
	memset(&all, 0xff, sizeof(all));
	(void)posix_spawnattr_init(&s->attr);
	(void)posix_spawnattr_setflags(
		&s->attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	(void)posix_spawnattr_setpgroup(&s->attr, 0);
	(void)posix_spawnattr_setsigmask(&s->attr, &none);
	(void)posix_spawnattr_setsigdefault(&s->attr, &all);
	(void)posix_spawn_file_actions_init(&s->files);
	r = posix_spawn_file_actions_adddup2(&s->files, input, 0);
	r = r ? r : posix_spawn_file_actions_adddup2(&s->files, output, 1);
	r = r ? r : posix_spawn_file_actions_adddup2(&s->files, output, 2);
	return r ? r : keep_inherited_fds_from_exec() < 0 ? errno : 0;
}

/* The descriptors must lie above 2: dup2() onto them would otherwise destroy one before its use. */
static int spawn_hook(const struct spec_hook *hook, const char *dir, int input, int output,
		      pid_t *pid)
{
	auto_(vector_free) char **argv = vector_of(&hook->args, hook->path);
	auto_(vector_free) char **own_env = hook->has_env ? vector_of(&hook->env, NULL) : NULL;
	auto_spawn s;
	int r = spawn_init(&s, input, output);

	if (!argv || (hook->has_env && !own_env))
		return -ENOMEM;
	/* At poststop the bundle may be gone. */
	if (r == 0 && dir && access(dir, X_OK) == 0)
		r = posix_spawn_file_actions_addchdir_np(&s.files, dir);
	return -(r ? r : posix_spawn(pid, hook->path, &s.files, &s.attr, argv,
				  own_env ? own_env : environ));
}

static int above_stdio(int fd)
{
	int moved;

	if (fd < 0 || fd > 2)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close_fd(fd);
	return moved < 0 ? -errno : moved;
}

static int start(const struct spec_hook *hook, const char *dir, const char *state,
		 struct hook_run *h, struct error *err)
{
	auto_(close_fd) int input = above_stdio(state_input(state));
	auto_(close_fd) int writer = -EBADF;
	int pipes[2], r;

	if (input < 0)
		return codef(err, input, "state for '%s'", hook->path);
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return sysf(err, "pipe for '%s'", hook->path);
	h->output = pipes[0];
	writer = above_stdio(pipes[1]);
	if (writer < 0)
		return codef(err, writer, "pipe for '%s'", hook->path);
	if (fcntl(h->output, F_SETFL, O_NONBLOCK) < 0)
		return sysf(err, "pipe for '%s'", hook->path);
	r = spawn_hook(hook, dir, input, writer, &h->pid);
	if (r < 0)
		return codef(err, r, "execute '%s'", hook->path);
	h->pidfd = sys_pidfd_open(h->pid, 0);
	return h->pidfd < 0 ? sysf(err, "pidfd of '%s'", hook->path) : 0;
}

/* ---- waiting ---- */

/* NULL: no limit. */
static const struct timespec *timeout(int64_t deadline, struct timespec *room)
{
	int64_t left;

	if (deadline < 0)
		return NULL;
	left = deadline - clock_ms();
	left = left < 0 ? 0 : left;
	*room = (struct timespec){ .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
	return room;
}

/* -1: no limit. */
static int64_t deadline_of(const struct spec_hook *hook)
{
	return hook->timeout.set ? clock_ms() + (int64_t)hook->timeout.value * 1000 : -1;
}

/*
 * Until the hook itself is dead: processes that it left behind may keep the pipe. 0, -ETIMEDOUT, -EINTR when we are
 * wanted to stop (*sig), or another negative errno. Signals come in while we wait, and at no other time: none is missed.
 */
static int wait_end(struct hook_run *h, int64_t deadline, const sigset_t *waiting, int *sig)
{
	struct pollfd p[] = { { .fd = h->pidfd, .events = POLLIN },
			      { .fd = h->output, .events = POLLIN } };
	struct timespec room;

	for (;;) {
		int n = ppoll(p, ARRAY_SIZE(p), timeout(deadline, &room), waiting);

		if (n < 0 && errno != EINTR)
			return -errno;
		*sig = n < 0 ? interrupt_take() : 0;
		if (*sig)
			return -EINTR;
		/* A closed pipe would make poll() return at once, always. */
		if (n > 0 && p[1].revents && !drain(h))
			p[1].fd = -1;
		if (n > 0 && p[0].revents)
			break;
		if (n >= 0 && deadline >= 0 && clock_ms() >= deadline)
			return -ETIMEDOUT;
	}
	(void)drain(h);
	return 0;
}

/* A hook may hang, and whoever sees that presses Ctrl-C: then it is ended, and what was made is taken back. */
static int wait_interruptible(struct hook_run *h, int64_t deadline, int *sig)
{
	sigset_t ours, before, waiting;
	int r;

	interrupt_catch();
	interrupt_signals(&ours);
	if (sigprocmask(SIG_BLOCK, &ours, &before) < 0)
		return -errno;
	waiting = before;
	for (int i = 1; i < NSIG; i++)
		if (sigismember(&ours, i) == 1)
			sigdelset(&waiting, i);
	r = wait_end(h, deadline, &waiting, sig);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

static int reap(struct hook_run *h, siginfo_t *info)
{
	int r;

	do
		r = waitid(P_PID, (id_t)h->pid, info, WEXITED);
	while (r < 0 && errno == EINTR);
	h->pid = 0;
	return r < 0 ? -errno : 0;
}

/* Nothing of a hook that is given up stays: its group dies before the leader is reaped. */
static void hook_run_done(struct hook_run *h)
{
	if (h->pid > 0) {
		(void)kill(-h->pid, SIGKILL);
		(void)kill(h->pid, SIGKILL);
		child_reap(h->pid, h->pidfd);
	}
	close_fd(h->output);
	close_fd(h->pidfd);
}
#define auto_hook_run __attribute__((cleanup(hook_run_done))) struct hook_run

static const char *before_tail(const struct tail *t)
{
	if (!t->n)
		return "";
	return t->cut ? ", output: ..." : ", output: ";
}

void hooks_said(int file, char text[HOOKS_SAID_SIZE])
{
	struct tail t = { 0 };
	off_t size = lseek(file, 0, SEEK_END), from = size > TAIL_SIZE ? size - TAIL_SIZE : 0;
	ssize_t n = size > 0 ? pread(file, t.text, TAIL_SIZE, from) : 0;
	const char *said;

	t.n = n > 0 ? (size_t)n : 0;
	t.cut = from > 0;
	said = tail_text(&t);
	(void)snprintf(text, HOOKS_SAID_SIZE, "%s%s", before_tail(&t), said);
}

static int judge(const struct spec_hook *hook, struct hook_run *h, const siginfo_t *info, struct error *err)
{
	char name[16];
	const char *said = tail_text(&h->tail);
	const char *sep = before_tail(&h->tail);

	if (info->si_code != CLD_EXITED)
		return failf(err, ECANCELED, "'%.200s' was killed by %s%s%s", hook->path,
			     signal_name(info->si_status, name, sizeof(name)), sep, said);
	if (info->si_status != 0)
		return failf(err, ECANCELED, "'%.200s' ended with exit status %d%s%s", hook->path, info->si_status, sep,
			     said);
	return 0;
}

static int run_one(const struct spec_hook *hook, const char *dir, const char *state,
		   struct error *err)
{
	auto_hook_run h = { .pidfd = -EBADF, .output = -EBADF };
	siginfo_t info = { 0 };
	int sig, r = start(hook, dir, state, &h, err);

	if (r < 0)
		return r;
	r = wait_interruptible(&h, deadline_of(hook), &sig);
	if (r == -EINTR)
		return interrupt_fail(sig, err);
	if (r == -ETIMEDOUT)
		return failf(err, ETIMEDOUT,
			     "'%s' did not end within its timeout of %d s and was killed",
			     hook->path, hook->timeout.value);
	if (r == 0)
		r = reap(&h, &info);
	if (r < 0)
		return codef(err, r, "wait for '%s'", hook->path);
	return judge(hook, &h, &info, err);
}

int hooks_run(const struct spec_hooks *hooks, enum spec_hook_kind kind, const char *dir,
	      const char *state, bool go_on, struct error *err)
{
	const spec_hook_list *list;
	struct error local = ERROR_INIT;
	char text[sizeof(local.msg) + sizeof(local.at) + sizeof(local.file)];

	if (!hooks)
		return 0;
	if (!err || go_on)
		err = &local;
	list = &hooks->kind[kind];
	for (size_t i = 0; i < list->n; i++) {
		const struct spec_hook *hook = &list->v[i];

		log_debug("%s hook #%zu '%s' begins", kind_names[kind], i, hook->path);
		if (run_one(hook, dir, state, err) == 0) {
			log_debug("%s hook #%zu '%s' has ended well", kind_names[kind], i, hook->path);
			continue;
		}
		(void)error_context(err, "error running %s hook #%zu", kind_names[kind], i);
		(void)spec_error(hook->json, NULL, err);
		if (!go_on)
			return -err->num;
		log_warn("%s", error_text(err, text, sizeof(text)));
		*err = (struct error)ERROR_INIT;
	}
	return 0;
}
