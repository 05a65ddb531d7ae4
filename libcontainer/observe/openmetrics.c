/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What containers use, in the text format of OpenMetrics 1.0, which Prometheus' textfile collector reads as well. The
 * samples of a family stand together, so families are the outer loop.
 */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/macros.h"
#include "base/parse.h"
#include "container/handle.h"

enum scale { WHOLE, NANOSECONDS, MICROSECONDS };

struct family {
	char name[32]; /* without orlop_container_ and, of a counter, without _total */
	char type[8], unit[8], help[56];
	size_t from; /* in struct usage */
	enum scale scale;
};

#define FROM(member) offsetof(struct usage, member)

/* clang-format off */
static const struct family families[] = {
	{ "cpu_usage_seconds", "counter", "seconds", "CPU time used.", FROM(cpu_ns), NANOSECONDS },
	{ "cpu_user_seconds", "counter", "seconds", "CPU time used by programs.", FROM(cpu_user_ns), NANOSECONDS },
	{ "cpu_system_seconds", "counter", "seconds", "CPU time used by the kernel for them.", FROM(cpu_system_ns), NANOSECONDS },
	{ "cpu_periods", "counter", "", "Periods of the CPU quota in which processes ran.", FROM(cpu_periods), WHOLE },
	{ "cpu_throttled_periods", "counter", "", "Periods in which the CPU quota was used up.", FROM(cpu_throttled_periods), WHOLE },
	{ "cpu_throttled_seconds", "counter", "seconds", "Time in which processes waited for the CPU quota.", FROM(cpu_throttled_ns), NANOSECONDS },
	{ "memory_usage_bytes", "gauge", "bytes", "Memory in use, page cache included.", FROM(memory), WHOLE },
	{ "memory_limit_bytes", "gauge", "bytes", "Limit of memory.", FROM(memory_limit), WHOLE },
	{ "memory_peak_bytes", "gauge", "bytes", "Most memory that was in use.", FROM(memory_peak), WHOLE },
	{ "memory_anon_bytes", "gauge", "bytes", "Memory of processes that no file backs.", FROM(memory_anon), WHOLE },
	{ "memory_file_bytes", "gauge", "bytes", "Page cache.", FROM(memory_file), WHOLE },
	{ "memory_inactive_file_bytes", "gauge", "bytes", "Page cache that is given up first.", FROM(memory_inactive_file), WHOLE },
	{ "memory_shmem_bytes", "gauge", "bytes", "Shared memory and tmpfs.", FROM(memory_shmem), WHOLE },
	{ "memory_swap_bytes", "gauge", "bytes", "Swap in use.", FROM(swap), WHOLE },
	{ "memory_swap_limit_bytes", "gauge", "bytes", "Limit of swap.", FROM(swap_limit), WHOLE },
	{ "memory_page_faults", "counter", "", "Page faults.", FROM(memory_faults), WHOLE },
	{ "memory_major_page_faults", "counter", "", "Page faults that had to read from a disk.", FROM(memory_major_faults), WHOLE },
	{ "memory_limit_hits", "counter", "", "How often the limit of memory was met.", FROM(memory_limit_hits), WHOLE },
	{ "oom_kills", "counter", "", "Processes killed since memory had run out.", FROM(oom_kills), WHOLE },
	{ "pids", "gauge", "", "Processes and threads.", FROM(pids), WHOLE },
	{ "pids_limit", "gauge", "", "Limit of processes and threads.", FROM(pids_limit), WHOLE },
	{ "io_read_bytes", "counter", "bytes", "Bytes read from block devices.", FROM(io_read_bytes), WHOLE },
	{ "io_write_bytes", "counter", "bytes", "Bytes written to block devices.", FROM(io_write_bytes), WHOLE },
	{ "io_reads", "counter", "", "Read requests to block devices.", FROM(io_reads), WHOLE },
	{ "io_writes", "counter", "", "Write requests to block devices.", FROM(io_writes), WHOLE },
};

static const struct {
	char resource[8], kind[8];
	size_t from;
} pressures[] = {
	{ "cpu",    "some", FROM(cpu_pressure.some_us) },    { "cpu",    "full", FROM(cpu_pressure.full_us) },
	{ "memory", "some", FROM(memory_pressure.some_us) }, { "memory", "full", FROM(memory_pressure.full_us) },
	{ "io",     "some", FROM(io_pressure.some_us) },     { "io",     "full", FROM(io_pressure.full_us) },
};

static const struct {
	char name[32], unit[8], help[32];
	size_t from; /* in struct usage_interface */
} interfaces[] = {
	{ "network_receive_bytes",    "bytes", "Bytes received.",             offsetof(struct usage_interface, rx_bytes) },
	{ "network_receive_packets",  "",      "Packets received.",           offsetof(struct usage_interface, rx_packets) },
	{ "network_receive_errors",   "",      "Packets received with errors.", offsetof(struct usage_interface, rx_errors) },
	{ "network_receive_dropped",  "",      "Packets received and dropped.", offsetof(struct usage_interface, rx_dropped) },
	{ "network_transmit_bytes",   "bytes", "Bytes sent.",                 offsetof(struct usage_interface, tx_bytes) },
	{ "network_transmit_packets", "",    "Packets sent.",               offsetof(struct usage_interface, tx_packets) },
	{ "network_transmit_errors",  "",      "Packets not sent for errors.", offsetof(struct usage_interface, tx_errors) },
	{ "network_transmit_dropped", "",    "Packets dropped and not sent.", offsetof(struct usage_interface, tx_dropped) },
};
/* clang-format on */

struct metrics {
	const struct container_usages *u;
	const struct container_usage_options *o;
	struct str *out;
};

