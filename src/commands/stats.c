/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macros.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/table.h"

#define NS_PER_S INT64_C(1000000000)

enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_OPENMETRICS };

static struct {
	int format;
	bool all, watch;
	int64_t interval;
	struct option_list labels;
} values = { .interval = 2 * NS_PER_S };

static const struct name formats[] = { { "table", FORMAT_TABLE },
				       { "json", FORMAT_JSON },
				       { "openmetrics", FORMAT_OPENMETRICS } };

/* clang-format off */
static const struct option_row rows[] = {
	{ "all", 'a', OPTION_FLAG, .to.flag = &values.all, .summary = "containers that do not run as well" },
	{ "format", 'f', OPTION_CHOICE, .to.choice = &values.format, .value = "table|json|openmetrics",
	  .summary = "how to print it [table]", .choices = formats, .n_choices = ARRAY_SIZE(formats) },
	{ "interval", 0, OPTION_DURATION, .to.duration = &values.interval, .value = "DURATION",
	  .summary = "time between two looks of --watch [2s]" },
	{ "label", 'l', OPTION_LIST, .to.list = &values.labels, .value = "ANNOTATION",
	  .summary = "show this annotation, as a label in openmetrics (repeatable)" },
	{ "watch", 'w', OPTION_FLAG, .to.flag = &values.watch,
	  .summary = "look again and again, with the CPU use since the last look" },
};
/* clang-format on */

/* ---- a table for people ---- */

static void add_size(struct str *out, uint64_t n)
{
	static const char units[] = "BKMGTPE";
	size_t unit = 0;
	double x = (double)n;

	if (n == USAGE_UNKNOWN || n == USAGE_NO_LIMIT) {
		str_add(out, "-");
		return;
	}
	for (; x >= 1024 && units[unit + 1]; unit++)
		x /= 1024;
	str_printf(out, unit && x < 100 ? "%.1f%c" : "%.0f%c", x, units[unit]);
}

static void add_pair(struct table *t, uint64_t a, uint64_t b)
{
	auto_str cell = STR_INIT;

	add_size(&cell, a);
	str_add(&cell, " / ");
	add_size(&cell, b);
	table_add(t, str_text(&cell));
}

static void add_count(struct table *t, uint64_t n)
{
	char text[24] = "-";

	if (n != USAGE_UNKNOWN && n != USAGE_NO_LIMIT)
		(void)snprintf(text, sizeof(text), "%" PRIu64, n);
	table_add(t, text);
}

static const struct container_usage *row_of(const struct container_usages *u, const char *id)
{
	for (size_t i = 0; i < u->n; i++)
		if (streq(u->rows[i].id, id))
			return &u->rows[i];
	return NULL;
}

/* The time used in all; once there was a look before, the share of one CPU since then. */
static void add_cpu(struct table *t, const struct container_usages *before,
		    const struct container_usage *row)
{
	const struct container_usage *old = row_of(before, row->id);
	char text[32] = "-";
	uint64_t now = row->usage.cpu_ns;

	if (now == USAGE_UNKNOWN)
		;
	else if (old && old->usage.cpu_ns != USAGE_UNKNOWN && row->time > old->time &&
		 now >= old->usage.cpu_ns)
		(void)snprintf(text, sizeof(text), "%.1f%%",
			       100.0 * (double)(now - old->usage.cpu_ns) / (double)(row->time - old->time));
	else
		(void)snprintf(text, sizeof(text), "%.2fs", (double)now / (double)NS_PER_S);
	table_add(t, text);
}

static void add_row(struct table *t, const struct container_usages *before,
		    const struct container_usage *row)
{
	const struct usage *u = &row->usage;
	const char *label = row->labels;

	table_add(t, row->id);
	add_cpu(t, before, row);
	add_pair(t, u->memory, u->memory_limit);
	add_pair(t, u->net_rx_bytes, u->net_tx_bytes);
	add_pair(t, u->io_read_bytes, u->io_write_bytes);
	add_count(t, u->pids);
	add_count(t, u->oom_kills);
	add_count(t, u->cpu_throttled_periods);
	for (size_t i = 0; i < values.labels.n; i++) {
		table_add(t, label);
		label += strlen(label) + 1;
	}
}

static int add_table(const struct container_usages *before, const struct container_usages *now,
		     struct str *out, struct error *err)
{
	static const char *const heads[] = { "ID",           "CPU",  "MEM / LIMIT", "NET RX / TX",
					     "IO READ / WRITE", "PIDS", "OOM",         "THROTTLED" };
	auto_(table_done) struct table t = TABLE_INIT(ARRAY_SIZE(heads) + values.labels.n);

