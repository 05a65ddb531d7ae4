/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "json/json.h"
#include "spec/objects.h"
#include "spec/seccomp.h"
#include "spec/spec.h"
#include "spec/sysctl.h"
#include "tests/lib/suite.h"

#define HEAD "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},"

static struct spec_doc *doc;

static void teardown(void)
{
	spec_doc_free(doc);
	doc = NULL;
	log_to(NULL, LOG_WARN);
}

static const struct spec *read_config(const char *text)
{
	struct error e = ERROR_INIT;

	spec_doc_free(doc);
	doc = NULL;
	ck_assert_msg(spec_parse_config(text, strlen(text), "config.json", &doc, &e) == 0, "%s: %s: %s",
		      e.at, e.msg, text);
	return doc->spec;
}

static const struct spec *read_full(void)
{
	auto_str text = STR_INIT;
	int r = file_read_at(AT_FDCWD, SOURCE_DIR "/tests/fuzz/corpus/config/full.json", 1 << 20, &text);

	ck_assert_int_eq(r, 0);
	return read_config(str_text(&text));
}

/* ---- the whole of it: each member of each struct ---- */

START_TEST(decodes_the_top)
{
	const struct spec *s = read_full();

	ck_assert_str_eq(s->oci_version, "1.3.0");
	ck_assert_str_eq(s->hostname, "h");
	ck_assert_str_eq(s->domainname, "d");
	ck_assert_str_eq(s->root->path, "rootfs");
	ck_assert(s->root->readonly);
	ck_assert_uint_eq(s->annotations.n, 2);
	ck_assert_str_eq(s->annotations.v[0].key, "b");
	ck_assert_str_eq(s->annotations.v[0].value, "1");
	ck_assert_str_eq(s->annotations.v[1].key, "a");
	ck_assert_str_eq(s->annotations.v[1].value, "");
	ck_assert_ptr_nonnull(s->annotations.v[1].json);
}
END_TEST

START_TEST(decodes_process)
{
	const struct spec_process *p = read_full()->process;

	ck_assert(p->terminal && p->no_new_privileges);
	ck_assert_uint_eq(p->console_size->height, 24);
	ck_assert_uint_eq(p->console_size->width, 80);
	ck_assert_str_eq(p->cwd, "/w");
	ck_assert_uint_eq(p->args.n, 2);
	ck_assert_str_eq(p->args.v[1], "-c");
	ck_assert_uint_eq(p->env.n, 2);
	ck_assert_str_eq(p->env.v[0], "A=b");
	ck_assert_str_eq(p->env.v[1], "E=");
	ck_assert_uint_eq(p->user.uid, 1);
	ck_assert_uint_eq(p->user.gid, 2);
	ck_assert(p->user.umask.set);
	ck_assert_uint_eq(p->user.umask.value, 027);
	ck_assert_uint_eq(p->user.additional_gids.n, 3);
	ck_assert_uint_eq(p->user.additional_gids.v[2], 65536);
	ck_assert_str_eq(p->apparmor_profile, "aa");
	ck_assert_str_eq(p->selinux_label, "se");
	ck_assert(p->oom_score_adj.set);
	ck_assert_int_eq(p->oom_score_adj.value, -1000);
}
END_TEST

START_TEST(decodes_privileges_and_limits)
{
	const struct spec_process *p = read_full()->process;
	const struct spec_capabilities *c = p->capabilities;

	ck_assert_uint_eq(c->bounding, 1ULL << 0 | 1ULL << 40);
	ck_assert_uint_eq(c->effective, 1ULL << 5);
	ck_assert_uint_eq(c->inheritable, 1ULL << 21);
	ck_assert_uint_eq(c->permitted, 1ULL << 39);
	ck_assert_uint_eq(c->ambient, 0);
	ck_assert_uint_eq(p->rlimits.n, 2);
	ck_assert_int_eq(p->rlimits.v[0].type, RLIMIT_NOFILE);
	ck_assert_uint_eq(p->rlimits.v[0].soft, 7);
	ck_assert_uint_eq(p->rlimits.v[0].hard, 8);
	ck_assert_uint_eq(p->rlimits.v[1].hard, UINT64_MAX);
	ck_assert_uint_eq(p->scheduler->policy, SCHED_DEADLINE);
	ck_assert_uint_eq(p->scheduler->flags, 1 | 2);
	ck_assert_uint_eq(p->scheduler->runtime, 10);
	ck_assert_uint_eq(p->scheduler->deadline, 20);
	ck_assert_uint_eq(p->scheduler->period, 30);
	ck_assert_int_eq(p->scheduler->nice, -20);
	ck_assert_int_eq(p->io_priority->class, IOPRIO_CLASS_IDLE);
	ck_assert_int_eq(p->io_priority->priority, 7);
	ck_assert_str_eq(p->exec_cpu_affinity->initial, "0-1");
	ck_assert_str_eq(p->exec_cpu_affinity->final, "1, 3");
}
END_TEST

