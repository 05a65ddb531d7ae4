/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/tracefs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"

#define PREFIX "orlop."
#define READ_SIZE \
	4096 /* the kernel gives what fits of a larger page, and the rest with the next read */
#define BUFFER_KB "1024" /* of each CPU */

/* ---- whose it is ---- */

static int start_time(pid_t pid, uint64_t *ret)
{
	struct proc_stat s;
	int r = proc_stat(pid, &s);

	if (r == 0)
		*ret = s.start_time;
	return r;
}

int tracefs_name(pid_t pid, char *name, size_t size)
{
	uint64_t ns = 0, start = 0;
	int r = proc_namespace(0, "pid", &ns);

	if (r == 0)
		r = start_time(pid, &start);
	(void)snprintf(name, size, PREFIX "%" PRIu64 ".%d.%" PRIu64, ns, (int)pid, start);
	return r;
}

#define FIRST_PID_NAMESPACE 0xeffffffcU /* PROC_PID_INIT_INO of the kernel */

/* Whether there is nobody in a pid namespace any more: known where all processes are seen. */
static bool is_empty_namespace(uint64_t ns, uint64_t ours)
{
	const struct dirent *e;
	bool empty = ours == FIRST_PID_NAMESPACE;
	DIR *d = empty ? opendir("/proc") : NULL;

	while (d && empty && (e = readdir(d))) {
		uint32_t pid;

		if (parse_u32(e->d_name, &pid) == 0)
			empty = !proc_is_in_pid_namespace((pid_t)pid, ns);
	}
	if (d)
		(void)closedir(d);
	return empty;
}

bool tracefs_is_seen_as_on_host(void)
{
	uint64_t ns = 0;

	return proc_namespace(0, "pid", &ns) == 0 && ns == FIRST_PID_NAMESPACE;
}

bool tracefs_is_abandoned(const char *name)
{
	unsigned long long ns = 0, start = 0;
	uint64_t now = 0, our_ns = 0;
	int pid = 0;

	if (proc_namespace(0, "pid", &our_ns) < 0)
		return false;

	if (sscanf(name, PREFIX "%llu.%d.%llu", &ns, &pid, &start) != 3)
		return false;
	if (ns != our_ns)
		return is_empty_namespace(ns, our_ns);
	return start_time(pid, &now) < 0 || now != start;
}

int tracefs_each(const struct tracefs *t, tracefs_visit *visit, void *to)
{
	int fd = openat(t->root, "instances", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d) {
		r = -errno;
		close_fd(fd);
		return r;
	}
	while (r == 0 && (e = readdir(d)))
		if (starts_with(e->d_name, PREFIX))
			r = visit(to, e->d_name);
	(void)closedir(d);
	return r;
}

