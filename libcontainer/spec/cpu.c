/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/objects.h"
#include "spec/spec.h"

/* clang-format off */
#define OBJECT struct spec_cpu
static const struct field cpu_fields[] = {
	VALUE("shares", shares, .since = "1.0", .doc = "relative weight, 1024 is the default"),
	VALUE("quota",  quota, .since = "1.0", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(-1, INT64_MAX), .doc = "microseconds a period, -1 is unlimited"),
	VALUE("burst",  burst, .since = "1.1", .doc = "microseconds that may be saved up"),
	VALUE("period", period, .since = "1.0", .doc = "microseconds"),
	VALUE("realtimeRuntime", realtime_runtime, .since = "1.0",
	      .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(-1, INT64_MAX), .doc = "microseconds of realtime tasks a period (v1)"),
	VALUE("realtimePeriod", realtime_period, .since = "1.0", .doc = "microseconds (v1)"),
	VALUE("idle",   idle, .since = "1.1", .flags = FIELD_RANGED | FIELD_NARROWER, RANGE(0, 1),
	      .doc = "1: SCHED_IDLE for the cgroup"),
	VALUE("cpus",   cpus, .since = "1.0", .flags = FIELD_NARROWER, CHECKED(cpu_list),
	      .doc = "list of CPUs"),
	VALUE("mems",   mems, .since = "1.0", .flags = FIELD_NARROWER, CHECKED(cpu_list),
	      .doc = "list of memory nodes"),
};
/* clang-format on */

static int cpu_check(void *object, struct error *err)
{
	const struct spec_cpu *c = object;

	if (c->burst.set && c->quota.set && c->quota.value > 0 &&
	    c->burst.value > (uint64_t)c->quota.value) {
		failf(err, EINVAL, "expected at most the quota %lld, found %llu",
		      (long long)c->quota.value, (unsigned long long)c->burst.value);
		return spec_error(c->json, "burst", err);
	}
	if (c->realtime_runtime.set && c->realtime_period.set && c->realtime_period.value > 0 &&
	    c->realtime_runtime.value > 0 &&
	    (uint64_t)c->realtime_runtime.value > c->realtime_period.value) {
		failf(err, EINVAL, "expected at most the period %llu, found %lld",
		      (unsigned long long)c->realtime_period.value,
		      (long long)c->realtime_runtime.value);
		return spec_error(c->json, "realtimeRuntime", err);
	}
	return 0;
}

/* clang-format off */
SCHEMA(cpu, cpu_fields, .check = cpu_check);
#undef OBJECT
/* clang-format on */
