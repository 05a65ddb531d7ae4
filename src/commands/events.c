/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/clock.h"
#include "base/sys.h"
#include "cli/command.h"
#include "cli/output.h"

#define NS_PER_S  1000000000LL
#define NS_PER_MS 1000000LL

static struct {
	bool stats;
	int64_t interval;
} values = { .interval = 5 * NS_PER_S };

/* clang-format off */
static const struct option_row rows[] = {
	{ "stats", 0, OPTION_FLAG, .to.flag = &values.stats, .summary = "once, and end" },
	{ "interval", 0, OPTION_DURATION, .to.duration = &values.interval, .value = "DURATION",
	  .summary = "time between two lines, like 500ms or 1m [5s]" },
};
/* clang-format on */

static int print_stats(struct container *c, struct error *err)
{
	auto_str line = STR_INIT;
	int r;

	r = container_stats(c, &line, err);
	if (r < 0)
		return r;
	if (line.n && line.s[line.n - 1] != '\n')
		str_add(&line, "\n");
	return output(&line, err);
}

/* A descriptor that becomes readable when one process of the container ends; -ESRCH: it has none. */
static int watch_one(struct container *c, struct error *err)
{
	pid_t *pids = NULL;
	int fd = -ESRCH;
	size_t n = 0;
	int r;

	r = container_pids(c, &pids, &n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n && fd < 0; i++) {
		fd = sys_pidfd_open(pids[i], 0);
		if (fd < 0 && errno != ESRCH) {
			fd = sysf(err, "pidfd of process %d", (int)pids[i]);
			break;
		}
	}
	free(pids);
	return fd < 0 && fd != -ESRCH && !err->num ? -ESRCH : fd;
}

static int print_oom(const char *id, struct error *err)
{
	auto_str line = STR_INIT;

	/* Ids need no escapes. */
	str_printf(&line, "{\"type\":\"oom\",\"id\":\"%s\"}\n", id);
	return output(&line, err);
}

/* Sleeps without waking; 1: time for the next line, 0: the container is gone. */
static int wait_interval(struct container *c, const char *id, struct container_oom *oom, int64_t until,
			 struct error *err)
{
	for (int64_t left = until - clock_ns(); left > 0; left = until - clock_ns()) {
		auto_(close_fd) int fd = watch_one(c, err);
		struct pollfd p[] = { { .fd = fd, .events = POLLIN },
				      { .fd = oom->fd, .events = oom->events } };
		int r = 0;
		struct timespec t = { .tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S };

		if (fd == -ESRCH || fd == -ENOENT)
			return 0;
		if (fd < 0)
			return fd;
		if (ppoll(p, 2, &t, NULL) < 0 && errno != EINTR)
			return sysf(err, "poll");
		if (p[1].revents && container_oom_read(c, oom))
			r = print_oom(id, err);
		if (r < 0)
			return r;
	}
	return 1;
}

static int stream(struct container *c, const char *id, struct error *err)
{
	struct container_oom oom = CONTAINER_OOM_INIT;
	int64_t next = clock_ns();
	int r = container_oom_open(c, &oom, err);

	if (r < 0 && r != -ENOTSUP)
		return r;
	for (r = 1; r > 0;) {
		next += values.interval;
		r = wait_interval(c, id, &oom, next, err);
		if (r > 0)
			r = print_stats(c, err) < 0 ? -err->num : 1;
	}
	close_fd(oom.fd);
	return r == -ENOENT || r == -ESRCH ? 0 : r;
}

/* A pipe whose reader is gone ends us with the next event. */
static int follow_all(const struct runtime *rt, struct error *err)
{
	auto_(container_events_free) struct container_events *e = NULL;
	auto_str first = STR_INIT;
	int r;

	/* Three for each container. */
	allow_descriptors();
	r = container_events_open(rt, &e, &first, err);
	if (r == 0)
		r = output(&first, err);
	for (bool more = r == 0; more;) {
		auto_str lines = STR_INIT;

		r = container_events_next(e, &lines, err);
		more = r > 0;
		if (more)
			r = output(&lines, err);
		more = more && r >= 0;
	}
	return r;
}

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	auto_str probe = STR_INIT;
	int r;

	if (values.interval <= 0)
		return failf(err, EINVAL, "duration interval must be greater than 0");
	if (inv->n_args == 0)
		return values.stats ? failf(err, EINVAL, "--stats wants the ID of a container")
				    : follow_all(inv->rt, err);
	r = container_load(inv->rt, inv->args[0], &c, err);
	if (r < 0)
		return r;
	if (values.stats)
		return print_stats(c, err);
	/* A container that does not run is an error now, and the end of the stream later. */
	r = container_stats(c, &probe, err);
	return r < 0 ? r : stream(c, inv->args[0], err);
}

const struct command cmd_events = {
	.name = "events",
	.operands = "[ID]",
	.summary = "print what happens as JSON: usage of one container, or the life of all",
	.about = "With ID: a line of resource usage every interval until the container ends, and one when\n"
		 "its memory runs out. Without: a line whenever any container is created, started,\n"
		 "paused, resumed, out of memory, ended or deleted, after one for each that there is.",
	.examples = "  orlop events --stats demo | jq .data.memory.usage\n"
		    "  orlop events --interval 1s demo\n"
		    "  orlop events | jq 'select(.type == \"exit\")'",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_operands = 1,
	.operand_is_id = true,
	.run = run,
};
