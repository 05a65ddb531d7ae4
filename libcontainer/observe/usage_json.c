/* SPDX-License-Identifier: Apache-2.0 */

/* What containers use, as JSON: what is unknown is left out, what has no limit is null. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "container/handle.h"
#include "json/json.h"

static void number(struct json_out *o, const char *key, uint64_t n)
{
	if (n == USAGE_NO_LIMIT)
		json_null(o, key);
	else if (n != USAGE_UNKNOWN)
		json_u64(o, key, n);
}

static void average(struct json_out *o, const char *key, uint32_t per_10000)
{
	struct json n = { .type = JSON_NUMBER };
	char text[16];

	(void)snprintf(text, sizeof(text), "%u.%02u", per_10000 / 100, per_10000 % 100);
	n.text = text;
	json_node(o, key, &n);
}

static void pressure_of(struct json_out *o, const char *key, const uint32_t avg[3], uint64_t total)
{
	static const char *const names[] = { "avg10", "avg60", "avg300" };

	if (total == USAGE_UNKNOWN)
		return;
	json_object_begin(o, key);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		average(o, names[i], avg[i]);
	json_u64(o, "total", total);
	json_object_end(o);
}

static void pressure(struct json_out *o, const struct usage_pressure *p)
{
	if (p->some_us == USAGE_UNKNOWN)
		return;
	json_object_begin(o, "pressure");
	pressure_of(o, "some", p->some_avg, p->some_us);
	pressure_of(o, "full", p->full_avg, p->full_us);
	json_object_end(o);
}

static void cpu(struct json_out *o, const struct usage *u)
{
	json_object_begin(o, "cpu");
	number(o, "usage", u->cpu_ns);
	number(o, "user", u->cpu_user_ns);
	number(o, "system", u->cpu_system_ns);
	number(o, "periods", u->cpu_periods);
	number(o, "throttledPeriods", u->cpu_throttled_periods);
	number(o, "throttledTime", u->cpu_throttled_ns);
	pressure(o, &u->cpu_pressure);
	json_object_end(o);
}

static void memory_stat(struct json_out *o, const char *text)
{
	char key[64];

	if (!*text)
		return;
	json_object_begin(o, "stat");
	while (*text) {
		size_t line = strcspn(text, "\n"), word = strcspn(text, " \n");
		uint64_t n;

		if (word < line && word < sizeof(key) &&
		    parse_u64n(text + word + 1, line - word - 1, 10, &n) == 0) {
			memcpy(key, text, word);
			key[word] = 0;
			json_u64(o, key, n);
		}
		text += line + (text[line] == '\n');
	}
	json_object_end(o);
}

static void memory(struct json_out *o, const struct usage *u)
{
	json_object_begin(o, "memory");
	number(o, "usage", u->memory);
	number(o, "limit", u->memory_limit);
	number(o, "peak", u->memory_peak);
	number(o, "swap", u->swap);
	number(o, "swapLimit", u->swap_limit);
	number(o, "limitHits", u->memory_limit_hits);
	number(o, "oomKills", u->oom_kills);
	memory_stat(o, u->memory_stat);
	pressure(o, &u->memory_pressure);
	json_object_end(o);
}

static void io(struct json_out *o, const struct usage *u)
{
	json_object_begin(o, "io");
	number(o, "readBytes", u->io_read_bytes);
	number(o, "writeBytes", u->io_write_bytes);
	number(o, "reads", u->io_reads);
	number(o, "writes", u->io_writes);
	pressure(o, &u->io_pressure);
	json_object_end(o);
}

static void interface(struct json_out *o, const struct usage_interface *i)
{
	json_object_begin(o, NULL);
	json_string(o, "name", i->name);
	json_u64(o, "rxBytes", i->rx_bytes);
	json_u64(o, "rxPackets", i->rx_packets);
	json_u64(o, "rxErrors", i->rx_errors);
	json_u64(o, "rxDropped", i->rx_dropped);
	json_u64(o, "txBytes", i->tx_bytes);
	json_u64(o, "txPackets", i->tx_packets);
	json_u64(o, "txErrors", i->tx_errors);
	json_u64(o, "txDropped", i->tx_dropped);
	json_object_end(o);
}

static void network(struct json_out *o, const struct usage *u)
{
	json_object_begin(o, "network");
	number(o, "rxBytes", u->net_rx_bytes);
	number(o, "txBytes", u->net_tx_bytes);
	json_array_begin(o, "interfaces");
	for (size_t i = 0; i < u->n_interfaces; i++)
		interface(o, &u->interfaces[i]);
	json_array_end(o);
	json_object_end(o);
}

static void hugetlb(struct json_out *o, const struct usage *u)
{
	if (!u->n_hugetlb)
		return;
	json_object_begin(o, "hugetlb");
	for (size_t i = 0; i < u->n_hugetlb; i++) {
		json_object_begin(o, u->hugetlb[i].size);
		number(o, "usage", u->hugetlb[i].usage);
		number(o, "limit", u->hugetlb[i].limit);
		number(o, "failures", u->hugetlb[i].failures);
		json_object_end(o);
	}
	json_object_end(o);
}

static void annotations(struct json_out *o, const struct container_usage *row,
			const struct container_usage_options *options)
{
	const char *value = row->labels;

	if (!options->n_labels)
		return;
	json_object_begin(o, "annotations");
	for (size_t i = 0; i < options->n_labels; i++) {
		if (*value)
			json_string(o, options->labels[i], value);
		value += strlen(value) + 1;
	}
	json_object_end(o);
}

static void add_row(struct json_out *o, const struct container_usage *row,
		    const struct container_usage_options *options)
{
	const struct usage *u = &row->usage;

	json_object_begin(o, NULL);
	json_string(o, "id", row->id);
	if (row->error[0]) {
		json_string(o, "error", row->error);
		json_object_end(o);
		return;
	}
	json_bool(o, "running", row->running);
	json_i64(o, "pid", row->pid);
	annotations(o, row, options);
	cpu(o, u);
	memory(o, u);
	json_object_begin(o, "pids");
	number(o, "current", u->pids);
	number(o, "limit", u->pids_limit);
	json_object_end(o);
	io(o, u);
	network(o, u);
	hugetlb(o, u);
	json_object_end(o);
}

int container_usages_json(const struct container_usages *u, const struct container_usage_options *o,
			  struct str *out, struct error *err)
{
	auto_(json_out_free) struct json_out *j = json_out_new(NULL);
	const char *text;

	if (!j)
		return sysf(err, "usage");
	json_array_begin(j, NULL);
	for (size_t i = 0; i < u->n; i++)
		add_row(j, &u->rows[i], o);
	json_array_end(j);
	text = json_out_text(j);
	if (text)
		str_printf(out, "%s\n", text);
	return text && str_ok(out) ? 0 : codef(err, ENOMEM, "usage");
}
