/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What containers use. Many are read by several processes of ours at once, into memory that they share with us: the
 * kernel adds the numbers up anew for whoever asks, and that is most of the time it takes.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/sys.h"
#include "cgroup/usage.h"
#include "container/handle.h"
#include "store/ids.h"
#include "store/store.h"

#define WORKERS_MAX  4
#define WORTH_A_FORK 32 /* containers for each */
#define TIMEOUT     30 /* seconds */

/* ---- network: what the kernel counts for the namespace of init ---- */

/* "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16": eight numbers received, eight sent. */
static bool interface_line(const char *line, struct usage_interface *i)
{
	size_t name = strspn(line, " "), n = strcspn(line + name, ":");
	uint64_t v[16];

	if (!line[name + n] || n >= sizeof(i->name))
		return false;
	memcpy(i->name, line + name, n);
	i->name[n] = 0;
	line += name + n + 1;
	for (size_t at = 0; at < ARRAY_SIZE(v); at++) {
		line += strspn(line, " ");
		n = strspn(line, "0123456789");
		if (parse_u64n(line, n, 10, &v[at]) < 0)
			return false;
		line += n;
	}
	i->rx_bytes = v[0], i->rx_packets = v[1], i->rx_errors = v[2], i->rx_dropped = v[3];
	i->tx_bytes = v[8], i->tx_packets = v[9], i->tx_errors = v[10], i->tx_dropped = v[11];
	return true;
}

/* One that finds no place is counted with the last, which then is "(others)". */
static void add_interface(struct usage *u, const struct usage_interface *i)
{
	struct usage_interface *last = &u->interfaces[USAGE_INTERFACES_MAX - 1];

	u->net_rx_bytes += i->rx_bytes;
	u->net_tx_bytes += i->tx_bytes;
	if (u->n_interfaces < USAGE_INTERFACES_MAX) {
		u->interfaces[u->n_interfaces++] = *i;
		return;
	}
	(void)snprintf(last->name, sizeof(last->name), "(others)");
	last->rx_bytes += i->rx_bytes, last->rx_packets += i->rx_packets;
	last->rx_errors += i->rx_errors, last->rx_dropped += i->rx_dropped;
	last->tx_bytes += i->tx_bytes, last->tx_packets += i->tx_packets;
	last->tx_errors += i->tx_errors, last->tx_dropped += i->tx_dropped;
}

static void network(pid_t pid, struct usage *u)
{
	char path[32], room[4096];
	auto_str text = STR_ON(room);

	(void)snprintf(path, sizeof(path), "/proc/%d/net/dev", (int)pid);
	if (file_read_at(AT_FDCWD, path, 1 << 20, &text) < 0)
		return;
	u->net_rx_bytes = u->net_tx_bytes = 0;
	for (const char *line = str_text(&text); *line;) {
		struct usage_interface i;

		if (interface_line(line, &i) && !streq(i.name, "lo"))
			add_interface(u, &i);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
}

/* ---- one container ---- */

static const char *annotation(const struct state *s, const char *key)
{
	foreach_list(pair, &s->annotations) if (streq(pair->key, key)) return pair->value;
	return "";
}

/* Those that do not fit are empty. */
static void labels(const struct state *s, const struct container_usage_options *o,
		   struct container_usage *row)
{
	size_t used = 0;

	for (size_t i = 0; i < o->n_labels; i++) {
		const char *value = annotation(s, o->labels[i]);
		size_t n = strlen(value);

		if (used + n + (o->n_labels - i) > sizeof(row->labels))
			n = 0;
		memcpy(row->labels + used, value, n);
		used += n;
		row->labels[used++] = 0;
	}
}

/* The process whose numbers these are lives still when they were read. */
static void running(struct container *c, int pidfd, struct container_usage *row)
{
	row->running = true;
	row->pid = c->state.init.pid;
	network(row->pid, &row->usage);
	if (sys_pidfd_send_signal(pidfd, 0) == 0)
		return;
	row->running = false;
	row->pid = 0;
	row->usage.net_rx_bytes = row->usage.net_tx_bytes = USAGE_UNKNOWN;
	row->usage.n_interfaces = 0;
}

/* 0: there is none (yet, or any more). */
static int look(int root, const struct container_usage_options *o, struct container_usage *row,
		struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	auto_(close_fd) int pidfd = -EBADF;
	struct cgroup *cg = NULL;
	int r = root < 0 ? -ENOENT : container_open(root, row->id, &c, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (c->incomplete)
		return 0;
	labels(&c->state, o, row);
	pidfd = container_init_pidfd(c, err);
	if (pidfd < 0 && pidfd != -ESRCH)
		return pidfd;
	if (pidfd >= 0)
		running(c, pidfd, row);
	r = container_cgroup(c, &cg, err);
	if (r < 0)
		return r;
	cgroup_usage(cg, o->detail, &row->usage);
	row->time = clock_ns();
	return 1;
}

static void fill(int root, const struct container_usage_options *o, struct container_usage *row)
{
	struct error why = ERROR_INIT;
	int r;

	usage_init(&row->usage);
	r = look(root, o, row, &why);
	if (r < 0)
		(void)snprintf(row->error, sizeof(row->error), "%s", why.msg);
	else if (r == 0 && o->n_ids)
		(void)snprintf(row->error, sizeof(row->error), "container does not exist");
	else if (r == 0)
		row->id = NULL;
}

/* ---- many ---- */

static void slice(int root, const struct container_usage_options *o, struct container_usages *u,
		  size_t first, size_t step)
{
	for (size_t i = first; i < u->n; i += step)
		fill(root, o, &u->rows[i]);
}

static size_t workers(size_t n)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t most = cpus < 1 ? 1 : (size_t)min_of(cpus, (long)WORKERS_MAX);

	return n < 2 * WORTH_A_FORK ? 1 : min_of(most, n / WORTH_A_FORK);
}

/* What a worker cannot do, we do. */
static void fill_all(int root, const struct container_usage_options *o, struct container_usages *u)
{
	size_t n = workers(u->n);
	pid_t pids[WORKERS_MAX] = { 0 };

	for (size_t i = 1; i < n; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			slice(root, o, u, i, n);
			_exit(0);
		}
	}
	slice(root, o, u, 0, n);
	for (size_t i = 1; i < n; i++) {
		int status = 0;

		if (pids[i] < 0 || child_wait(pids[i], TIMEOUT, &status) < 0 || status != 0)
			slice(root, o, u, i, n);
	}
}