START_TEST(decodes_mounts_and_hooks)
{
	const struct spec *s = read_full();
	const struct spec_mount *m = &s->mounts.v[1];

	ck_assert_uint_eq(s->mounts.n, 2);
	ck_assert_str_eq(s->mounts.v[0].destination, "/proc");
	ck_assert_ptr_null(s->mounts.v[0].source);
	ck_assert_str_eq(m->source, "/src");
	ck_assert_str_eq(m->type, "none");
	ck_assert_uint_eq(m->options.n, 2);
	ck_assert_str_eq(m->options.v[1], "idmap");
	ck_assert_uint_eq(m->uid_mappings.v[0].container_id, 0);
	ck_assert_uint_eq(m->uid_mappings.v[0].host_id, 1000);
	ck_assert_uint_eq(m->gid_mappings.v[0].size, 3);
	for (int i = 0; i < HOOK_KINDS; i++)
		ck_assert_uint_eq(s->hooks->kind[i].n, i == HOOK_PRESTART ? 2 : 1);
	ck_assert_str_eq(s->hooks->kind[HOOK_PRESTART].v[0].path, "/h/1");
	ck_assert(s->hooks->kind[HOOK_PRESTART].v[0].has_env);
	ck_assert_uint_eq(s->hooks->kind[HOOK_PRESTART].v[0].env.n, 0);
	ck_assert(!s->hooks->kind[HOOK_PRESTART].v[1].has_env);
	ck_assert_int_eq(s->hooks->kind[HOOK_PRESTART].v[1].timeout.value, 5);
	ck_assert_str_eq(s->hooks->kind[HOOK_CREATE_RUNTIME].v[0].path, "/h/2");
	ck_assert_str_eq(s->hooks->kind[HOOK_CREATE_CONTAINER].v[0].path, "/h/3");
	ck_assert_str_eq(s->hooks->kind[HOOK_START_CONTAINER].v[0].path, "/h/4");
	ck_assert_str_eq(s->hooks->kind[HOOK_POSTSTART].v[0].path, "/h/5");
	ck_assert_str_eq(s->hooks->kind[HOOK_POSTSTOP].v[0].args.v[1], "x");
}
END_TEST

START_TEST(decodes_linux)
{
	const struct spec_linux *l = &read_full()->lnx;

	ck_assert_uint_eq(l->namespaces.n, 8);
	ck_assert_ptr_null(spec_namespace_of(l, CLONE_NEWPID)->path);
	ck_assert_str_eq(spec_namespace_of(l, CLONE_NEWIPC)->path, "/ns/ipc");
	ck_assert_uint_eq(l->uid_mappings.v[0].size, UINT32_MAX);
	ck_assert(l->monotonic.set && l->boottime.set);
	ck_assert_int_eq(l->monotonic.secs, -5);
	ck_assert_uint_eq(l->boottime.nanosecs, 999999999);
	ck_assert_uint_eq(l->devices.n, 3);
	ck_assert_int_eq(l->devices.v[0].type, 'c');
	ck_assert_int_eq(l->devices.v[0].major, 10);
	ck_assert_uint_eq(l->devices.v[0].file_mode.value, 0666);
	ck_assert_int_eq(l->devices.v[1].type, 'c');
	ck_assert_uint_eq(l->devices.v[1].file_mode.value & 07777, 0660);
	ck_assert_uint_eq(l->devices.v[1].uid.value, 3);
	ck_assert_int_eq(l->devices.v[2].type, 'p');
	ck_assert(!l->devices.v[2].file_mode.set);
	ck_assert_uint_eq(l->net_devices.n, 2);
	ck_assert_str_eq(l->net_devices.v[0].host_name, "eth7");
	ck_assert_str_eq(l->net_devices.v[0].name, "net%d");
	ck_assert_ptr_null(l->net_devices.v[1].name);
	ck_assert_str_eq(l->cgroups_path, "/a/b");
	ck_assert_int_eq(l->rootfs_propagation, PROPAGATION_SLAVE);
	ck_assert_str_eq(l->masked_paths.v[0], "/m");
	ck_assert_str_eq(l->readonly_paths.v[0], "/r");
	ck_assert_str_eq(l->mount_label, "ml");
	ck_assert_uint_eq(l->sysctl.n, 4);
	ck_assert_str_eq(l->sysctl.v[0].value, "1");
	ck_assert_uint_eq(l->personality->domain, PER_LINUX32);
	ck_assert_int_eq(l->memory_policy->mode, 2);
	ck_assert_uint_eq(l->memory_policy->flags, 1 << 15 | 1 << 13);
	ck_assert_str_eq(l->memory_policy->nodes, "0-1");
	ck_assert_str_eq(l->intel_rdt->clos_id, "/");
	ck_assert_str_eq(l->intel_rdt->schemata.v[1], "MB:0=20");
	ck_assert(l->intel_rdt->enable_monitoring);
}
END_TEST

