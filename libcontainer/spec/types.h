/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * config.json (OCI runtime-spec 1.3, Linux) as C structs. Member names are the snake_case of the
 * OCI property names. Everything lies in the document's arena and dies with it; strings are NUL-
 * terminated. A pointer member is NULL when the property is absent; an opt_* has set == false then.
 * An absent or empty list has n == 0. Every object begins with the JSON node it came from, so that
 * any later failure can name the JSON pointer and the line (spec_error() in spec/spec.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json; /* json/json.h */

#define LIST(T)           \
	struct {          \
		T *v;     \
		size_t n; \
	}

struct opt_bool { bool set, value; };
struct opt_i32 { bool set; int32_t value; };
struct opt_u16 { bool set; uint16_t value; };
struct opt_u32 { bool set; uint32_t value; };
struct opt_i64 { bool set; int64_t value; };
struct opt_u64 { bool set; uint64_t value; };

typedef LIST(const char *) spec_strings;

/*
 * A JSON object with free keys and string values (annotations, sysctl, unified): in the file's
 * order.
 */
struct spec_pair {
	const struct json *json; /* of the value */
	const char *key, *value;
};
typedef LIST(struct spec_pair) spec_pairs;

struct spec_idmap {
	const struct json *json;
	uint32_t container_id, host_id, size;
};
typedef LIST(struct spec_idmap) spec_idmaps;

/* ---- process ---- */

struct spec_box {
	const struct json *json;
	uint64_t height, width;
};

struct spec_user {
	const struct json *json;
	uint32_t uid, gid;
	struct opt_u32 umask;
	LIST(uint32_t) additional_gids;
	const char *username; /* Windows only: ignored */
};

/* Bit N is capability number N. Unknown names are warned about and dropped. */
struct spec_capabilities {
	const struct json *json;
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

struct spec_rlimit {
	const struct json *json;
	int type; /* RLIMIT_* */
	uint64_t soft, hard;
};

struct spec_scheduler {
	const struct json *json;
	uint32_t policy; /* SCHED_* of sched(7) */
	int32_t nice, priority;
	uint64_t flags; /* SCHED_FLAG_* */
	uint64_t runtime, deadline, period;
};

struct spec_io_priority {
	const struct json *json;
	int class; /* IOPRIO_CLASS_* */
	int32_t priority;
};

struct spec_cpu_affinity {
	const struct json *json;
	const char *initial, *final; /* CPU lists, syntax checked */
};

struct spec_process {
	const struct json *json;
	bool terminal;
	struct spec_box *console_size;
	const char *cwd;
	spec_strings env, args;
	const char *command_line; /* Windows only: ignored */
	struct spec_user user;
	struct spec_capabilities *capabilities;
	LIST(struct spec_rlimit) rlimits;
	bool no_new_privileges;
	const char *apparmor_profile, *selinux_label;
	struct opt_i32 oom_score_adj;
	struct spec_scheduler *scheduler;
	struct spec_io_priority *io_priority;
	struct spec_cpu_affinity *exec_cpu_affinity;
};

/* ---- root, mounts, hooks ---- */

struct spec_root {
	const struct json *json;
	const char *path;
	bool readonly;
};

struct spec_mount {
	const struct json *json;
	const char *destination, *source, *type;
	spec_strings options;
	spec_idmaps uid_mappings, gid_mappings;
};

struct spec_hook {
	const struct json *json;
	const char *path;
	spec_strings args, env;
	bool has_env;
	struct opt_i32 timeout; /* seconds, > 0 */
};

enum spec_hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KINDS
};

typedef LIST(struct spec_hook) spec_hook_list;

struct spec_hooks {
	const struct json *json;
	spec_hook_list kind[HOOK_KINDS];
};

/* ---- linux ---- */

struct spec_namespace {
	const struct json *json;
	uint64_t type;    /* one CLONE_NEW* */
	const char *path; /* NULL: a new one */
};

struct spec_time_offset {
	const struct json *json;
	bool set;
	int64_t secs;
	uint32_t nanosecs;
};

/*
 * A dev_t of the kernel has 12 bits for the major and 20 for the minor number (MINORBITS of its
 * include/linux/kdev_t.h). mknod(2) would cut more than that to the number of another device.
 */
#define DEVICE_MAJOR_MAX 0xfff
#define DEVICE_MINOR_MAX 0xfffff

struct spec_device {
	const struct json *json;
	const char *path;
	char type; /* 'c' ('u' is the same), 'b', 'p' */
	int64_t major, minor;
	struct opt_u32 file_mode, uid, gid;
};

struct spec_net_device {
	const struct json *json;
	const char *host_name; /* the key */
	const char *name;      /* NULL: the same */
};

/* Names in both directions: spec/seccomp.h. security/seccomp.c maps them to libseccomp's. */
enum spec_seccomp_action {
	SECCOMP_ACT_KILL_THREAD, /* also SCMP_ACT_KILL */
	SECCOMP_ACT_KILL_PROCESS,
	SECCOMP_ACT_TRAP,
	SECCOMP_ACT_ERRNO,
	SECCOMP_ACT_TRACE,
	SECCOMP_ACT_ALLOW,
	SECCOMP_ACT_LOG,
	SECCOMP_ACT_NOTIFY,
};

enum spec_seccomp_op {
	SECCOMP_OP_NE = 1,
	SECCOMP_OP_LT,
	SECCOMP_OP_LE,
	SECCOMP_OP_EQ,
	SECCOMP_OP_GE,
	SECCOMP_OP_GT,
	SECCOMP_OP_MASKED_EQ,
};

struct spec_seccomp_arg {
	const struct json *json;
	uint32_t index; /* 0..5 */
	uint64_t value, value_two;
	enum spec_seccomp_op op;
};

struct spec_syscall {
	const struct json *json;
	spec_strings names;
	enum spec_seccomp_action action;
	struct opt_u32 errno_ret;
	LIST(struct spec_seccomp_arg) args;
};

struct spec_seccomp {
	const struct json *json;
	enum spec_seccomp_action default_action;
	struct opt_u32 default_errno_ret;
	spec_strings architectures; /* "SCMP_ARCH_X86_64", names checked */
	spec_strings flags;         /* "SECCOMP_FILTER_FLAG_TSYNC", names checked */
	bool has_flags;             /* absent differs from empty */
	const char *listener_path, *listener_metadata;
	LIST(struct spec_syscall) syscalls;
};

struct spec_personality {
	const struct json *json;
	uint64_t domain; /* PER_LINUX, PER_LINUX32 */
	spec_strings flags;
};

struct spec_memory_policy {
	const struct json *json;
	int mode;         /* MPOL_* */
	unsigned flags;   /* MPOL_F_* mode flags */
	const char *nodes;
};

struct spec_intel_rdt {
	const struct json *json;
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	spec_strings schemata;
	bool enable_monitoring;
};

/* ---- linux.resources ---- */

struct spec_device_rule {
	const struct json *json;
	bool allow;
	char type; /* 'a', 'b', 'c'; absent is 'a' */
	struct opt_i64 major, minor; /* unset (or -1): all */
	const char *access; /* of "rwm"; absent is "rwm" */
};

struct spec_memory {
	const struct json *json;
	struct opt_i64 limit, reservation, swap, kernel, kernel_tcp;
	struct opt_u64 swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct spec_cpu {
	const struct json *json;
	struct opt_u64 shares, period, realtime_period, burst;
	struct opt_i64 quota, realtime_runtime, idle;
	const char *cpus, *mems;
};

struct spec_pids {
	const struct json *json;
	struct opt_i64 limit;
};

struct spec_weight_device {
	const struct json *json;
	int64_t major, minor;
	struct opt_u16 weight, leaf_weight;
};

struct spec_throttle_device {
	const struct json *json;
	int64_t major, minor;
	uint64_t rate;
};
typedef LIST(struct spec_throttle_device) spec_throttle_devices;

struct spec_block_io {
	const struct json *json;
	struct opt_u16 weight, leaf_weight;
	LIST(struct spec_weight_device) weight_device;
	spec_throttle_devices throttle_read_bps_device, throttle_write_bps_device,
		throttle_read_iops_device, throttle_write_iops_device;
};

struct spec_hugepage_limit {
	const struct json *json;
	const char *page_size;
	uint64_t limit;
};

struct spec_network_priority {
	const struct json *json;
	const char *name;
	uint32_t priority;
};

struct spec_network {
	const struct json *json;
	struct opt_u32 class_id;
	LIST(struct spec_network_priority) priorities;
};

struct spec_rdma {
	const struct json *json;
	const char *device; /* the key */
	struct opt_u32 hca_handles, hca_objects;
};

struct spec_resources {
	const struct json *json;
	LIST(struct spec_device_rule) devices;
	struct spec_memory *memory;
	struct spec_cpu *cpu;
	struct spec_pids *pids;
	struct spec_block_io *block_io;
	LIST(struct spec_hugepage_limit) hugepage_limits;
	struct spec_network *network;
	LIST(struct spec_rdma) rdma;
	spec_pairs unified;
};

enum spec_propagation {
	PROPAGATION_UNSET,
	PROPAGATION_SHARED,
	PROPAGATION_SLAVE,
	PROPAGATION_PRIVATE,
	PROPAGATION_UNBINDABLE,
};

struct spec_linux {
	const struct json *json;
	LIST(struct spec_namespace) namespaces;
	spec_idmaps uid_mappings, gid_mappings;
	struct spec_time_offset monotonic, boottime; /* timeOffsets */
	LIST(struct spec_device) devices;
	LIST(struct spec_net_device) net_devices;
	const char *cgroups_path;
	struct spec_resources *resources;
	/* also values 'rshared', ...: the same as without the r */
	enum spec_propagation rootfs_propagation;
	struct spec_seccomp *seccomp;
	spec_strings masked_paths, readonly_paths;
	const char *mount_label;
	spec_pairs sysctl;
	struct spec_personality *personality;
	struct spec_memory_policy *memory_policy;
	struct spec_intel_rdt *intel_rdt;
};

struct spec {
	const struct json *json;
	const char *oci_version;
	struct spec_process *process; /* NULL: creatable, not startable */
	struct spec_root *root;
	const char *hostname, *domainname;
	LIST(struct spec_mount) mounts;
	struct spec_hooks *hooks;
	spec_pairs annotations;
	struct spec_linux lnx; /* an absent object is all-unset */
};
