/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the processes of a container do, as the kernel records it: tracepoints, in an instance of tracing of our own that
 * follows these processes and all that they make (set_event_pid, event-fork).
 *
 * The kernel's records number processes as in the first pid namespace. How it numbers one of ours is asked by waitid(2):
 * that records whom it was asked for, and for a process that is no child of ours does nothing else.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/signals.h"
#include "container/handle.h"
#include "observe/trace.h"
#include "security/seccomp.h"
#include "json/json.h"

#define TICK_MS     50
#define LOOK_NS     INT64_C(100000000) /* for processes that came from outside */
#define TASKS_MAX   16384
#define RECORDS_MIN 4096
#define RECORDS_MAX (1 << 20) /* of one turn */
#define NUMBERS_MAX 128
#define WORD        256
#define NS_PER_S    1000000000U

enum {
	EXEC = 1,
	EXIT = 2,
	FORK = 4,
	SIGNAL = 8,
	OOM = 16,
	SYSCALL = 32
};

static const struct {
	const char *word;
	unsigned bit;
} kinds[] = {
	{ "exec", EXEC },     { "exit", EXIT }, { "fork", FORK },
	{ "signal", SIGNAL }, { "oom", OOM },   { "syscall", SYSCALL },
};

enum {
	AT_EXEC,
	AT_FORK,
	AT_EXIT,
	AT_SENT,
	AT_DELIVERED,
	AT_OOM,
	AT_ENTER,
	AT_LEAVE,
	AT_WAIT,
	POINTS
};

struct record {
	uint64_t time;
	int point;
	int32_t pid; /* the kernel's */
	unsigned n;
	unsigned char data[WORD];
};

struct task {                      /* that is about to end, by the kernel's number */
	int32_t pid, code, signal; /* code: of exit_group(2), or -1; signal: or 0 */
};

struct trace {
	struct container *c; /* NULL: it is of another root, or gone */
	const struct container_trace_options *o;
	struct tracefs *fs;
	bool session;      /* that outlives us: nothing in it is about us */
	bool same_numbers; /* the kernel's of processes are ours */
	unsigned wanted;
	int numbers[NUMBERS_MAX]; /* of the calls that are wanted; none: all */
	size_t n_numbers;
	int32_t self;           /* the kernel's number of us; 0: not known yet */
	unsigned ids[POINTS];   /* of the points */
	unsigned at[POINTS][2]; /* where their members lie */
	pid_t known[TASKS_MAX]; /* as we number them */
	size_t n_known;
	struct task tasks[TASKS_MAX];
	size_t n_tasks;
	struct record *records;
	size_t n_records, room;
	uint64_t dropped;
	struct arena *arena;
};

typedef void describe(struct trace *t, const struct record *r, struct json_out *o,
		      struct str *text);

/* ---- a record in words ---- */

static int64_t number(const struct trace *t, const struct record *r, unsigned which, size_t size)
{
	unsigned at = t->at[r->point][which];
	int64_t wide = 0;
	int32_t narrow = 0;

	if (at + size > r->n)
		return 0;
	if (size == sizeof(narrow))
		memcpy(&narrow, r->data + at, size);
	else
		memcpy(&wide, r->data + at, size);
	return size == sizeof(narrow) ? narrow : wide;
}

/* "__data_loc": where it lies in the record, and how long it is. What a program chose does not reach the terminal as it is. */
static void text_of(const struct trace *t, const struct record *r, char *buf, size_t size)
{
	uint32_t loc = (uint32_t)number(t, r, 0, 4), at = loc & 0xffff, n = loc >> 16;
	size_t i = 0;

	while (i < n && at + i < r->n && i + 1 < size && r->data[at + i]) {
		unsigned char byte = r->data[at + i];

		buf[i++] = byte >= ' ' && byte < 0x7f ? (char)byte : '?';
	}
	buf[i] = 0;
}

