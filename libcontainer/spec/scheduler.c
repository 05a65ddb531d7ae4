/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/ioprio.h>
#include <linux/sched.h>

#include "spec/objects.h"
#include "spec/spec.h"

#ifndef SCHED_ISO
#define SCHED_ISO 4 /* reserved: no kernel has it */
#endif

/* clang-format off */
static const struct name policy_names[] = {
	{ "SCHED_OTHER", SCHED_NORMAL }, { "SCHED_FIFO", SCHED_FIFO }, { "SCHED_RR", SCHED_RR },
	{ "SCHED_BATCH", SCHED_BATCH },  { "SCHED_ISO",  SCHED_ISO },  { "SCHED_IDLE", SCHED_IDLE },
	{ "SCHED_DEADLINE", SCHED_DEADLINE },
};
const struct names names_scheduler_policies = NAMES(policy_names);

static const struct name flag_names[] = {
	{ "SCHED_FLAG_RESET_ON_FORK",  SCHED_FLAG_RESET_ON_FORK },
	{ "SCHED_FLAG_RECLAIM",        SCHED_FLAG_RECLAIM },
	{ "SCHED_FLAG_DL_OVERRUN",     SCHED_FLAG_DL_OVERRUN },
	{ "SCHED_FLAG_KEEP_POLICY",    SCHED_FLAG_KEEP_POLICY },
	{ "SCHED_FLAG_KEEP_PARAMS",    SCHED_FLAG_KEEP_PARAMS },
	{ "SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX },
};
const struct names names_scheduler_flags = NAMES(flag_names);

#define OBJECT struct spec_scheduler
static const struct field scheduler_fields[] = {
	ENUM("policy",    policy, scheduler_policies, .since = "1.1",
	     .flags = FIELD_REQUIRED, .doc = "scheduling policy"),
	VALUE("nice",     nice, .since = "1.1", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(-20, 19), .doc = "nice value of SCHED_OTHER and SCHED_BATCH"),
	VALUE("priority", priority, .since = "1.1", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(0, 99), .doc = "static priority of SCHED_FIFO and SCHED_RR"),
	BITS("flags",     flags, scheduler_flags, .since = "1.1",
	     .doc = "flags of sched_setattr(2)"),
	VALUE("runtime",  runtime, .since = "1.1", .doc = "nanoseconds of SCHED_DEADLINE"),
	VALUE("deadline", deadline, .since = "1.1", .doc = "nanoseconds of SCHED_DEADLINE"),
	VALUE("period",   period, .since = "1.1", .doc = "nanoseconds of SCHED_DEADLINE"),
};
/* clang-format on */

static int deadline_check(const struct spec_scheduler *s, struct error *err)
{
	uint64_t period = s->period ? s->period : s->deadline;

	/* The kernel's own test, without its lower bound of 1024 ns. */
	if (s->runtime > 0 && s->runtime <= s->deadline && s->deadline <= period)
		return 0;
	return failf(err, EINVAL,
		     "'SCHED_DEADLINE' needs 0 < runtime <= deadline <= period, found %llu, "
		     "%llu, %llu",
		     (unsigned long long)s->runtime, (unsigned long long)s->deadline,
		     (unsigned long long)s->period);
}

static int scheduler_check(void *object, struct error *err)
{
	const struct spec_scheduler *s = object;
	bool fixed = s->policy == SCHED_FIFO || s->policy == SCHED_RR;

	if (s->priority != 0 && !fixed) {
		failf(err, EINVAL, "'priority' is only for 'SCHED_FIFO' and 'SCHED_RR'");
		return spec_error(s->json, "priority", err);
	}
	if (s->priority == 0 && fixed)
		return failf(err, EINVAL, "'%s' needs a 'priority' from 1 to 99",
			     s->policy == SCHED_FIFO ? "SCHED_FIFO" : "SCHED_RR");
	if (s->policy == SCHED_DEADLINE)
		return deadline_check(s, err);
	if (s->runtime || s->deadline || s->period)
		return failf(err, EINVAL,
			     "'runtime', 'deadline' and 'period' are only for 'SCHED_DEADLINE'");
	return 0;
}

/* clang-format off */
SCHEMA(scheduler, scheduler_fields, .check = scheduler_check);
#undef OBJECT

static const struct name io_class_names[] = {
	{ "IOPRIO_CLASS_RT",   IOPRIO_CLASS_RT },
	{ "IOPRIO_CLASS_BE",   IOPRIO_CLASS_BE },
	{ "IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE },
};
const struct names names_io_priority_classes = NAMES(io_class_names);

#define OBJECT struct spec_io_priority
static const struct field io_priority_fields[] = {
	ENUM("class",     class, io_priority_classes, .since = "1.1",
	     .flags = FIELD_REQUIRED, .doc = "I/O scheduling class"),
	VALUE("priority", priority, .since = "1.1", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(0, 7), .doc = "priority in the class, 0 is the highest"),
};
SCHEMA(io_priority, io_priority_fields);
#undef OBJECT
/* clang-format on */
