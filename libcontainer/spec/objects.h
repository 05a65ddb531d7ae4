/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The tables of all OCI objects, and the words of their enumerations. */

#include "spec/schema.h"

/* Documents. */
extern const struct schema schema_config, schema_process, schema_resources;

/* What they are made of. */
extern const struct schema schema_root, schema_mount, schema_idmap, schema_hooks, schema_linux;
extern const struct schema schema_user, schema_capabilities, schema_scheduler, schema_io_priority;
extern const struct schema schema_namespace, schema_time_offsets, schema_device, schema_net_device;
extern const struct schema schema_personality, schema_memory_policy, schema_intel_rdt;
extern const struct schema schema_memory, schema_cpu, schema_block_io, schema_device_rule;
extern const struct schema schema_seccomp;

/* Words; those of seccomp are in spec/seccomp.h. */
extern const struct names names_namespaces;   /* CLONE_NEW*              */
extern const struct names names_capabilities; /* numbers, 0 to 40, as bits */
extern const struct names names_rlimits;      /* RLIMIT_*                */
extern const struct names names_scheduler_policies, names_scheduler_flags;
extern const struct names names_io_priority_classes;
extern const struct names names_memory_policy_modes, names_memory_policy_flags;
extern const struct names names_personality_domains;
extern const struct names names_propagations;

/* Checks of strings that several objects share. */
int check_cpu_list(const struct json *value, struct error *err);   /* "0-3,5"; with strides */
int check_one_line(const struct json *value, struct error *err);   /* no newline            */
int check_file_name(const struct json *value, struct error *err);  /* a key: no '/', '..'   */

/* The .expects of their rows. */
#define CPU_LIST_TEXT "a list such as '0-3,5'"
#define ONE_LINE_TEXT "one line, without a newline"

/*
 * spec/idmaps.c: what the kernel would refuse about the lists without saying which line it is. Failures have their
 * place. The report is NULL, or spec/problems.h's.
 */
int idmaps_check(const spec_idmaps *uids, const spec_idmaps *gids, struct problems *report,
		 struct error *err);

/* spec/rules.c: what one object alone cannot know. The report is NULL, or spec/problems.h's. */
int rules_check(const struct spec *spec, struct problems *report, struct error *err);
/* After the check: what a config of an older ociVersion says by other words than the newest. */
void rules_older_words(struct spec *spec);