START_TEST(decodes_resources)
{
	const struct spec_resources *r = read_full()->lnx.resources;

	ck_assert_uint_eq(r->devices.n, 3);
	ck_assert(!r->devices.v[0].allow);
	ck_assert_int_eq(r->devices.v[0].type, 'a');
	ck_assert_str_eq(r->devices.v[0].access, "rwm");
	ck_assert(!r->devices.v[0].major.set && !r->devices.v[1].major.set);
	ck_assert(r->devices.v[1].minor.set);
	ck_assert_int_eq(r->devices.v[1].minor.value, 4);
	ck_assert_int_eq(r->devices.v[2].type, 'b');
	ck_assert_int_eq(r->memory->limit.value, 1048576);
	ck_assert_int_eq(r->memory->reservation.value, INT64_MAX);
	ck_assert_int_eq(r->memory->swap.value, 2000000);
	ck_assert_int_eq(r->memory->kernel.value, -1);
	ck_assert_int_eq(r->memory->kernel_tcp.value, 0);
	ck_assert(r->memory->kernel_tcp.set && !r->memory->swappiness.set);
	ck_assert(r->memory->disable_oom_killer.set && !r->memory->disable_oom_killer.value);
	ck_assert(r->memory->use_hierarchy.value && r->memory->check_before_update.value);
	ck_assert_uint_eq(r->cpu->shares.value, 1000);
	ck_assert_int_eq(r->cpu->quota.value, 5000);
	ck_assert_uint_eq(r->cpu->burst.value, 5000);
	ck_assert_uint_eq(r->cpu->period.value, 10000);
	ck_assert_int_eq(r->cpu->realtime_runtime.value, 1);
	ck_assert_uint_eq(r->cpu->realtime_period.value, 2);
	ck_assert_int_eq(r->cpu->idle.value, 0);
	ck_assert_str_eq(r->cpu->cpus, "0-3");
	ck_assert_str_eq(r->cpu->mems, "0");
	ck_assert_int_eq(r->pids->limit.value, 0);
	ck_assert(r->pids->limit.set);
}
END_TEST

START_TEST(decodes_devices_resources)
{
	const struct spec_resources *r = read_full()->lnx.resources;
	const struct spec_block_io *b = r->block_io;

	ck_assert_uint_eq(b->weight.value, 10);
	ck_assert(!b->leaf_weight.set);
	ck_assert_uint_eq(b->weight_device.v[0].leaf_weight.value, 1000);
	ck_assert_int_eq(b->weight_device.v[0].minor, 1);
	ck_assert_uint_eq(b->throttle_read_bps_device.v[0].rate, 1);
	ck_assert_uint_eq(b->throttle_write_bps_device.v[0].rate, 2);
	ck_assert_uint_eq(b->throttle_read_iops_device.v[0].rate, 3);
	ck_assert_uint_eq(b->throttle_write_iops_device.v[0].rate, UINT64_MAX);
	ck_assert_str_eq(r->hugepage_limits.v[0].page_size, "2MB");
	ck_assert_uint_eq(r->hugepage_limits.v[0].limit, 9);
	ck_assert_uint_eq(r->network->class_id.value, 1048577);
	ck_assert_str_eq(r->network->priorities.v[0].name, "eth0");
	ck_assert_uint_eq(r->network->priorities.v[0].priority, 5);
	ck_assert_str_eq(r->rdma.v[0].device, "mlx");
	ck_assert_uint_eq(r->rdma.v[0].hca_handles.value, 2);
	ck_assert(!r->rdma.v[0].hca_objects.set);
	ck_assert_str_eq(r->unified.v[0].key, "memory.high");
	ck_assert_str_eq(r->unified.v[0].value, "1");
}
END_TEST