static struct task *task_of(struct trace *t, int32_t pid)
{
	for (size_t i = 0; i < t->n_tasks; i++)
		if (t->tasks[i].pid == pid)
			return &t->tasks[i];
	return NULL;
}

static struct task *task_make(struct trace *t, int32_t pid)
{
	struct task *task = task_of(t, pid);

	if (task)
		return task;
	if (t->n_tasks == TASKS_MAX)
		t->n_tasks = 0;
	task = &t->tasks[t->n_tasks++];
	*task = (struct task){ .pid = pid, .code = -1 };
	return task;
}

static void say_exec(struct trace *t, const struct record *r, struct json_out *o, struct str *text)
{
	char path[WORD];

	text_of(t, r, path, sizeof(path));
	json_string(o, "path", path);
	str_printf(text, "exec     %s", path);
}

static void say_fork(struct trace *t, const struct record *r, struct json_out *o, struct str *text)
{
	int64_t child = number(t, r, 0, 4);

	json_i64(o, "child", child);
	str_printf(text, "fork     %" PRId64, child);
}

/* The record has no status. It is known of who has called exit(2), and by which signal one ends that had no handler for it. */
static void say_exit(struct trace *t, const struct record *r, struct json_out *o, struct str *text)
{
	struct task *task = task_of(t, r->pid);
	char name[16];

	str_add(text, "exit");
	if (task && task->code >= 0) {
		json_i64(o, "code", task->code);
		str_printf(text, "     %d", task->code);
	} else if (task && task->signal) {
		json_string(o, "signal", signal_name(task->signal, name, sizeof(name)));
		str_printf(text, "     by %s", name);
	}
	if (task)
		*task = t->tasks[--t->n_tasks];
}

static void say_sent(struct trace *t, const struct record *r, struct json_out *o, struct str *text)
{
	int64_t to = number(t, r, 1, 4);
	char buf[16];
	const char *name = signal_name((int)number(t, r, 0, 4), buf, sizeof(buf));

	json_string(o, "signal", name);
	json_i64(o, "to", to);
	str_printf(text, "signal   %s to %" PRId64, name, to);
}

static void say_delivered(struct trace *t, const struct record *r, struct json_out *o,
			  struct str *text)
{
	bool handled = number(t, r, 1, 8) != 0;
	char buf[16];
	const char *name = signal_name((int)number(t, r, 0, 4), buf, sizeof(buf));

	json_string(o, "signal", name);
	json_bool(o, "handled", handled);
	str_printf(text, "signal   %s delivered%s", name, handled ? "" : ", default action");
}

static void say_oom(struct trace *t, const struct record *r, struct json_out *o, struct str *text)
{
	int64_t victim = number(t, r, 0, 4);

	json_i64(o, "victim", victim);
	str_printf(text, "oom      %" PRId64 " is to die", victim);
}

static const char *call_name(struct trace *t, const struct record *r, char *buf, size_t size)
{
	int64_t id = number(t, r, 0, 8);
	const char *name = seccomp_call_name((int)id, false, t->arena);

	(void)snprintf(buf, size, "%" PRId64, id);
	return name ? name : buf;
}

static void say_enter(struct trace *t, const struct record *r, struct json_out *o, struct str *text)
{
	char buf[24], argument[24];
	const char *name = call_name(t, r, buf, sizeof(buf));

	json_string(o, "name", name);
	json_array_begin(o, "args");
	str_printf(text, "syscall  %s(", name);
	for (unsigned i = 0; i < 6; i++) {
		uint64_t value = 0;
		size_t at = t->at[AT_ENTER][1] + 8 * i;

		if (at + 8 <= r->n)
			memcpy(&value, r->data + at, sizeof(value));
		(void)snprintf(argument, sizeof(argument), "0x%" PRIx64, value);
		json_string(o, NULL, argument);
		str_printf(text, "%s%s", i ? ", " : "", argument);
	}
	json_array_end(o);
	str_add(text, ")");
}

