/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "container/handle.h"
#include "json/json.h"

static int write_stats(struct container *c, struct cgroup *cg, struct json_out *o,
		       struct error *err)
{
	int r;

	json_object_begin(o, NULL);
	json_string(o, "type", "stats");
	json_string(o, "id", c->state.id);
	r = cgroup_stats(cg, o, "data", err);
	json_object_end(o);
	return r;
}

/* The newline belongs to the line: a stream of events is read by lines. */
int container_stats(struct container *c, struct str *out, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	enum container_status status = STATUS_STOPPED;
	struct cgroup *cg = NULL;
	const char *text;
	int r = container_status(c, &status, err);

	if (r < 0)
		return r;
	if (status == STATUS_STOPPED)
		return failf(err, ESRCH, "container with id %s is not running", c->state.id);
	r = container_cgroup(c, &cg, err);
	if (r < 0)
		return r;
	if (o)
		r = write_stats(c, cg, o, err);
	if (r < 0)
		return r;
	text = o ? json_out_text(o) : NULL;
	if (text)
		str_printf(out, "%s\n", text);
	return text && str_ok(out) ? 0 : codef(err, ENOMEM, "stats of '%s'", c->state.id);
}
