/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/resource.h>

#include "base/str.h"
#include "spec/objects.h"
#include "spec/spec.h"

/* clang-format off */
static const struct name rlimit_names[] = {
	{ "RLIMIT_AS",         RLIMIT_AS },         { "RLIMIT_CORE",     RLIMIT_CORE },
	{ "RLIMIT_CPU",        RLIMIT_CPU },        { "RLIMIT_DATA",     RLIMIT_DATA },
	{ "RLIMIT_FSIZE",      RLIMIT_FSIZE },      { "RLIMIT_LOCKS",    RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK",    RLIMIT_MEMLOCK },    { "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE",       RLIMIT_NICE },       { "RLIMIT_NOFILE",   RLIMIT_NOFILE },
	{ "RLIMIT_NPROC",      RLIMIT_NPROC },      { "RLIMIT_RSS",      RLIMIT_RSS },
	{ "RLIMIT_RTPRIO",     RLIMIT_RTPRIO },     { "RLIMIT_RTTIME",   RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING }, { "RLIMIT_STACK",    RLIMIT_STACK },
};
const struct names names_rlimits = NAMES(rlimit_names);

#define OBJECT struct spec_box
static const struct field box_fields[] = {
	VALUE("height", height, .since = "1.0", .flags = FIELD_REQUIRED, .doc = "rows"),
	VALUE("width",  width,  .since = "1.0", .flags = FIELD_REQUIRED, .doc = "columns"),
};
SCHEMA(console_size, box_fields);
#undef OBJECT

#define OBJECT struct spec_user
static const struct field user_fields[] = {
	/* Not (uid_t)-1: to setresuid(2) it means "stay what you are", which is root. */
	VALUE("uid",   uid,   .since = "1.0", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(0, UINT32_MAX - 1), .doc = "user id in the container"),
	VALUE("gid",   gid,   .since = "1.0", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(0, UINT32_MAX - 1), .doc = "group id in the container"),
	VALUE("umask", umask, .since = "1.0.2", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(0, 0777), .doc = "file mode creation mask; unset: the caller's"),
	NUMBERS("additionalGids", additional_gids, .since = "1.0", .doc = "supplementary groups"),
	VALUE("username", username, .since = "1.0", .doc = "other platform"),
};
SCHEMA(user, user_fields);
#undef OBJECT

#define OBJECT struct spec_rlimit
static const struct field rlimit_fields[] = {
	ENUM("type",  type, rlimits, .since = "1.0",
	     .flags = FIELD_REQUIRED | FIELD_NARROWER,
	     .doc = "the resource"),
	VALUE("soft", soft, .since = "1.0", .flags = FIELD_REQUIRED | FIELD_MAX_INFINITE,
	      .doc = "soft limit"),
	VALUE("hard", hard, .since = "1.0", .flags = FIELD_REQUIRED | FIELD_MAX_INFINITE,
	      .doc = "hard limit"),
};
/* clang-format on */

static int rlimit_check(void *object, struct error *err)
{
	const struct spec_rlimit *l = object;

	if (l->soft <= l->hard)
		return 0;
	failf(err, EINVAL, "the soft limit %llu is above the hard limit %llu",
	      (unsigned long long)l->soft, (unsigned long long)l->hard);
	return spec_error(l->json, "soft", err);
}

/* clang-format off */
SCHEMA(rlimit, rlimit_fields, .check = rlimit_check);
#undef OBJECT

#define OBJECT struct spec_cpu_affinity
static const struct field affinity_fields[] = {
	VALUE("initial", initial, .since = "1.2.1", CHECKED(cpu_list), .doc = "CPUs of an exec'd process until it is in the cgroup"),
	VALUE("final",   final,   .since = "1.2.1", CHECKED(cpu_list), .doc = "CPUs of an exec'd process from then on"),
};
SCHEMA(exec_cpu_affinity, affinity_fields);
#undef OBJECT
/* clang-format on */

int check_env(const struct json *value, struct error *err)
{
	const char *equals = strchr(value->text, '=');

	if (equals && equals != value->text)
		return 0;
	return json_fail(value, err, "expected 'NAME=value', found '%.80s'", value->text);
}

/* clang-format off */
#define OBJECT struct spec_process
static const struct field process_fields[] = {
	VALUE("terminal", terminal, .since = "1.0", .doc = "give the process a pseudoterminal"),
	POINTER("consoleSize", console_size, console_size, .since = "1.0",
		.doc = "size of that terminal"),
	EMBEDDED("user", user, user, .since = "1.0", .doc = "user and groups"),
	VALUE("args", args, .since = "1.0", .doc = "program and arguments, as execvp(3)"),
	VALUE("env", env, .since = "1.0", CHECKED(env), .flags = FIELD_NARROWER,
	      .doc = "environment, NAME=value"),
	VALUE("cwd", cwd, .since = "1.0", .flags = FIELD_REQUIRED | FIELD_ABSOLUTE,
	      .doc = "working directory"),
	POINTER("capabilities", capabilities, capabilities, .since = "1.0",
		.doc = "the five capability sets"),
	ARRAY("rlimits", rlimits, rlimit, .since = "1.0", .doc = "resource limits"),
	VALUE("noNewPrivileges", no_new_privileges, .since = "1.0",
	      .doc = "no gain of privileges by execve(2)"),
	VALUE("apparmorProfile", apparmor_profile, .since = "1.0",
	      .doc = "AppArmor profile to change to"),
	VALUE("oomScoreAdj", oom_score_adj, .since = "1.0", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(-1000, 1000), .doc = "/proc/self/oom_score_adj; unset: untouched"),
	VALUE("selinuxLabel", selinux_label, .since = "1.0", .doc = "SELinux label of the process"),
	POINTER("scheduler", scheduler, scheduler, .since = "1.1",
		.doc = "sched_setattr(2)"),
	POINTER("ioPriority", io_priority, io_priority, .since = "1.1",
		.doc = "ioprio_set(2)"),
	POINTER("execCPUAffinity", exec_cpu_affinity, exec_cpu_affinity, .since = "1.2.1",
		.doc = "CPU affinity of exec"),
	VALUE("commandLine", command_line, .since = "1.0.2", .doc = "other platform"),
};
/* clang-format on */

static int rlimits_check(const struct spec_process *p, struct error *err)
{
	const struct json *seen[RLIM_NLIMITS] = { NULL };

	foreach_list(limit, &p->rlimits) {
		if (seen[limit->type])
			return json_fail(limit->json, err,
					 "duplicate rlimit '%s', first on line %u",
					 names_of(rlimit_names, ARRAY_SIZE(rlimit_names),
						  (uint64_t)limit->type),
					 json_line(seen[limit->type]));
		seen[limit->type] = limit->json;
	}
	return 0;
}

static int process_check(void *object, struct error *err)
{
	const struct spec_process *p = object;

	if (p->args.n == 0) {
		failf(err, EINVAL, "args must not be empty");
		return spec_error(p->json, json_member(p->json, "args") ? "args" : NULL, err);
	}
	return rlimits_check(p, err);
}

/* clang-format off */
SCHEMA(process, process_fields, .check = process_check);
#undef OBJECT
/* clang-format on */