static void say_leave(struct trace *t, const struct record *r, struct json_out *o, struct str *text)
{
	int64_t value = number(t, r, 1, 8);
	char buf[24];
	const char *name = call_name(t, r, buf, sizeof(buf));

	json_string(o, "name", name);
	json_i64(o, "result", value);
	str_printf(text, "result   %s = %" PRId64, name, value);
	if (value < 0 && value > -4096)
		str_printf(text, " (%s)", errno_words((int)value));
}

/* clang-format off */
static const struct {
	const char *name, *type;
	unsigned kinds;            /* of which it is a part: to be recorded */
	const char *members[2];
	describe *describe;
} points[POINTS] = {
	[AT_EXEC]      = { "sched/sched_process_exec", "exec",      EXEC,           { "filename" },          say_exec },
	[AT_FORK]      = { "sched/sched_process_fork", "fork",      FORK,           { "child_pid" },         say_fork },
	[AT_EXIT]      = { "sched/sched_process_exit", "exit",      EXIT,           { NULL },                say_exit },
	[AT_SENT]      = { "signal/signal_generate",   "signal",    SIGNAL,         { "sig", "pid" },        say_sent },
	[AT_DELIVERED] = { "signal/signal_deliver",    "delivered", SIGNAL | EXIT,  { "sig", "sa_handler" }, say_delivered },
	[AT_OOM]       = { "oom/mark_victim",          "oom",       OOM,            { "pid" },               say_oom },
	[AT_ENTER]     = { "raw_syscalls/sys_enter",   "syscall",   SYSCALL | EXIT, { "id", "args" },        say_enter },
	[AT_LEAVE]     = { "raw_syscalls/sys_exit",    "result",    SYSCALL,        { "id", "ret" },         say_leave },
	[AT_WAIT]      = { "sched/sched_process_wait", "wait",      ~0U,            { "pid" },               NULL },
};
/* clang-format on */

/* ---- what is to be recorded ---- */

static int add_call(struct trace *t, const char *name, struct error *err)
{
	for (int id = 0; id < 1024; id++) {
		const char *known = seccomp_call_name(id, false, t->arena);

		if (!known || !streq(known, name))
			continue;
		if (t->n_numbers == NUMBERS_MAX)
			return failf(
				err, E2BIG,
				"--events: more than %d system calls: take 'syscall', which is all of them",
				NUMBERS_MAX);
		t->numbers[t->n_numbers++] = id;
		return 0;
	}
	return failf(err, EINVAL, "--events: '%s' is no system call of this machine", name);
}

static int add_kind(struct trace *t, const char *word, struct error *err)
{
	foreach_array(k, kinds)
		if (streq(k->word, word)) {
			t->wanted |= k->bit;
			return 0;
		}
	if (starts_with(word, "syscall:")) {
		t->wanted |= SYSCALL;
		return add_call(t, word + strlen("syscall:"), err);
	}
	/* Words after "syscall:NAME" are names as well. */
	if (t->n_numbers)
		return add_call(t, word, err);
	return failf(
		err, EINVAL,
		"--events: '%s' is no event (exec, exit, fork, signal, oom, syscall, syscall:NAME)",
		word);
}

static int parse_events(struct trace *t, struct error *err)
{
	char *copy = arena_strdup(t->arena,
				  t->o->events ? t->o->events : "exec,exit,fork,signal,oom"),
	     *word;
	int r = copy ? 0 : failf(err, ENOMEM, "trace: out of memory");

	while (r == 0 && (word = strsep(&copy, ",")))
		r = add_kind(t, word, err);
	return r;
}