START_TEST(decodes_seccomp)
{
	const struct spec_seccomp *s = read_full()->lnx.seccomp;
	const struct spec_syscall *call = &s->syscalls.v[1];

	ck_assert_int_eq(s->default_action, SECCOMP_ACT_ERRNO);
	ck_assert_uint_eq(s->default_errno_ret.value, 38);
	ck_assert_uint_eq(s->architectures.n, 2);
	ck_assert_str_eq(s->architectures.v[1], "SCMP_ARCH_RISCV64");
	ck_assert(s->has_flags);
	ck_assert_uint_eq(s->flags.n, 0);
	ck_assert_str_eq(s->listener_path, "/l");
	ck_assert_str_eq(s->listener_metadata, "m");
	ck_assert_int_eq(s->syscalls.v[0].action, SECCOMP_ACT_NOTIFY);
	ck_assert_str_eq(call->names.v[1], "clone");
	ck_assert_int_eq(call->action, SECCOMP_ACT_TRACE);
	ck_assert_uint_eq(call->errno_ret.value, 65535);
	ck_assert_uint_eq(call->args.v[0].index, 5);
	ck_assert_uint_eq(call->args.v[0].value, UINT64_MAX);
	ck_assert_uint_eq(call->args.v[0].value_two, 1);
	ck_assert_int_eq(call->args.v[0].op, SECCOMP_OP_MASKED_EQ);
}
END_TEST

/* ---- absent, null, empty ---- */

START_TEST(takes_the_least)
{
	const struct spec *s = read_config("{\"ociVersion\":\"1.0.2-dev\",\"root\":{\"path\":\"r\"}}");

	ck_assert_ptr_null(s->process);
	ck_assert_ptr_null(s->hooks);
	ck_assert_ptr_null(s->lnx.json);
	ck_assert_ptr_null(s->lnx.resources);
	ck_assert_uint_eq(s->mounts.n, 0);
	ck_assert_ptr_null(s->hostname);
}
END_TEST

/* clang-format off */
static const char *const accepted[] = {
	HEAD "\"process\":null,\"mounts\":null,\"hooks\":null,\"linux\":null,\"annotations\":null}",
	HEAD "\"hostname\":\"\",\"linux\":{\"cgroupsPath\":\"\",\"rootfsPropagation\":\"\"}}",
	HEAD "\"mounts\":[],\"hooks\":{},\"linux\":{},\"annotations\":{}}",
	HEAD "\"unknown\":{\"deep\":[1,{}]},\"linux\":{\"nmaespaces\":5}}",
	HEAD "\"solaris\":5,\"windows\":{\"x\":1},\"vm\":null,\"zos\":[],\"freebsd\":{}}",
	HEAD "\"process\":{\"cwd\":\"/\",\"args\":[\"\"],\"user\":{}}}",
	HEAD "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"uid\":1e3,\"gid\":10.0}}}",
	HEAD "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"uid\":-0,\"gid\":12.50e1}}}",
	HEAD "\"mounts\":[{\"destination\":\"relative\"}]}",
	HEAD "\"linux\":{\"namespaces\":[{\"type\":\"user\",\"path\":\"/proc/1/ns/user\"}]}}",
	HEAD "\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"\"}]}}",
	HEAD "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/s\"}}}",
	HEAD "\"linux\":{\"resources\":{\"memory\":{\"swap\":10}}}}",
	HEAD "\"linux\":{\"resources\":{\"memory\":{\"limit\":10,\"swap\":-1}}}}",
	HEAD "\"linux\":{\"resources\":{\"memory\":{\"limit\":10,\"swap\":0}}}}",
	HEAD "\"linux\":{\"resources\":{\"memory\":{\"swappiness\":18446744073709551615}}}}",
	HEAD "\"linux\":{\"resources\":{\"cpu\":{\"cpus\":\"0-31:2/4,7\\n\",\"quota\":-1,\"burst\":5}}}}",
	HEAD "\"linux\":{\"resources\":{\"blockIO\":{\"weight\":0}}}}",
	HEAD "\"linux\":{\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED\"}}}",
};
/* clang-format on */

