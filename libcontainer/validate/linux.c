/* SPDX-License-Identifier: Apache-2.0 */

/* Namespaces to join, devices to move in, system call names. */

#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "security/seccomp.h"
#include "spec/seccomp.h"
#include "validate/kernel.h"
#include "validate/validate.h"

/* ---- namespaces ---- */

static const char *file_of(uint64_t flag)
{
	/* clang-format off */
	static const struct name files[] = {
		{ "pid", CLONE_NEWPID }, { "net",  CLONE_NEWNET },  { "mnt",    CLONE_NEWNS },
		{ "ipc", CLONE_NEWIPC }, { "uts",  CLONE_NEWUTS },  { "user",   CLONE_NEWUSER },
		{ "cgroup", CLONE_NEWCGROUP }, { "time", 0x00000080 },
	};
	/* clang-format on */

	return names_of(files, ARRAY_SIZE(files), flag);
}

static void check_namespace(const struct validation *v, const struct resolved_namespace *ns)
{
	const char *file = file_of(ns->type);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", file ? file : "");
	if (file && access(path, F_OK) < 0)
		host_problem(v, ERROR, ns->json, "type", NULL,
			     "this kernel has no namespaces of type '%s'",
			     spec_namespace_name(ns->type));
}

void validate_namespaces(const struct validation *v)
{
	if (!v->with_host)
		return;
	foreach_list(ns, &v->resolved->namespaces)
		check_namespace(v, ns);
}

/* ---- kernel parameters ---- */

void validate_sysctls(const struct validation *v)
{
	if (!v->with_host)
		return;
	foreach_list(s, &v->resolved->sysctls) {
		const char *path = s->path + strlen("sys/");

		if (!problems_touches(v->report, s->json) && !probe_has_sysctl(path))
			host_problem(v, ERROR, s->json, NULL, NULL,
				     "this kernel has no parameter '%s'; one of a module is there when that is "
				     "loaded",
				     path);
	}
}

/* ---- devices ---- */

/* set_mempolicy(2) leaves out those that are not there, and wants one that is. */
static void check_nodes(const struct validation *v, const struct spec_memory_policy *p)
{
	if (!p || !p->nodes)
		return;
	if (!probe_is_some_online("node", p->nodes))
		host_problem(v, ERROR, p->json, "nodes", NULL, "none of the memory nodes '%s' is online", p->nodes);
	else if (!probe_are_online("node", p->nodes))
		host_problem(v, WARNING, p->json, "nodes", NULL,
			     "not all of the memory nodes '%s' are online: the others are left out", p->nodes);
}

void validate_devices(const struct validation *v)
{
	const struct spec_linux *l = &v->spec->lnx;

	if (!v->with_host)
		return;
	foreach_list(d, &l->net_devices)
		if (!probe_has_net_device(d->host_name))
			host_problem(v, ERROR, d->json, NULL, NULL,
				     "there is no network device '%s' on this host", d->host_name);
	check_nodes(v, l->memory_policy);
	if (l->intel_rdt && !probe_has_resctrl())
		host_problem(v, ERROR, l->json, "intelRdt", NULL,
			     "resctrl is not mounted at '/sys/fs/resctrl': this CPU lacks it, or "
			     "run 'mount -t resctrl resctrl /sys/fs/resctrl'");
}

/* ---- seccomp ---- */

static bool lets_pass(enum spec_seccomp_action action)
{
	return action == SECCOMP_ACT_ALLOW || action == SECCOMP_ACT_LOG;
}

/*
 * A name nobody knows is never matched. In a list of what is allowed that is harmless, and usual:
 * one profile serves many versions. In a list of what is forbidden the call goes through.
 */
