/* SPDX-License-Identifier: Apache-2.0 */

/* The rights of a container's process. What a program gave up by itself differs as well: so it is. */

#include <inttypes.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/parse.h"
#include "observe/verify.h"
#include "security/caps.h"
#include "spec/objects.h"

/* What execve(2) makes of the sets that were prepared: capabilities(7). */
static void after_execve(const struct spec_process *p, struct caps_plan *c)
{
	if (p->user.uid == 0) {
		uint64_t gained = c->inheritable | c->bounding;

		c->permitted = p->no_new_privileges ? c->permitted & gained : gained;
		c->ambient = 0;
		c->effective = c->permitted;
	} else {
		c->permitted = c->effective = c->ambient;
	}
}

static void capabilities(struct verification *v, const struct spec_process *p, const char *status)
{
	struct caps_plan plan = { 0 };
	bool user = resolved_has_namespace(v->config, CLONE_NEWUSER);

	if (caps_compile(p->capabilities, user, &plan, NULL) < 0)
		return;
	after_execve(p, &plan);
	const struct {
		const char *field, *name;
		uint64_t wanted;
	} sets[] = {
		{ "CapBnd", "capabilities bounding", plan.bounding },
		{ "CapPrm", "capabilities permitted", plan.permitted },
		{ "CapEff", "capabilities effective", plan.effective },
		{ "CapInh", "capabilities inheritable", plan.inheritable },
		{ "CapAmb", "capabilities ambient", plan.ambient },
	};

	foreach_array(set, sets) {
		char text[24];

		(void)snprintf(text, sizeof(text), "%016" PRIx64, set->wanted);
		verify_text(v, set->name, text, status_field(v->arena, status, set->field));
	}
}

/* "Max open files   1024   4096   files": the words of /proc for a RLIMIT_*. */
static const char *const rlimit_names[] = {
	[RLIMIT_CPU] = "Max cpu time",
	[RLIMIT_FSIZE] = "Max file size",
	[RLIMIT_DATA] = "Max data size",
	[RLIMIT_STACK] = "Max stack size",
	[RLIMIT_CORE] = "Max core file size",
	[RLIMIT_RSS] = "Max resident set",
	[RLIMIT_NPROC] = "Max processes",
	[RLIMIT_NOFILE] = "Max open files",
	[RLIMIT_MEMLOCK] = "Max locked memory",
	[RLIMIT_AS] = "Max address space",
	[RLIMIT_LOCKS] = "Max file locks",
	[RLIMIT_SIGPENDING] = "Max pending signals",
	[RLIMIT_MSGQUEUE] = "Max msgqueue size",
	[RLIMIT_NICE] = "Max nice priority",
	[RLIMIT_RTPRIO] = "Max realtime priority",
	[RLIMIT_RTTIME] = "Max realtime timeout",
};

static void limit_words(uint64_t n, char *buf, size_t size)
{
	if (n == RLIM_INFINITY)
		(void)snprintf(buf, size, "unlimited");
	else
		(void)snprintf(buf, size, "%" PRIu64, n);
}

static void rlimit(struct verification *v, const struct spec_rlimit *l, const char *text)
{
	const char *name = (size_t)l->type < ARRAY_SIZE(rlimit_names) ? rlimit_names[l->type] : NULL;
	const char *line = name && text ? strstr(text, name) : NULL;
	char soft[24], hard[24], wanted_soft[24], wanted_hard[24], wanted[56], found[56];

	limit_words(l->soft, wanted_soft, sizeof(wanted_soft));
	limit_words(l->hard, wanted_hard, sizeof(wanted_hard));
	(void)snprintf(wanted, sizeof(wanted), "%s %s", wanted_soft, wanted_hard);
	name = arena_printf(v->arena, "rlimit %s", name ? name + strlen("Max ") : "?");
	if (!line || sscanf(line + 26, "%23s %23s", soft, hard) != 2) {
		verify_text(v, name, wanted, NULL);
		return;
	}
	(void)snprintf(found, sizeof(found), "%s %s", soft, hard);
	verify_text(v, name, wanted, found);
}

/* The second of "0 1000 0 0": the effective one, as the host numbers it. */
static const char *effective(struct verification *v, const char *status, const char *key)
{
	char *text = (char *)(uintptr_t)status_field(v->arena, status, key);

	(void)(text ? strsep(&text, "\t ") : NULL);
	return text ? strsep(&text, "\t ") : NULL;
}

static int64_t mapped(const spec_idmaps *maps, uint32_t id)
{
	if (!maps->n)
		return id;
	foreach_list(m, maps) if (id >= m->container_id && id - m->container_id < m->size)
		return (int64_t)m->host_id + (id - m->container_id);
	return -1;
}

static void user(struct verification *v, const struct spec_process *p, const char *status)
{
	int64_t uid = mapped(&v->spec->lnx.uid_mappings, p->user.uid);
	int64_t gid = mapped(&v->spec->lnx.gid_mappings, p->user.gid);

	/* A user namespace that was joined has maps that the config does not tell. */
	if (resolved_has_namespace(v->config, CLONE_NEWUSER) && !v->spec->lnx.uid_mappings.n)
		return;
	verify_number(v, "user uid", uid, effective(v, status, "Uid"));
	verify_number(v, "user gid", gid, effective(v, status, "Gid"));
	if (p->user.umask.set) {
		char wanted[8];

		(void)snprintf(wanted, sizeof(wanted), "%04o", p->user.umask.value);
		verify_text(v, "user umask", wanted, status_field(v->arena, status, "Umask"));
	}
}

static void label(struct verification *v, const struct spec_process *p)
{
	const char *found = proc_dir_text(v->arena, v->init, "attr/current");
	const char *apparmor = proc_dir_text(v->arena, v->init, "attr/apparmor/current");

	if (p->selinux_label)
		verify_text(v, "selinuxLabel", p->selinux_label, found);
	apparmor = apparmor ? apparmor : found;
	if (p->apparmor_profile)
		verify_text(v, "apparmorProfile", p->apparmor_profile,
			    apparmor ? arena_strndup(v->arena, apparmor, strcspn(apparmor, " ")) : NULL);
}

void verify_process(struct verification *v)
{
	const struct spec_process *p = v->spec->process;
	const char *status = v->started ? proc_dir_text(v->arena, v->init, "status") : NULL;
	const char *text;

	if (!status) {
		verify_add(v, "process", VERDICT_UNSEEN, "as the config says, once it is started", NULL);
		return;
	}
	user(v, p, status);
	capabilities(v, p, status);
	verify_number(v, "noNewPrivileges", p->no_new_privileges,
		      status_field(v->arena, status, "NoNewPrivs"));
	verify_number(v, "seccomp", v->spec->lnx.seccomp ? 2 : 0,
		      status_field(v->arena, status, "Seccomp"));
	label(v, p);
	text = proc_dir_text(v->arena, v->init, "limits");
	foreach_list(l, &p->rlimits) rlimit(v, l, text);
	if (p->oom_score_adj.set)
		verify_number(v, "oomScoreAdj", p->oom_score_adj.value,
			      proc_dir_text(v->arena, v->init, "oom_score_adj"));
}
