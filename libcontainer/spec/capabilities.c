/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/capability.h>

#include "spec/objects.h"

/* clang-format off */
#define CAP(name) { #name, 1ULL << (name) }
static const struct name capability_names[] = {
	CAP(CAP_CHOWN), CAP(CAP_DAC_OVERRIDE), CAP(CAP_DAC_READ_SEARCH), CAP(CAP_FOWNER),
	CAP(CAP_FSETID), CAP(CAP_KILL), CAP(CAP_SETGID), CAP(CAP_SETUID), CAP(CAP_SETPCAP),
	CAP(CAP_LINUX_IMMUTABLE), CAP(CAP_NET_BIND_SERVICE), CAP(CAP_NET_BROADCAST),
	CAP(CAP_NET_ADMIN), CAP(CAP_NET_RAW), CAP(CAP_IPC_LOCK), CAP(CAP_IPC_OWNER),
	CAP(CAP_SYS_MODULE), CAP(CAP_SYS_RAWIO), CAP(CAP_SYS_CHROOT), CAP(CAP_SYS_PTRACE),
	CAP(CAP_SYS_PACCT), CAP(CAP_SYS_ADMIN), CAP(CAP_SYS_BOOT), CAP(CAP_SYS_NICE),
	CAP(CAP_SYS_RESOURCE), CAP(CAP_SYS_TIME), CAP(CAP_SYS_TTY_CONFIG), CAP(CAP_MKNOD),
	CAP(CAP_LEASE), CAP(CAP_AUDIT_WRITE), CAP(CAP_AUDIT_CONTROL), CAP(CAP_SETFCAP),
	CAP(CAP_MAC_OVERRIDE), CAP(CAP_MAC_ADMIN), CAP(CAP_SYSLOG), CAP(CAP_WAKE_ALARM),
	CAP(CAP_BLOCK_SUSPEND), CAP(CAP_AUDIT_READ), CAP(CAP_PERFMON), CAP(CAP_BPF),
	CAP(CAP_CHECKPOINT_RESTORE),
};
const struct names names_capabilities = NAMES(capability_names);

/* Since runtime-spec 1.1 a name that means nothing here is a warning. */
#define SET(name, member) \
	BITS(name, member, capabilities, .since = "1.0", .flags = FIELD_LENIENT, \
	     .doc = name " set")

#define OBJECT struct spec_capabilities
static const struct field capabilities_fields[] = {
	SET("bounding", bounding),
	SET("effective", effective),
	SET("inheritable", inheritable),
	SET("permitted", permitted),
	SET("ambient", ambient),
};
SCHEMA(capabilities, capabilities_fields);
#undef OBJECT
/* clang-format on */