static int format_of(struct trace *t, int point, struct error *err)
{
	auto_str text = STR_INIT;
	char path[80], field[40];
	const char *at;
	int r;

	(void)snprintf(path, sizeof(path), "events/%s/format", points[point].name);
	r = file_read_at(t->fs->dir, path, 65536, &text);
	/* Those of an instance lie at the top on some kernels. */
	if (r == -ENOENT)
		r = file_read_at(t->fs->root, path, 65536, &text);
	if (r < 0)
		return codef(err, r, "trace: this kernel's tracepoint '%s'", points[point].name);
	at = strstr(str_text(&text), "\nID: ");
	if (!at || sscanf(at, "\nID: %u", &t->ids[point]) != 1)
		return failf(err, EPROTO, "trace: tracepoint '%s' has no number",
			     points[point].name);
	for (unsigned i = 0; i < 2 && points[point].members[i]; i++) {
		bool list = streq(points[point].members[i], "args");

		(void)snprintf(field, sizeof(field), " %s%s\toffset:", points[point].members[i],
			       list ? "[6];" : ";");
		at = strstr(str_text(&text), field);
		if (!at || sscanf(strchr(at, ':'), ":%u", &t->at[point][i]) != 1)
			return failf(err, EPROTO, "trace: tracepoint '%s' has no member '%s'",
				     points[point].name, points[point].members[i]);
	}
	return 0;
}

static int enable(struct trace *t, int point, const char *filter, struct error *err)
{
	char path[80];
	int r = 0;

	if (filter[0]) {
		(void)snprintf(path, sizeof(path), "events/%s/filter", points[point].name);
		r = tracefs_write(t->fs, path, filter);
	}
	(void)snprintf(path, sizeof(path), "events/%s/enable", points[point].name);
	if (r == 0)
		r = tracefs_write(t->fs, path, "1");
	return r < 0 ? codef(err, r, "trace: record '%s'", points[point].name) : 0;
}

/* Never our own: to read what we record would make more of it. */
static void make_filter(const struct trace *t, int point, struct str *out)
{
	bool calls = point == AT_ENTER || point == AT_LEAVE,
	     all = t->wanted & SYSCALL && !t->n_numbers;

	if (t->self)
		str_printf(out, "common_pid != %d", (int)t->self);
	if (!calls || all)
		return;
	str_add(out, t->self ? " && (" : "(");
	for (size_t i = 0; i < t->n_numbers; i++)
		str_printf(out, "%sid == %d", i ? " || " : "", t->numbers[i]);
	if (point == AT_ENTER && t->wanted & EXIT)
		str_printf(out, "%sid == %d || id == %d", t->n_numbers ? " || " : "", SYS_exit,
			   SYS_exit_group);
	str_add(out, ")");
}

static int enable_all(struct trace *t, struct error *err)
{
	int r = 0;

	for (int p = 0; r == 0 && p < AT_WAIT; p++) {
		auto_str filter = STR_INIT;

		if (!(points[p].kinds & t->wanted))
			continue;
		r = format_of(t, p, err);
		make_filter(t, p, &filter);
		if (r == 0)
			r = enable(t, p, str_text(&filter), err);
	}
	return r;
}

/* ---- what is recorded ---- */

static bool grow(struct trace *t)
{
	size_t room = t->room ? 2 * t->room : RECORDS_MIN;
	struct record *v = room > RECORDS_MAX ? NULL : reallocarray(t->records, room, sizeof(*v));

	if (!v)
		return false;
	t->records = v;
	t->room = room;
	return true;
}

