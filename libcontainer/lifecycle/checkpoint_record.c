/* SPDX-License-Identifier: Apache-2.0 */

/* How a checkpoint has ended, for `wait --checkpoint` and `events`. */

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/macros.h"
#include "json/json.h"
#include "lifecycle/checkpoint.h"

#define RECORD_MAX 65536

void checkpoint_record(struct container *c, const struct checkpoint_options *o, int r, const struct error *e)
{
	auto_(json_out_free) struct json_out *out = json_out_new(NULL);
	char now[CLOCK_TEXT_SIZE];
	const char *text;

	if (!out)
		return;
	clock_text(now);
	json_object_begin(out, NULL);
	json_bool(out, "success", r >= 0);
	json_string(out, "time", now);
	json_string(out, "operation", o->pre_dump ? "pre-dump" : "checkpoint");
	json_string(out, "path", o->common.image_path ? o->common.image_path : "checkpoint");
	if (r < 0)
		json_string(out, "error", e->msg);
	json_object_end(out);
	text = json_out_text(out);
	if (text)
		(void)file_replace_at(c->dir, CHECKPOINT_FILE, text, strlen(text), 0600);
}

static const char *text_in(const struct json *object, const char *key)
{
	const struct json *node = json_member(object, key);

	return node && node->type == JSON_STRING ? node->text : NULL;
}

bool checkpoint_record_read(int dir, struct arena *a, struct checkpoint_record *ret)
{
	struct str text = STR_IN(a);
	const struct json *success;
	struct json *root;
	int r = file_read_at(dir, CHECKPOINT_FILE, RECORD_MAX, &text);

	*ret = (struct checkpoint_record){ .success = r == -ENOENT };
	if (r == -ENOENT)
		return true;
	if (r < 0 || json_parse(a, str_text(&text), text.n, CHECKPOINT_FILE, &root, NULL) < 0 ||
	    root->type != JSON_OBJECT)
		return false;
	success = json_member(root, "success");
	if (!success || success->type != JSON_BOOL)
		return false;
	*ret = (struct checkpoint_record){
		.success = success->boolean,
		.operation = text_in(root, "operation"),
		.path = text_in(root, "path"),
		.error = text_in(root, "error"),
	};
	return true;
}

/* ---- waiting ---- */

static int result_of_last(struct container *c, struct error *err)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct checkpoint_record record;

	if (!a || !checkpoint_record_read(c->dir, a, &record))
		return failf(err, EPROTO, "the result of the checkpoint of '%s' cannot be read", c->state.id);
	if (record.success)
		return 0;
	return failf(err, EIO, "the checkpoint of '%s' failed: %s", c->state.id, record.error ? record.error : "?");
}

/* 1: over, with the result in *ret. */
static int look(struct container *c, int inotify, int *ret, struct error *err)
{
	_Alignas(struct inotify_event) char buf[4096];
	const struct inotify_event *event;
	ssize_t n = read(inotify, buf, sizeof(buf));

	for (const char *at = buf; n > 0 && at < buf + n; at += sizeof(*event) + event->len) {
		event = (const struct inotify_event *)at;
		if (event->len && event->mask & (IN_MOVED_TO | IN_CREATE) && streq(event->name, CHECKPOINT_FILE)) {
			*ret = result_of_last(c, err);
			return 1;
		}
		if (event->mask & (IN_DELETE_SELF | IN_IGNORED | IN_UNMOUNT)) {
			*ret = failf(err, ESRCH, "container '%s' was deleted, and not checkpointed", c->state.id);
			return 1;
		}
	}
	return 0;
}

int container_wait_checkpoint(struct container *c, int64_t timeout_ms, struct error *err)
{
	auto_(close_fd) int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int64_t until = timeout_ms < 0 ? -1 : clock_ms() + timeout_ms;
	char path[64];
	int ret = 0;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", c->dir);
	if (inotify < 0 ||
	    inotify_add_watch(inotify, path, IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_ONLYDIR) < 0)
		return sysf(err, "watch the state directory of '%s'", c->state.id);
	/* A name that is taken away while it is held open sends no IN_DELETE_SELF. */
	for (;;) {
		struct pollfd p = { .fd = inotify, .events = POLLIN };
		int64_t left = until < 0 ? 1000 : until - clock_ms();

		if (look(c, inotify, &ret, err))
			return ret;
		if (until >= 0 && left <= 0)
			return failf(err, ETIMEDOUT, "no checkpoint of '%s' within %.1f s", c->state.id,
				     (double)timeout_ms / 1000);
		if (faccessat(c->dir, ".", F_OK, 0) < 0 || faccessat(c->dir, "state.json", F_OK, 0) < 0) {
			/* What came before the end of the folder is read first. */
			if (!look(c, inotify, &ret, err))
				ret = failf(err, ESRCH, "container '%s' was deleted, and not checkpointed", c->state.id);
			return ret;
		}
		if (poll(&p, 1, (int)min_of(left, (int64_t)1000)) < 0 && errno != EINTR)
			return sysf(err, "wait for a checkpoint");
	}
}
