/* SPDX-License-Identifier: Apache-2.0 */

/* What is known of each process of a container: its number inside, its state. */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/parse.h"
#include "base/proc.h"
#include "container/handle.h"

struct processes {
	pid_t *pids;
	size_t n, room;
};

static const char *state_name(char state)
{
	static const struct {
		char letter;
		const char *name;
	} names[] = {
		{ 'R', "running" }, { 'S', "sleeping" }, { 'D', "uninterruptible" },
		{ 'T', "stopped" }, { 't', "traced" },   { 'Z', "zombie" },
		{ 'X', "dead" },    { 'I', "idle" },
	};

	foreach_array(row, names)
		if (row->letter == state)
			return row->name;
	return "unknown";
}

static bool has(const struct processes *p, pid_t pid)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->pids[i] == pid)
			return true;
	return false;
}

static int add(struct processes *p, pid_t pid)
{
	size_t room = p->room ? 2 * p->room : p->n + 16;
	pid_t *v;

	if (p->n < p->room) {
		p->pids[p->n++] = pid;
		return 0;
	}
	v = reallocarray(p->pids, room, sizeof(*v));
	if (!v)
		return -ENOMEM;
	p->pids = v;
	p->room = room;
	p->pids[p->n++] = pid;
	return 0;
}

/* The kernel leaves zombies out of cgroup.procs. Their parents tell whose they are. */
static int add_zombies(struct processes *p)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;
	struct proc_stat s;
	size_t living = p->n;
	uint32_t pid;
	int r = d ? 0 : -errno;

	while (r == 0 && (e = readdir(d))) {
		struct processes parents = { .pids = p->pids, .n = living };

		if (!isdigit((unsigned char)e->d_name[0]) || parse_u32(e->d_name, &pid) < 0 ||
		    has(&parents, (pid_t)pid))
			continue;
		if (proc_stat((pid_t)pid, &s) == 0 && s.state == 'Z' && has(&parents, s.ppid))
			r = add(p, (pid_t)pid);
	}
	if (d)
		(void)closedir(d);
	return r;
}

static bool describe(pid_t pid, size_t level, struct process_table_row *ret)
{
	struct proc_signals ids, parent;
	struct proc_stat s;

	if (proc_stat(pid, &s) < 0 || proc_signals(pid, &ids) < 0)
		return false;
	*ret = (struct process_table_row){ .pid = pid, .state = state_name(s.state) };
	proc_name(pid, ret->name);
	if (ids.depth > level)
		ret->inside = ids.ids[level];
	if (proc_signals(s.ppid, &parent) == 0 && parent.depth > level)
		ret->parent = parent.ids[level];
	return true;
}

static int by_pid(const void *a, const void *b)
{
	const struct process_table_row *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

int container_process_table(struct container *c, struct process_table_row **ret, size_t *n,
			struct error *err)
{
	struct processes p = { 0 };
	struct proc_signals init;
	struct process_table_row *v;
	int r = container_pids(c, &p.pids, &p.n, err);
	/* Where in NSpid the container's numbers stand. */
	size_t level = proc_signals(c->state.init.pid, &init) == 0 ? init.depth - 1 : 0;

	if (r < 0)
		return r;
	p.room = p.n;
	r = add_zombies(&p);
	v = r == 0 ? calloc(p.n + 1, sizeof(*v)) : NULL;
	if (!v) {
		free(p.pids);
		return codef(err, r < 0 ? r : ENOMEM, "processes of '%s'", c->state.id);
	}
	*n = 0;
	for (size_t i = 0; i < p.n; i++)
		*n += describe(p.pids[i], level, &v[*n]);
	free(p.pids);
	qsort(v, *n, sizeof(*v), by_pid);
	*ret = v;
	return 0;
}
