/* SPDX-License-Identifier: Apache-2.0 */

/* The calls of a run as linux.seccomp: the names that were called are allowed, nothing else is. */

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "security/seccomp_learned.h"
#include "json/json.h"

/*
 * When a process is stopped, or its cgroup frozen, in one of these calls, the kernel goes on by restart_syscall(2). The run
 * may not have been paused; what comes after it may be.
 */
static const char *const restarted[] = { "clock_nanosleep", "clock_nanosleep_time64",
					 "futex",           "futex_time64",
					 "nanosleep",       "poll" };

struct writing {
	const struct seccomp_learned *learned;
	const struct learned_call *calls[LEARNED_CALLS_MAX]; /* by architecture and name */
	char *names[LEARNED_CALLS_MAX];                      /* of the same; NULL: it has none */
	size_t n;
	bool restarts;
};

static void writing_done(struct writing *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->names[i]);
}
#define auto_writing __attribute__((cleanup(writing_done))) struct writing

static int by_arch_and_number(const void *a, const void *b)
{
	const struct learned_call *const *x = a, *const *y = b;

	if ((*x)->arch != (*y)->arch)
		return (*x)->arch == seccomp_native_arch()    ? -1
			: (*y)->arch == seccomp_native_arch() ? 1
			: (*x)->arch < (*y)->arch             ? -1
							      : 1;
	return (*x)->nr < (*y)->nr ? -1 : (*x)->nr > (*y)->nr;
}

static void collect(struct writing *w)
{
	for (size_t i = 0; i < LEARNED_CALLS_MAX; i++)
		if (w->learned->calls[i].count)
			w->calls[w->n++] = &w->learned->calls[i];
	qsort(w->calls, w->n, sizeof(w->calls[0]), by_arch_and_number);
	for (size_t i = 0; i < w->n; i++) {
		w->names[i] = seccomp_call_name_of(w->calls[i]->arch, w->calls[i]->nr);
		foreach_array(name, restarted)
			w->restarts = w->restarts || (w->names[i] && streq(w->names[i], *name));
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each once, whatever the architecture: a rule of the specification is for all that the profile lists. */
static void write_names(const struct writing *w, struct json_out *o)
{
	const char *v[LEARNED_CALLS_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		if (w->names[i])
			v[n++] = w->names[i];
	if (w->restarts)
		v[n++] = "restart_syscall";
	qsort(v, n, sizeof(v[0]), by_text);
	json_array_begin(o, "names");
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !streq(v[i], v[i - 1]))
			json_string(o, NULL, v[i]);
	json_array_end(o);
}

static void write_archs(const struct writing *w, struct json_out *o)
{
	const char *written[8];
	size_t n = 0;

	json_array_begin(o, "architectures");
	for (size_t i = 0; i < w->n && n < ARRAY_SIZE(written); i++) {
		const char *word = seccomp_arch_word(w->calls[i]->arch, w->calls[i]->nr);
		bool there = !word;

		for (size_t k = 0; k < n && !there; k++)
			there = streq(written[k], word);
		if (there)
			continue;
		written[n++] = word;
		json_string(o, NULL, word);
	}
	json_array_end(o);
}

/* clang-format off */
static const struct {
	uint32_t action;
	const char *name;
} actions[] = {
	{ SECCOMP_RET_KILL_PROCESS, "SCMP_ACT_KILL_PROCESS" },
	{ SECCOMP_RET_KILL_THREAD,  "SCMP_ACT_KILL_THREAD" },
	{ SECCOMP_RET_TRAP,         "SCMP_ACT_TRAP" },
	{ SECCOMP_RET_ERRNO,        "SCMP_ACT_ERRNO" },
	{ SECCOMP_RET_TRACE,        "SCMP_ACT_TRACE" },
};
/* clang-format on */

static void write_refusal(const struct learned_call *c, struct json_out *o)
{
	json_u64(o, "refused", c->refused);
	if (!c->refused)
		return;
	foreach_array(a, actions)
		if (a->action == (c->answer & SECCOMP_RET_ACTION_FULL))
			json_string(o, "action", a->name);
	if ((c->answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		json_u64(o, "errno", c->answer & SECCOMP_RET_DATA);
}

static void write_by(const struct learned_by *by, const char *name, bool judges, struct json_out *o)
{
	json_object_begin(o, NULL);
	json_string(o, "name", name);
	json_u64(o, "count", by->count);
	if (judges)
		json_u64(o, "refused", by->refused);
	json_object_end(o);
}

static void write_call(const struct writing *w, size_t i, struct json_out *o)
{
	const struct learned_call *c = w->calls[i];
	const char *word = seccomp_arch_word(c->arch, c->nr);

	json_object_begin(o, NULL);
	if (w->names[i])
		json_string(o, "name", w->names[i]);
	json_i64(o, "number", c->nr);
	json_string(o, "architecture", word ? word : "unknown");
	json_u64(o, "count", c->count);
	if (w->learned->judges)
		write_refusal(c, o);
	json_array_begin(o, "processes");
	for (size_t k = 0; k < c->n_by; k++)
		write_by(&c->by[k], c->by[k].comm, w->learned->judges, o);
	if (c->others.count)
		write_by(&c->others, "(others)", w->learned->judges, o);
	json_array_end(o);
	json_object_end(o);
}

static void write_learned(const struct writing *w, const char *id, struct json_out *o)
{
	json_object_begin(o, SECCOMP_LEARNED_MEMBER);
	json_string(o, "container", id);
	json_bool(o, "compared", w->learned->judges);
	json_array_begin(o, "added");
	if (w->restarts)
		json_string(o, NULL, "restart_syscall");
	json_array_end(o);
	json_u64(o, "lost", w->learned->lost);
	json_array_begin(o, "calls");
	for (size_t i = 0; i < w->n; i++)
		write_call(w, i, o);
	json_array_end(o);
	json_object_end(o);
}

static void write_profile(const struct writing *w, const char *id, struct json_out *o)
{
	json_object_begin(o, NULL);
	json_string(o, "defaultAction", "SCMP_ACT_ERRNO");
	write_archs(w, o);
	json_array_begin(o, "syscalls");
	json_object_begin(o, NULL);
	write_names(w, o);
	json_string(o, "action", "SCMP_ACT_ALLOW");
	json_object_end(o);
	json_array_end(o);
	write_learned(w, id, o);
	json_object_end(o);
}

int seccomp_learned_profile(const struct seccomp_learned *l, const char *id, struct str *out,
			    size_t *unnamed, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("\t");
	auto_writing w = { .learned = l };

	if (!o)
		return failf(err, ENOMEM, "seccomp profile: out of memory");
	collect(&w);
	*unnamed = 0;
	for (size_t i = 0; i < w.n; i++)
		*unnamed += w.names[i] == NULL;
	write_profile(&w, id, o);
	if (!json_out_text(o))
		return failf(err, ENOMEM, "seccomp profile: out of memory");
	str_printf(out, "%s\n", json_out_text(o));
	return str_ok(out) ? 0 : failf(err, ENOMEM, "seccomp profile: out of memory");
}
