/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "spec/objects.h"

/* A directory name below the resctrl mount; "/" is the root group. */
int check_clos_id(const struct json *value, struct error *err)
{
	const char *s = value->text;

	if (streq(s, "/") || (!strchr(s, '/') && !streq(s, ".") && !streq(s, "..")))
		return 0;
	return json_fail(value, err, "'%.80s' must be a directory name or '/'", s);
}

int check_mem_bw(const struct json *value, struct error *err)
{
	if (!starts_with(value->text, "MB:"))
		return json_fail(value, err,
				 "expected a line that begins with 'MB:', found '%.80s'",
				 value->text);
	return check_one_line(value, err);
}

/* clang-format off */
#define OBJECT struct spec_intel_rdt
static const struct field intel_rdt_fields[] = {
	VALUE("closID",        clos_id, .since = "1.0.2", .flags = FIELD_NARROWER,
	      CHECKED(clos_id), .doc = "resctrl group; unset: one named after the container"),
	VALUE("schemata",      schemata, .since = "1.3", .flags = FIELD_NARROWER,
	      CHECKED(one_line), .doc = "lines for the group's schemata"),
	VALUE("l3CacheSchema", l3_cache_schema, .since = "1.0", .flags = FIELD_NARROWER,
	      CHECKED(one_line), .doc = "L3 cache masks"),
	VALUE("memBwSchema",   mem_bw_schema, .since = "1.0.2", CHECKED(mem_bw),
	      .doc = "memory bandwidth"),
	VALUE("enableMonitoring", enable_monitoring, .since = "1.3",
	      .doc = "make a monitoring group"),
};
SCHEMA(intel_rdt, intel_rdt_fields);
#undef OBJECT
/* clang-format on */