	foreach_array(head, heads)
		table_add(&t, *head);
	for (size_t i = 0; i < values.labels.n; i++)
		table_add(&t, values.labels.v[i]);
	for (size_t i = 0; i < now->n; i++)
		if (!now->rows[i].error[0])
			add_row(&t, before, &now->rows[i]);
	return table_print(&t, out, err);
}

/* ---- looking ---- */

/* Each in a record of its own; the others are told all the same. */
static int failures(const struct container_usages *u)
{
	int n = 0;

	for (size_t i = 0; i < u->n; i++) {
		if (!u->rows[i].error[0])
			continue;
		/* Some errors name it themselves. */
		if (strstr(u->rows[i].error, u->rows[i].id))
			log_write(LOG_ERROR, "%s", u->rows[i].error);
		else
			log_write(LOG_ERROR, "container '%s': %s", u->rows[i].id, u->rows[i].error);
		n++;
	}
	return n > 0;
}

/* On a terminal over the last one, line by line: nothing flickers. */
static void redraw(struct str *text)
{
	struct str old = *text;

	*text = (struct str)STR_INIT;
	str_add(text, "\033[H");
	for (const char *at = str_text(&old); *at;) {
		size_t n = strcspn(at, "\n");

		str_addn(text, at, n);
		str_add(text, "\033[K\n");
		at += n + (at[n] == '\n');
	}
	str_add(text, "\033[J");
	str_done(&old);
}

static int print(const struct container_usages *before, const struct container_usages *now,
		 const struct container_usage_options *o, struct error *err)
{
	auto_str out = STR_INIT;
	int r;

	if (values.format == FORMAT_JSON)
		r = container_usages_json(now, o, &out, err);
	else if (values.format == FORMAT_OPENMETRICS)
		r = container_usages_openmetrics(now, o, &out, err);
	else
		r = add_table(before, now, &out, err);
	if (r == 0 && values.watch && values.format == FORMAT_TABLE && isatty(STDOUT_FILENO))
		redraw(&out);
	if (r == 0)
		r = output(&out, err);
	return r < 0 ? r : failures(now);
}

static bool any_runs(const struct container_usages *u)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->rows[i].running)
			return true;
	return false;
}

/* Until those that were named have ended, or for ever. */
static int watch(const struct runtime *rt, const struct container_usage_options *o,
		 struct error *err)
{
	struct container_usages before = { 0 }, now;
	int64_t next = clock_ns();
	int r;

	if (values.format == FORMAT_TABLE && isatty(STDOUT_FILENO) &&
	    output_to(STDOUT_FILENO, "\033[2J", 4) < 0)
		return sysf(err, "write to standard output");
	for (;;) {
		r = container_usages(rt, o, &now, err);
		if (r == 0)
			r = print(&before, &now, o, err);
		container_usages_done(&before);
		before = now;
		if (r < 0 || (o->n_ids && !any_runs(&now)))
			break;
		next += values.interval;
		if (next > clock_ns()) {
			int64_t left = next - clock_ns();
			struct timespec t = { .tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S };

			(void)nanosleep(&t, NULL);
		}
	}
	container_usages_done(&before);
	return r;
}

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_usages_done) struct container_usages u = { 0 };
	const struct container_usages none = { 0 };
	const struct container_usage_options o = {
		.ids = (const char *const *)inv->args,
		.n_ids = inv->n_args,
		.all = values.all,
		.detail = values.format != FORMAT_TABLE,
		.labels = values.labels.v,
		.n_labels = values.labels.n,
	};
	int r;

	if (values.interval <= 0)
		return failf(err, EINVAL, "duration interval must be greater than 0");
	if (values.watch && values.format == FORMAT_OPENMETRICS)
		return failf(err, EINVAL, "--watch prints a table or JSON: a scraper comes by itself");
	if (values.watch)
		return watch(inv->rt, &o, err);
	r = container_usages(inv->rt, &o, &u, err);
	return r < 0 ? r : print(&none, &u, &o, err);
}

const struct command cmd_stats = {
	.name = "stats",
	.operands = "[ID...]",
	.summary = "show what containers use: CPU, memory, I/O, network",
	.about = "Of those named, or of all that run. A container that cannot be read is told of on standard\n"
		 "error, and the exit status is 1; the others are shown.",
	.examples = "  orlop stats\n"
		    "  orlop stats --watch web db\n"
		    "  orlop stats --format openmetrics >/var/lib/node_exporter/orlop.prom",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_operands = OPERANDS_ANY,
	.operand_is_id = true,
	.run = run,
};