static void take(void *to, uint64_t time, const unsigned char *data, size_t n)
{
	struct trace *t = to;
	struct record *r;
	uint16_t id;
	int32_t pid;

	memcpy(&id, data, sizeof(id));
	memcpy(&pid, data + 4, sizeof(pid));
	for (int p = 0; p < POINTS; p++) {
		if (t->ids[p] != id)
			continue;
		if (t->n_records == t->room && !grow(t)) {
			t->dropped++;
			return;
		}
		r = &t->records[t->n_records];
		n = min_of(n, sizeof(r->data));
		*r = (struct record){ .time = time, .point = p, .pid = pid, .n = (unsigned)n };
		memcpy(r->data, data, r->n);
		t->n_records++;
		return;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

static bool is_asked_for(const struct trace *t, const struct record *r)
{
	int64_t id;

	if (r->point == AT_DELIVERED)
		return t->wanted & SIGNAL;
	if (r->point != AT_ENTER || (t->wanted & SYSCALL && !t->n_numbers))
		return true;
	id = number(t, r, 0, 8);
	for (size_t i = 0; i < t->n_numbers; i++)
		if (t->numbers[i] == id)
			return true;
	return false;
}

static void note_end(struct trace *t, const struct record *r)
{
	int64_t id = r->point == AT_ENTER ? number(t, r, 0, 8) : -1, code;

	if (!(t->wanted & EXIT))
		return;
	if (r->point == AT_DELIVERED && number(t, r, 1, 8) == 0)
		task_make(t, r->pid)->signal = (int32_t)number(t, r, 0, 4);
	if (id != SYS_exit && id != SYS_exit_group)
		return;
	memcpy(&code, r->data + t->at[AT_ENTER][1], sizeof(code));
	task_make(t, r->pid)->code = (int32_t)(code & 0xff);
}

static int emit(struct trace *t, const struct record *r, struct str *out, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	auto_str text = STR_INIT;
	const char *json;

	if (!o)
		return sysf(err, "trace");
	json_object_begin(o, NULL);
	json_string(o, "type", points[r->point].type);
	json_i64(o, "time", (int64_t)r->time);
	json_i64(o, "pid", r->pid);
	points[r->point].describe(t, r, o, &text);
	json_object_end(o);
	json = json_out_text(o);
	if (!json)
		return failf(err, ENOMEM, "trace: out of memory");
	if (t->o->json)
		str_printf(out, "%s\n", json);
	else
		str_printf(out, "%" PRIu64 ".%06u %7d %s\n", r->time / NS_PER_S,
			   (unsigned)(r->time % NS_PER_S / 1000), (int)r->pid, str_text(&text));
	return 0;
}

static void add_to_followed(struct trace *t, int32_t pid)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d\n", (int)pid);
	(void)tracefs_append(t->fs, "set_event_pid", text);
}

/* Our own are answers: how the kernel numbers whom we asked for. */
static void follow(struct trace *t, const struct record *r)
{
	int32_t pid = (int32_t)number(t, r, 0, 4);

	if (!t->self && pid == r->pid) {
		t->self = pid;
		return;
	}
	if (r->pid != t->self || pid <= 0)
		return;
	add_to_followed(t, pid);
}

static int turn(struct trace *t, struct error *err)
{
	auto_str out = STR_INIT;
	int r = 0;

	t->n_records = 0;
	tracefs_read(t->fs, take, t);
	qsort(t->records, t->n_records, sizeof(*t->records), by_time);
	for (size_t i = 0; r == 0 && i < t->n_records; i++) {
		const struct record *one = &t->records[i];

		if (one->point == AT_WAIT) {
			follow(t, one);
			continue;
		}
		note_end(t, one);
		if (is_asked_for(t, one))
			r = emit(t, one, &out, err);
	}
	if (r == 0 && !str_ok(&out))
		r = failf(err, ENOMEM, "trace: out of memory");
	return r == 0 && out.n ? t->o->sink(&out, err) : r;
}

/* ---- whom to follow ---- */

static void ask_for(struct trace *t, pid_t task)
{
	siginfo_t info;

	if (t->same_numbers)
		add_to_followed(t, task);
	else
		(void)waitid(P_PID, (id_t)task, &info, WEXITED | WNOHANG | WNOWAIT | __WALL);
}

static bool is_known(const struct trace *t, pid_t task)
{
	for (size_t i = 0; i < t->n_known; i++)
		if (t->known[i] == task)
			return true;
	return false;
}

static void ask_for_threads(struct trace *t, pid_t pid)
{
	const struct dirent *e;
	char path[32];
	DIR *d;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		uint32_t tid;

		if (parse_u32(e->d_name, &tid) == 0)
			ask_for(t, (pid_t)tid);
	}
	if (d)
		(void)closedir(d);
}

