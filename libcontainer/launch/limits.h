/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parent does to the child from outside: what needs its rights, or must come late. */

#include "cgroup/cgroup.h"
#include "launch/spawn.h"

/* Right after the clone: hard resource limits above ours, which the child could not raise later. */
int limits_raise(pid_t pid, const struct spec_process *p, struct error *err);

/*
 * Scheduler and I/O priority, of the process group too: from outside, since the rights for it are those
 * of the first user namespace, and late, since a deadline task may not fork.
 */
int limits_priorities(pid_t pid, const struct spec_process *p, struct error *err);

/* /proc/PID/oom_score_adj, when the config has one. */
int limits_oom_score(pid_t pid, const struct spec_process *p, struct error *err);

/* execCPUAffinity.initial: the CPUs we run on, and with us what we clone, until it is in its cgroup. */
struct limits_cpus {
	bool changed;
	uint32_t mask[256];
};
int limits_initial_cpus(const struct spec_process *p, struct limits_cpus *before, struct error *err);
void limits_restore_cpus(const struct limits_cpus *before);

/*
 * After a failure: when the container's own memory limit killed the child, says so instead. Returns
 * -err->num.
 */
int limits_explain(struct cgroup *cg, const struct spec_resources *r, struct error *err);
