/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/timings.h"
#include "base/utf8.h"
#include "cli/output.h"

/* Out of the way of --preserve-fds, which hands the numbers from 3 on to the container. */
#define LOG_FD_LEAST 512

static struct {
	const char *path;
	enum report_format format;
	int fd; /* once open_tried */
	bool open_tried;
	const char *phase;
} sink;
static page_aligned char absolute[PATH_MAX]; /* apart: each command looks at the sink, few fill this */

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warning",
	[LOG_DEBUG] = "debug",
};

static bool add_short_escape(struct str *out, unsigned char c)
{
	static const char from[] = "\"\\\n\r\t", to[] = "\"\\nrt";
	const char *at = c ? strchr(from, c) : NULL;

	if (!at)
		return false;
	str_printf(out, "\\%c", to[at - from]);
	return true;
}

/* The inside of a quoted string; what JSON cannot say differs from what a Go-quoted string can. */
static void add_quoted(struct str *out, const char *text, enum report_format format)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t code;
	size_t n;

	for (; *s; s += n ? n : 1) {
		n = utf8_sequence(s, strnlen((const char *)s, 4));
		code = utf8_code(s, n);
		if (n == 1 && add_short_escape(out, *s))
			continue;
		if (n && !utf8_is_control(code))
			str_addn(out, (const char *)s, n);
		else if (format == REPORT_JSON)
			str_printf(out, "\\u%04x", n ? code : 0xfffdU);
		else if (n > 1)
			str_printf(out, "\\u%04x", code);
		else
			str_printf(out, "\\x%02x", *s);
	}
}

void report_add_text(struct str *out, const char *when, enum log_level level, const char *message)
{
	str_printf(out, "time=\"%s\" level=%s msg=\"", when, level_names[level]);
	add_quoted(out, message, REPORT_TEXT);
	str_add(out, "\"\n");
}

static void add_json_record(struct str *out, const char *when, enum log_level level, const char *message)
{
	str_printf(out, "{\"level\":\"%s\",\"msg\":\"", level_names[level]);
	add_quoted(out, message, REPORT_JSON);
	str_printf(out, "\",\"time\":\"%s\"", when);
}

void report_add_json(struct str *out, const char *when, enum log_level level, const char *message)
{
	add_json_record(out, when, level, message);
	str_add(out, "}\n");
}

/* "elapsedUs": microseconds since the start. */
static void add_json_debug(struct str *out, const char *when, const char *message, int64_t us)
{
	add_json_record(out, when, LOG_DEBUG, message);
	if (us >= 0)
		str_printf(out, ",\"elapsedUs\":%" PRId64, us);
	str_add(out, "}\n");
}

static void add_member(struct str *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	str_printf(out, ",\"%s\":\"", name);
	add_quoted(out, value, REPORT_JSON);
	str_add(out, "\"");
}

void report_add_json_failure(struct str *out, const char *when, const char *message, const char *phase,
			     const struct error *err)
{
	add_json_record(out, when, LOG_ERROR, message);
	add_member(out, "phase", phase);
	add_member(out, "path", err->file);
	if (err->line)
		str_printf(out, ",\"line\":%u", err->line);
	add_member(out, "pointer", err->at);
	if (err->num)
		str_printf(out, ",\"errno\":%d", err->num);
	add_member(out, "code", errno_name(err->num));
	str_add(out, "}\n");
}

/* Bare lines for people: no byte of a message may drive the terminal. */
static void say(const char *prefix, const char *message)
{
	auto_str out = STR_INIT;

	str_add(&out, prefix);
	output_add_plain(&out, message, strlen(message));
	str_add(&out, "\n");
	if (str_ok(&out))
		(void)output_to(STDERR_FILENO, out.s, out.n);
}

static int open_log(void)
{
	int fd = openat(AT_FDCWD, sink.path, O_WRONLY | O_APPEND | O_CREAT | O_SYNC | O_CLOEXEC | O_NOCTTY,
		      0644);
	int moved;

	if (fd < 0) {
		struct error err = ERROR_INIT;

		sysf(&err, "open log '%s'", sink.path);
		say("orlop: ", err.msg);
		return -EBADF;
	}
	moved = fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD_LEAST);
	if (moved < 0)
		return fd;
	close_fd(fd);
	return moved;
}

