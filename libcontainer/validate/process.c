/* SPDX-License-Identifier: Apache-2.0 */

/* The process: what this kernel lets it have, and namespaces and devices it is to find. */

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/file.h"
#include "base/parse.h"
#include "base/str.h"
#include "security/lsm.h"
#include "spec/objects.h"
#include "validate/kernel.h"
#include "validate/validate.h"

/* ---- capabilities ---- */

static uint64_t bounding_set(void)
{
	uint64_t set = 0;

	for (unsigned cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			set |= 1ULL << cap;
	return set;
}

static bool bit_is_known(uint64_t bit)
{
	return prctl(PR_CAPBSET_READ, (unsigned long)__builtin_ctzll(bit), 0, 0, 0) >= 0;
}

static const struct name *word_of(const struct json *word)
{
	if (word->type != JSON_STRING)
		return NULL;
	return names_find(names_capabilities.v, names_capabilities.n, word->text);
}

static void check_capability(const struct validation *v, const struct json *word, uint64_t given)
{
	const struct name *name = word_of(word);

	if (!name || given & name->value)
		return;
	host_problem(v, WARNING, word, NULL, NULL, "'%s' cannot be granted: %s", word->text,
		     bit_is_known(name->value) ? "it is not in the caller's bounding set"
					       : "this kernel does not know it");
}

static void check_capabilities(const struct validation *v, const struct spec_capabilities *c)
{
	uint64_t given = bounding_set();

	/* In a user namespace of its own the process has them all. */
	if (!c || resolved_has_namespace(v->resolved, CLONE_NEWUSER))
		return;
	for (const struct json *set = c->json->first; set; set = set->next)
		for (const struct json *word = set->first; word; word = word->next)
			check_capability(v, word, given);
}

/* Those words of a set that are not in `within`. */
static void check_set(const struct validation *v, const struct spec_capabilities *c,
		      const char *member, uint64_t within, const char *others)
{
	const struct json *set = json_member(c->json, member);

	for (const struct json *word = set ? set->first : NULL; word; word = word->next) {
		const struct name *name = word_of(word);

		if (name && !(name->value & within))
			spec_problem(v, WARNING, word, NULL,
				     "'%s' has no effect: it is not in %s too", word->text, others);
	}
}

/* capset(2) would refuse them; create leaves them out. */
static void check_sets(const struct validation *v, const struct spec_capabilities *c)
{
	if (!c || problems_touches(v->report, c->json))
		return;
	check_set(v, c, "effective", c->permitted, "'permitted'");
	check_set(v, c, "permitted", c->bounding, "'bounding'");
	check_set(v, c, "ambient", c->permitted & c->inheritable, "'permitted' and 'inheritable'");
}

/* ---- labels ---- */

static bool has_profile(const char *profile)
{
	auto_str text = STR_INIT;
	size_t n = strlen(profile);
	int r = file_read_at(AT_FDCWD, "/sys/kernel/security/apparmor/profiles", 16U << 20, &text);

	/* Lines "name (mode)". A list that cannot be read says nothing. */
	for (const char *line = r < 0 ? NULL : str_text(&text); line && *line;) {
		if (strncmp(line, profile, n) == 0 && strncmp(line + n, " (", 2) == 0)
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return r < 0;
}

static void check_labels(const struct validation *v, const struct spec_process *p)
{
	bool given = p->apparmor_profile && *p->apparmor_profile;

	if (given && !lsm_apparmor_enabled())
		host_problem(v, ERROR, p->json, "apparmorProfile", NULL,
			     "profile '%s': apparmor is not enabled on this host",
			     p->apparmor_profile);
	else if (given && !streq(p->apparmor_profile, "unconfined") &&
		 !has_profile(p->apparmor_profile))
		host_problem(v, ERROR, p->json, "apparmorProfile", NULL,
			     "profile '%s' is not loaded", p->apparmor_profile);
	if (p->selinux_label && *p->selinux_label && !lsm_selinux_enabled())
		host_problem(v, ERROR, p->json, "selinuxLabel", NULL,
			     "label '%s': selinux is not enabled on this host", p->selinux_label);
}

/* ---- limits of the host ---- */

static void check_rlimits(const struct validation *v, const struct spec_process *p)
{
	auto_str text = STR_INIT;
	uint64_t most;

	if (file_read_at(AT_FDCWD, "/proc/sys/fs/nr_open", 64, &text) < 0 ||
	    parse_u64n(str_text(&text), strcspn(str_text(&text), "\n"), 10, &most) < 0)
		return;
	foreach_list(limit, &p->rlimits) {
		const char *name = names_of(names_rlimits.v, names_rlimits.n,
					    (uint64_t)limit->type);

		if (name && streq(name, "RLIMIT_NOFILE") && limit->hard > most)
			host_problem(v, ERROR, limit->json, "hard", NULL,
				     "above fs.nr_open of this host, which is %llu",
				     (unsigned long long)most);
	}
}

static void check_affinity(const struct validation *v, const struct spec_cpu_affinity *a)
{
	if (!a)
		return;
	if (a->initial && !probe_are_online("cpu", a->initial))
		host_problem(v, WARNING, a->json, "initial", NULL,
			     "not all of the CPUs '%s' are online", a->initial);
	if (a->final && !probe_are_online("cpu", a->final))
		host_problem(v, WARNING, a->json, "final", NULL,
			     "not all of the CPUs '%s' are online", a->final);
}

void validate_process(const struct validation *v)
{
	const struct spec_process *p = v->spec->process;

	if (!p || !p->json)
		return;
	check_sets(v, p->capabilities);
	if (!v->with_host)
		return;
	check_capabilities(v, p->capabilities);
	check_labels(v, p);
	check_rlimits(v, p);
	check_affinity(v, p->exec_cpu_affinity);
}
