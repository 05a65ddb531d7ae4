/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `features` document: what this build recognizes in config.json and acts on. It speaks of the
 * runtime and not of the host (the runtime-spec has it fixed at build time); only what libseccomp
 * and the kernel take of seccomp is asked for. Words come from the tables that decode them.
 */
#include <errno.h>

#include "base/calls.h"
#include "base/macros.h"
#include "base/str.h"
#include "container.h"
#include "fs/mount_options.h"
#include "json/json.h"
#include "security/security.h"
#include "spec/objects.h"
#include "spec/seccomp.h"

/* Every document of a version in between is accepted too. */
#define OCI_VERSION_MIN "1.0.0"
#define OCI_VERSION_MAX "1.3.0"

#ifndef ORLOP_VERSION
#define ORLOP_VERSION "0"
#define ORLOP_COMMIT "unknown"
#endif

/* True from the commit on that applies the property, not from the one that decodes it. */
enum {
	HAS_SYSTEMD = ORLOP_SYSTEMD,
	HAS_INTEL_RDT = true,
	HAS_MEMORY_POLICY = true,
	HAS_NET_DEVICES = true,
};

struct flag {
	const char *key;
	bool value;
};

static void write_flags(struct json_out *o, const char *key, const struct flag *flags, size_t n)
{
	json_object_begin(o, key);
	for (size_t i = 0; i < n; i++)
		json_bool(o, flags[i].key, flags[i].value);
	json_object_end(o);
}

static void write_enabled(struct json_out *o, const char *key, bool enabled)
{
	const struct flag flag = { "enabled", enabled };

	write_flags(o, key, &flag, 1);
}

typedef bool (*name_filter)(const struct name *name);

static void write_names(struct json_out *o, const char *key, const struct names *names,
			name_filter wanted)
{
	json_array_begin(o, key);
	for (size_t i = 0; i < names->n; i++)
		if (!wanted || wanted(&names->v[i]))
			json_string(o, NULL, names->v[i].name);
	json_array_end(o);
}

static bool is_supported_arch(const struct name *name)
{
	return seccomp_arch_supported(name->name);
}

static bool is_supported_flag(const struct name *name)
{
	return seccomp_flag_supported((unsigned)name->value);
}

/* Those of the spec that this kernel has too: others are warned about and dropped. */
static void write_capabilities(struct json_out *o)
{
	const struct names *all = &names_capabilities;

	json_array_begin(o, "capabilities");
	for (const struct name *cap = all->v; cap < all->v + all->n; cap++)
		if (caps_kernel_has((unsigned)__builtin_ctzll(cap->value)))
			json_string(o, NULL, cap->name);
	json_array_end(o);
}

static void write_cgroup(struct json_out *o)
{
	static const struct flag flags[] = {
		{ "v1", true },
		{ "v2", true },
		{ "systemd", HAS_SYSTEMD },
		{ "systemdUser", HAS_SYSTEMD },
		{ "rdma", true },
	};

	write_flags(o, "cgroup", flags, ARRAY_SIZE(flags));
}

static void write_seccomp(struct json_out *o)
{
	json_object_begin(o, "seccomp");
	json_bool(o, "enabled", true);
	write_names(o, "actions", &names_seccomp_actions, NULL);
	write_names(o, "operators", &names_seccomp_operators, NULL);
	write_names(o, "archs", &names_seccomp_archs, is_supported_arch);
	write_names(o, "knownFlags", &names_seccomp_flags, NULL);
	write_names(o, "supportedFlags", &names_seccomp_flags, is_supported_flag);
	json_object_end(o);
}

static void write_intel_rdt(struct json_out *o)
{
	static const struct flag flags[] = {
		{ "enabled", HAS_INTEL_RDT },
		{ "schemata", HAS_INTEL_RDT },
		{ "monitoring", HAS_INTEL_RDT },
	};

	write_flags(o, "intelRdt", flags, ARRAY_SIZE(flags));
}

/* Empty lists say that nothing of it is recognized, an absent object would say "not known". */
static void write_memory_policy(struct json_out *o)
{
	static const struct names none = { NULL, 0 };

	json_object_begin(o, "memoryPolicy");
	write_names(o, "modes", HAS_MEMORY_POLICY ? &names_memory_policy_modes : &none, NULL);
	write_names(o, "flags", HAS_MEMORY_POLICY ? &names_memory_policy_flags : &none, NULL);
	json_object_end(o);
}

static void write_linux(struct json_out *o)
{
	json_object_begin(o, "linux");
	write_names(o, "namespaces", &names_namespaces, NULL);
	write_capabilities(o);
	write_cgroup(o);
	write_seccomp(o);
	write_enabled(o, "apparmor", true);
	write_enabled(o, "selinux", true);
	write_intel_rdt(o);
	write_memory_policy(o);
	json_object_begin(o, "mountExtensions");
	write_enabled(o, "idmap", true);
	json_object_end(o);
	write_enabled(o, "netDevices", HAS_NET_DEVICES);
	json_object_end(o);
}

static void write_hooks(struct json_out *o)
{
	json_array_begin(o, "hooks");
	for (size_t i = 0; i < schema_hooks.n; i++)
		json_string(o, NULL, schema_hooks.fields[i].name);
	json_array_end(o);
}

static void write_mount_options(struct json_out *o)
{
	const char *name;

	json_array_begin(o, "mountOptions");
	for (size_t i = 0; (name = mount_option_name(i)); i++)
		json_string(o, NULL, name);
	json_array_end(o);
}

/* "clone3 openat2", "" where all work: of the host, and so not in the document's own members. */
static void write_refused_calls(struct json_out *o)
{
	auto_str text = STR_INIT;
	size_t n;
	const struct call *v = calls_probe(&n);

	for (size_t i = 0; i < n; i++)
		if (v[i].state == CALL_FORBIDDEN || v[i].state == CALL_MISSING)
			str_printf(&text, "%s%s", text.n ? " " : "", v[i].name);
	json_string(o, "org.orlop.refusedSystemCalls", str_text(&text));
}

static void write_annotations(struct json_out *o)
{
	json_object_begin(o, "annotations");
	json_string(o, "io.github.seccomp.libseccomp.version", seccomp_library_version());
	json_string(o, "org.opencontainers.runc.checkpoint.enabled", "true");
	json_string(o, "org.opencontainers.runc.commit", ORLOP_COMMIT);
	json_string(o, "org.opencontainers.runc.version", ORLOP_VERSION);
	write_refused_calls(o);
	json_object_end(o);
}

/* What an engine must not let an untrusted user set. */
static void write_unsafe(struct json_out *o)
{
	static const char *const unsafe[] = { "bundle", "org.systemd.property.", "org.criu.config",
					      "run.oci.keep_original_groups" };

	json_array_begin(o, "potentiallyUnsafeConfigAnnotations");
	foreach_array(key, unsafe)
		json_string(o, NULL, *key);
	json_array_end(o);
}

int container_features(struct str *out, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("    ");
	const char *text;

	if (!o)
		return sysf(err, "features");
	json_object_begin(o, NULL);
	json_string(o, "ociVersionMin", OCI_VERSION_MIN);
	json_string(o, "ociVersionMax", OCI_VERSION_MAX);
	write_hooks(o);
	write_mount_options(o);
	write_linux(o);
	write_annotations(o);
	write_unsafe(o);
	json_object_end(o);
	text = json_out_text(o);
	if (!text)
		return codef(err, ENOMEM, "features");
	str_add(out, text);
	return str_ok(out) ? 0 : codef(err, ENOMEM, "features");
}

const char *container_libseccomp_version(void)
{
	return seccomp_library_version();
}
