/* SPDX-License-Identifier: Apache-2.0 */

/*
 * checkpoint: CRIU freezes the container, writes what it is to a folder, and ends it or lets it go on. All that can be
 * refused is refused before CRIU touches the container.
 */

#include "lifecycle/checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/timings.h"
#include "lifecycle/external.h"
#include "lifecycle/pod_guard.h"
#include "spec/spec.h"
#include "store/store.h"

struct dump {
	struct container *c;
	const struct checkpoint_options *o;
	const struct spec *spec;
	const struct resolved *config;
	struct cgroup *cgroup;
	struct checkpoint_dirs dirs;
	struct manifest m;
	const struct dump_group *group;
	struct criu *criu;
	unsigned version;
	struct str request;
	bool told_ready;
};

/* ---- refusals ---- */

static int check_parent(const struct dump *d, struct error *err)
{
	const char *parent = d->o->parent_path;
	struct stat st;

	if (!parent)
		return 0;
	/* CRIU passes over an absolute one in silence, and dumps all. */
	if (parent[0] == '/')
		return failf(err, EINVAL, "--parent-path '%s' must be relative to the image directory", parent);
	if (fstatat(d->dirs.images, parent, &st, 0) < 0)
		return sysf(err, "parent path '%s'", parent);
	return S_ISDIR(st.st_mode) ? 0 : failf(err, ENOTDIR, "parent path '%s' is no directory", parent);
}

static int check_features(struct dump *d, struct error *err)
{
	struct criu_features has = { 0 };
	int r;

	if (!d->o->pre_dump && !d->o->parent_path && !d->o->common.lazy_pages)
		return 0;
	r = criu_features(d->criu, &has, err);
	if (r < 0)
		return r;
	if ((d->o->pre_dump || d->o->parent_path) && !has.mem_track)
		return failf(err, ENOTSUP, "criu is missing features: [MemTrack]: this kernel does not track which "
			     "memory changes (CONFIG_MEM_SOFT_DIRTY); --pre-dump and --parent-path need it");
	if (d->o->common.lazy_pages && !has.lazy_pages)
		return failf(err, ENOTSUP, "criu is missing features: [LazyPages]: this kernel lacks userfaultfd(2) "
			     "with what --lazy-pages needs");
	return 0;
}

static int check_status_fd(const struct checkpoint_options *o, struct error *err)
{
	int flags;

	if (o->status_fd < 0)
		return 0;
	flags = fcntl(o->status_fd, F_GETFL);
	if (flags < 0)
		return sysf(err, "--status-fd %d", o->status_fd);
	if ((flags & O_ACCMODE) == O_RDONLY)
		return failf(err, EBADF, "--status-fd %d is not open for writing", o->status_fd);
	return 0;
}

static int check_status(struct container *c, struct error *err)
{
	enum container_status status = STATUS_STOPPED;
	int r = container_status(c, &status, err);

	if (r < 0)
		return r;
	if (status != STATUS_RUNNING && status != STATUS_PAUSED)
		return failf(err, EINVAL, "Container cannot be checkpointed in %s state",
			     container_status_name(status));
	return 0;
}

/* ---- the request ---- */

static int add_page_server(struct dump *d, struct error *err)
{
	const char *address = d->o->page_server, *colon = address ? strrchr(address, ':') : NULL;
	uint32_t port;
	char *host;

	if (!address)
		return 0;
	if (!colon || colon == address || parse_u32(colon + 1, &port) < 0 || port == 0 || port > 65535)
		return failf(err, EINVAL, "use --page-server ADDRESS:PORT to specify the page server");
	host = arena_strndup(d->m.arena, address, (size_t)(colon - address));
	if (!host)
		return sysf(err, "page server");
	criu_pair(&d->request, "ps", host, colon + 1);
	return 0;
}

static const char *freezer(const struct dump *d, bool v2)
{
	const struct cgroup_hierarchy *list;
	size_t n = cgroup_hierarchies(d->cgroup, &list);

	for (size_t i = 0; i < n; i++)
		if (v2 ? list[i].v2 && d->version >= 31400 : streq(list[i].name, "freezer"))
			return list[i].path;
	return NULL;
}

/*
 * A container that is paused is frozen by the unified tree where there is one: CRIU must see that, and leaves it so. Else
 * v1's freezer is faster, which CRIU finds frozen at once, where it looks again after 100 ms.
 */
static void add_freezer(struct dump *d)
{
	bool v2 = cgroup_is_frozen(d->cgroup) > 0;
	const char *path = cgroup_is_none(d->cgroup) ? NULL : freezer(d, v2);

	if (!path && !cgroup_is_none(d->cgroup))
		path = freezer(d, !v2);
	if (path)
		criu_field(&d->request, "freeze_cgroup", path);
}