/* Rows that are to be told: not those that vanished, and those at rest only when asked for. */
static void keep(struct container_usages *u, const struct container_usage_options *o)
{
	size_t n = 0;

	for (size_t i = 0; i < u->n; i++) {
		const struct container_usage *row = &u->rows[i];

		if (!row->id || (!row->running && !row->error[0] && !o->all && !o->n_ids))
			continue;
		if (n != i)
			u->rows[n] = *row;
		n++;
	}
	u->n = n;
}

static int make(const struct ids *ids, struct container_usages *u, struct error *err)
{
	void *memory;

	u->size = (ids->n + 1) * sizeof(*u->rows);
	u->arena = arena_new();
	memory = mmap(NULL, u->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || !u->arena) {
		u->size = 0;
		return codef(err, ENOMEM, "usage of %zu containers", ids->n);
	}
	u->rows = memory;
	for (; u->n < ids->n; u->n++) {
		u->rows[u->n].id = arena_strdup(u->arena, ids->v[u->n]);
		if (!u->rows[u->n].id)
			return codef(err, ENOMEM, "usage of %zu containers", ids->n);
	}
	return 0;
}

static int names(int root, const struct container_usage_options *o, struct ids *ids,
		 struct error *err)
{
	int r = o->n_ids || root < 0 ? 0 : ids_read(root, ids);

	for (size_t i = 0; r == 0 && i < o->n_ids; i++) {
		r = store_check_id(o->ids[i], err);
		if (r < 0)
			return r;
		r = ids_add(ids, o->ids[i]);
	}
	return r < 0 ? codef(err, r, "list of containers") : 0;
}

int container_usages(const struct runtime *rt, const struct container_usage_options *o,
		     struct container_usages *ret, struct error *err)
{
	auto_(close_fd) int root = store_open_root(rt, false, err);
	auto_ids ids = { 0 };
	int r;

	*ret = (struct container_usages){ 0 };
	if (root < 0 && root != -ENOENT)
		return root;
	r = names(root, o, &ids, err);
	if (r == 0)
		r = make(&ids, ret, err);
	if (r < 0)
		return r;
	fill_all(root, o, ret);
	keep(ret, o);
	return 0;
}

void container_usages_done(struct container_usages *u)
{
	if (u->rows)
		(void)munmap(u->rows, u->size);
	arena_free(u->arena);
	*u = (struct container_usages){ 0 };
}