static void check_call(const struct validation *v, const struct spec_syscall *call,
		       const struct json *name)
{
	const struct spec_seccomp *s = v->spec->lnx.seccomp;
	char near[64], quoted[70];
	bool has_near;

	if (name->type != JSON_STRING || !name->text[0] || seccomp_syscall_known(name->text))
		return;
	has_near = seccomp_syscall_near(name->text, near, sizeof(near));
	snprintf(quoted, sizeof(quoted), "\"%s\"", has_near ? near : "");
	if (lets_pass(s->default_action) && !lets_pass(call->action))
		host_problem(v, ERROR, name, NULL, has_near ? quoted : NULL,
			     "libseccomp %s knows no system call '%.80s': this rule would not "
			     "keep anyone from making it",
			     seccomp_library_version(), name->text);
	else
		host_problem(v, NOTE, name, NULL, has_near ? quoted : NULL,
			     "libseccomp %s knows no system call '%.80s': ignored",
			     seccomp_library_version(), name->text);
}

static void check_kernel_words(const struct validation *v, const struct spec_seccomp *s)
{
	const struct json *list = json_member(s->json, "architectures");

	for (const struct json *arch = list ? list->first : NULL; arch; arch = arch->next)
		if (arch->type == JSON_STRING && !seccomp_arch_supported(arch->text) &&
		    names_find(names_seccomp_archs.v, names_seccomp_archs.n, arch->text))
			host_problem(v, ERROR, arch, NULL, NULL,
				     "architecture '%s' is not known to libseccomp %s", arch->text,
				     seccomp_library_version());
	list = json_member(s->json, "flags");
	for (const struct json *flag = list ? list->first : NULL; flag; flag = flag->next) {
		const struct name *row = flag->type == JSON_STRING
			? names_find(names_seccomp_flags.v, names_seccomp_flags.n, flag->text)
			: NULL;

		if (row && !seccomp_flag_supported((unsigned)row->value))
			host_problem(v, ERROR, flag, NULL, NULL,
				     "this kernel does not know the flag '%s'", flag->text);
	}
}

/* Whether a call passes whatever its arguments are; the first rule of the highest precedence is near enough. */
static bool passes(const struct spec_seccomp *s, const char *name)
{
	bool pass = lets_pass(s->default_action) || s->default_action == SECCOMP_ACT_NOTIFY ||
		    s->default_action == SECCOMP_ACT_TRACE;

	foreach_list(call, &s->syscalls)
		foreach_list(other, &call->names)
			if (streq(*other, name))
				pass = call->args.n ? true
						    : lets_pass(call->action) || call->action == SECCOMP_ACT_NOTIFY ||
							      call->action == SECCOMP_ACT_TRACE;
	return pass;
}

static void check_execve(const struct validation *v, const struct spec_seccomp *s)
{
	if (v->spec->process && !passes(s, "execve"))
		host_problem(v, ERROR, s->json, "syscalls", NULL,
			     "the profile does not allow 'execve', which the filter sees too: the program can not "
			     "be started");
}

static void check_listener(const struct validation *v, const struct spec_seccomp *s)
{
	if (s->listener_path && access(s->listener_path, F_OK) < 0)
		host_problem(v, WARNING, s->json, "listenerPath", NULL,
			     "'%s': %s; the agent must listen there before create",
			     s->listener_path, errno_words(errno));
}

void validate_seccomp(const struct validation *v)
{
	const struct spec_seccomp *s = v->spec->lnx.seccomp;

	if (!s || !s->json || !v->with_host)
		return;
	check_kernel_words(v, s);
	check_listener(v, s);
	check_execve(v, s);
	if (!seccomp_action_supported(s->default_action))
		host_problem(v, ERROR, s->json, "defaultAction", NULL,
			     "this kernel does not know this action");
	foreach_list(call, &s->syscalls) {
		const struct json *names = json_member(call->json, "names");

		if (!seccomp_action_supported(call->action))
			host_problem(v, ERROR, call->json, "action", NULL,
				     "this kernel does not know this action");
		for (const struct json *name = names ? names->first : NULL; name; name = name->next)
			check_call(v, call, name);
	}
}