static void add_options(struct dump *d)
{
	const struct checkpoint_options *o = d->o;

	criu_number(&d->request, "pid", d->c->state.init.pid);
	criu_field(&d->request, "root", d->c->state.rootfs);
	criu_flag(&d->request, "leave_running", o->leave_running);
	criu_flag(&d->request, "link_remap", o->link_remap);
	criu_flag(&d->request, "tcp_skip_in_flight", o->tcp_skip_in_flight);
	criu_flag(&d->request, "track_mem", o->parent_path || o->pre_dump);
	if (o->parent_path)
		criu_field(&d->request, "parent_img", o->parent_path);
}

static int make_request(struct dump *d, struct error *err)
{
	int r = checkpoint_request(&d->o->common, &d->dirs, d->config->criu_config, &d->request, err);

	if (r < 0)
		return r;
	add_options(d);
	add_freezer(d);
	r = add_page_server(d, err);
	if (r == 0)
		r = external_dump_namespaces(d->c->state.init.pid, d->config, &d->request, err);
	if (r == 0 && !d->o->pre_dump)
		r = external_dump_mounts(d->c->state.init.pid, d->config, &d->m, &d->request, err);
	if (r == 0 && !d->o->pre_dump)
		r = external_dump_files(d->cgroup, d->c->state.init.pid, &d->m, &d->request, err);
	return r;
}

/* ---- who watches ---- */

