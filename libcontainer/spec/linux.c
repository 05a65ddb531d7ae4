/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/objects.h"

/* clang-format off */
static const struct name propagation_names[] = {
	{ "shared",     PROPAGATION_SHARED },     { "rshared",     PROPAGATION_SHARED },
	{ "slave",      PROPAGATION_SLAVE },      { "rslave",      PROPAGATION_SLAVE },
	{ "private",    PROPAGATION_PRIVATE },    { "rprivate",    PROPAGATION_PRIVATE },
	{ "unbindable", PROPAGATION_UNBINDABLE }, { "runbindable", PROPAGATION_UNBINDABLE },
};
const struct names names_propagations = NAMES(propagation_names);

#define OBJECT struct spec_linux
static const struct field linux_fields[] = {
	ARRAY("namespaces",   namespaces, namespace, .since = "1.0",
	      .doc = "namespaces, new or joined; a type not listed is the runtime's"),
	ARRAY("uidMappings",  uid_mappings, idmap, .since = "1.0",
	      .doc = "user ids of the user namespace"),
	ARRAY("gidMappings",  gid_mappings, idmap, .since = "1.0",
	      .doc = "group ids of the user namespace"),
	SAME("timeOffsets",   time_offsets, .since = "1.1",
	     .doc = "clocks of the time namespace"),
	ARRAY("devices",      devices, device, .since = "1.0",
	      .doc = "devices to be there"),
	MAP("netDevices",     net_devices, net_device, .since = "1.3",
	    .doc = "network devices to move in, by their name outside"),
	VALUE("cgroupsPath",  cgroups_path, .since = "1.0", .doc = "path of the cgroup"),
	POINTER("resources",  resources, resources, .since = "1.0",
		.doc = "limits of the cgroup"),
	ENUM("rootfsPropagation", rootfs_propagation, propagations, .since = "1.0",
	     .doc = "propagation of the root mount"),
	POINTER("seccomp",    seccomp, seccomp, .since = "1.0",
		.doc = "system call filter"),
	VALUE("maskedPaths",  masked_paths, .since = "1.0",
	      .doc = "paths that shall look empty"),
	VALUE("readonlyPaths", readonly_paths, .since = "1.0",
	      .doc = "paths that shall be read-only"),
	VALUE("mountLabel",   mount_label, .since = "1.0", .doc = "SELinux context of the mounts"),
	VALUE("sysctl",       sysctl, .since = "1.0", .doc = "kernel parameters of the namespaces"),
	POINTER("personality", personality, personality, .since = "1.0.2",
		.doc = "personality(2)"),
	POINTER("memoryPolicy", memory_policy, memory_policy, .since = "1.3",
		.doc = "set_mempolicy(2)"),
	POINTER("intelRdt",   intel_rdt, intel_rdt, .since = "1.0", .doc = "resctrl group"),
};
SCHEMA(linux, linux_fields);
#undef OBJECT
/* clang-format on */
