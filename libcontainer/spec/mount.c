/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/objects.h"
#include "spec/spec.h"

/* clang-format off */
#define OBJECT struct spec_idmap
static const struct field idmap_fields[] = {
	VALUE("containerID", container_id, .since = "1.0", .flags = FIELD_REQUIRED,
	      .doc = "first id inside"),
	VALUE("hostID",      host_id,      .since = "1.0", .flags = FIELD_REQUIRED,
	      .doc = "first id outside"),
	VALUE("size",        size,         .since = "1.0",
	      .flags = FIELD_REQUIRED | FIELD_RANGED | FIELD_NARROWER,
	      RANGE(1, UINT32_MAX), .doc = "how many ids"),
};
/* clang-format on */

static int idmap_check(void *object, struct error *err)
{
	const struct spec_idmap *m = object;
	const char *member = NULL;

	/* 4294967295 is no id, but (uid_t)-1. */
	if (m->container_id > UINT32_MAX - m->size)
		member = "containerID";
	else if (m->host_id > UINT32_MAX - m->size)
		member = "hostID";
	if (!member)
		return 0;
	failf(err, EINVAL, "'%s' and 'size' together exceed the last id 4294967294", member);
	return spec_error(m->json, member, err);
}

/* clang-format off */
SCHEMA(idmap, idmap_fields, .check = idmap_check);
#undef OBJECT

#define OBJECT struct spec_mount
static const struct field mount_fields[] = {
	VALUE("destination", destination, .since = "1.0", .flags = FIELD_REQUIRED | FIELD_NONEMPTY,
	      .doc = "mount point; a relative one is taken below '/'"),
	VALUE("type",    type,    .since = "1.0", .doc = "filesystem type"),
	VALUE("source",  source,  .since = "1.0", .doc = "device, or path relative to the bundle"),
	VALUE("options", options, .since = "1.0",
	      .doc = "options as of mount(8) and of the runtime-spec"),
	ARRAY("uidMappings", uid_mappings, idmap, .since = "1.1",
	      .doc = "user ids of an idmapped mount"),
	ARRAY("gidMappings", gid_mappings, idmap, .since = "1.1",
	      .doc = "group ids of an idmapped mount"),
};
/* clang-format on */

static int mount_check(void *object, struct error *err)
{
	const struct spec_mount *m = object;

	if ((m->uid_mappings.n == 0) == (m->gid_mappings.n == 0))
		return 0;
	if (m->uid_mappings.n)
		return failf(err, EINVAL, "'uidMappings' without 'gidMappings'");
	return failf(err, EINVAL, "'gidMappings' without 'uidMappings'");
}

/* clang-format off */
SCHEMA(mount, mount_fields, .check = mount_check);
#undef OBJECT
/* clang-format on */
