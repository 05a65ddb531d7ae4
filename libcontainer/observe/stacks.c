/* SPDX-License-Identifier: Apache-2.0 */

/* What every thread of a container does, or waits for: its system call, where it sleeps in the kernel, its frames. */

#include "observe/thread_stop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/macros.h"
#include "base/parse.h"
#include "container/rows.h"
#include "observe/proc_dir.h"
#include "observe/symbols.h"
#include "security/seccomp.h"

#define THREADS_MAX 4096

struct stacks {
	struct container *c;
	struct arena *arena;
	struct container_rows *rows;
	struct json_out *o;
	bool user;
	bool no_stack, no_syscall; /* we may not: said once */
	struct known_symbol *known; /* what was looked up already */
	size_t n_known;
};

/* Its texts as /proc has them while it does what it does; its frames of the moment when it was stopped. */
struct thread {
	pid_t tid;
	int dir; /* its folder in /proc */
	const char *name, *status, *call, *wchan, *stack;
	struct stopped_thread held;
	uint64_t *frames;
	size_t n_frames;
};

/* Threads have most of their frames in common. */
struct known_symbol {
	const char *path;
	uint64_t inode, offset;
	struct symbol symbol; /* name NULL: none was found */
};
#define KNOWN_MAX 1024

static void row(struct stacks *s, const struct process_table_row *p, pid_t tid,
		const char *what, const char *value)
{
	rows_printf(s->rows, "%d", (int)p->pid);
	rows_printf(s->rows, "%d", (int)tid);
	rows_add(s->rows, what);
	rows_add(s->rows, value);
}

/* ---- the system call ---- */

/* "35 0x7f.. 0x0 ... sp pc", "running", or "-1 sp pc" of one that is in none. */
static void syscall_of(struct stacks *s, const struct process_table_row *p,
		       const struct thread *t, bool is_32)
{
	char *text = t->call ? arena_strdup(s->arena, t->call) : NULL, *word;
	auto_str call = STR_INIT;
	const char *name;
	int64_t number;

	if (!text)
		return;
	word = strsep(&text, " ");
	if (parse_i64(word, &number) < 0 || number < 0) {
		row(s, p, t->tid, "syscall", streq(word, "running") ? "running" : "none");
		json_string(s->o, "syscall", streq(word, "running") ? "running" : "none");
		return;
	}
	name = seccomp_call_name((int)number, is_32, s->arena);
	str_printf(&call, "%s(", name ? name : word);
	json_object_begin(s->o, "syscall");
	json_i64(s->o, "number", number);
	if (name)
		json_string(s->o, "name", name);
	json_array_begin(s->o, "args");
	for (size_t i = 0; i < 6 && text && (word = strsep(&text, " ")); i++) {
		json_string(s->o, NULL, word);
		str_printf(&call, "%s%s", i ? ", " : "", word);
	}
	json_array_end(s->o);
	json_object_end(s->o);
	str_add(&call, ")");
	row(s, p, t->tid, "syscall", str_text(&call));
}

/* "[<0>] do_wait+0x57/0xc0" */
static void kernel_stack(struct stacks *s, const struct process_table_row *p,
			 const struct thread *t)
{
	char *text = t->stack ? arena_strdup(s->arena, t->stack) : NULL, *line;

	if (!text)
		return;
	json_array_begin(s->o, "kernel");
	while ((line = take_line(&text))) {
		const char *at = strstr(line, "] ");

		at = at ? at + 2 : line;
		json_string(s->o, NULL, at);
		row(s, p, t->tid, "kernel", at);
	}
	json_array_end(s->o);
}

/* ---- frames of the program ---- */

/* "7f00-7f10 r-xp 00001000 08:01 123    /lib/libc.so": the file, and where in it. */
struct place {
	const char *path; /* in the arena */
	uint64_t inode, offset;
};

static bool place_of(struct stacks *s, const char *maps, uint64_t address, struct place *ret)
{
	for (const char *line = maps; line && *line;) {
		size_t n = strcspn(line, "\n");
		unsigned long long from, to, offset, inode;
		int at = 0;

		if (sscanf(line, "%llx-%llx %*s %llx %*s %llu %n", &from, &to, &offset, &inode, &at) == 4 &&
		    address >= from && address < to) {
			if ((size_t)at >= n)
				return false;
			*ret = (struct place){ .path = arena_strndup(s->arena, line + at, n - (size_t)at),
					       .inode = inode,
					       .offset = address - from + offset };
			return ret->path != NULL;
		}
		line += n + (line[n] == '\n');
	}
	return false;
}

