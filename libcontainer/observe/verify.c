/* SPDX-License-Identifier: Apache-2.0 */

/* What the kernel says of a running container against what its config asks for. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cgroup/expect.h"
#include "observe/verify.h"

void verify_add(struct verification *v, const char *property, enum verdict verdict,
		const char *wanted, const char *found)
{
	static const char *const names[] = { "ok", "differs", "cannot be seen" };

	rows_add(v->rows, property);
	rows_add(v->rows, names[verdict]);
	rows_add(v->rows, wanted);
	rows_add(v->rows, verdict == VERDICT_UNSEEN ? "-" : found);
	json_object_begin(v->o, NULL);
	json_string(v->o, "property", property);
	json_string(v->o, "result", names[verdict]);
	json_string(v->o, "expected", wanted);
	if (verdict != VERDICT_UNSEEN)
		json_string(v->o, "found", found);
	json_object_end(v->o);
	v->differs += verdict == VERDICT_DIFFERS;
}

void verify_text(struct verification *v, const char *property, const char *wanted,
		 const char *found)
{
	verify_add(v, property,
		   !found ? VERDICT_UNSEEN : streq(wanted, found) ? VERDICT_OK : VERDICT_DIFFERS,
		   wanted, found);
}

void verify_number(struct verification *v, const char *property, int64_t wanted, const char *found)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, wanted);
	verify_text(v, property, text, found);
}

static void limit(void *ctx, const char *file, const char *wanted, const char *found, bool same)
{
	struct verification *v = ctx;
	const char *property = arena_printf(v->arena, "cgroup %s", file);

	verify_add(v, property ? property : file,
		   !found ? VERDICT_UNSEEN : same ? VERDICT_OK : VERDICT_DIFFERS, wanted, found);
}

static int limits(struct verification *v, struct error *err)
{
	const struct spec_resources *r = v->spec->lnx.resources;
	struct cgroup *cg = NULL;
	int e = r ? container_cgroup(v->c, &cg, err) : 0;

	if (e < 0 || !r || cgroup_is_none(cg))
		return e;
	e = cgroup_expect(cg, r, limit, v, err);
	if (e == 0 && r->devices.n && cgroup_is_v2(cg))
		verify_add(v, "cgroup devices", VERDICT_UNSEEN, "a program of the kernel", NULL);
	return e;
}

static int check_all(struct verification *v, struct error *err)
{
	int r;

	verify_kernel(v);
	verify_mounts(v);
	r = limits(v, err);
	if (r == 0 && v->spec->process)
		verify_process(v);
	return r;
}

static int verify(struct verification *v, struct error *err)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct resolve_input in = { .bundle = -EBADF };
	enum container_status status = STATUS_STOPPED;
	int r = container_status(v->c, &status, err);

	if (r < 0)
		return r;
	if (status == STATUS_CREATING)
		return failf(err, EBUSY, "container not running: it is being created");
	v->init = proc_dir_open_init(v->c, err);
	if (v->init < 0)
		return v->init;
	r = container_config(v->c, &doc, err);
	if (r < 0)
		return r;
	in.spec = v->spec = doc->spec;
	r = resolve_config(&in, v->arena, &v->config, err);
	if (r < 0)
		return r;
	v->started = status != STATUS_CREATED;
	json_array_begin(v->o, NULL);
	r = check_all(v, err);
	json_array_end(v->o);
	return r;
}

int container_verify(struct container *c, struct container_rows *ret, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");
	auto_(arena_free) struct arena *a = arena_new();
	struct verification v = { .c = c, .arena = a, .o = o, .rows = ret, .init = -EBADF };
	int r;

	rows_begin(ret, 4);
	if (!o || !a)
		return sysf(err, "verify '%s'", c->state.id);
	r = verify(&v, err);
	close_fd(v.init);
	if (r == 0)
		r = rows_end(ret, o, err);
	return r < 0 ? r : (int)v.differs;
}
