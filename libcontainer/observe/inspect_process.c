/* SPDX-License-Identifier: Apache-2.0 */

/* What a process may do, and what it has open. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/proc.h"
#include "observe/inspect.h"
#include "spec/objects.h"

/* ---- rights ---- */

static void capabilities(struct inspection *i, const char *status)
{
	/* clang-format off */
	static const struct { const char *field, *name; } sets[] = {
		{ "CapBnd", "bounding" },  { "CapEff", "effective" }, { "CapInh", "inheritable" },
		{ "CapPrm", "permitted" }, { "CapAmb", "ambient" },
	};
	/* clang-format on */

	json_object_begin(i->o, "capabilities");
	foreach_array(set, sets) {
		const char *text = status_field(i->arena, status, set->field);
		auto_str words = STR_INIT;
		uint64_t mask = 0;
		char name[48];

		if (!text || parse_u64n(text, strlen(text), 16, &mask) < 0)
			continue;
		json_array_begin(i->o, set->name);
		for (size_t n = 0; n < names_capabilities.n; n++) {
			if (!(mask & names_capabilities.v[n].value))
				continue;
			json_string(i->o, NULL, names_capabilities.v[n].name);
			str_printf(&words, "%s%s", words.n ? " " : "", names_capabilities.v[n].name);
		}
		json_array_end(i->o);
		(void)snprintf(name, sizeof(name), "capabilities %s", set->name);
		inspect_row(i, name, "%s", str_text(&words));
	}
	json_object_end(i->o);
}

/* "Max open files            1024                 4096                 files" */
static void rlimits(struct inspection *i, int proc, bool rows)
{
	char *text = (char *)(uintptr_t)proc_dir_text(i->arena, proc, "limits"), *line;

	json_object_begin(i->o, "rlimits");
	if (text)
		(void)take_line(&text);
	while (text && (line = take_line(&text))) {
		char soft[24], hard[24];
		size_t n = min_of(strlen(line), (size_t)26);
		const char *name;

		if (sscanf(line + n, "%23s %23s", soft, hard) != 2)
			continue;
		while (n && line[n - 1] == ' ')
			n--;
		name = arena_strndup(i->arena, line, n);
		json_object_begin(i->o, name);
		json_string(i->o, "soft", soft);
		json_string(i->o, "hard", hard);
		json_object_end(i->o);
		if (rows && name)
			inspect_row(i, arena_printf(i->arena, "rlimit %s", name), "%s %s", soft, hard);
	}
	json_object_end(i->o);
}

static const char *seccomp_name(const char *mode)
{
	static const char *const names[] = { "none", "strict", "filter" };
	uint32_t n;

	return mode && parse_u32(mode, &n) == 0 && n < ARRAY_SIZE(names) ? names[n] : mode;
}

void inspect_rights(struct inspection *i, int proc)
{
	/* clang-format off */
	static const struct { const char *field, *name; } fields[] = {
		{ "Uid", "uids" }, { "Gid", "gids" }, { "Groups", "groups" }, { "Umask", "umask" },
		{ "NoNewPrivs", "noNewPrivileges" }, { "Seccomp_filters", "seccompFilters" },
		{ "Cpus_allowed_list", "cpus" }, { "Mems_allowed_list", "mems" },
	};
	/* clang-format on */
	const char *status = proc_dir_text(i->arena, proc, "status");

	if (!status)
		return;
	inspect_text(i, "seccomp", seccomp_name(status_field(i->arena, status, "Seccomp")));
	foreach_array(f, fields)
		inspect_text(i, f->name, status_field(i->arena, status, f->field));
	inspect_text(i, "lsmLabel", proc_dir_text(i->arena, proc, "attr/current"));
	inspect_text(i, "oomScoreAdj", proc_dir_text(i->arena, proc, "oom_score_adj"));
	inspect_text(i, "cwd", proc_dir_link(i->arena, proc, "cwd"));
	inspect_text(i, "exe", proc_dir_link(i->arena, proc, "exe"));
	capabilities(i, status);
	rlimits(i, proc, true);
}

/* ---- all processes ---- */

/* A list of words that each end in a NUL. */
static void words(struct inspection *i, const char *key, const char *text, size_t n)
{
	json_array_begin(i->o, key);
	for (size_t at = 0; text && at < n; at += strlen(text + at) + 1)
		json_string(i->o, NULL, text + at);
	json_array_end(i->o);
}