static int log_fd(void)
{
	if (!sink.path)
		return STDERR_FILENO;
	if (!sink.open_tried) {
		sink.open_tried = true;
		sink.fd = open_log();
	}
	return sink.fd;
}

/* The context of some failures begins with the name already. */
static const char *spoken_prefix(enum log_level level, const char *message)
{
	if (level == LOG_WARN)
		return "orlop: warning: ";
	return starts_with(message, "orlop ") ? "" : "orlop: ";
}

/* err: of a failure, or NULL. */
static void record_failure(enum log_level level, const char *message, const struct error *err)
{
	auto_str out = STR_INIT;
	char now[CLOCK_TEXT_SIZE];
	int fd = log_fd();

	if (fd < 0)
		return;
	if (!sink.path && sink.format == REPORT_TEXT && isatty(fd)) {
		say(spoken_prefix(level, message), message);
		return;
	}
	clock_text(now);
	if (sink.format == REPORT_TEXT)
		report_add_text(&out, now, level, message);
	else if (err)
		report_add_json_failure(&out, now, message, sink.phase, err);
	else if (level == LOG_DEBUG)
		add_json_debug(&out, now, message, timings_now_us());
	else
		report_add_json(&out, now, level, message);
	if (str_ok(&out))
		(void)output_to(fd, out.s, out.n);
}

/* People read what --debug tells as a story: each record begins with the time since the start. */
static void record_debug(const char *message)
{
	auto_str text = STR_INIT;
	int64_t us = timings_now_us();

	str_printf(&text, "%4" PRId64 ".%03" PRId64 " ms  %s", us / 1000, us % 1000, message);
	if (str_ok(&text))
		record_failure(LOG_DEBUG, str_text(&text), NULL);
}

static void record(enum log_level level, const char *message)
{
	if (level == LOG_DEBUG && sink.format == REPORT_TEXT && timings_now_us() >= 0)
		record_debug(message);
	else
		record_failure(level, message, NULL);
}

/* It is opened when there is something to say; but that it cannot be is better said at once. */
static int check_log(void)
{
	const char *slash = strrchr(sink.path, '/');
	char folder[PATH_MAX];
	struct stat st;

	if (stat(sink.path, &st) == 0 && !S_ISDIR(st.st_mode))
		return access(sink.path, W_OK);
	if (stat(sink.path, &st) == 0)
		errno = EISDIR;
	if (errno != ENOENT)
		return -1;
	(void)snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - sink.path), sink.path);
	return access(folder, W_OK | X_OK);
}

int report_to(const char *path, enum report_format format, bool debug, struct error *err)
{
	size_t n;

	if (path && *path && *path != '/') {
		if (!getcwd(absolute, sizeof(absolute)))
			return sysf(err, "log '%s': the current directory", path);
		n = strlen(absolute);
		if (snprintf(absolute + n, sizeof(absolute) - n, "/%s", path) >=
		    (int)(sizeof(absolute) - n))
			return codef(err, ENAMETOOLONG, "log '%s'", path);
		path = absolute;
	}
	sink.path = path && *path ? path : NULL;
	if (sink.path && check_log() < 0) {
		int r = sysf(err, "open log '%s'", sink.path);

		sink.path = NULL;
		return r;
	}
	sink.format = format;
	log_to(record, debug ? LOG_DEBUG : LOG_WARN);
	return 0;
}

bool report_is_for_people(void)
{
	return !sink.path && sink.format == REPORT_TEXT;
}

void report_timings(void)
{
	auto_str text = STR_INIT;

	timings_print(&text, sink.format == REPORT_JSON);
	if (text.n && str_ok(&text))
		(void)output_to(STDERR_FILENO, text.s, text.n);
}

void report_phase(const char *command)
{
	sink.phase = command;
}

void report_failure(const char *context, const struct error *err)
{
	char text[sizeof(*err) + 16];
	auto_str message = STR_INIT;

	if (err->alone && report_is_for_people()) {
		say("", err->msg);
		return;
	}
	if (context)
		str_printf(&message, "%s: ", context);
	str_add(&message, error_text(err, text, sizeof(text)));
	if (!str_ok(&message))
		return;
	record_failure(LOG_ERROR, message.s, err);
	if (sink.path)
		say("", message.s);
}
