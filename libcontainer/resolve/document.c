/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the specification forbids, other runtimes take and can mean one thing only: it is taken here too, and said. (That of
 * one object is with what the object means.)
 */

#include "resolve/part.h"
#include "spec/spec.h"

static int check_version(const struct resolver *r)
{
	const struct spec *s = r->spec;

	if (!s->json || problems_touches(r->in->report, json_member(s->json, "ociVersion")))
		return 0;
	if (!s->oci_version)
		return resolve_problem(r, PROBLEM_WARNING, PROBLEM_SPEC, s->json, NULL,
				       "'ociVersion' is missing: the config is read as one of version 1.0.0");
	if (spec_version_is_semantic(s->oci_version))
		return 0;
	return resolve_problem(r, PROBLEM_WARNING, PROBLEM_SPEC, s->json, "ociVersion",
			       "ociVersion '%.80s' is no semantic version such as '1.3.0'", s->oci_version);
}

static int check_syscalls(const struct resolver *r)
{
	const struct spec_seccomp *seccomp = r->spec->lnx.seccomp;
	int num = 0;

	if (!seccomp)
		return 0;
	foreach_list(call, &seccomp->syscalls)
		if (num == 0 && !call->names.n)
			num = resolve_problem(r, PROBLEM_WARNING, PROBLEM_SPEC, call->json, "names",
					      "a rule of seccomp has no names, and so applies to no system call");
	return num;
}

int resolve_document(const struct resolver *r)
{
	int num = check_version(r);

	return num < 0 ? num : check_syscalls(r);
}