/* In order: so the kernel lists them. */
static void descriptors(struct inspection *i, int proc)
{
	int dir = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = dir < 0 ? NULL : fdopendir(dir);
	const struct dirent *e;

	json_object_begin(i->o, "fds");
	while (d && (e = readdir(d))) {
		const char *to = e->d_name[0] == '.' ? NULL : proc_dir_link(i->arena, dir, e->d_name);

		if (to)
			json_string(i->o, e->d_name, to);
	}
	json_object_end(i->o);
	if (d)
		(void)closedir(d);
	else
		close_fd(dir);
}

/* What the maps come to: sums of kB that the kernel has at hand. */
static void memory(struct inspection *i, const char *status)
{
	static const char *const fields[] = { "VmSize", "VmRSS",  "RssAnon", "RssFile",
					      "RssShmem", "VmSwap", "VmData", "VmStk" };

	json_object_begin(i->o, "memory");
	foreach_array(f, fields) {
		const char *text = status_field(i->arena, status, *f);
		uint64_t kb;

		if (text && parse_u64n(text, strcspn(text, " "), 10, &kb) == 0)
			json_u64(i->o, *f, kb << 10);
	}
	json_object_end(i->o);
}

static const char *start_time(struct inspection *i, pid_t pid)
{
	struct timespec boot, real;
	struct proc_stat s;
	struct tm tm;
	time_t t;
	char text[32];

	if (proc_stat(pid, &s) < 0)
		return NULL;
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	(void)clock_gettime(CLOCK_REALTIME, &real);
	t = real.tv_sec - boot.tv_sec + (time_t)(s.start_time / (uint64_t)sysconf(_SC_CLK_TCK));
	if (!gmtime_r(&t, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return NULL;
	return arena_strdup(i->arena, text);
}

static void row_of(struct inspection *i, const struct process_table_row *p, const char *args,
		   size_t n)
{
	char *line = n ? arena_alloc(i->arena, n + 1) : NULL;

	for (size_t at = 0; line && at + 1 < n; at++)
		line[at] = args[at] ? args[at] : ' ';
	inspect_row(i, arena_printf(i->arena, "process %d", (int)p->pid), "%d %s %s", (int)p->inside,
		    p->state, line ? line : p->name);
}

static void text_of(struct inspection *i, const char *key, const char *value)
{
	if (value)
		json_string(i->o, key, value);
}

static void process(struct inspection *i, const struct process_table_row *p)
{
	auto_(close_fd) int proc = proc_dir_open(p->pid);
	const char *status = proc < 0 ? NULL : proc_dir_text(i->arena, proc, "status");
	const char *args, *env;
	size_t n_args = 0, n_env = 0;

	if (!status) {
		i->vanished++;
		return;
	}
	args = proc_dir_bytes(i->arena, proc, "cmdline", &n_args);
	json_object_begin(i->o, NULL);
	json_i64(i->o, "pid", p->pid);
	json_i64(i->o, "inside", p->inside);
	json_i64(i->o, "parent", p->parent);
	json_string(i->o, "state", p->state);
	json_string(i->o, "name", p->name);
	text_of(i, "exe", proc_dir_link(i->arena, proc, "exe"));
	words(i, "args", args, n_args);
	text_of(i, "cwd", proc_dir_link(i->arena, proc, "cwd"));
	text_of(i, "root", proc_dir_link(i->arena, proc, "root"));
	text_of(i, "started", start_time(i, p->pid));
	text_of(i, "cgroup", proc_dir_text(i->arena, proc, "cgroup"));
	text_of(i, "threads", status_field(i->arena, status, "Threads"));
	if (i->flags & INSPECT_ENV) {
		env = proc_dir_bytes(i->arena, proc, "environ", &n_env);
		words(i, "env", env, n_env);
	}
	descriptors(i, proc);
	memory(i, status);
	rlimits(i, proc, false);
	json_object_end(i->o);
	row_of(i, p, args, n_args);
}

int inspect_processes(struct inspection *i, struct error *err)
{
	struct process_table_row *all = NULL;
	size_t n = 0;
	int r = container_process_table(i->c, &all, &n, err);

	if (r < 0)
		return r;
	json_array_begin(i->o, "processes");
	for (size_t at = 0; at < n; at++)
		process(i, &all[at]);
	json_array_end(i->o);
	free(all);
	return 0;
}
