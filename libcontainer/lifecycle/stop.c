/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/signals.h"
#include "container/exit.h"

/* Set by engines from the image's configuration (image-spec, conversion to a runtime configuration). */
#define STOP_SIGNAL_ANNOTATION "org.opencontainers.image.stopSignal"
#define KILL_PATIENCE_MS       10000

static int wanted_signal(struct container *c, const struct stop_options *o, struct error *err)
{
	int sig;

	if (o->sig > 0)
		return o->sig;
	foreach_list(pair, &c->state.annotations) {
		if (!streq(pair->key, STOP_SIGNAL_ANNOTATION) || !*pair->value)
			continue;
		sig = signal_number(pair->value);
		return sig > 0 ? sig
			       : failf(err, EINVAL,
				       "annotation '" STOP_SIGNAL_ANNOTATION
				       "': unknown signal '%s'; give one with --signal",
				       pair->value);
	}
	return SIGTERM;
}

/* After the signal: what is frozen dies or handles it when it runs again, and not before. */
static int thaw(struct container *c, struct error *err)
{
	struct cgroup *cg = NULL;
	int r = container_frozen(c, err);

	if (r > 0)
		r = container_cgroup(c, &cg, err);
	if (r < 0 || !cg)
		return r;
	return cgroup_freeze(cg, false, err);
}

/* Held from the first look: what is reaped before one looks for it again is lost. */
struct stop {
	struct container *c;
	int pidfd;
	struct process_end end;
};

/* 1 when init has ended, else 0. */
static int await(struct stop *s, int64_t ms, struct error *err)
{
	int r = process_end(s->c->state.init.pid, s->pidfd, ms, &s->end);

	return r < 0 ? codef(err, r, "wait for the end of container '%s'", s->c->state.id) : r;
}

/* ESRCH: gone between our look and the signal, all the better. */
static int signal_init(struct container *c, int sig, struct error *err)
{
	struct error e = ERROR_INIT;
	int r = container_kill(c, sig, false, &e);

	if (r < 0 && r != -ESRCH && err)
		*err = e;
	return r == -ESRCH ? 0 : r;
}

static int kill_all(struct stop *s, struct error *err)
{
	int r = container_kill(s->c, SIGKILL, true, err);

	if (r == 0)
		r = thaw(s->c, err);
	if (r == 0)
		r = await(s, KILL_PATIENCE_MS, err);
	if (r == 0)
		return failf(err, EBUSY, "container '%s' did not end within %d s of SIGKILL",
			     s->c->state.id, KILL_PATIENCE_MS / 1000);
	return r < 0 ? r : 0;
}

/* 1: it ended in time, 0: it did not. */
static int ask(struct stop *s, const struct stop_options *o, struct stop_result *ret,
	       struct error *err)
{
	auto_str why = STR_INIT;
	int r;

	ret->step = STOP_BY_KILL;
	if (container_discards_signal(s->c, ret->sig, &why) == 1) {
		log_debug("stop '%s': %s", s->c->state.id, str_text(&why));
		ret->step = STOP_BY_KILL_AT_ONCE;
		return 0;
	}
	r = signal_init(s->c, ret->sig, err);
	if (r == 0)
		r = thaw(s->c, err);
	if (r == 0)
		r = await(s, o->timeout_ms, err);
	if (r > 0)
		ret->step = STOP_BY_SIGNAL;
	return r;
}

static int stop(struct stop *s, const struct stop_options *o, struct stop_result *ret,
		struct error *err)
{
	int r = ask(s, o, ret, err);

	if (r == 0)
		r = kill_all(s, err);
	else if (r > 0 && !s->c->state.own_pid_namespace)
		/* What shares a pid namespace with others outlives init. */
		r = container_kill(s->c, SIGKILL, true, err);
	if (r < 0)
		return r;
	exit_explain(s->c, &s->end, true, &ret->exit);
	clock_text(ret->exit.finished);
	(void)exit_keep(s->c, &ret->exit, EXIT_TIMEOUT, NULL);
	return 0;
}

static int report_stopped(struct container *c, struct stop_result *ret, struct error *err)
{
	struct container_waiter w = { .c = c };
	int r = container_wait(&w, 1, false, 0, err);

	ret->step = STOP_WAS_STOPPED;
	ret->exit = w.exit;
	return r;
}

int container_stop(struct container *c, const struct stop_options *o, struct stop_result *ret,
		   struct error *err)
{
	auto_(close_fd) int pidfd = -EBADF;
	enum container_status status = STATUS_STOPPED;
	struct stop s = { .c = c };
	int r;

	*ret = (struct stop_result){ .sig = wanted_signal(c, o, err) };
	if (ret->sig < 0)
		return ret->sig;
	/* A create that is under way has no init yet, one that was killed left no container. */
	r = c->incomplete ? container_status(c, &status, err) : 0;
	if (r < 0)
		return r;
	if (status == STATUS_CREATING)
		return failf(err, EAGAIN, "container '%s' is still being created", c->state.id);
	pidfd = s.pidfd = container_init_pidfd(c, err);
	if (pidfd == -ESRCH)
		return report_stopped(c, ret, err);
	return pidfd < 0 ? pidfd : stop(&s, o, ret, err);
}
