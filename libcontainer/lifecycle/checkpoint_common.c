/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/sys.h"
#include "launch/criu_log.h"
#include "lifecycle/checkpoint.h"
#include "spec/spec.h"

#define LOG_LEVEL          4
#define EMPTY_NETWORK      0x40000000 /* CLONE_NEWNET: devices and addresses are not CRIU's business */
#define EXEC_SECONDS       60
#define EXEC_WORDS_MAX     64
#define DEFAULT_CONFIG     "/etc/criu/runc.conf"
#define PHASE_VARIABLE     "ORLOP_CHECKPOINT_PHASE"

/* ---- folders ---- */

static int open_folder(const char *path, const char *what, bool make, struct error *err)
{
	int fd;

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return sysf(err, "make %s '%s'", what, path);
	fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? sysf(err, "%s '%s'", what, path) : fd;
}

static int open_images(const char *path, bool make, struct error *err)
{
	char parent[4096];
	const char *last = path_last(path);

	/* As `mkdir -p`, but for the last one nobody else may look into it: it holds the memory of processes. */
	if (make && last != path && snprintf(parent, sizeof(parent), "%.*s", (int)(last - path), path) <
					    (int)sizeof(parent) &&
	    mkdir_parents(parent, 0755) < 0)
		return sysf(err, "make image directory '%s'", path);
	return open_folder(path, "image directory", make, err);
}

int checkpoint_dirs_open(const struct checkpoint_common *o, bool make, struct checkpoint_dirs *ret,
			 struct error *err)
{
	ret->images = open_images(o->image_path ? o->image_path : "checkpoint", make, err);
	if (ret->images < 0)
		return ret->images;
	ret->log = make ? "dump.log" : "restore.log";
	ret->work = o->work_path ? open_folder(o->work_path, "work directory", true, err) : ret->images;
	return ret->work < 0 ? ret->work : 0;
}

void checkpoint_dirs_close(struct checkpoint_dirs *d)
{
	if (d->work != d->images)
		close_fd(d->work);
	close_fd(d->images);
}

/* ---- requests ---- */

/* As runc has it: an annotation names CRIU's configuration, else it is its own default one. */
static const char *config_of(const char *annotation)
{
	if (annotation)
		return *annotation ? annotation : NULL;
	return access(DEFAULT_CONFIG, R_OK) == 0 ? DEFAULT_CONFIG : NULL;
}

int checkpoint_request(const struct checkpoint_common *o, const struct checkpoint_dirs *d,
		       const char *criu_config, struct str *request, struct error *err)
{
	static const char *const modes[] = {
		[CGROUPS_SOFT] = "SOFT", [CGROUPS_FULL] = "FULL", [CGROUPS_STRICT] = "STRICT",
		[CGROUPS_IGNORE] = "IGNORE", [CGROUPS_DEFAULT] = "DEFAULT",
	};
	const char *config = config_of(criu_config);

	criu_number(request, "images_dir_fd", CRIU_IMAGES);
	criu_number(request, "work_dir_fd", CRIU_WORK);
	criu_number(request, "log_level", LOG_LEVEL);
	criu_field(request, "log_file", d->log);
	criu_flag(request, "notify_scripts", true);
	criu_flag(request, "orphan_pts_master", true);
	criu_flag(request, "tcp_established", o->tcp_established);
	criu_flag(request, "ext_unix_sk", o->ext_unix_sk);
	criu_flag(request, "shell_job", o->shell_job);
	criu_flag(request, "file_locks", o->file_locks);
	criu_flag(request, "auto_dedup", o->auto_dedup);
	criu_flag(request, "lazy_pages", o->lazy_pages);
	criu_number(request, "empty_ns", EMPTY_NETWORK);
	criu_flag(request, "manage_cgroups", true);
	criu_field(request, "manage_cgroups_mode", modes[o->manage_cgroups]);
	if (config)
		criu_field(request, "config_file", config);
	return str_ok(request) ? 0 : failf(err, ENOMEM, "criu: out of memory");
}

int checkpoint_failed(struct criu *criu, const struct checkpoint_dirs *d, const char *type,
		      const struct criu_result *result, struct error *err)
{
	auto_str why = STR_INIT;
	char path[4096];
	int num = result->num > 0 && result->num < 4096 ? result->num : EIO;

	criu_log_read(d->work, d->log, &why);
	if (!why.n && *result->text)
		str_printf(&why, "%.300s", result->text);
	if (!why.n)
		criu_said(criu, &why);
	if (path_of_fd(d->work, path, sizeof(path)) < 0)
		path[0] = 0;
	return failf(err, num, "criu failed: type %s errno %d%s%s; log file: %s/%s", type, result->num,
		     why.n && why.s[0] != ':' ? ": " : "", str_text(&why), path, d->log);
}

/* ---- programs in the container ---- */

static int run_words(struct container *c, char *text, const char *phase, unsigned seconds, struct error *err)
{
	struct container_process process = CONTAINER_PROCESS_INIT;
	const char *words[EXEC_WORDS_MAX + 1] = { NULL }, *env[1];
	struct exec_options o = { .args = words, .env = env, .n_env = 1, .cwd = NULL };
	char variable[64], *word;
	size_t n = 0;
	int status = 0, r;

	while ((word = strsep(&text, " \t\n")) && n < EXEC_WORDS_MAX)
		if (*word)
			words[n++] = word;
	if (!n)
		return failf(err, EINVAL, "program for '%s': no words", phase);
	(void)snprintf(variable, sizeof(variable), PHASE_VARIABLE "=%s", phase);
	env[0] = variable;
	r = container_exec(c, &o, &process, err);
	if (r < 0)
		return error_context(err, "program for '%s'", phase);
	r = child_wait(process.pid, seconds, &status);
	close_fd(process.console);
	close_fd(process.pidfd);
	if (r == -ETIMEDOUT)
		return failf(err, ETIMEDOUT, "program for '%s': '%s' did not end within %u s", phase, words[0], seconds);
	if (r < 0)
		return codef(err, r, "program for '%s'", phase);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return failf(err, ECANCELED, "program for '%s': '%s' %s %d", phase, words[0],
		     WIFSIGNALED(status) ? "was killed by signal" : "exited with",
		     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int checkpoint_exec(struct container *c, const char *argv, const char *phase, int64_t timeout_ns,
		    struct error *err)
{
	auto_(free) char *text = NULL;
	int64_t seconds = timeout_ns > 0 ? (timeout_ns + 999999999) / 1000000000 : EXEC_SECONDS;

	if (!argv)
		return 0;
	text = strdup(argv);
	if (!text)
		return sysf(err, "program for '%s'", phase);
	return run_words(c, text, phase, (unsigned)min_of(seconds, (int64_t)86400), err);
}