/* An address to return to is one behind the call, which may be a function's last. */
static const struct symbol *symbol_at(struct stacks *s, int root, const struct place *place, bool returns)
{
	uint64_t offset = place->offset - (returns && place->offset);
	struct known_symbol *k;
	auto_(close_fd) int fd = -EBADF;

	for (size_t i = 0; i < s->n_known; i++)
		if (s->known[i].inode == place->inode && s->known[i].offset == offset &&
		    streq(s->known[i].path, place->path))
			return s->known[i].symbol.name ? &s->known[i].symbol : NULL;
	if (!s->known)
		s->known = arena_array_of(s->arena, struct known_symbol, KNOWN_MAX);
	if (!s->known || s->n_known == KNOWN_MAX || place->path[0] != '/')
		return NULL;
	k = &s->known[s->n_known++];
	*k = (struct known_symbol){ .path = place->path, .inode = place->inode, .offset = offset };
	fd = symbols_open(root, place->path, place->inode);
	if (fd < 0 || !symbols_find(fd, offset, s->arena, &k->symbol))
		return NULL;
	k->symbol.offset += returns;
	return &k->symbol;
}

static void frame(struct stacks *s, const struct process_table_row *p, const struct thread *t, size_t i,
		  const char *maps, int root)
{
	struct place place = { 0 };
	bool known = place_of(s, maps, t->frames[i], &place);
	const struct symbol *symbol = known ? symbol_at(s, root, &place, i > 0) : NULL;
	auto_str text = STR_INIT;
	char address[24];

	(void)snprintf(address, sizeof(address), "0x%016" PRIx64, t->frames[i]);
	str_add(&text, address);
	json_object_begin(s->o, NULL);
	json_string(s->o, "address", address);
	if (symbol) {
		const char *function = arena_printf(s->arena, "%s+0x%" PRIx64, symbol->name, symbol->offset);

		json_string(s->o, "function", function ? function : symbol->name);
		str_printf(&text, " %s", function ? function : symbol->name);
	}
	if (known) {
		const char *where = arena_printf(s->arena, "%s+0x%" PRIx64, place.path, place.offset);

		json_string(s->o, "place", where ? where : place.path);
		str_printf(&text, " %s", where ? where : place.path);
	}
	json_object_end(s->o);
	row(s, p, t->tid, "user", str_text(&text));
}

static void user_stack(struct stacks *s, const struct process_table_row *p, const struct thread *t,
		       const char *maps, int root)
{
	if (!t->n_frames)
		return;
	json_array_begin(s->o, "user");
	for (size_t i = 0; i < t->n_frames; i++)
		frame(s, p, t, i, maps, root);
	json_array_end(s->o);
}

/* ---- threads ---- */

static bool not_permitted(const char *text)
{
	return !text && (errno == EPERM || errno == EACCES);
}

/* Before it is stopped: then it waits for us. */
static void look_at(struct stacks *s, struct thread *t)
{
	t->status = proc_dir_text(s->arena, t->dir, "status");
	t->name = proc_dir_text(s->arena, t->dir, "comm");
	t->wchan = proc_dir_text(s->arena, t->dir, "wchan");
	t->call = proc_dir_text(s->arena, t->dir, "syscall");
	s->no_syscall = s->no_syscall || not_permitted(t->call);
	t->stack = proc_dir_text(s->arena, t->dir, "stack");
	s->no_stack = s->no_stack || not_permitted(t->stack);
}

/* The frames. One that has gone on since we looked, by its call and stack pointer, is told as it is now. */
static void look_at_stopped(struct stacks *s, struct thread *t)
{
	uint64_t frames[FRAMES_MAX];
	size_t n = thread_stop_frames(&t->held, frames);
	const char *call = n ? proc_dir_text(s->arena, t->dir, "syscall") : NULL;

	t->frames = n ? arena_array_of(s->arena, uint64_t, n) : NULL;
	if (!t->frames)
		return;
	memcpy(t->frames, frames, n * sizeof(frames[0]));
	t->n_frames = n;
	if (!call || (t->call && streq(call, t->call)))
		return;
	t->call = call;
	t->wchan = t->stack = NULL;
}

static void thread(struct stacks *s, const struct process_table_row *p, const struct thread *t,
		   const char *maps, int root, bool is_32)
{
	const char *state = t->status ? status_field(s->arena, t->status, "State") : NULL;

	if (!t->status)
		return;
	json_object_begin(s->o, NULL);
	json_i64(s->o, "tid", t->tid);
	json_string(s->o, "name", t->name ? t->name : "");
	json_string(s->o, "state", state ? state : "");
	row(s, p, t->tid, "thread", arena_printf(s->arena, "%s: %s", t->name ? t->name : "?", state ? state : "?"));
	syscall_of(s, p, t, is_32);
	if (t->wchan && !streq(t->wchan, "0")) {
		json_string(s->o, "wchan", t->wchan);
		row(s, p, t->tid, "wchan", t->wchan);
	}
	kernel_stack(s, p, t);
	user_stack(s, p, t, maps, root);
	json_object_end(s->o);
}

