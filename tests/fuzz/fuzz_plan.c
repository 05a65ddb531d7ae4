/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From any config to a plan. What the compiler asks of the host is answered here (the linker's --wrap puts
 * these in place of the calls), so an input means the same everywhere and nothing of the host is touched.
 * Whatever is compiled passes plan_check() and can be walked whole; whatever is refused has words.
 *
 * The input: two bytes of options, a config, and after a NUL perhaps exec's process.json.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/macros.h"
#include "cgroup/cgroup_internal.h"
#include "fs/idmap.h"
#include "json/json.h"
#include "plan/compile.h"
#include "spec/objects.h"
#include "words.h"

enum option {
	FUZZ_EXEC = 1 << 0,
	FUZZ_ROOTLESS = 1 << 1,
	FUZZ_NO_CLONE = 1 << 2, /* open_tree(2) says EPERM */
	FUZZ_NO_PIVOT = 1 << 3,
	FUZZ_KEYRING = 1 << 4,
	FUZZ_INIT = 1 << 5,
	FUZZ_NOTIFY = 1 << 6,
	FUZZ_FOREGROUND = 1 << 7,
	FUZZ_V2 = 1 << 8,
	FUZZ_LISTEN = 1 << 9,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open_tree(int dir, const char *path, unsigned flags);
int __wrap_mount_setattr(int dir, const char *path, unsigned flags, void *attr, size_t size);
int __wrap_idmap_userns(const spec_idmaps *uids, const spec_idmaps *gids, struct error *err);
int __wrap_cgroup_entry_fds(struct cgroup *c, const char *const *subs, size_t n_subs, int *fds,
			    size_t max, struct error *err);

static unsigned options;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* ---- the host ---- */

static int some_fd(void)
{
	return __real_open("/dev/null", O_PATH | O_CLOEXEC);
}

/* Our own namespaces can be named, and /proc is one; else nothing is there. */
int __wrap_open(const char *path, int flags, ...)
{
	(void)flags;
	if (streq(path, "/proc") || starts_with(path, "/proc/self/ns/"))
		return __real_open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	errno = ENOENT;
	return -1;
}

int __wrap_open_tree(int dir, const char *path, unsigned flags)
{
	(void)dir, (void)path, (void)flags;
	errno = EPERM;
	return options & FUZZ_NO_CLONE ? -1 : some_fd();
}

int __wrap_mount_setattr(int dir, const char *path, unsigned flags, void *attr, size_t size)
{
	(void)dir, (void)path, (void)flags, (void)attr, (void)size;
	return 0;
}

int __wrap_idmap_userns(const spec_idmaps *uids, const spec_idmaps *gids, struct error *err)
{
	(void)uids, (void)gids, (void)err;
	return some_fd();
}

int __wrap_cgroup_entry_fds(struct cgroup *c, const char *const *subs, size_t n_subs, int *fds,
			    size_t max, struct error *err)
{
	(void)c, (void)subs, (void)n_subs, (void)max, (void)err;
	fds[0] = some_fd();
	return 1;
}

static struct cgroup *some_cgroup(struct arena *a)
{
	struct cgroup *c = arena_new_of(a, struct cgroup);

