/* SPDX-License-Identifier: Apache-2.0 */

/* The state as a JSON object: what `state` and `list` print, and what hooks and sockets get. */

#include <errno.h>

#include "container/exit.h"
#include "container/handle.h"
#include "json/json.h"

/* clang-format off */
static const char *const status_names[] = {
	[STATUS_CREATING] = "creating",
	[STATUS_CREATED]  = "created",
	[STATUS_RUNNING]  = "running",
	[STATUS_PAUSED]   = "paused",
	[STATUS_STOPPED]  = "stopped",
	[STATUS_BROKEN]   = "broken",
	[STATUS_LEFTOVER] = "leftover",
};
/* clang-format on */

const char *container_status_name(enum container_status s)
{
	return status_names[s];
}

static void write_annotations(struct json_out *o, const struct state *s)
{
	if (s->annotations.n == 0)
		return;
	json_object_begin(o, "annotations");
	foreach_list(pair, &s->annotations) json_string(o, pair->key, pair->value);
	json_object_end(o);
}

/* With whom each namespace is shared that was joined by --join. */
static void write_shared(struct json_out *o, const struct state *s)
{
	if (s->shared.n == 0)
		return;
	json_object_begin(o, "sharedNamespaces");
	foreach_list(pair, &s->shared) json_string(o, pair->key, pair->value);
	json_object_end(o);
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* ended: how init did, or NULL. */
static void write_state(struct json_out *o, const struct state *s, enum container_status status,
			const char *owner, const struct container_exit *ended)
{
	json_object_begin(o, NULL);
	json_string(o, "ociVersion", STATE_OCI_VERSION);
	json_string(o, "id", s->id);
	json_i64(o, "pid", status == STATUS_STOPPED ? 0 : s->init.pid);
	json_string(o, "status", container_status_name(status));
	json_string(o, "bundle", or_empty(s->bundle));
	json_string(o, "rootfs", or_empty(s->rootfs));
	json_string(o, "created", or_empty(s->created));
	write_annotations(o, s);
	write_shared(o, s);
	json_string(o, "owner", or_empty(owner));
	if (s->restored)
		json_string(o, "restored", s->restored);
	if (s->restored_from)
		json_string(o, "restoredFrom", s->restored_from);
	if (ended)
		exit_write(o, ended);
	json_object_end(o);
}

void container_write_state(struct json_out *o, const struct state *s, enum container_status status,
			   const char *owner)
{
	write_state(o, s, status, owner, NULL);
}

static int text_to(struct json_out *o, const char *id, struct str *out, struct error *err)
{
	const char *text = json_out_text(o);

	if (text)
		str_add(out, text);
	if (!text || !str_ok(out))
		return codef(err, ENOMEM, "state of '%s'", id);
	return 0;
}

int container_state_json(struct container *c, struct str *out, struct error *err)
{
	auto_(json_out_free) struct json_out *o = NULL;
	enum container_status status = STATUS_STOPPED;
	const struct state *s = &c->state;
	struct container_exit ended;
	struct state creating;
	bool known;
	int r = container_status(c, &status, err);

	if (r < 0)
		return r;
	if (status == STATUS_CREATING && state_read_creating(c->dir, c->state.id, c->arena, &creating) == 0)
		s = &creating;
	o = json_out_new("  ");
	if (!o)
		return sysf(err, "state of '%s'", c->state.id);
	known = status == STATUS_STOPPED && exit_read(c, &ended);
	write_state(o, s, status, NULL, known ? &ended : NULL);
	return text_to(o, c->state.id, out, err);
}

int container_oci_state(const struct state *s, enum container_status status, pid_t pid,
			struct str *out)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);

	if (!o)
		return -ENOMEM;
	json_object_begin(o, NULL);
	json_string(o, "ociVersion", STATE_OCI_VERSION);
	json_string(o, "id", s->id);
	json_string(o, "status", container_status_name(status));
	if (pid > 0)
		json_i64(o, "pid", pid);
	json_string(o, "bundle", or_empty(s->bundle));
	write_annotations(o, s);
	json_object_end(o);
	return text_to(o, s->id, out, NULL);
}
