/* SPDX-License-Identifier: Apache-2.0 */

/* Namespaces, and what is to be seen only from inside of them: a child of ours goes there to look. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/sys.h"
#include "observe/verify.h"

#define TIMEOUT  10 /* seconds */
#define VALUE_MAX 512

/* ---- namespaces ---- */

static const struct {
	uint64_t flag;
	const char *file;
} files[] = {
	{ CLONE_NEWPID, "ns/pid" },   { CLONE_NEWNET, "ns/net" },       { CLONE_NEWNS, "ns/mnt" },
	{ CLONE_NEWIPC, "ns/ipc" },   { CLONE_NEWUTS, "ns/uts" },       { CLONE_NEWUSER, "ns/user" },
	{ CLONE_NEWCGROUP, "ns/cgroup" }, { 0x80 /* CLONE_NEWTIME */, "ns/time" },
};

static uint64_t inode_of(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, 0) == 0 ? st.st_ino : 0;
}

/* A path of another process's /proc may be gone since create: then there is nothing to compare with. */
static void joined(struct verification *v, const char *name, const char *path, uint64_t found)
{
	uint64_t wanted = inode_of(AT_FDCWD, path);
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, found);
	verify_add(v, name,
		   !wanted ? VERDICT_UNSEEN : wanted == found ? VERDICT_OK : VERDICT_DIFFERS, path, text);
}

static void namespaces(struct verification *v)
{
	auto_(close_fd) int self = proc_dir_open(getpid());

	foreach_array(f, files) {
		const struct resolved_namespace *ns = resolved_namespace_of(v->config, f->flag);
		uint64_t found = inode_of(v->init, f->file), host = inode_of(self, f->file);
		const char *name = arena_printf(v->arena, "namespace %s", spec_namespace_name(f->flag));

		if (!found) {
			if (ns)
				verify_text(v, name, ns->path ? ns->path : "its own", NULL);
			continue;
		}
		if (ns && ns->path)
			joined(v, name, ns->path, found);
		else
			verify_text(v, name, ns ? "its own" : "the host's",
				    found == host ? "the host's" : "its own");
	}
}

/* ---- from inside ---- */

struct inside {
	bool entered;
	char hostname[VALUE_MAX], domainname[VALUE_MAX];
	struct {
		bool read;
		char value[VALUE_MAX];
	} sysctls[];
};

static void copy(char *to, const char *from)
{
	(void)snprintf(to, VALUE_MAX, "%s", from);
}

/* Tabs and blanks are one: "4096\t87380\t6291456". */
static void normalize(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		char c = *at == '\t' || *at == '\n' ? ' ' : *at;

		if (c != ' ' || (to > text && to[-1] != ' '))
			*to++ = c;
	}
	while (to > text && to[-1] == ' ')
		to--;
	*to = 0;
}

static void look_inside(const struct verification *v, int pidfd, struct inside *in)
{
	struct utsname names;

	in->entered = setns(pidfd, CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET) == 0;
	if (!in->entered)
		return;
	if (uname(&names) == 0) {
		copy(in->hostname, names.nodename);
		copy(in->domainname, names.domainname);
	}
	for (size_t i = 0; i < v->config->sysctls.n; i++) {
		char file[PATH_MAX];
		auto_str text = STR_INIT;

		(void)snprintf(file, sizeof(file), "/proc/%s", v->config->sysctls.v[i].path);
		in->sysctls[i].read = file_read_at(AT_FDCWD, file, VALUE_MAX - 1, &text) == 0;
		copy(in->sysctls[i].value, str_text(&text));
		normalize(in->sysctls[i].value);
	}
}

static void report_inside(struct verification *v, const struct inside *in)
{
	const struct spec *s = v->spec;

	if (s->hostname)
		verify_text(v, "hostname", s->hostname, in->entered ? in->hostname : NULL);
	if (s->domainname)
		verify_text(v, "domainname", s->domainname, in->entered ? in->domainname : NULL);
	for (size_t i = 0; i < v->config->sysctls.n; i++) {
		const struct resolved_sysctl *sysctl = &v->config->sysctls.v[i];
		char *wanted = arena_strdup(v->arena, sysctl->value);
		const char *name = arena_printf(v->arena, "sysctl %s", sysctl->name);

		if (!wanted || !name)
			continue;
		normalize(wanted);
		verify_text(v, name, wanted, in->sysctls[i].read ? in->sysctls[i].value : NULL);
	}
}

static void from_inside(struct verification *v)
{
	size_t n = v->config->sysctls.n,
	       size = sizeof(struct inside) + n * sizeof(((struct inside *)NULL)->sysctls[0]);
	auto_(close_fd) int pidfd = -EBADF;
	int status = 0;
	void *memory;
	pid_t pid;

	if (!n && !v->spec->hostname && !v->spec->domainname)
		return;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return;
	pidfd = container_init_pidfd(v->c, NULL);
	pid = pidfd < 0 ? -1 : fork();
	if (pid == 0) {
		look_inside(v, pidfd, memory);
		_exit(0);
	}
	if (pid > 0)
		(void)child_wait(pid, TIMEOUT, &status);
	report_inside(v, memory);
	(void)munmap(memory, size);
}

/* ---- id maps, clocks ---- */

static void idmap(struct verification *v, const char *name, const char *file, const spec_idmaps *maps)
{
	auto_str wanted = STR_INIT;
	char *found;

	if (!maps->n || !resolved_has_namespace(v->config, CLONE_NEWUSER))
		return;
	foreach_list(m, maps) str_printf(&wanted, "%s%u %u %u", wanted.n ? " " : "", m->container_id,
					 m->host_id, m->size);
	found = (char *)(uintptr_t)proc_dir_text(v->arena, v->init, file);
	if (found)
		normalize(found);
	verify_text(v, name, str_text(&wanted), found);
}

void verify_kernel(struct verification *v)
{
	namespaces(v);
	idmap(v, "uidMappings", "uid_map", &v->spec->lnx.uid_mappings);
	idmap(v, "gidMappings", "gid_map", &v->spec->lnx.gid_mappings);
	from_inside(v);
}