/* Those that they make are followed by the kernel. Those that come from outside (exec) are found here. */
static int look_for_more(struct trace *t, struct error *err)
{
	pid_t *pids = NULL;
	size_t n = 0;
	int r = container_pids(t->c, &pids, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (!is_known(t, pids[i]))
			ask_for_threads(t, pids[i]);
	t->n_known = 0;
	for (size_t i = 0; r == 0 && i < n && t->n_known < TASKS_MAX; i++)
		t->known[t->n_known++] = pids[i];
	free(pids);
	return r;
}

/* What outlives us must not pass over who gets our number next: the kernel takes us off this list when we end. */
static void leave_session(struct trace *t)
{
	char text[80];

	(void)snprintf(text, sizeof(text), "events/%s/enable", points[AT_WAIT].name);
	(void)tracefs_write(t->fs, text, "0");
	(void)snprintf(text, sizeof(text), "%d\n", (int)t->self);
	if (tracefs_write(t->fs, "set_event_notrace_pid", text) == 0)
		t->self = 0;
}

static int begin(struct trace *t, struct error *err)
{
	char text[16];
	int r = format_of(t, AT_WAIT, err);

	if (r == 0)
		r = enable(t, AT_WAIT, "", err);
	if (r < 0)
		return r;
	ask_for(t, getpid());
	r = turn(t, err);
	if (r == 0 && !t->self)
		r = failf(err, EPROTO,
			  "trace: the kernel does not tell how it numbers this process");
	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "%d\n", (int)t->self);
	r = tracefs_write(t->fs, "set_event_pid", text);
	if (r == 0)
		r = tracefs_write(t->fs, "options/event-fork", "1");
	if (r < 0)
		return codef(err, r, "trace: follow only the container's processes");
	r = look_for_more(t, err);
	if (r == 0)
		r = turn(t, err);
	if (r == 0 && t->session)
		leave_session(t);
	return r < 0 ? r : enable_all(t, err);
}

static int loop(struct trace *t, int init, struct error *err)
{
	int64_t now = clock_ns(), end = t->o->duration ? now + t->o->duration : INT64_MAX,
		look = now + LOOK_NS;
	struct pollfd p = { .fd = init, .events = POLLIN, .revents = init < 0 ? POLLIN : 0 };
	bool more = t->c && (!t->session || t->same_numbers);
	int r = 0;

	while (r == 0 && now < end && !p.revents && !interrupt_take()) {
		(void)poll(&p, 1, TICK_MS);
		now = clock_ns();
		if (more && now >= look && !p.revents) {
			look = now + LOOK_NS;
			r = look_for_more(t, err);
		}
		if (r == 0)
			r = turn(t, err);
	}
	return r < 0 ? r : turn(t, err);
}

static void say_lost(const struct trace *t)
{
	uint64_t lost = tracefs_lost(t->fs) + t->dropped;

	if (lost)
		log_warn("%" PRIu64 " events were lost: they came faster than they were read",
			 lost);
}

/* ---- a session that is there says what it records ---- */

static bool is_enabled(const struct trace *t, int point)
{
	auto_str text = STR_INIT;
	char path[80];

	(void)snprintf(path, sizeof(path), "events/%s/enable", points[point].name);
	return file_read_at(t->fs->dir, path, 64, &text) == 0 && str_text(&text)[0] == '1';
}