int tracefs_remove(const struct tracefs *t, const char *name)
{
	char path[TRACE_NAME_MAX + 16];

	(void)snprintf(path, sizeof(path), "instances/%s", name);
	return unlinkat(t->root, path, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int remove_if_abandoned(void *to, const char *name)
{
	if (tracefs_is_abandoned(name))
		(void)tracefs_remove(to, name);
	return 0;
}

/* ---- the instance ---- */

int tracefs_write(const struct tracefs *t, const char *path, const char *text)
{
	return file_write_at(t->dir, path, text);
}

int tracefs_append(const struct tracefs *t, const char *path, const char *text)
{
	auto_(close_fd) int fd = openat(t->dir, path, O_WRONLY | O_APPEND | O_CLOEXEC);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* A mount that is nowhere: what the host has mounted, or not, does not matter. */
static int open_root(struct error *err)
{
	auto_(close_fd) int fs = sys_fsopen("tracefs");
	int fd;

	if (fs < 0 && errno == ENODEV)
		return failf(err, ENODEV,
			     "this kernel has no tracefs: it was built without CONFIG_TRACING");
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE) < 0)
		return sysf(
			err,
			"trace: the kernel's tracefs (it needs CAP_SYS_ADMIN in the first user namespace)");
	fd = sys_fsmount(fs, 0);
	return fd < 0 ? sysf(err, "trace: the kernel's tracefs") : fd;
}

static int open_cpus(struct tracefs *t, struct error *err)
{
	char path[64];

	for (unsigned cpu = 0; cpu < TRACE_CPUS_MAX; cpu++) {
		int fd;

		(void)snprintf(path, sizeof(path), "per_cpu/cpu%u/trace_pipe_raw", cpu);
		fd = openat(t->dir, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0)
			t->cpus[t->n_cpus++] = fd;
		else if (errno != ENOENT)
			return sysf(err, "trace: open '%s'", path);
	}
	return t->n_cpus ? 0 : failf(err, ENOENT, "trace: the kernel shows no buffer");
}

int tracefs_sweep(const struct tracefs *t)
{
	return tracefs_each(t, remove_if_abandoned, (void *)(uintptr_t)t);
}

int tracefs_open(struct tracefs *t, struct error *err)
{
	*t = (struct tracefs){ .dir = -EBADF };
	t->root = open_root(err);
	return t->root < 0 ? t->root : 0;
}

static int open_instance(struct tracefs *t, struct error *err)
{
	char path[TRACE_NAME_MAX + 16];

	(void)snprintf(path, sizeof(path), "instances/%s", t->name);
	t->dir = openat(t->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return t->dir < 0 ? sysf(err, "trace: open the instance '%s'", t->name) : 0;
}

int tracefs_make(struct tracefs *t, const char *name, struct error *err)
{
	char path[TRACE_NAME_MAX + 16];
	int r;

	(void)tracefs_sweep(t);
	(void)snprintf(t->name, sizeof(t->name), "%s", name);
	(void)snprintf(path, sizeof(path), "instances/%s", name);
	if (mkdirat(t->root, path, 0700) < 0)
		return sysf(err, "trace: make an instance of tracing");
	r = open_instance(t, err);
	if (r == 0)
		r = open_cpus(t, err);
	if (r == 0) {
		(void)tracefs_write(t, "buffer_size_kb", BUFFER_KB);
		(void)tracefs_write(t, "trace_clock", "mono");
	}
	return r;
}

int tracefs_enter(struct tracefs *t, const char *name, struct error *err)
{
	int r;

	(void)snprintf(t->name, sizeof(t->name), "%s", name);
	r = open_instance(t, err);
	return r < 0 ? r : open_cpus(t, err);
}

int tracefs_begin(struct tracefs *t, struct error *err)
{
	char name[TRACE_NAME_MAX];
	int r = tracefs_open(t, err);

	if (r == 0 && tracefs_name(getpid(), name, sizeof(name)) < 0)
		r = sysf(err, "trace: our own process");
	return r < 0 ? r : tracefs_make(t, name, err);
}

static void close_instance(struct tracefs *t)
{
	for (size_t i = 0; i < t->n_cpus; i++)
		close_fd(t->cpus[i]);
	t->n_cpus = 0;
	close_fd(t->dir);
	t->dir = -EBADF;
}

void tracefs_close(struct tracefs *t)
{
	close_instance(t);
	close_fd(t->root);
}

void tracefs_end(struct tracefs *t)
{
	if (t->dir >= 0) {
		(void)tracefs_write(t, "events/enable", "0");
		close_instance(t);
		(void)tracefs_remove(t, t->name);
	}
	tracefs_close(t);
}

uint64_t tracefs_lost(const struct tracefs *t)
{
	uint64_t all = 0;

	for (unsigned cpu = 0; cpu < TRACE_CPUS_MAX; cpu++) {
		auto_str text = STR_INIT;
		const char *at;
		unsigned long long n = 0;
		char path[48];

		(void)snprintf(path, sizeof(path), "per_cpu/cpu%u/stats", cpu);
		if (file_read_at(t->dir, path, 4096, &text) < 0)
			continue;
		at = strstr(str_text(&text), "\noverrun: ");
		if (at && sscanf(at, "\noverrun: %llu", &n) == 1)
			all += n;
	}
	return all;
}

/* ---- pages of the ring buffer: header_page and header_event of tracefs say how they are ---- */

#define PAGE_HEAD 16 /* the time of the first record, and how much is used */
#define USED_MASK 0xfffffU

enum {
	TYPE_LONG = 0,
	TYPE_PADDING = 29,
	TYPE_EXTEND = 30,
	TYPE_STAMP = 31
};

static uint32_t word_at(const unsigned char *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static void read_records(const unsigned char *p, const unsigned char *end, uint64_t time,
			 tracefs_record *take, void *to)
{
	while (end - p >= 8) {
		uint32_t head = word_at(p), type = head & 31, more = word_at(p + 4);
		uint64_t delta = head >> 5;
		const unsigned char *data = p + (type == TYPE_LONG ? 8 : 4);
		size_t n = type == TYPE_LONG ? (more >= 4 ? more - 4 : 0) : (size_t)type * 4;

		if (type == TYPE_EXTEND || type == TYPE_STAMP) {
			uint64_t value = ((uint64_t)more << 27) + delta;

			time = type == TYPE_EXTEND ? time + value : value;
			p += 8;
			continue;
		}
		if (type == TYPE_PADDING) {
			if (delta == 0 || more > (size_t)(end - p) - 4)
				return;
			p += 4 + more;
			continue;
		}
		time += delta;
		if (n > (size_t)(end - data))
			return;
		if (n >= 8)
			take(to, time, data, n);
		p = data + ((n + 3) & ~(size_t)3);
	}
}

void tracefs_read(const struct tracefs *t, tracefs_record *take, void *to)
{
	static _Alignas(8) unsigned char page[READ_SIZE];

	for (size_t i = 0; i < t->n_cpus; i++) {
		/* Bounded: a container that makes events faster than we read does not hold us here. */
		for (unsigned turn = 0; turn < 1024; turn++) {
			ssize_t n = read(t->cpus[i], page, sizeof(page));
			uint64_t time, used;

			if (n < PAGE_HEAD)
				break;
			memcpy(&time, page, sizeof(time));
			memcpy(&used, page + 8, sizeof(used));
			used &= USED_MASK;
			if (used > (uint64_t)n - PAGE_HEAD)
				used = (uint64_t)n - PAGE_HEAD;
			read_records(page + PAGE_HEAD, page + PAGE_HEAD + used, time, take, to);
		}
	}
}
