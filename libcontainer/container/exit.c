/* SPDX-License-Identifier: Apache-2.0 */
#include "container/exit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/signals.h"
#include "store/store.h"

#define EXIT_FILE "exit.json"

static const char *const reasons[] = { "exited", "signal", "oom", "reboot", "halt", "unknown" };

/* A constant of ours, so that the text outlives what it was read from. */
static const char *reason_of(const char *text)
{
	foreach_array(r, reasons)
		if (streq(*r, text))
			return *r;
	return "unknown";
}

/* ---- what an end means ---- */

void exit_unknown(struct container_exit *ret)
{
	*ret = (struct container_exit){ .reason = "unknown" };
}

/*
 * The kernel discards SIGHUP and SIGINT for the init of a pid namespace unless it has a handler, wherever they come
 * from, and also when the handler resets itself and raises the signal again. An init that died of one was ended by
 * reboot(2): pid_namespaces(7), docs/PID1.md.
 */
static const char *why_signal(struct container *c, int sig, bool init)
{
	struct cgroup *cg = NULL;

	if (init && c->state.own_pid_namespace && sig == SIGHUP)
		return "reboot";
	if (init && c->state.own_pid_namespace && sig == SIGINT)
		return "halt";
	/* What the kernel killed before we did were others. */
	if (sig == SIGKILL && !store_is_marked_killed(c->dir) && (c->cgroup || c->state.cgroup) &&
	    container_cgroup(c, &cg, NULL) == 0 && cgroup_oom_kills(cg) > 0)
		return "oom";
	return "signal";
}

/*
 * Of an init that reboot(2) ended, the main thread exits with 0 (it asked itself) or dies of SIGKILL (another did).
 */
static bool may_be_reboot(struct container *c, const struct process_end *e)
{
	const uint64_t right = UINT64_C(1) << CAP_SYS_BOOT;
	auto_(spec_doc_free) struct spec_doc *d = NULL;
	const struct spec_capabilities *caps;

	if (!e->rough || !c->state.own_pid_namespace || (e->status != 0 && e->status != SIGKILL) ||
	    container_config(c, &d, NULL) < 0 || !d->spec->process)
		return false;
	caps = d->spec->process->capabilities;
	return caps && ((caps->bounding | caps->permitted) & right);
}

void exit_explain(struct container *c, const struct process_end *e, bool init,
		  struct container_exit *ret)
{
	exit_unknown(ret);
	if (!e->known)
		return;
	ret->known = true;
	ret->rough = e->rough;
	if (WIFSIGNALED(e->status)) {
		ret->signal = WTERMSIG(e->status);
		ret->code = 128 + ret->signal;
		ret->reason = why_signal(c, ret->signal, init);
	} else {
		ret->code = WEXITSTATUS(e->status);
		ret->reason = "exited";
	}
	ret->maybe_reboot = init && !streq(ret->reason, "oom") && may_be_reboot(c, e);
}

void container_exit_words(const struct container_exit *e, struct str *out)
{
	char name[16];

	if (!e->known)
		str_add(out, "ended, and nobody was there to see how");
	else if (streq(e->reason, "reboot"))
		str_add(out, "was ended by reboot(2), to restart");
	else if (streq(e->reason, "halt"))
		str_add(out, "was ended by reboot(2), to halt or power off");
	else if (streq(e->reason, "oom"))
		str_add(out, "was killed by SIGKILL after its memory ran out");
	else if (e->signal)
		str_printf(out, "was killed by %s",
			   signal_name(e->signal, name, sizeof(name)));
	else
		str_printf(out, "exited with %d", e->code);
	if (e->maybe_reboot)
		str_add(out, " (or was ended by reboot(2): its parent reaped it before one could tell)");
}

