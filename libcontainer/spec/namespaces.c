/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/sched.h>

#include "spec/objects.h"
#include "spec/spec.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* clang-format off */
static const struct name namespace_names[] = {
	{ "pid",  CLONE_NEWPID },  { "network", CLONE_NEWNET }, { "mount",  CLONE_NEWNS },
	{ "ipc",  CLONE_NEWIPC },  { "uts",     CLONE_NEWUTS }, { "user",   CLONE_NEWUSER },
	{ "cgroup", CLONE_NEWCGROUP }, { "time", CLONE_NEWTIME },
};
const struct names names_namespaces = NAMES(namespace_names);

#define OBJECT struct spec_namespace
static const struct field namespace_fields[] = {
	ENUM("type",  type, namespaces, .since = "1.0", .flags = FIELD_REQUIRED,
	     .doc = "which namespace"),
	VALUE("path", path, .since = "1.0", .flags = FIELD_ABSOLUTE | FIELD_NARROWER,
	      .doc = "the namespace to join; unset: a new one"),
};
SCHEMA(namespace, namespace_fields);
#undef OBJECT

#define OBJECT struct spec_time_offset
static const struct field time_offset_fields[] = {
	VALUE("secs",     secs, .since = "1.1", .doc = "seconds"),
	VALUE("nanosecs", nanosecs, .since = "1.1", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(0, 999999999), .doc = "nanoseconds"),
};
/* clang-format on */

static int time_offset_check(void *object, struct error *err)
{
	struct spec_time_offset *t = object;

	(void)err;
	t->set = true;
	return 0;
}

/* clang-format off */
SCHEMA(time_offset, time_offset_fields, .check = time_offset_check);
#undef OBJECT

#define OBJECT struct spec_linux
static const struct field time_offsets_fields[] = {
	EMBEDDED("monotonic", monotonic, time_offset, .since = "1.1",
		 .doc = "offset of CLOCK_MONOTONIC"),
	EMBEDDED("boottime",  boottime, time_offset, .since = "1.1",
		 .doc = "offset of CLOCK_BOOTTIME"),
};
SCHEMA(time_offsets, time_offsets_fields);
#undef OBJECT
/* clang-format on */

const struct spec_namespace *spec_namespace_of(const struct spec_linux *l, uint64_t clone_flag)
{
	foreach_list(ns, &l->namespaces)
		if (ns->type == clone_flag)
			return ns;
	return NULL;
}

const char *spec_namespace_name(uint64_t clone_flag)
{
	return names_of(namespace_names, ARRAY_SIZE(namespace_names), clone_flag);
}
