/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/objects.h"
#include "spec/spec.h"

/* clang-format off */
#define BYTES(name, member, text) \
	VALUE(name, member, .since = "1.0", .flags = FIELD_RANGED | FIELD_NARROWER, \
	      RANGE(-1, INT64_MAX), .doc = text)

#define OBJECT struct spec_memory
static const struct field memory_fields[] = {
	BYTES("limit",       limit,       "bytes, -1 is unlimited"),
	BYTES("reservation", reservation, "soft limit in bytes"),
	BYTES("swap",        swap,        "memory and swap together, in bytes"),
	BYTES("kernel",      kernel,      "kernel memory in bytes (v1, obsolete)"),
	BYTES("kernelTCP",   kernel_tcp,  "TCP buffers in bytes (v1)"),
	VALUE("swappiness",  swappiness, .since = "1.0", RANGE(0, 100),
	      .flags = FIELD_RANGED | FIELD_NARROWER | FIELD_MAX_UNSET, .doc = "0 to 100 (v1)"),
	VALUE("disableOOMKiller", disable_oom_killer, .since = "1.0",
	      .doc = "let tasks wait instead (v1)"),
	VALUE("useHierarchy", use_hierarchy, .since = "1.0.2", .doc = "account children (v1)"),
	VALUE("checkBeforeUpdate", check_before_update, .since = "1.1",
	      .doc = "refuse a limit below the usage"),
};
/* clang-format on */

static int memory_check(void *object, struct error *err)
{
	const struct spec_memory *m = object;

	/* A swap of 0 is how callers written in Go leave it unset. */
	if (!m->limit.set || !m->swap.set || m->swap.value <= 0)
		return 0;
	if (m->limit.value >= 0 && m->swap.value >= m->limit.value)
		return 0;
	if (m->limit.value < 0)
		failf(err, EINVAL,
		      "'swap' is memory plus swap: beside a 'limit' of -1, which is none, expected -1 too, found %lld",
		      (long long)m->swap.value);
	else
		failf(err, EINVAL,
		      "'swap' is memory plus swap: expected at least the limit %lld, found %lld",
		      (long long)m->limit.value, (long long)m->swap.value);
	return spec_error(m->json, "swap", err);
}

/* clang-format off */
SCHEMA(memory, memory_fields, .check = memory_check);
#undef OBJECT
/* clang-format on */