START_TEST(accepts)
{
	const struct spec *s = read_config(accepted[_i]);

	ck_assert_ptr_null(s->hostname);
	ck_assert_ptr_null(s->lnx.cgroups_path);
}
END_TEST

START_TEST(reads_integral_numbers)
{
	const struct spec *s = read_config(HEAD
		"\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"uid\":1e3,\"gid\":12.50e1}}}");

	ck_assert_uint_eq(s->process->user.uid, 1000);
	ck_assert_uint_eq(s->process->user.gid, 125);
}
END_TEST

static const struct {
	const char *version;
	bool good;
} versions[] = {
	{ "1.0.0", true },	 { "1.0.2-dev", true },	    { "1.99.0", true },
	{ "1.3.0+b.007", true }, { "1.0.0-rc.1.x-y", true }, { "0.5.0-dev", true },
	{ "2.0.0", false },	 { " 1.0.0", false },	    { "invalid", false },
	{ "1.", false },	 { "1.x", false },	    { "1-0", false },
	{ "1.99999999999999999999.0", false },
	/* No semantic versions; what is meant is plain. */
	{ "1", true },		 { "1.2", true },	    { "v1.2.0", true },
	{ "1.2.3.4", true },	 { "1.02.0", true },	    { "1.0.0-", true },
	{ "", true },
};

static const struct {
	const char *version;
	bool good;
} semantic[] = {
	{ "1.0.0", true },	 { "1.0.2-dev", true },	    { "1.99.0", true },
	{ "1.3.0+b.007", true }, { "1.0.0-rc.1.x-y", true }, { "0.5.0-dev", true },
	{ "2.0.0", true },	 { "1", false },	    { "1.2", false },
	{ "1.2.3.4", false },	 { "1.02.0", false },	    { "1.0.0-", false },
	{ "1.0.0+", false },	 { "1.0.0-a..b", false },   { "1.0.0-\xc3\xa9", false },
	{ " 1.0.0", false },	 { "invalid", false },	    { "1.0.0-rc.01", false },
};

START_TEST(knows_semantic_versions)
{
	ck_assert_msg(spec_version_is_semantic(semantic[_i].version) == semantic[_i].good, "%s",
		      semantic[_i].version);
}
END_TEST


/* G1 T1 X4 */
START_TEST(reads_versions)
{
	char text[256];
	int r;

	snprintf(text, sizeof(text), "{\"ociVersion\":\"%s\",\"root\":{\"path\":\"r\"}}",
		 versions[_i].version);
	r = spec_parse_config(text, strlen(text), "config.json", &doc, NULL);
	ck_assert_msg((r == 0) == versions[_i].good, "%s: %d", versions[_i].version, r);
}
END_TEST

static const struct {
	const char *version;
	int64_t limit;
	bool set;
} pids_limits[] = {
	{ "1.3.0", 0, true },	    { "1.3.0-rc.1", 0, true }, { "1.10.0", 0, true },
	{ "1.2.1", 0, false },	    { "1.0.2-dev", 0, false }, { "0.5.0", 0, false },
	{ "1.0.2-dev", -1, true },  { "1.0.2-dev", 7, true },
};

/* G1 C9: until 1.3.0 there was no other word for "no limit" than 0. */
START_TEST(reads_older_words)
{
	const struct spec_pids *pids;
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"ociVersion\":\"%s\",\"root\":{\"path\":\"r\"},"
		 "\"linux\":{\"resources\":{\"pids\":{\"limit\":%d}}}}",
		 pids_limits[_i].version, (int)pids_limits[_i].limit);
	pids = read_config(text)->lnx.resources->pids;
	ck_assert_int_eq(pids->limit.set, pids_limits[_i].set);
	if (pids->limit.set)
		ck_assert_int_eq(pids->limit.value, pids_limits[_i].limit);
}
END_TEST

/* ---- lists that are compared pair by pair have an end ---- */