/* The sizes of images so far; pages-N.img hold the memory. */
static void measure(const struct dump *d, struct checkpoint_progress *p)
{
	int fd = openat(d->dirs.images, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	struct stat st;

	if (!dir) {
		close_fd(fd);
		return;
	}
	while ((e = readdir(dir))) {
		if (fstatat(d->dirs.images, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		p->bytes += (uint64_t)st.st_size;
		if (starts_with(e->d_name, "pages-"))
			p->pages += (uint64_t)st.st_size / 4096;
	}
	(void)closedir(dir);
}

static void report_phase(const struct dump *d, const char *phase)
{
	struct checkpoint_progress p = { .phase = phase };
	auto_str line = STR_INIT;

	if (!d->o->common.watcher && (d->o->status_fd < 0 || d->o->common.lazy_pages))
		return;
	measure(d, &p);
	if (d->o->common.watcher)
		d->o->common.watcher(d->o->common.watcher_data, &p);
	if (d->o->status_fd < 0 || d->o->common.lazy_pages)
		return;
	str_printf(&line, "{\"phase\":\"%s\",\"pages\":%llu,\"bytes\":%llu}\n", phase, (unsigned long long)p.pages,
		   (unsigned long long)p.bytes);
	if (str_ok(&line))
		(void)write_all(d->o->status_fd, line.s, line.n);
}

/* lazy pages: whoever restores elsewhere may connect now. */
static int report_ready(struct dump *d, struct error *err)
{
	int fd = d->o->status_fd;

	if (fd < 0 || d->told_ready)
		return 0;
	d->told_ready = true;
	if (write(fd, "", 1) != 1)
		return sysf(err, "--status-fd %d", fd);
	(void)close(fd);
	return 0;
}

/* ---- the dump ---- */

static int add_note(struct dump *d, const char *word, bool asked)
{
	const char **grown;

	if (!asked)
		return 0;
	grown = arena_grow(d->m.arena, d->m.options.v, sizeof(*grown) * d->m.options.n,
			   sizeof(*grown) * (d->m.options.n + 1));
	if (!grown)
		return -ENOMEM;
	grown[d->m.options.n++] = word;
	d->m.options.v = grown;
	return 0;
}

/* While the container is frozen: one that cannot be written costs nobody the container. */
static int write_manifest(struct dump *d, struct error *err)
{
	const struct checkpoint_options *o = d->o;
	const struct { const char *word; bool asked; } notes[] = {
		{ "leave-running", o->leave_running },         { "tcp-established", o->common.tcp_established },
		{ "tcp-skip-in-flight", o->tcp_skip_in_flight }, { "link-remap", o->link_remap },
		{ "ext-unix-sk", o->common.ext_unix_sk },      { "shell-job", o->common.shell_job },
		{ "file-locks", o->common.file_locks },        { "lazy-pages", o->common.lazy_pages },
		{ "auto-dedup", o->common.auto_dedup },        { "parent-path", o->parent_path },
		{ PAGES_ELSEWHERE, o->page_server },
	};
	int r = 0;

	foreach_array(note, notes)
		r = r < 0 ? r : add_note(d, note->word, note->asked);
	if (r < 0)
		return codef(err, r, "manifest");
	d->m.operation = "checkpoint";
	d->m.criu = d->version;
	d->m.containers = d->group->n;
	d->m.names.v = (const char **)(uintptr_t)d->group->names;
	d->m.names.n = d->group->n;
	r = manifest_fill(&d->m, d->dirs.images, d->config, err);
	return r < 0 ? r : manifest_write(&d->m, d->dirs.images, err);
}

/* What an earlier checkpoint of ours left there would count as this one's. Files of others are not touched. */
static int clear_images(int images, struct arena *a, struct error *err)
{
	struct manifest old = { 0 };
	int r = manifest_read(images, a, &old, NULL);

	/* One that cannot be read is replaced; what it lists stays, and is listed again. */
	if (r <= 0)
		return 0;
	foreach_list(image, &old.images)
		if (unlinkat(images, image->name, 0) < 0 && errno != ENOENT)
			return sysf(err, "remove '%s' of an earlier checkpoint", image->name);
	return unlinkat(images, MANIFEST_FILE, 0) < 0 ? sysf(err, "remove the earlier " MANIFEST_FILE) : 0;
}

/* What fails here makes CRIU let the container go on. */
static int on_notify(void *data, const char *script, pid_t pid, int fd, struct error *err)
{
	struct dump *d = data;

	(void)pid;
	(void)fd;
	if (streq(script, "pre-dump"))
		report_phase(d, "dump");
	if (streq(script, "post-dump")) {
		report_phase(d, "written");
		return write_manifest(d, err);
	}
	if (streq(script, "status-ready"))
		return report_ready(d, err);
	return 0;
}

static int run_criu(struct dump *d, struct error *err)
{
	const char *type = d->o->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP;
	struct criu_result result = { 0 };
	int r = 0;

	criu_request(&d->request, type);
	r = make_request(d, err);
	if (r == 0)
		r = clear_images(d->dirs.images, d->m.arena, err);
	if (r == 0 && !d->o->pre_dump)
		r = streams_write(d->c->state.init.pid, d->dirs.images, err);
	if (r < 0)
		return r;
	timings_mark("request");
	r = criu_run(d->criu, &d->request, on_notify, d, &result, err);
	timings_mark("criu");
	if (r < 0)
		return r;
	if (!result.success)
		return checkpoint_failed(d->criu, &d->dirs, d->o->pre_dump ? "PRE_DUMP" : "DUMP", &result, err);
	report_phase(d, "done");
	return 0;
}

static int dump(struct dump *d, struct error *err)
{
	struct criu_start start = { .keep_group = d->o->common.shell_job };
	int r = checkpoint_dirs_open(&d->o->common, true, &d->dirs, err);

	if (r == 0)
		r = check_parent(d, err);
	if (r == 0)
		r = check_status_fd(d->o, err);
	if (r == 0)
		r = container_cgroup(d->c, &d->cgroup, err);
	if (r < 0)
		return r;
	report_phase(d, "connect");
	start.images = d->dirs.images;
	start.work = d->dirs.work;
	r = criu_open(&start, &d->criu, err);
	if (r == 0) {
		pod_guard_criu(d->group->guard, criu_pid(d->criu));
		r = criu_version(d->criu, CRIU_LEAST, &d->version, err);
	}
	timings_mark("criu's start");
	if (r == 0)
		r = check_features(d, err);
	return r < 0 ? r : run_criu(d, err);
}

int checkpoint_dump(struct container *c, const struct checkpoint_options *o, const struct dump_group *group,
		    struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct dump d = { .c = c, .o = o, .group = group, .dirs = CHECKPOINT_DIRS_INIT };
	int r = container_config(c, &doc, err);

	if (r < 0)
		return r;
	d.spec = doc->spec;
	d.m.arena = doc->arena;
	r = resolve_config(&(struct resolve_input){ .spec = doc->spec, .bundle = -EBADF }, doc->arena, &d.config, err);
	if (r < 0)
		return r;
	r = dump(&d, err);
	criu_close(d.criu);
	str_done(&d.request);
	checkpoint_dirs_close(&d.dirs);
	return r;
}

/* The dump has ended its processes already; they are reaped by whoever is their parent. */
int checkpoint_destroy(struct container *c, struct error *err)
{
	int r = container_delete(c, true, err);

	return r < 0 ? error_context(err, "the checkpoint is made, but the container is not removed") : 0;
}

static int checkpoint(struct container *c, const struct checkpoint_options *o, struct error *err)
{
	const struct dump_group alone = { .names = (const char *[]){ c->state.id }, .n = 1 };
	int r = container_lock_made(c, err);

	if (r == 0)
		r = check_status(c, err);
	if (r < 0)
		return r;
	/* A program in the container may take its time: others shall not wait for it. */
	store_unlock(c->dir);
	r = checkpoint_exec(c, o->pre_dump_exec, "save", o->common.exec_timeout, err);
	if (r == 0)
		r = container_lock(c, err);
	if (r == 0)
		r = check_status(c, err);
	if (r == 0)
		r = checkpoint_dump(c, o, &alone, err);
	checkpoint_record(c, o, r, err);
	return r;
}

int container_checkpoint(struct container *c, const struct checkpoint_options *o, struct error *err)
{
	struct error own = ERROR_INIT;
	struct error *e = err ? err : &own;
	int r = checkpoint(c, o, e);

	if (r < 0)
		return r;
	if (!o->leave_running && !o->pre_dump)
		return checkpoint_destroy(c, e);
	store_unlock(c->dir);
	return checkpoint_exec(c, o->pre_dump ? NULL : o->post_resume_exec, "resume", o->common.exec_timeout, e);
}
