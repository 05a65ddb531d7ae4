/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Limits: the very writes that `create` would make, against the controllers of this host. On v1 the
 * files of the hierarchy's root are those of its children too.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cgroup/knobs.h"
#include "validate/kernel.h"
#include "validate/validate.h"

static void check_knob(const struct validation *v, const struct knob *k, const char **told)
{
	if (k->flags & (KNOB_OPTIONAL | KNOB_IGNORED) || probe_has_controller(k->controller))
		return;
	/* Once for a controller: what it is for is one object of the config. */
	if (*told && streq(*told, k->controller))
		return;
	*told = k->controller;
	host_problem(v, ERROR, k->json, k->member, NULL,
		     "the cgroup controller '%s' is not enabled on this host", k->controller);
}

static void check_knobs(const struct validation *v, const struct spec_resources *r)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct knobs knobs = { .arena = a };
	struct error err = ERROR_INIT;
	const char *told = NULL;
	bool v2 = probe_is_cgroup2();

	if (!a)
		return;
	if ((v2 ? v2_knobs(r, &knobs, &err) : v1_knobs(r, &knobs, &err)) < 0)
		problems_error(v->report, PROBLEM_ERROR, PROBLEM_HOST, &err);
	for (size_t i = 0; i < knobs.n; i++)
		check_knob(v, &knobs.v[i], &told);
}

static void check_unified(const struct validation *v, const struct spec_resources *r)
{
	if (!probe_is_cgroup2())
		foreach_list(pair, &r->unified)
			host_problem(v, ERROR, pair->json, NULL, NULL,
				     "'%s' is a file of cgroup v2, but this host has cgroup v1",
				     pair->key);
}

static void check_huge_pages(const struct validation *v, const struct spec_resources *r)
{
	foreach_list(h, &r->hugepage_limits)
		if (!probe_has_huge_page_size(h->page_size))
			host_problem(v, ERROR, h->json, "pageSize", NULL,
				     "this kernel has no huge pages of '%s', see "
				     "'/sys/kernel/mm/hugepages'",
				     h->page_size);
}

static void check_throttled(const struct validation *v, const spec_throttle_devices *list)
{
	foreach_list(d, list)
		if (!probe_has_block_device(d->major, d->minor))
			host_problem(v, ERROR, d->json, NULL, NULL,
				     "there is no block device %lld:%lld on this host",
				     (long long)d->major, (long long)d->minor);
}

static void check_devices(const struct validation *v, const struct spec_resources *r)
{
	const struct spec_block_io *b = r->block_io;

	foreach_list(device, &r->rdma)
		if (!probe_has_rdma_device(device->device))
			host_problem(v, ERROR, device->json, NULL, NULL,
				     "there is no RDMA device '%s' on this host", device->device);
	if (!b)
		return;
	check_throttled(v, &b->throttle_read_bps_device);
	check_throttled(v, &b->throttle_write_bps_device);
	check_throttled(v, &b->throttle_read_iops_device);
	check_throttled(v, &b->throttle_write_iops_device);
	foreach_list(d, &b->weight_device)
		if (!probe_has_block_device(d->major, d->minor))
			host_problem(v, ERROR, d->json, NULL, NULL,
				     "there is no block device %lld:%lld on this host",
				     (long long)d->major, (long long)d->minor);
}

/* What the kernel takes, in microseconds: tg_set_cfs_bandwidth() of kernel/sched/core.c. */
#define BANDWIDTH_LEAST 1000
#define PERIOD_MOST 1000000

static void check_bandwidth(const struct validation *v, const struct spec_cpu *c)
{
	if (!c)
		return;
	if (c->period.set && c->period.value &&
	    (c->period.value < BANDWIDTH_LEAST || c->period.value > PERIOD_MOST))
		host_problem(v, ERROR, c->json, "period", NULL,
			     "the kernel takes periods from %d to %d microseconds, found %llu",
			     BANDWIDTH_LEAST, PERIOD_MOST, (unsigned long long)c->period.value);
	if (c->quota.set && c->quota.value > 0 && c->quota.value < BANDWIDTH_LEAST)
		host_problem(v, ERROR, c->json, "quota", NULL,
			     "the kernel takes quotas of at least %d microseconds, found %lld",
			     BANDWIDTH_LEAST, (long long)c->quota.value);
}

static void check_lists(const struct validation *v, const struct spec_cpu *c)
{
	if (c && c->cpus && !probe_are_online("cpu", c->cpus))
		host_problem(v, ERROR, c->json, "cpus", NULL,
			     "not all of the CPUs '%s' are online", c->cpus);
	if (c && c->mems && !probe_are_online("node", c->mems))
		host_problem(v, ERROR, c->json, "mems", NULL,
			     "not all of the memory nodes '%s' are online", c->mems);
}

void validate_resources(const struct validation *v)
{
	const struct spec_resources *r = v->spec->lnx.resources;

	if (!v->with_host || !r)
		return;
	check_knobs(v, r);
	check_unified(v, r);
	check_huge_pages(v, r);
	check_devices(v, r);
	check_bandwidth(v, r->cpu);
	check_lists(v, r->cpu);
}
