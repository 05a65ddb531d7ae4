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

#define PREFIX    "orlop."
#define PAGE_MAX  65536
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

static int own_name(char *name, size_t size)
{
	uint64_t ns = 0, start = 0;
	int r = proc_namespace(0, "pid", &ns);

	if (r == 0)
		r = start_time(getpid(), &start);
	(void)snprintf(name, size, PREFIX "%" PRIu64 ".%d.%" PRIu64, ns, (int)getpid(), start);
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

static bool is_abandoned(const char *name, uint64_t our_ns)
{
	unsigned long long ns = 0, start = 0;
	uint64_t now = 0;
	int pid = 0;

	if (sscanf(name, PREFIX "%llu.%d.%llu", &ns, &pid, &start) != 3)
		return false;
	if (ns != our_ns)
		return is_empty_namespace(ns, our_ns);
	return start_time(pid, &now) < 0 || now != start;
}

static void remove_abandoned(int instances)
{
	int fd = fcntl(instances, F_DUPFD_CLOEXEC, 3);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	uint64_t ns = 0;

	if (d && proc_namespace(0, "pid", &ns) == 0)
		while ((e = readdir(d)))
			if (is_abandoned(e->d_name, ns))
				(void)unlinkat(instances, e->d_name, AT_REMOVEDIR);
	if (d)
		(void)closedir(d);
	else
		close_fd(fd);
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

int tracefs_begin(struct tracefs *t, struct error *err)
{
	auto_(close_fd) int instances = -EBADF;
	int r;

	*t = (struct tracefs){ .root = -EBADF, .dir = -EBADF };
	r = own_name(t->name, sizeof(t->name));
	if (r < 0)
		return codef(err, r, "trace: our own process");
	t->root = open_root(err);
	if (t->root < 0)
		return t->root;
	instances = openat(t->root, "instances", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (instances < 0)
		return sysf(err, "trace: open 'instances' of tracefs");
	remove_abandoned(instances);
	if (mkdirat(instances, t->name, 0700) < 0)
		return sysf(err, "trace: make an instance of tracing");
	t->dir = openat(instances, t->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = t->dir < 0 ? sysf(err, "trace: open the instance") : open_cpus(t, err);
	(void)tracefs_write(t, "buffer_size_kb", BUFFER_KB);
	(void)tracefs_write(t, "trace_clock", "mono");
	return r;
}

void tracefs_end(struct tracefs *t)
{
	char path[128];

	for (size_t i = 0; i < t->n_cpus; i++)
		close_fd(t->cpus[i]);
	if (t->dir >= 0) {
		(void)tracefs_write(t, "events/enable", "0");
		close_fd(t->dir);
		(void)snprintf(path, sizeof(path), "instances/%s", t->name);
		(void)unlinkat(t->root, path, AT_REMOVEDIR);
	}
	close_fd(t->root);
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
	static _Alignas(8) unsigned char page[PAGE_MAX];

	for (size_t i = 0; i < t->n_cpus; i++) {
		/* Bounded: a container that makes events faster than we read does not hold us here. */
		for (unsigned turn = 0; turn < 1024; turn++) {
			ssize_t n = read(t->cpus[i], page, 4096);
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
