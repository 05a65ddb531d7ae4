/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "spec/objects.h"

/* __NEW_UTS_LEN of the kernel. */
#define UTS_NAME_MAX 64

/* clang-format off */
#define OBJECT struct spec_root
static const struct field root_fields[] = {
	VALUE("path",     path,     .since = "1.0", .flags = FIELD_REQUIRED | FIELD_NONEMPTY,
	      .doc = "root filesystem, absolute or relative to the bundle"),
	VALUE("readonly", readonly, .since = "1.0", .doc = "mount the root filesystem read-only"),
};
SCHEMA(root, root_fields);
#undef OBJECT

/* clang-format on */
int check_uts_name(const struct json *value, struct error *err)
{
	size_t n = strlen(value->text);

	if (n <= UTS_NAME_MAX)
		return 0;
	return json_fail(value, err, "expected at most %d bytes, found %zu", UTS_NAME_MAX, n);
}

/* clang-format off */
#define OBJECT struct spec
static const struct field config_fields[] = {
	VALUE("ociVersion",  oci_version, .since = "1.0",
	      .doc = "version of the runtime-spec, SemVer"),
	POINTER("process",   process, process, .since = "1.0", .flags = FIELD_EXPECTED,
		.doc = "the container's process; needed by start only"),
	POINTER("root",      root, root, .since = "1.0", .flags = FIELD_EXPECTED,
		.doc = "the root filesystem"),
	VALUE("hostname",    hostname, .since = "1.0", .flags = FIELD_NARROWER,
	      CHECKED(uts_name), .doc = "host name in the UTS namespace"),
	VALUE("domainname",  domainname, .since = "1.1", .flags = FIELD_NARROWER,
	      CHECKED(uts_name), .doc = "NIS domain name in the UTS namespace"),
	ARRAY("mounts",      mounts, mount, .since = "1.0", .flags = FIELD_EXPECTED,
	      .doc = "mounts, in this order"),
	POINTER("hooks",     hooks, hooks, .since = "1.0",
		.doc = "programs to run at points of the lifecycle"),
	EMBEDDED("linux",    lnx, linux, .since = "1.0", .flags = FIELD_EXPECTED,
		 .doc = "what only Linux has"),
	VALUE("annotations", annotations, .since = "1.0", .flags = FIELD_ANY_KEY,
	      .doc = "free text by key, shown in the state"),
	IGNORED("solaris",   .since = "1.0", .doc = "other platform"),
	IGNORED("windows",   .since = "1.0", .doc = "other platform"),
	IGNORED("vm",        .since = "1.0.2", .doc = "other platform"),
	IGNORED("zos",       .since = "1.1", .doc = "other platform"),
	IGNORED("freebsd",   .since = "1.3", .doc = "other platform"),
};
SCHEMA(config, config_fields);
#undef OBJECT
/* clang-format on */
