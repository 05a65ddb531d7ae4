/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "spec/objects.h"
#include "spec/spec.h"

/* clang-format off */
#define OBJECT struct spec_pids
static const struct field pids_fields[] = {
	VALUE("limit", limit, .since = "1.0",
	      .flags = FIELD_REQUIRED | FIELD_RANGED | FIELD_NARROWER,
	      RANGE(-1, INT64_MAX), .doc = "tasks, -1 is unlimited, 0 is a limit"),
};
SCHEMA(pids, pids_fields);
#undef OBJECT
/* clang-format on */

/* hugetlb.<size>.limit_in_bytes: "2MB", "1GB", "64KB". */
int check_page_size(const struct json *value, struct error *err)
{
	size_t n = strspn(value->text, "0123456789");
	const char *unit = value->text + n;

	if (n > 0 && value->text[0] != '0' && strlen(unit) == 2 && strchr("KMG", unit[0]) &&
	    unit[1] == 'B')
		return 0;
	return json_fail(value, err,
			 "expected a size such as '2MB' (with KB, MB or GB), found '%.80s'",
			 value->text);
}

/* clang-format off */
#define OBJECT struct spec_hugepage_limit
static const struct field hugepage_limit_fields[] = {
	VALUE("pageSize", page_size, .since = "1.0", .flags = FIELD_REQUIRED,
	      CHECKED(page_size), .doc = "size of the huge page"),
	VALUE("limit",    limit, .since = "1.0", .flags = FIELD_REQUIRED, .doc = "bytes"),
};
SCHEMA(hugepage_limit, hugepage_limit_fields);
#undef OBJECT

#define OBJECT struct spec_network_priority
static const struct field network_priority_fields[] = {
	VALUE("name",     name, .since = "1.0",
	      .flags = FIELD_REQUIRED | FIELD_NONEMPTY | FIELD_NARROWER,
	      CHECKED(one_line), .doc = "network interface"),
	VALUE("priority", priority, .since = "1.0", .flags = FIELD_REQUIRED, .doc = "priority"),
};
SCHEMA(network_priority, network_priority_fields);
#undef OBJECT

#define OBJECT struct spec_network
static const struct field network_fields[] = {
	VALUE("classID",    class_id, .since = "1.0", .doc = "class of the cgroup's packets (v1)"),
	ARRAY("priorities", priorities, network_priority, .since = "1.0",
	      .doc = "priorities by interface (v1)"),
};
SCHEMA(network, network_fields);
#undef OBJECT

#define OBJECT struct spec_rdma
static const struct field rdma_fields[] = {
	VALUE("hcaHandles", hca_handles, .since = "1.0.2", .doc = "most handles"),
	VALUE("hcaObjects", hca_objects, .since = "1.0.2", .doc = "most objects"),
};
/* clang-format on */

static int rdma_check(void *object, struct error *err)
{
	const struct spec_rdma *r = object;

	if (strpbrk(r->json->key, " \n") || !r->json->key[0])
		return failf(err, EINVAL, "'%.80s' is no name of a device", r->json->key);
	if (!r->hca_handles.set && !r->hca_objects.set)
		return failf(err, EINVAL, "needs 'hcaHandles' or 'hcaObjects'");
	return 0;
}

/* clang-format off */
SCHEMA(rdma, rdma_fields, .check = rdma_check, .key = offsetof(OBJECT, device));
#undef OBJECT

#define OBJECT struct spec_resources
static const struct field resources_fields[] = {
	ARRAY("devices",  devices, device_rule, .since = "1.0",
	      .doc = "device rules, in this order"),
	POINTER("memory", memory, memory, .since = "1.0", .doc = "memory limits"),
	POINTER("cpu",    cpu, cpu, .since = "1.0", .doc = "CPU time and affinity"),
	POINTER("pids",   pids, pids, .since = "1.0", .doc = "number of tasks"),
	POINTER("blockIO", block_io, block_io, .since = "1.0",
		.doc = "block device bandwidth"),
	ARRAY("hugepageLimits", hugepage_limits, hugepage_limit, .since = "1.0",
	      .doc = "huge pages"),
	POINTER("network", network, network, .since = "1.0",
		.doc = "packet class and priority (v1)"),
	MAP("rdma",       rdma, rdma, .since = "1.0.2", .doc = "RDMA limits by device"),
	VALUE("unified",  unified, .since = "1.1", CHECKED(file_name),
	      .flags = FIELD_NARROWER, .doc = "files of cgroup v2 and what to write there"),
};
SCHEMA(resources, resources_fields);
#undef OBJECT
/* clang-format on */
