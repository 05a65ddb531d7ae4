/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "cgroup/knobs.h"
#include "spec/spec.h"

/* Groups of rows that depend on each other; see struct knob. */
enum { GROUP_MEMORY = 1, GROUP_CPU, GROUP_SHARES, GROUP_REALTIME };

static void group(struct knob *row, int number)
{
	if (row)
		row->group = number;
}

static void flag(struct knob *row, unsigned flags)
{
	if (row)
		row->flags |= flags;
}

static void memory_bytes(struct knobs *k, const struct spec_memory *m)
{
	/* clang-format off */
	const struct {
		const char *member, *file;
		const struct opt_i64 *value;
		int group;
		unsigned flags;
	} rows[] = {
		{ "limit",       "memory.limit_in_bytes",          &m->limit,       GROUP_MEMORY, 0 },
		{ "swap",        "memory.memsw.limit_in_bytes",    &m->swap,        GROUP_MEMORY, 0 },
		{ "reservation", "memory.soft_limit_in_bytes",     &m->reservation, 0, 0 },
		{ "kernel",      "memory.kmem.limit_in_bytes",     &m->kernel,      0, KNOB_IGNORED },
		{ "kernelTCP",   "memory.kmem.tcp.limit_in_bytes", &m->kernel_tcp,  0, KNOB_IGNORED },
	};
	/* clang-format on */

	foreach_array(row, rows) {
		struct knob *added;

		if (!row->value->set || row->value->value == 0)
			continue;
		added = knob_add(k, "memory", row->file, m->json, row->member, "%" PRId64,
				 row->value->value);
		group(added, row->group);
		flag(added, row->flags);
	}
}

static void memory(struct knobs *k, const struct spec_memory *m)
{
	/* No limit on memory while memory+swap keeps one is not possible: both go. */
	if (m->limit.set && m->limit.value == -1 && !(m->swap.set && m->swap.value)) {
		struct knob *row = knob_add(k, "memory", "memory.memsw.limit_in_bytes", m->json,
					    "limit", "-1");

		flag(row, KNOB_OPTIONAL);
		group(row, GROUP_MEMORY);
	}
	memory_bytes(k, m);
	if (m->swappiness.set)
		knob_add(k, "memory", "memory.swappiness", m->json, "swappiness", "%" PRIu64,
			 m->swappiness.value);
	if (m->disable_oom_killer.set)
		flag(knob_add(k, "memory", "memory.oom_control", m->json, "disableOOMKiller", "%d",
			      m->disable_oom_killer.value),
		     m->disable_oom_killer.value ? 0 : KNOB_OPTIONAL);
	/* Newer kernels know the hierarchical kind only and have no file to say so. */
	if (m->use_hierarchy.set && m->use_hierarchy.value)
		flag(knob_add(k, "memory", "memory.use_hierarchy", m->json, "useHierarchy", "1"),
		     KNOB_OPTIONAL);
}

static int shares_ok(const struct spec_cpu *c, struct error *err)
{
	/* The kernel would clamp the value without a word. */
	if (c->shares.value < 2)
		failf(err, EINVAL, "the minimum allowed cpu-shares is 2, not '%" PRIu64 "'",
		      c->shares.value);
	else if (c->shares.value > 262144)
		failf(err, EINVAL, "the maximum allowed cpu-shares is 262144, not '%" PRIu64 "'",
		      c->shares.value);
	else
		return 0;
	(void)spec_error(c->json, "shares", err);
	return -EINVAL;
}

static int cpu(struct knobs *k, const struct spec_cpu *c, struct error *err)
{
	/* clang-format off */
	const struct {
		const char *member, *file;
		int group;
		bool given;
		int64_t value; /* printed as unsigned when the member is: the bits are the same */
		bool is_signed;
	} rows[] = {
#define U64(NAME, MEMBER, FILE, GROUP) \
	{ NAME, FILE, GROUP, c->MEMBER.set && c->MEMBER.value, (int64_t)c->MEMBER.value, false }
#define I64(NAME, MEMBER, FILE, GROUP) \
	{ NAME, FILE, GROUP, c->MEMBER.set && c->MEMBER.value, c->MEMBER.value, true }
		U64("shares",          shares,           "cpu.shares",        GROUP_SHARES),
		/* While idle is 1 no shares can be set: the two need each other's order. */
		{ "idle", "cpu.idle", GROUP_SHARES, c->idle.set, c->idle.value, true },
		U64("period",          period,           "cpu.cfs_period_us", GROUP_CPU),
		I64("quota",           quota,            "cpu.cfs_quota_us",  GROUP_CPU),
		{ "burst", "cpu.cfs_burst_us", GROUP_CPU, c->burst.set, (int64_t)c->burst.value, false },
		U64("realtimePeriod",  realtime_period,  "cpu.rt_period_us",  GROUP_REALTIME),
		I64("realtimeRuntime", realtime_runtime, "cpu.rt_runtime_us", GROUP_REALTIME),
#undef U64
#undef I64
	};
	/* clang-format on */

	if (c->shares.set && c->shares.value && shares_ok(c, err) < 0)
		return -EINVAL;
	foreach_array(row, rows) {
		if (!row->given)
			continue;
		group(row->is_signed ? knob_add(k, "cpu", row->file, c->json, row->member,
						"%" PRId64, row->value)
				     : knob_add(k, "cpu", row->file, c->json, row->member,
						"%" PRIu64, (uint64_t)row->value),
		      row->group);
	}
	if (c->cpus && *c->cpus)
		knob_add(k, "cpuset", "cpuset.cpus", c->json, "cpus", "%s", c->cpus);
	if (c->mems && *c->mems)
		knob_add(k, "cpuset", "cpuset.mems", c->json, "mems", "%s", c->mems);
	return 0;
}