void exit_write(struct json_out *o, const struct container_exit *e)
{
	if (e->known)
		json_i64(o, "exitCode", e->code);
	if (e->known && e->signal)
		json_i64(o, "exitSignal", e->signal);
	json_string(o, "exitReason", e->reason);
	if (e->maybe_reboot)
		json_bool(o, "maybeReboot", true);
	if (e->finished[0])
		json_string(o, "finished", e->finished);
}

void container_exit_json(const char *id, const struct container_exit *e, const char *by, struct str *out)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	const char *text;

	if (!o) {
		out->bad = true;
		return;
	}
	json_object_begin(o, NULL);
	json_string(o, "id", id);
	exit_write(o, e);
	if (by)
		json_string(o, "by", by);
	json_object_end(o);
	text = json_out_text(o);
	if (text)
		str_printf(out, "%s\n", text);
	else
		out->bad = true;
}

/* ---- the record ---- */

static int write_record(struct container *c, const struct container_exit *e, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	const char *text;
	int r;

	if (!o)
		return sysf(err, "how '%s' ended", c->state.id);
	json_object_begin(o, NULL);
	json_bool(o, "rough", e->rough);
	exit_write(o, e);
	json_object_end(o);
	text = json_out_text(o);
	if (!text)
		return codef(err, ENOMEM, "how '%s' ended", c->state.id);
	r = file_replace_at(c->dir, EXIT_FILE, text, strlen(text), 0600);
	return r < 0 ? codef(err, r, "write " EXIT_FILE " of '%s'", c->state.id) : 0;
}

int exit_keep(struct container *c, const struct container_exit *e, unsigned timeout,
	      struct error *err)
{
	struct container_exit old;
	int r;

	if (!e->known)
		return 0;
	r = store_lock(c->dir, timeout, err);
	/* Deleted while we waited. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	r = exit_read(c, &old);
	if (r == 0 || (old.rough && !e->rough))
		r = write_record(c, e, err);
	else
		r = 0;
	store_unlock(c->dir);
	return r;
}

static int number_of(const struct json *object, const char *key, int *ret)
{
	const struct json *node = json_member(object, key);
	int32_t value;

	if (!node || node->type != JSON_NUMBER || parse_i32(node->text, &value) < 0)
		return -ENOENT;
	*ret = value;
	return 0;
}

static const char *text_of(const struct json *object, const char *key)
{
	const struct json *node = json_member(object, key);

	return node && node->type == JSON_STRING ? node->text : "";
}

static bool is_true(const struct json *object, const char *key)
{
	const struct json *node = json_member(object, key);

	return node && node->type == JSON_BOOL && node->boolean;
}

int exit_read(struct container *c, struct container_exit *ret)
{
	auto_(close_fd) int fd = store_open_file(c->dir, EXIT_FILE, NULL);
	auto_(arena_free) struct arena *a = NULL;
	auto_str text = STR_INIT;
	struct json *root;

	exit_unknown(ret);
	if (fd < 0 || file_read_fd(fd, 4096, &text) < 0)
		return 0;
	a = arena_new();
	if (!a || json_parse(a, str_text(&text), text.n, EXIT_FILE, &root, NULL) < 0 ||
	    root->type != JSON_OBJECT || number_of(root, "exitCode", &ret->code) < 0)
		return 0;
	(void)number_of(root, "exitSignal", &ret->signal);
	ret->rough = is_true(root, "rough");
	ret->maybe_reboot = is_true(root, "maybeReboot");
	ret->known = true;
	ret->reason = reason_of(text_of(root, "exitReason"));
	(void)snprintf(ret->finished, sizeof(ret->finished), "%s", text_of(root, "finished"));
	return 1;
}

int container_ended(struct container *c, int wait_status, bool keep, struct container_exit *ret,
		    struct error *err)
{
	const struct process_end e = { .known = true, .status = wait_status };

	exit_explain(c, &e, true, ret);
	if (keep)
		clock_text(ret->finished);
	c->state.init.pid = 0; /* reaped: the number is nobody's now, or somebody else's */
	return keep ? exit_keep(c, ret, EXIT_TIMEOUT, err) : 0;
}