static size_t open_threads(int proc, struct thread *v, size_t room)
{
	int fd = openat(proc, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	size_t n = 0;

	while (d && n < room && (e = readdir(d))) {
		uint32_t tid;

		if (parse_u32(e->d_name, &tid) < 0)
			continue;
		v[n] = (struct thread){ .tid = (pid_t)tid };
		v[n].dir = openat(fd, e->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		n += v[n].dir >= 0;
	}
	if (d)
		(void)closedir(d);
	else
		close_fd(fd);
	return n;
}

static bool is_32_bit(int proc)
{
	auto_(close_fd) int fd = openat(proc, "exe", O_RDONLY | O_CLOEXEC);
	unsigned char head[5] = { 0 };

	return fd >= 0 && read(fd, head, sizeof(head)) == sizeof(head) && head[0] == 0x7f && head[4] == 1;
}

/* All are asked to stop before the first is looked at: one picture. */
static void hold_all(struct stacks *s, struct thread *v, size_t n)
{
	struct error why;

	for (size_t i = 0; i < n; i++) {
		why = (struct error)ERROR_INIT;
		if (thread_stop_begin(v[i].tid, &v[i].held, &why) < 0 && why.num != ESRCH)
			rows_fail(s->rows, &why);
	}
	for (size_t i = 0; i < n; i++) {
		why = (struct error)ERROR_INIT;
		if (v[i].held.tid && thread_stop_await(&v[i].held, &why) < 0 && why.num != ESRCH)
			rows_fail(s->rows, &why);
	}
}

/* All stand still for one picture, and go on before anything else is done. */
static const char *take_frames(struct stacks *s, int proc, struct thread *v, size_t n)
{
	const char *maps;

	hold_all(s, v, n);
	for (size_t i = 0; i < n; i++)
		look_at_stopped(s, &v[i]);
	maps = proc_dir_text(s->arena, proc, "maps");
	for (size_t i = 0; i < n; i++)
		thread_stop_end(&v[i].held);
	return maps;
}

static void process(struct stacks *s, const struct process_table_row *p, struct thread *v)
{
	auto_(close_fd) int proc = proc_dir_open(p->pid), root = -EBADF;
	size_t n = proc < 0 ? 0 : open_threads(proc, v, THREADS_MAX);
	bool is_32 = n && is_32_bit(proc);
	struct error why = ERROR_INIT;
	const char *maps = NULL;

	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		look_at(s, &v[i]);
	if (s->user && is_32) {
		(void)failf(&why, ENOTSUP, "process %d is a 32-bit program: its frames cannot be read", (int)p->pid);
		rows_fail(s->rows, &why);
	} else if (s->user) {
		maps = take_frames(s, proc, v, n);
		root = openat(proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	json_object_begin(s->o, NULL);
	json_i64(s->o, "pid", p->pid);
	json_i64(s->o, "inside", p->inside);
	json_string(s->o, "name", p->name);
	json_array_begin(s->o, "threads");
	for (size_t i = 0; i < n; i++)
		thread(s, p, &v[i], maps, root, is_32);
	json_array_end(s->o);
	json_object_end(s->o);
	for (size_t i = 0; i < n; i++)
		close_fd(v[i].dir);
}

/* ---- all ---- */

static bool wanted(const struct process_table_row *p, const pid_t *pids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pids[i] == p->inside)
			return true;
	return n == 0;
}

static int check_wanted(struct stacks *s, const struct process_table_row *all, size_t n_all,
			const pid_t *pids, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t j = 0; j < n_all && !found; j++)
			found = all[j].inside == pids[i];
		if (!found)
			return failf(err, ESRCH, "container '%s' has no process %d", s->c->state.id, (int)pids[i]);
	}
	return 0;
}

static void log_missing(const struct stacks *s)
{
	if (s->no_stack)
		log_warn("kernel stacks are left out: they need CAP_SYS_ADMIN in the first user namespace");
	if (s->no_syscall)
		log_warn("system calls are left out: they need CAP_SYS_PTRACE over the process");
}

static int look_at_all(struct stacks *s, const pid_t *pids, size_t n, struct error *err)
{
	auto_(close_fd) int init = proc_dir_open_init(s->c, err);
	struct process_table_row *all = NULL;
	struct thread *v = calloc(THREADS_MAX, sizeof(*v));
	size_t n_all = 0;
	int r = init < 0 ? init : v ? container_process_table(s->c, &all, &n_all, err)
				    : sysf(err, "stacks");

	if (r == 0)
		r = check_wanted(s, all, n_all, pids, n, err);
	for (size_t i = 0; r == 0 && i < n_all; i++)
		if (wanted(&all[i], pids, n))
			process(s, &all[i], v);
	free(all);
	free(v);
	log_missing(s);
	return r;
}

int container_stacks(struct container *c, const pid_t *pids, size_t n, bool user,
		     struct container_rows *ret, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");
	auto_(arena_free) struct arena *a = arena_new();
	struct stacks s = { .c = c, .arena = a, .rows = ret, .o = o, .user = user };
	int r;

	rows_begin(ret, 4);
	if (!o || !a)
		return sysf(err, "stacks");
	json_array_begin(o, NULL);
	r = look_at_all(&s, pids, n, err);
	json_array_end(o);
	return r < 0 ? r : rows_end(ret, o, err);
}