	if (!c)
		return NULL;
	*c = (struct cgroup){ .arena = a, .kind = options & FUZZ_V2 ? CGROUP_V2 : CGROUP_HYBRID };
	c->trees[0] = (struct cgroup_tree){ .name = "", .mount = "/m/unified", .path = "/m/unified/c", .tasks = -EBADF, .v2 = true };
	c->trees[1] = (struct cgroup_tree){ .name = "cpu,cpuacct", .mount = "/m/cpu", .path = "/m/cpu/c", .tasks = -EBADF };
	c->trees[2] = (struct cgroup_tree){ .name = "name=systemd", .mount = "/m/systemd", .path = "/m/systemd/c", .tasks = -EBADF };
	c->n = options & FUZZ_V2 ? 1 : 3;
	c->unified = &c->trees[0];
	return c;
}

/* ---- one plan ---- */

/* In memory of exactly its size. */
static void check_plan(const struct plan *p)
{
	struct plan *copy = aligned_alloc(8, p->size);
	auto_str text = STR_INIT;
	uint32_t bad;

	if (!copy)
		return;
	memcpy(copy, p, p->size);
	must(plan_check(copy, p->size, &bad) == 0, "a malformed plan");
	plan_describe(copy, &text);
	free(copy);
}

static void compile(const struct spec *s, const struct spec_process *process)
{
	const char *const cgroups[] = { "/sub" };
	auto_(arena_free) struct arena *a = arena_new();
	auto_compiled out = { 0 };
	struct error e = ERROR_INIT;
	const struct resolve_input meaning = { .spec = s, .bundle = AT_FDCWD };
	struct compile_input in = {
		.process = process,
		.id = "fuzz",
		.bundle = AT_FDCWD,
		.rootfs = "/r",
		.cgroup = a ? some_cgroup(a) : NULL,
		.exec_cgroups = cgroups,
		.n_exec_cgroups = options & FUZZ_EXEC ? 1 : 0,
		.exec = options & FUZZ_EXEC,
		.rootless = options & FUZZ_ROOTLESS,
		.foreground = options & (FUZZ_FOREGROUND | FUZZ_EXEC),
		.no_pivot = options & FUZZ_NO_PIVOT,
		.keyring = (options & FUZZ_KEYRING) ? NULL : "_ses.fuzz",
		.init = options & FUZZ_INIT,
		.listen_fds = options & FUZZ_LISTEN ? 1 : 0,
		.notify = options & FUZZ_NOTIFY ? "/tmp" : NULL,
		.start_socket = -EBADF,
		.init_pidfd = 0,
		.hook_state = -EBADF,
		.start_hook_state = -EBADF,
		.hook_output = -EBADF,
	};
	int r;

	if (!in.cgroup)
		return;
	if (!in.foreground)
		in.start_socket = some_fd();
	if (s->hooks && s->hooks->kind[HOOK_CREATE_CONTAINER].n)
		in.hook_state = some_fd();
	if (s->hooks && s->hooks->kind[HOOK_START_CONTAINER].n)
		in.start_hook_state = some_fd();
	r = options & FUZZ_EXEC ? resolve_existing(s, a, &in.resolved, &e) :
				  resolve_config(&meaning, a, &in.resolved, &e);
	if (r == 0)
		r = plan_compile(&in, &out, &e);
	must((r < 0) == (e.msg[0] != 0), "a failure without words, or words without one");
	must(!starts_with(e.msg, "plan: operation"), e.msg);
	if (r == 0)
		check_plan(plan_blob(out.plan));
}

static void ignore_remark(enum log_level level, const char *message)
{
	(void)level, (void)message;
}

/* What was taken and not used, as a refused config leaves it to its caller. */
static void close_above(int last)
{
	(void)close_range((unsigned)last + 1, ~0U, 0);
}

static const struct spec_process *read_process(struct arena *a, const char *text, size_t size)
{
	struct spec_process *p = a ? arena_new_of(a, struct spec_process) : NULL;
	struct json *root;

	if (!p || json_parse(a, text, size, "process.json", &root, NULL) < 0 ||
	    schema_decode(a, &schema_process, root, p, NULL) < 0)
		return NULL;
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_(arena_free) struct arena *a = arena_new();
	const struct spec_process *process = NULL;
	size_t config;
	int last;

	if (size < 2 || size > 1 << 18)
		return 0;
	log_to(ignore_remark, LOG_DEBUG);
	options = data[0] | data[1] << 8;
	data += 2;
	size -= 2;
	config = strnlen((const char *)data, size);
	last = some_fd();
	if (spec_parse_config((const char *)data, config, "config.json", &doc, NULL) == 0 &&
	    (doc->spec->root || options & FUZZ_EXEC)) {
		if (config < size)
			process = read_process(a, (const char *)data + config + 1, size - config - 1);
		if (!process)
			process = doc->spec->process;
		/* The verbs see to it that exec has a process with arguments. */
		if (!(options & FUZZ_EXEC) || (process && process->args.n))
			compile(doc->spec, process);
	}
	close_above(last - 1);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return words_mutate(data, size, max, seed);
}
