/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cgroup/knobs.h"
#include "spec/spec.h"

enum { GROUP_MEMORY = 1, GROUP_CPU, GROUP_WEIGHT };

/* A v1 setting without a counterpart must be an error, not be lost (runtime-spec, "unified"). */
static int unconvertible(const struct json *json, const char *member, struct error *err)
{
	failf(err, ENOTSUP, "'%s' has no counterpart on cgroup v2; remove it or use 'unified'",
	      member);
	(void)spec_error(json, member, err);
	return -ENOTSUP;
}

static struct knob *bytes(struct knobs *k, const char *controller, const char *file,
			  const struct json *json, const char *member, int64_t value)
{
	if (value < 0)
		return knob_add(k, controller, file, json, member, "max");
	return knob_add(k, controller, file, json, member, "%" PRId64, value);
}

static bool given(const struct opt_i64 *v)
{
	return v->set && v->value != 0;
}

static int bad_swap(const struct spec_memory *m, const char *what, struct error *err)
{
	failf(err, EINVAL, "%s", what);
	(void)spec_error(m->json, "swap", err);
	return -EINVAL;
}

/* The spec counts memory+swap together, the kernel's v2 swap alone. */
static int swap(struct knobs *k, const struct spec_memory *m, struct error *err)
{
	struct knob *row;

	if (!given(&m->swap)) {
		/* As on v1, where no memory limit implies none on memory+swap. */
		if (m->limit.set && m->limit.value == -1) {
			row = knob_add(k, "memory", "memory.swap.max", m->json, "limit", "max");
			if (row)
				row->flags = KNOB_OPTIONAL;
		}
		return 0;
	}
	if (m->swap.value < 0 || (m->limit.set && m->limit.value == -1)) {
		row = bytes(k, "memory", "memory.swap.max", m->json, "swap", m->swap.value);
	} else {
		if (!given(&m->limit))
			return bad_swap(m, "unable to set swap limit without memory limit", err);
		if (m->swap.value < m->limit.value)
			return bad_swap(m, "memory+swap limit should be >= memory limit", err);
		row = bytes(k, "memory", "memory.swap.max", m->json, "swap",
			    m->swap.value - m->limit.value);
	}
	/* Without swap accounting there is no file: fine unless an amount was asked for. */
	if (row && (streq(row->text, "max") || streq(row->text, "0")))
		row->flags = KNOB_OPTIONAL;
	return 0;
}

static int memory(struct knobs *k, const struct spec_memory *m, struct error *err)
{
	if (m->swappiness.set)
		return unconvertible(m->json, "swappiness", err);
	if (m->disable_oom_killer.set && m->disable_oom_killer.value)
		return unconvertible(m->json, "disableOOMKiller", err);
	if (m->kernel.set && m->kernel.value > 0)
		return unconvertible(m->json, "kernel", err);
	if (m->kernel_tcp.set && m->kernel_tcp.value > 0)
		return unconvertible(m->json, "kernelTCP", err);
	if (swap(k, m, err) < 0)
		return -EINVAL;
	if (given(&m->limit))
		bytes(k, "memory", "memory.max", m->json, "limit", m->limit.value);
	if (given(&m->reservation))
		bytes(k, "memory", "memory.low", m->json, "reservation", m->reservation.value);
	return 0;
}

static void group(struct knob *row, int number)
{
	if (row)
		row->group = number;
}

/*
 * cpu.max is "quota period". A quota alone leaves the period as it is; a period alone is completed
 * by the driver, which knows the old quota (KNOB_KEEPS_QUOTA stands first in the text).
 */
static void cpu_max(struct knobs *k, const struct spec_cpu *c)
{
	bool period = c->period.set && c->period.value, quota = given(&c->quota);
	char text[32] = KNOB_KEEPS_QUOTA;

	if (!period && !quota)
		return;
	if (quota && c->quota.value > 0)
		snprintf(text, sizeof(text), "%" PRId64, c->quota.value);
	else if (quota)
		snprintf(text, sizeof(text), "max");
	if (period)
		group(knob_add(k, "cpu", "cpu.max", c->json, quota ? "quota" : "period",
			       "%s %" PRIu64, text, c->period.value),
		      GROUP_CPU);
	else
		group(knob_add(k, "cpu", "cpu.max", c->json, "quota", "%s", text), GROUP_CPU);
}

static int cpu(struct knobs *k, const struct spec_cpu *c, struct error *err)
{
	if (c->realtime_period.set && c->realtime_period.value)
		return unconvertible(c->json, "realtimePeriod", err);
	if (c->realtime_runtime.set && c->realtime_runtime.value)
		return unconvertible(c->json, "realtimeRuntime", err);
	if (c->shares.set && c->shares.value)
		group(knob_add(k, "cpu", "cpu.weight", c->json, "shares", "%" PRIu64,
			       cpu_weight_of_shares(c->shares.value)),
		      GROUP_WEIGHT);
	if (c->idle.set)
		group(knob_add(k, "cpu", "cpu.idle", c->json, "idle", "%" PRId64, c->idle.value),
		      GROUP_WEIGHT);
	cpu_max(k, c);
	if (c->burst.set)
		group(knob_add(k, "cpu", "cpu.max.burst", c->json, "burst", "%" PRIu64,
			       c->burst.value),
		      GROUP_CPU);
	if (c->cpus && *c->cpus)
		knob_add(k, "cpuset", "cpuset.cpus", c->json, "cpus", "%s", c->cpus);
	if (c->mems && *c->mems)
		knob_add(k, "cpuset", "cpuset.mems", c->json, "mems", "%s", c->mems);
	return 0;
}

