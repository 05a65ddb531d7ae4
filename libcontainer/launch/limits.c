/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/sched/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/names.h"
#include "base/parse.h"
#include "spec/objects.h"
#include "spec/spec.h"

int limits_raise(pid_t pid, const struct spec_process *p, struct error *err)
{
	if (!p)
		return 0;
	foreach_list(l, &p->rlimits) {
		struct rlimit now;

		if (getrlimit((int)l->type, &now) < 0)
			return sysf(err, "getrlimit");
		if (l->hard <= now.rlim_max)
			continue;
		now.rlim_max = l->hard;
		if (prlimit(pid, (int)l->type, &now, NULL) < 0) {
			sysf(err, "raise the hard limit of %s to %llu%s",
			     names_of(names_rlimits.v, names_rlimits.n, l->type), (unsigned long long)l->hard,
			     l->type == RLIMIT_NOFILE ? ", which the sysctl fs.nr_open bounds" : "");
			return spec_error(l->json, "hard", err);
		}
	}
	return 0;
}

/* ---- priorities ---- */

static int set_scheduler(pid_t pid, const struct spec_scheduler *s, struct error *err)
{
	struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = s->policy,
		.sched_flags = s->flags,
		.sched_nice = s->nice,
		.sched_priority = (uint32_t)s->priority,
		.sched_runtime = s->runtime,
		.sched_deadline = s->deadline,
		.sched_period = s->period,
	};
	const char *hint = "";

	if (syscall(SYS_sched_setattr, pid, &attr, 0) == 0)
		return 0;
	if (errno == EPERM && s->priority)
		hint = " (does the cgroup have real-time, resources.cpu.realtimeRuntime?)";
	sysf(err, "set the scheduler '%s'%s",
	     names_of(names_scheduler_policies.v, names_scheduler_policies.n, s->policy), hint);
	return spec_error(s->json, NULL, err);
}

static int set_io_priority(pid_t pid, const struct spec_io_priority *io, struct error *err)
{
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PGRP, pid,
		    IOPRIO_PRIO_VALUE((unsigned)io->class, (unsigned)io->priority)) == 0)
		return 0;
	sysf(err, "set the I/O priority");
	return spec_error(io->json, NULL, err);
}

int limits_priorities(pid_t pid, const struct spec_process *p, struct error *err)
{
	int r = 0;

	if (p && p->scheduler)
		r = set_scheduler(pid, p->scheduler, err);
	if (r == 0 && p && p->io_priority)
		r = set_io_priority(pid, p->io_priority, err);
	return r;
}

/* ---- CPUs ---- */

int limits_initial_cpus(const struct spec_process *p, struct limits_cpus *before, struct error *err)
{
	const struct spec_cpu_affinity *a = p->exec_cpu_affinity;
	const char *list = a && a->initial ? a->initial : "";
	uint32_t mask[ARRAY_SIZE(before->mask)] = { 0 };

	*before = (struct limits_cpus){ 0 };
	if (!list[strspn(list, ", \n")])
		return 0;
	if (parse_list(list, mask, ARRAY_SIZE(mask)) < 0)
		failf(err, ERANGE, "CPUs '%.80s': there are never more than %zu", list,
		      sizeof(mask) * 8);
	else if (syscall(SYS_sched_getaffinity, 0, sizeof(before->mask), before->mask) < 0 ||
		 syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask) < 0)
		sysf(err, "run on the CPUs '%.80s'", list);
	else
		before->changed = true;
	return before->changed ? 0 : spec_error(a->json, "initial", err);
}

void limits_restore_cpus(const struct limits_cpus *before)
{
	if (before->changed)
		(void)syscall(SYS_sched_setaffinity, 0, sizeof(before->mask), before->mask);
}

int limits_oom_score(pid_t pid, const struct spec_process *p, struct error *err)
{
	char path[64], value[16];

	if (!p || !p->oom_score_adj.set)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
	snprintf(value, sizeof(value), "%d", p->oom_score_adj.value);
	if (file_write_at(AT_FDCWD, path, value) < 0) {
		sysf(err, "oomScoreAdj %s", value);
		return spec_error(p->json, "oomScoreAdj", err);
	}
	return 0;
}

int limits_explain(struct cgroup *cg, const struct spec_resources *r, struct error *err)
{
	const struct spec_memory *m = r ? r->memory : NULL;

	if (!m || !m->limit.set || cgroup_oom_kills(cg) <= 0)
		return -err->num;
	err->at[0] = err->file[0] = 0;
	failf(err, ENOMEM, "killed by the memory limit of %lld bytes during start",
	      (long long)m->limit.value);
	return spec_error(m->json, "limit", err);
}