static uint64_t value_at(const void *base, size_t from)
{
	uint64_t n;

	memcpy(&n, (const char *)base + from, sizeof(n));
	return n;
}

static bool known(uint64_t n)
{
	return n != USAGE_UNKNOWN && n != USAGE_NO_LIMIT;
}

/* ---- words ---- */

static void heading(const struct metrics *m, const char *name, const char *type, const char *unit,
		    const char *help)
{
	str_printf(m->out, "# TYPE orlop_container_%s %s\n", name, type);
	if (*unit)
		str_printf(m->out, "# UNIT orlop_container_%s %s\n", name, unit);
	str_printf(m->out, "# HELP orlop_container_%s %s\n", name, help);
}

/* "org.opencontainers.image.title" as a name that labels may have. */
static void add_name(struct str *out, const char *text)
{
	if (isdigit((unsigned char)*text))
		str_add(out, "_");
	for (; *text; text++)
		str_addn(out, isalnum((unsigned char)*text) ? text : "_", 1);
}

static void sample_begin(const struct metrics *m, const char *name, const char *suffix,
			 const struct container_usage *row)
{
	const char *value = row->labels;

	str_printf(m->out, "orlop_container_%s%s{id=\"%s\"", name, suffix, row->id);
	for (size_t i = 0; i < m->o->n_labels; i++) {
		if (*value) {
			str_add(m->out, ",");
			add_name(m->out, m->o->labels[i]);
			str_add(m->out, "=\"");
			str_add_escaped(m->out, value);
			str_add(m->out, "\"");
		}
		value += strlen(value) + 1;
	}
}

static void add_number(struct str *out, uint64_t n, enum scale scale)
{
	if (scale == NANOSECONDS)
		str_printf(out, "} %" PRIu64 ".%09" PRIu64 "\n", n / 1000000000, n % 1000000000);
	else if (scale == MICROSECONDS)
		str_printf(out, "} %" PRIu64 ".%06" PRIu64 "\n", n / 1000000, n % 1000000);
	else
		str_printf(out, "} %" PRIu64 "\n", n);
}

static const char *suffix_of(const char *type)
{
	return streq(type, "counter") ? "_total" : "";
}

/* ---- families ---- */

#define foreach_good(row, m)                                                                      \
	for (const struct container_usage *row = (m)->u->rows; row < (m)->u->rows + (m)->u->n; row++) \
		if (!row->error[0])

static void up(const struct metrics *m)
{
	heading(m, "up", "gauge", "", "Whether the container runs, 1 or 0.");
	foreach_good(row, m)
	{
		sample_begin(m, "up", "", row);
		add_number(m->out, row->running, WHOLE);
	}
}

static void family(const struct metrics *m, const struct family *f)
{
	heading(m, f->name, f->type, f->unit, f->help);
	foreach_good(row, m)
	{
		uint64_t n = value_at(&row->usage, f->from);

		if (!known(n))
			continue;
		sample_begin(m, f->name, suffix_of(f->type), row);
		add_number(m->out, n, f->scale);
	}
}

static void memory_stat(const struct metrics *m)
{
	heading(m, "memory_stat", "unknown", "", "A line of memory.stat.");
	foreach_good(row, m)
	{
		for (const char *text = row->usage.memory_stat; *text;) {
			size_t line = strcspn(text, "\n"), word = strcspn(text, " \n");

			if (word < line) {
				sample_begin(m, "memory_stat", "", row);
				str_printf(m->out, ",key=\"%.*s\"} %.*s\n", (int)word, text,
					   (int)(line - word - 1), text + word + 1);
			}
			text += line + (text[line] == '\n');
		}
	}
}

static void pressure(const struct metrics *m)
{
	heading(m, "pressure_seconds", "counter", "seconds",
		"Time in which some or all processes waited for a resource.");
	foreach_good(row, m)
	{
		foreach_array(p, pressures) {
			uint64_t n = value_at(&row->usage, p->from);

			if (!known(n))
				continue;
			sample_begin(m, "pressure_seconds", "_total", row);
			str_printf(m->out, ",resource=\"%s\",kind=\"%s\"", p->resource, p->kind);
			add_number(m->out, n, MICROSECONDS);
		}
	}
}

static void network(const struct metrics *m)
{
	foreach_array(f, interfaces) {
		heading(m, f->name, "counter", f->unit, f->help);
		foreach_good(row, m)
		{
			for (size_t i = 0; i < row->usage.n_interfaces; i++) {
				const struct usage_interface *is = &row->usage.interfaces[i];

				sample_begin(m, f->name, "_total", row);
				str_add(m->out, ",interface=\"");
				str_add_escaped(m->out, is->name);
				str_add(m->out, "\"");
				add_number(m->out, value_at(is, f->from), WHOLE);
			}
		}
	}
}

static void hugetlb(const struct metrics *m)
{
	heading(m, "hugetlb_usage_bytes", "gauge", "bytes", "Huge pages in use.");
	foreach_good(row, m)
	{
		for (size_t i = 0; i < row->usage.n_hugetlb; i++) {
			sample_begin(m, "hugetlb_usage_bytes", "", row);
			str_printf(m->out, ",pagesize=\"%s\"", row->usage.hugetlb[i].size);
			add_number(m->out, row->usage.hugetlb[i].usage, WHOLE);
		}
	}
}

int container_usages_openmetrics(const struct container_usages *u,
				 const struct container_usage_options *o, struct str *out,
				 struct error *err)
{
	const struct metrics m = { .u = u, .o = o, .out = out };

	up(&m);
	foreach_array(f, families)
		family(&m, f);
	memory_stat(&m);
	pressure(&m);
	network(&m);
	hugetlb(&m);
	str_add(out, "# EOF\n");
	return str_ok(out) ? 0 : codef(err, ENOMEM, "usage");
}
