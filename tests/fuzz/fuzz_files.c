/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Files that are not ours, or not surely: whatever is read holds the input. file_read_at() is replaced by
 * the linker (--wrap), so the readers themselves are the ones that are installed.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/proc.h"
#include "cgroup/cgroup_internal.h"
#include "container/exit.h"
#include "container/process_end.h"
#include "launch/cgroup_owner.h"
#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_file_read_at(int dir, const char *path, size_t limit, struct str *out);
int __wrap_tree_read_file(const char *path, struct str *out);

static const uint8_t *content;
static size_t content_size;

int __wrap_file_read_at(int dir, const char *path, size_t limit, struct str *out)
{
	(void)dir, (void)path;
	if (content_size > limit) {
		errno = EFBIG;
		return -EFBIG;
	}
	str_addn(out, (const char *)content, content_size);
	return 0;
}

int __wrap_tree_read_file(const char *path, struct str *out)
{
	return __wrap_file_read_at(-1, path, CGROUP_FILE_MAX, out);
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* /proc/PID/stat, status, syscall and comm: names in them are the process's own choice. */
static void read_process(void)
{
	struct proc_stat stat;
	struct proc_signals signals;
	char name[16];

	(void)proc_stat(1, &stat);
	if (proc_signals(1, &signals) == 0)
		must(signals.depth > 0 && signals.depth <= PROC_DEPTH_MAX, "depth");
	(void)proc_awaits_signal(1);
	proc_name(1, name);
	must(strlen(name) < sizeof(name), "name");
}

static void read_exit(void)
{
	struct container c = { .dir = -1 };
	struct container_exit e;
	auto_str words = STR_INIT;
	int r = exit_read(&c, &e);

	must(r == 0 || r == 1, "exit.json");
	must(e.reason && e.known == (r == 1), "exit.json: what is known");
	container_exit_words(&e, &words);
	must(words.n > 0, "no words for an end");
}

/* /proc/self/cgroup as a killed create kept it, and mountinfo. */
static void read_cgroups(enum cgroup_kind kind)
{
	const struct cgroup_host host = {
		.mount = "/none", .self = "self", .mountinfo = "mountinfo", .delegate = "delegate",
		.kind = kind,
	};
	const struct cgroup_options o = { .id = "id", .path = "place" };
	auto_(cgroup_free) struct cgroup *c = NULL;
	struct error e = ERROR_INIT;
	int r = cgroup_find_at(&host, &o, "self", &c, &e);

	must((r < 0) == (e.msg[0] != 0), "a failure without words, or words without one");
	for (size_t i = 0; c && i < c->n; i++)
		must(c->trees[i].path[0] == '/' && !strstr(c->trees[i].path, "/../"), "a path");
}

static void read_pids(void)
{
	struct pid_list list = { 0 };

	(void)tree_pids("/proc/self/ns", NULL, &list); /* a directory without others in it */
	for (size_t i = 0; i < list.n; i++)
		must(list.v[i] > 0, "a pid");
	free(list.v);
}

static const char delegated[] =
	"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"process\":{\"args\":[\"a\"],\"cwd\":\"/\","
	"\"user\":{\"uid\":1000,\"gid\":0}},\"linux\":{\"namespaces\":[{\"type\":\"cgroup\"}]},"
	"\"mounts\":[{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\","
	"\"options\":[\"rw\"]}]}";

/* /proc/PID/uid_map: which uid of the host is the container's? */
static void read_uid_map(void)
{
	static struct spec_doc *doc;
	static const struct resolved *resolved;
	struct resolve_input in = { .bundle = AT_FDCWD };
	struct cgroup none = { .kind = CGROUP_V2 };
	struct error e = ERROR_INIT;

	if (!doc) {
		must(spec_parse_config(delegated, sizeof(delegated) - 1, "c", &doc, NULL) == 0, "config");
		in.spec = doc->spec;
		must(resolve_config(&in, doc->arena, &resolved, NULL) == 0, "what it means");
		must(resolved->cgroup_is_writable, "a cgroup to be given away");
	}
	must((cgroup_owner_set(&none, resolved, 1, &e) < 0) == (e.msg[0] != 0), "an owner");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	content = data;
	content_size = size;
	read_process();
	read_exit();
	read_cgroups(CGROUP_V1);
	read_cgroups(CGROUP_V2);
	read_pids();
	read_uid_map();
	return 0;
}