static const char *repeat(struct str *s, const char *before, const char *fmt, unsigned n,
			  const char *after)
{
	str_add(s, before);
	for (unsigned i = 0; i < n; i++) {
		str_add(s, i ? "," : "");
		str_printf(s, fmt, i, i);
	}
	str_add(s, after);
	return str_text(s);
}

static void refuse_at(const char *text, const char *at, const char *msg)
{
	struct error e = ERROR_INIT;

	ck_assert_int_eq(spec_parse_config(text, strlen(text), "config.json", &doc, &e), -EINVAL);
	ck_assert_str_eq(e.at, at);
	ck_assert_str_eq(e.msg, msg);
}

START_TEST(limits_mappings)
{
	static const char before[] = HEAD "\"linux\":{\"namespaces\":[{\"type\":\"user\"}],"
					  "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,"
					  "\"size\":1}],\"uidMappings\":[";
	static const char one[] = "{\"containerID\":%u,\"hostID\":%u,\"size\":1}";
	auto_str good = STR_INIT, bad = STR_INIT;

	read_config(repeat(&good, before, one, 340, "]}}"));
	teardown();
	refuse_at(repeat(&bad, before, one, 341, "]}}"), "/linux/uidMappings/340",
		  "more than 340 mappings");
}
END_TEST

START_TEST(limits_network_devices)
{
	static const char before[] = HEAD "\"linux\":{\"namespaces\":[{\"type\":\"network\"}],"
					  "\"netDevices\":{";
	static const char one[] = "\"a%u\":{\"name\":\"b%u\"}";
	auto_str good = STR_INIT, bad = STR_INIT;

	read_config(repeat(&good, before, one, 1024, "}}}"));
	teardown();
	refuse_at(repeat(&bad, before, one, 1025, "}}}"), "/linux/netDevices",
		  "more than 1024 devices");
}
END_TEST

/* ---- remarks ---- */

static char remarks[2048];

static void note(enum log_level level, const char *message)
{
	size_t n = strlen(remarks);

	snprintf(remarks + n, sizeof(remarks) - n, "%d %s\n", level, message);
}

/* P10 X3 */
START_TEST(warns_of_unknown_capabilities)
{
	const struct spec *s;

	remarks[0] = 0;
	log_to(note, LOG_WARN);
	s = read_config(HEAD "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"capabilities\":{"
			     "\"bounding\":[\"CAP_KILL\",\n\"CAP_FLY\",\"CAP_CHOWN\"]}}}");
	ck_assert_uint_eq(s->process->capabilities->bounding, 1 << 5 | 1);
	ck_assert_str_eq(remarks,
			 "1 config.json:2: ignoring unknown value 'CAP_FLY' of 'bounding'\n");
	/* One record, however many they are and in however many sets. */
	remarks[0] = 0;
	read_config(HEAD "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"capabilities\":{"
			 "\"bounding\":[\"CAP_FLY\",\"CAP_SWIM\"],\"effective\":[\"CAP_FLY\",\"CAP_DIVE\"]}}}");
	ck_assert_str_eq(remarks, "1 config.json:1: ignoring unknown value 'CAP_FLY' of 'bounding', "
				  "'CAP_SWIM' of 'bounding', 'CAP_DIVE' of 'effective'\n");
}
END_TEST

START_TEST(hints_at_misspelled_properties)
{
	remarks[0] = 0;
	log_to(note, LOG_DEBUG);
	read_config(HEAD "\"zzz\":1,\"Linux\":{},\n\"linux\":{\"namespacse\":[]}}");
	ck_assert_str_eq(remarks,
			 "2 config.json:1 /Linux: ignoring unknown property 'Linux', did you mean "
			 "'linux'?\n2 config.json:2 /linux/namespacse: ignoring unknown property "
			 "'namespacse', did you mean 'namespaces'?\n");
	remarks[0] = 0;
	log_to(note, LOG_WARN);
	read_config(HEAD "\"Linux\":{}}");
	ck_assert_str_eq(remarks, "");
}
END_TEST

/* ---- files ---- */

static void put_file(int dir, const char *name, const char *text)
{
	ck_assert_int_eq(file_replace_at(dir, name, text, strlen(text), 0600), 0);
}