static void throttle(struct knobs *k, const char *file, const spec_throttle_devices *devices)
{
	foreach_list(d, devices)
		knob_add(k, "blkio", file, d->json, "rate",
			 "%" PRId64 ":%" PRId64 " %" PRIu64, d->major, d->minor, d->rate);
}

static void block_io(struct knobs *k, const struct spec_block_io *b)
{
	/* CFQ's files went with CFQ (5.0); BFQ's have a name of their own. */
	if (b->weight.set && b->weight.value) {
		flag(knob_add(k, "blkio", "blkio.weight", b->json, "weight", "%u", b->weight.value),
		     KNOB_OR_NEXT);
		knob_add(k, "blkio", "blkio.bfq.weight", b->json, "weight", "%u", b->weight.value);
	}
	if (b->leaf_weight.set && b->leaf_weight.value)
		knob_add(k, "blkio", "blkio.leaf_weight", b->json, "leafWeight", "%u",
			 b->leaf_weight.value);
	foreach_list(d, &b->weight_device) {
		if (d->weight.set) {
			flag(knob_add(k, "blkio", "blkio.weight_device", d->json, "weight",
				      "%" PRId64 ":%" PRId64 " %u", d->major, d->minor,
				      d->weight.value),
			     KNOB_OR_NEXT);
			knob_add(k, "blkio", "blkio.bfq.weight_device", d->json, "weight",
				 "%" PRId64 ":%" PRId64 " %u", d->major, d->minor, d->weight.value);
		}
		if (d->leaf_weight.set)
			knob_add(k, "blkio", "blkio.leaf_weight_device", d->json, "leafWeight",
				 "%" PRId64 ":%" PRId64 " %u", d->major, d->minor,
				 d->leaf_weight.value);
	}
	throttle(k, "blkio.throttle.read_bps_device", &b->throttle_read_bps_device);
	throttle(k, "blkio.throttle.write_bps_device", &b->throttle_write_bps_device);
	throttle(k, "blkio.throttle.read_iops_device", &b->throttle_read_iops_device);
	throttle(k, "blkio.throttle.write_iops_device", &b->throttle_write_iops_device);
}

static void hugetlb(struct knobs *k, const struct spec_resources *r)
{
	foreach_list(h, &r->hugepage_limits) {
		const char *rsvd = arena_printf(k->arena, "hugetlb.%s.rsvd.limit_in_bytes",
						h->page_size);
		const char *fault = arena_printf(k->arena, "hugetlb.%s.limit_in_bytes",
						 h->page_size);

		k->bad |= !rsvd || !fault;
		/*
		 * Reservations first (a refused mmap instead of SIGBUS); kernels before 5.7 lack
		 * them.
		 */
		flag(knob_add(k, "hugetlb", rsvd, h->json, "limit", "%" PRIu64, h->limit),
		     KNOB_OPTIONAL);
		knob_add(k, "hugetlb", fault, h->json, "limit", "%" PRIu64, h->limit);
	}
}

static void network(struct knobs *k, const struct spec_network *n)
{
	if (n->class_id.set && n->class_id.value)
		knob_add(k, "net_cls", "net_cls.classid", n->json, "classID", "%" PRIu32,
			 n->class_id.value);
	foreach_list(p, &n->priorities)
		knob_add(k, "net_prio", "net_prio.ifpriomap", p->json, "priority", "%s %" PRIu32,
			 p->name, p->priority);
}

int v1_knobs(const struct spec_resources *r, struct knobs *k, struct error *err)
{
	int ret = r->cpu ? cpu(k, r->cpu, err) : 0;

	if (ret < 0)
		return ret;
	if (r->memory)
		memory(k, r->memory);
	if (r->block_io)
		block_io(k, r->block_io);
	hugetlb(k, r);
	if (r->network)
		network(k, r->network);
	knobs_common(r, k);
	return k->bad ? failf(err, ENOMEM, "cgroup resources: out of memory") : 0;
}