static void read_numbers(struct trace *t)
{
	auto_str text = STR_INIT;
	const char *at;
	char path[80];

	(void)snprintf(path, sizeof(path), "events/%s/filter", points[AT_LEAVE].name);
	at = file_read_at(t->fs->dir, path, 65536, &text) < 0 ? NULL : str_text(&text);
	while (at && (at = strstr(at, "id == ")) && t->n_numbers < NUMBERS_MAX) {
		if (sscanf(at, "id == %d", &t->numbers[t->n_numbers]) == 1)
			t->n_numbers++;
		at++;
	}
}

/* By the point that no other kind needs. */
static int read_wanted(struct trace *t, struct error *err)
{
	static const int own[] = { AT_EXEC, AT_FORK, AT_EXIT, AT_SENT, AT_OOM, AT_LEAVE };
	int r = 0;

	foreach_array(p, own)
		if (is_enabled(t, *p))
			t->wanted |= points[*p].kinds;
	if (t->wanted & SYSCALL)
		read_numbers(t);
	for (int p = 0; r == 0 && p < AT_WAIT; p++)
		if (points[p].kinds & t->wanted)
			r = format_of(t, p, err);
	return r;
}

static void trace_free(struct trace *t)
{
	if (!t)
		return;
	free(t->records);
	arena_free(t->arena);
	free(t);
}
DEFINE_AUTO(struct trace *, trace_free);

static int trace_new(struct container *c, const struct container_trace_options *o,
		     struct tracefs *fs, struct trace **ret, struct error *err)
{
	struct trace *t = calloc(1, sizeof(*t));

	if (t)
		t->arena = arena_new();
	if (!t || !t->arena) {
		trace_free(t);
		return failf(err, ENOMEM, "trace: out of memory");
	}
	t->c = c;
	t->o = o;
	t->fs = fs;
	*ret = t;
	return 0;
}

static int print(struct trace *t, int init, struct error *err)
{
	int r = t->o->ready ? t->o->ready(err) : 0;

	if (r == 0)
		r = loop(t, init, err);
	if (r == 0)
		say_lost(t);
	return r;
}

int trace_check_events(const char *events, struct error *err)
{
	const struct container_trace_options o = { .events = events };
	auto_(trace_free) struct trace *t = NULL;
	int r = trace_new(NULL, &o, NULL, &t, err);

	return r < 0 ? r : parse_events(t, err);
}

int trace_record(struct container *c, const char *events, struct tracefs *fs, struct error *err)
{
	const struct container_trace_options o = { .events = events };
	auto_(trace_free) struct trace *t = NULL;
	int r = trace_new(c, &o, fs, &t, err);

	if (r == 0)
		r = parse_events(t, err);
	if (r < 0)
		return r;
	t->session = true;
	return begin(t, err);
}

static void catch_ends(void)
{
	interrupt_catch();
	/* A reader that is gone is an error of a write, so that all is taken back. */
	(void)signal(SIGPIPE, SIG_IGN);
}

int trace_print(struct container *c, int init, const struct container_trace_options *o,
		struct tracefs *fs, struct error *err)
{
	auto_(trace_free) struct trace *t = NULL;
	int r = trace_new(c, o, fs, &t, err);

	if (r == 0)
		r = read_wanted(t, err);
	if (r < 0)
		return r;
	t->session = true;
	t->same_numbers = tracefs_is_seen_as_on_host();
	catch_ends();
	return print(t, init, err);
}

int container_trace(struct container *c, const struct container_trace_options *o, struct error *err)
{
	auto_(close_fd) int init = container_init_pidfd(c, err);
	auto_(trace_free) struct trace *t = NULL;
	struct tracefs fs;
	int r;

	if (init == -ESRCH)
		return failf(err, ESRCH, "container not running");
	r = init < 0 ? init : trace_new(c, o, &fs, &t, err);
	if (r == 0)
		r = parse_events(t, err);
	if (r < 0)
		return r;
	catch_ends();
	r = tracefs_begin(&fs, err);
	if (r == 0)
		r = begin(t, err);
	if (r == 0)
		r = print(t, init, err);
	tracefs_end(&fs);
	return r;
}