static void throttle(struct knobs *k, const char *key, const spec_throttle_devices *devices)
{
	foreach_list(d, devices) {
		/* 0 takes a limit away on v1; io.max refuses it and has a word for that. */
		if (d->rate)
			knob_add(k, "io", "io.max", d->json, "rate",
				 "%" PRId64 ":%" PRId64 " %s=%" PRIu64, d->major, d->minor, key,
				 d->rate);
		else
			knob_add(k, "io", "io.max", d->json, "rate",
				 "%" PRId64 ":%" PRId64 " %s=max", d->major, d->minor, key);
	}
}

static int block_io(struct knobs *k, const struct spec_block_io *b, struct error *err)
{
	struct knob *row;

	if (b->leaf_weight.set && b->leaf_weight.value)
		return unconvertible(b->json, "leafWeight", err);
	/* BFQ takes the spec's range as it is; io.weight (the iocost controller) has another. */
	if (b->weight.set && b->weight.value) {
		row = knob_add(k, "io", "io.bfq.weight", b->json, "weight", "%u", b->weight.value);
		if (row)
			row->flags = KNOB_OR_NEXT;
		knob_add(k, "io", "io.weight", b->json, "weight", "default %" PRIu64,
			 io_weight_of_blkio(b->weight.value));
	}
	foreach_list(d, &b->weight_device) {
		if (d->leaf_weight.set && d->leaf_weight.value)
			return unconvertible(d->json, "leafWeight", err);
		if (!d->weight.set)
			continue;
		row = knob_add(k, "io", "io.bfq.weight", d->json, "weight",
			       "%" PRId64 ":%" PRId64 " %u", d->major, d->minor, d->weight.value);
		if (row)
			row->flags = KNOB_OR_NEXT;
		knob_add(k, "io", "io.weight", d->json, "weight",
			 "%" PRId64 ":%" PRId64 " %" PRIu64, d->major, d->minor,
			 io_weight_of_blkio(d->weight.value));
	}
	throttle(k, "rbps", &b->throttle_read_bps_device);
	throttle(k, "wbps", &b->throttle_write_bps_device);
	throttle(k, "riops", &b->throttle_read_iops_device);
	throttle(k, "wiops", &b->throttle_write_iops_device);
	return 0;
}

static void hugetlb(struct knobs *k, const struct spec_resources *r)
{
	foreach_list(h, &r->hugepage_limits) {
		const char *rsvd = arena_printf(k->arena, "hugetlb.%s.rsvd.max", h->page_size);
		const char *fault = arena_printf(k->arena, "hugetlb.%s.max", h->page_size);
		struct knob *row;

		k->bad |= !rsvd || !fault;
		row = knob_add(k, "hugetlb", rsvd, h->json, "limit", "%" PRIu64, h->limit);
		if (row)
			row->flags = KNOB_OPTIONAL;
		knob_add(k, "hugetlb", fault, h->json, "limit", "%" PRIu64, h->limit);
	}
}

static int network(const struct spec_network *n, struct error *err)
{
	if (n->class_id.set && n->class_id.value)
		return unconvertible(n->json, "classID", err);
	if (n->priorities.n)
		return unconvertible(n->json, "priorities", err);
	return 0;
}

/* A file name's controller is its first word: "memory.high" needs 'memory'. */
static int unified_knobs(const struct spec_resources *r, struct knobs *k, struct error *err)
{
	foreach_list(u, &r->unified) {
		const char *dot = strchr(u->key, '.');
		const char *name = arena_strndup(k->arena, u->key,
						 dot ? (size_t)(dot - u->key) : strlen(u->key));
		const char *line = u->value, *end;

		if (strchr(u->key, '/') || !*u->key || *u->key == '.') {
			failf(err, EINVAL, "'unified' key '%s' must be a file name", u->key);
			(void)spec_error(r->unified.v[0].json, NULL, err);
			return -EINVAL;
		}
		/* Nested keyed files take one device a write. */
		do {
			end = strchrnul(line, '\n');
			if (*line != '\n')
				knob_add(k, name, u->key, u->json, NULL, "%.*s", (int)(end - line),
					 line);
			line = end + 1;
		} while (*end && *line);
	}
	return 0;
}

int v2_knobs(const struct spec_resources *r, struct knobs *k, struct error *err)
{
	int ret = r->cpu ? cpu(k, r->cpu, err) : 0;

	if (ret == 0 && r->memory)
		ret = memory(k, r->memory, err);
	if (ret == 0 && r->block_io)
		ret = block_io(k, r->block_io, err);
	if (ret == 0 && r->network)
		ret = network(r->network, err);
	if (ret < 0)
		return ret;
	hugetlb(k, r);
	knobs_common(r, k);
	ret = unified_knobs(r, k, err);
	if (ret < 0)
		return ret;
	return k->bad ? failf(err, ENOMEM, "cgroup resources: out of memory") : 0;
}