START_TEST(loads_files)
{
	char path[] = "/tmp/orlop-spec-XXXXXX";
	int dir = open(mkdtemp(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct error e = ERROR_INIT;

	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(spec_load_config(dir, "config.json", &doc, &e), -ENOENT);
	ck_assert(strncmp(e.msg, "JSON specification file config.json not found in the bundle '/", 60) == 0);

	put_file(dir, "config.json", spec_template(false));
	ck_assert_int_eq(spec_load_config(dir, "config.json", &doc, &e), 0);
	ck_assert_str_eq(doc->name, "config.json");
	ck_assert_str_eq(doc->text, spec_template(false));
	ck_assert_uint_eq(doc->size, strlen(doc->text));
	ck_assert_ptr_nonnull(doc->spec);
	teardown();

	put_file(dir, "p", "{\"cwd\":\"/\",\"args\":[\"ls\"]}");
	ck_assert_int_eq(spec_load_process(dir, "p", &doc, &e), 0);
	ck_assert_str_eq(doc->process->args.v[0], "ls");
	teardown();

	put_file(dir, "r", "{\"pids\":{\"limit\":5}}");
	ck_assert_int_eq(spec_load_resources(dir, "r", &doc, &e), 0);
	ck_assert_int_eq(doc->resources->pids->limit.value, 5);
	teardown();

	put_file(dir, "r", "{\"pids\":\n{\"limit\":\"5\"}}");
	e = (struct error)ERROR_INIT;
	ck_assert_int_eq(spec_load_resources(dir, "r", &doc, &e), -EINVAL);
	ck_assert_str_eq(e.at, "/pids/limit");
	ck_assert_str_eq(e.file, "r");
	ck_assert_uint_eq(e.line, 2);
	e = (struct error)ERROR_INIT;
	ck_assert_int_eq(spec_load_process(dir, "none", &doc, &e), -ENOENT);
	ck_assert_str_eq(e.msg, "read 'none': no such file or directory");

	for (int i = 0; i < 3; i++)
		(void)unlinkat(dir, (const char *[]){ "config.json", "p", "r" }[i], 0);
	close(dir);
	rmdir(path);
}
END_TEST

START_TEST(places_later_failures)
{
	const struct spec *s = read_config(HEAD "\"mounts\":[{\"destination\":\"/a\"},\n"
						"{\"destination\":\"/b\",\n\"options\":[\"x\",\n\"y\"]}]}");
	const struct json *mount = s->mounts.v[1].json;
	struct error e = ERROR_INIT;

	failf(&e, ENOENT, "m");
	ck_assert_int_eq(spec_error(mount, "destination", &e), -ENOENT);
	ck_assert_str_eq(e.at, "/mounts/1/destination");
	ck_assert_uint_eq(e.line, 2);
	e = (struct error)ERROR_INIT;
	failf(&e, EIO, "m");
	ck_assert_int_eq(spec_error(json_member(mount, "options"), "1", &e), -EIO);
	ck_assert_str_eq(e.at, "/mounts/1/options/1");
	ck_assert_uint_eq(e.line, 4);
	e = (struct error)ERROR_INIT;
	failf(&e, EIO, "m");
	spec_error(mount, "source", &e);
	ck_assert_str_eq(e.at, "/mounts/1");
	e = (struct error)ERROR_INIT;
	failf(&e, EIO, "m");
	ck_assert_int_eq(spec_error(NULL, "source", &e), -EIO);
	ck_assert_str_eq(e.at, "");
	ck_assert_int_lt(spec_error(mount, NULL, NULL), 0);
}
END_TEST

/* ---- templates, names ---- */

START_TEST(writes_templates)
{
	const struct spec *s = read_config(spec_template(false));

	ck_assert(starts_with(spec_template(false), "{\n\t\"ociVersion\": \"1.3.0\",\n"));
	ck_assert(s->process->terminal && s->root->readonly);
	ck_assert_uint_eq(s->mounts.n, 7);
	ck_assert_ptr_nonnull(spec_namespace_of(&s->lnx, CLONE_NEWNET));
	ck_assert_ptr_null(spec_namespace_of(&s->lnx, CLONE_NEWUSER));
	ck_assert_str_eq(s->mounts.v[2].options.v[5], "gid=5");

	s = read_config(spec_template(true));
	ck_assert_ptr_null(spec_namespace_of(&s->lnx, CLONE_NEWNET));
	ck_assert_ptr_nonnull(spec_namespace_of(&s->lnx, CLONE_NEWUSER));
	ck_assert_uint_eq(s->lnx.uid_mappings.v[0].host_id, geteuid());
	ck_assert_uint_eq(s->mounts.v[2].options.n, 5);
	ck_assert_ptr_null(s->lnx.resources);
	ck_assert_int_eq(doc->text[doc->size - 1], '\n');
}
END_TEST

START_TEST(names_both_ways)
{
	ck_assert_str_eq(spec_namespace_name(CLONE_NEWNS), "mount");
	ck_assert_ptr_null(spec_namespace_name(0));
	ck_assert_uint_eq(names_capabilities.n, 41);
	for (size_t i = 0; i < names_capabilities.n; i++)
		ck_assert_uint_eq(names_capabilities.v[i].value, 1ULL << i);
	ck_assert_str_eq(names_of(names_seccomp_actions.v, names_seccomp_actions.n, SECCOMP_ACT_LOG),
			 "SCMP_ACT_LOG");
}
END_TEST

static const struct {
	const char *name, *path; /* NULL: refused */
	unsigned long flag;
} sysctls[] = {
	{ "net.ipv4.ip_forward", "net/ipv4/ip_forward", CLONE_NEWNET },
	{ "net/ipv4/ip_forward", "net/ipv4/ip_forward", CLONE_NEWNET },
	{ "net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding", CLONE_NEWNET },
	{ "net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding", CLONE_NEWNET },
	{ "kernel.msgmax", "kernel/msgmax", CLONE_NEWIPC },
	{ "kernel.shm_rmid_forced", "kernel/shm_rmid_forced", CLONE_NEWIPC },
	{ "fs.mqueue.msg_max", "fs/mqueue/msg_max", CLONE_NEWIPC },
	{ "user.max_user_namespaces", "user/max_user_namespaces", CLONE_NEWUSER },
	{ "kernel.domainname", "kernel/domainname", CLONE_NEWUTS },
	{ "kernel.msgmaxx", "kernel/msgmaxx", 0 },
	{ "network.x", "network/x", 0 },
	{ "vm", "vm", 0 },
	{ "", NULL, 0 },
	{ "net..x", NULL, 0 },
	{ "net/../kernel/x", NULL, 0 },
	{ "net.//.x", NULL, 0 },
	{ "net.ipv4.", NULL, 0 },
	{ "/net", NULL, 0 },
	{ ".", NULL, 0 },
};

START_TEST(reads_sysctl_names)
{
	char path[64] = "";
	int r = sysctl_path(sysctls[_i].name, path, sizeof(path));

	if (!sysctls[_i].path) {
		ck_assert_int_eq(r, -EINVAL);
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(path, sysctls[_i].path);
	ck_assert_uint_eq(sysctl_namespace(path), sysctls[_i].flag);
	ck_assert_int_eq(sysctl_path(sysctls[_i].name, path, strlen(sysctls[_i].name)), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("spec_decode");
	TCase *t = tcase_create("decode");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, decodes_the_top);
	tcase_add_test(t, decodes_process);
	tcase_add_test(t, decodes_privileges_and_limits);
	tcase_add_test(t, decodes_mounts_and_hooks);
	tcase_add_test(t, decodes_linux);
	tcase_add_test(t, decodes_resources);
	tcase_add_test(t, decodes_devices_resources);
	tcase_add_test(t, decodes_seccomp);
	tcase_add_test(t, takes_the_least);
	tcase_add_loop_test(t, accepts, 0, ARRAY_SIZE(accepted));
	tcase_add_test(t, reads_integral_numbers);
	tcase_add_loop_test(t, reads_versions, 0, ARRAY_SIZE(versions));
	tcase_add_loop_test(t, knows_semantic_versions, 0, ARRAY_SIZE(semantic));
	tcase_add_loop_test(t, reads_older_words, 0, ARRAY_SIZE(pids_limits));
	tcase_add_test(t, limits_mappings);
	tcase_add_test(t, limits_network_devices);
	tcase_add_test(t, warns_of_unknown_capabilities);
	tcase_add_test(t, hints_at_misspelled_properties);
	tcase_add_test(t, loads_files);
	tcase_add_test(t, places_later_failures);
	tcase_add_test(t, writes_templates);
	tcase_add_test(t, names_both_ways);
	tcase_add_loop_test(t, reads_sysctl_names, 0, ARRAY_SIZE(sysctls));
	suite_add_tcase(s, t);
	return run_suite(s);
}
