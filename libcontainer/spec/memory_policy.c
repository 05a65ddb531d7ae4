/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/mempolicy.h>
#include <sys/personality.h>

#include "spec/objects.h"
#include "spec/spec.h"

/* Younger than the headers this must build with. */
enum { MODE_PREFERRED_MANY = 5, MODE_WEIGHTED_INTERLEAVE = 6 };
#define FLAG_STATIC_NODES (1U << 15)
#define FLAG_RELATIVE_NODES (1U << 14)
#define FLAG_NUMA_BALANCING (1U << 13)

/* clang-format off */
static const struct name mode_names[] = {
	{ "MPOL_DEFAULT",        MPOL_DEFAULT },        { "MPOL_BIND",      MPOL_BIND },
	{ "MPOL_INTERLEAVE",     MPOL_INTERLEAVE },
	{ "MPOL_WEIGHTED_INTERLEAVE", MODE_WEIGHTED_INTERLEAVE },
	{ "MPOL_PREFERRED",      MPOL_PREFERRED },
	{ "MPOL_PREFERRED_MANY", MODE_PREFERRED_MANY }, { "MPOL_LOCAL",     MPOL_LOCAL },
};
const struct names names_memory_policy_modes = NAMES(mode_names);

static const struct name flag_names[] = {
	{ "MPOL_F_NUMA_BALANCING", FLAG_NUMA_BALANCING },
	{ "MPOL_F_RELATIVE_NODES", FLAG_RELATIVE_NODES },
	{ "MPOL_F_STATIC_NODES",   FLAG_STATIC_NODES },
};
const struct names names_memory_policy_flags = NAMES(flag_names);

#define OBJECT struct spec_memory_policy
static const struct field memory_policy_fields[] = {
	ENUM("mode",   mode, memory_policy_modes, .since = "1.3",
	     .flags = FIELD_REQUIRED | FIELD_NARROWER,
	     .doc = "mode of set_mempolicy(2)"),
	VALUE("nodes", nodes, .since = "1.3", .flags = FIELD_NARROWER, CHECKED(cpu_list),
	      .doc = "list of memory nodes"),
	BITS("flags",  flags, memory_policy_flags, .since = "1.3", .doc = "mode flags"),
};
/* clang-format on */

static int nodes_check(const struct spec_memory_policy *p, const char *mode, struct error *err)
{
	bool none = p->mode == MPOL_DEFAULT || p->mode == MPOL_LOCAL;

	if (none && p->nodes)
		return failf(err, EINVAL, "'%s' takes no 'nodes'", mode);
	if (!none && !p->nodes && p->mode != MPOL_PREFERRED)
		return failf(err, EINVAL, "'%s' needs 'nodes'", mode);
	return 0;
}

/* The rules of set_mempolicy(2). */
static int memory_policy_check(void *object, struct error *err)
{
	const struct spec_memory_policy *p = object;
	const char *mode = names_of(mode_names, ARRAY_SIZE(mode_names), (uint64_t)p->mode);
	unsigned nodes_flags = p->flags & (FLAG_STATIC_NODES | FLAG_RELATIVE_NODES);

	if (nodes_flags == (FLAG_STATIC_NODES | FLAG_RELATIVE_NODES))
		return failf(err, EINVAL,
			     "'MPOL_F_STATIC_NODES' and 'MPOL_F_RELATIVE_NODES' exclude "
			     "each other");
	if (p->flags && (p->mode == MPOL_DEFAULT || p->mode == MPOL_LOCAL))
		return failf(err, EINVAL, "'%s' takes no 'flags'", mode);
	if (nodes_flags && !p->nodes)
		return failf(err, EINVAL, "these flags need 'nodes'");
	if (p->flags & FLAG_NUMA_BALANCING && p->mode != MPOL_BIND &&
	    p->mode != MODE_PREFERRED_MANY)
		return failf(err, EINVAL, "'MPOL_F_NUMA_BALANCING' is only for 'MPOL_BIND' and "
					  "'MPOL_PREFERRED_MANY'");
	return nodes_check(p, mode, err);
}

/* clang-format off */
SCHEMA(memory_policy, memory_policy_fields, .check = memory_policy_check);
#undef OBJECT

static const struct name domain_names[] = {
	{ "LINUX", PER_LINUX }, { "LINUX32", PER_LINUX32 },
};
const struct names names_personality_domains = NAMES(domain_names);

#define OBJECT struct spec_personality
static const struct field personality_fields[] = {
	ENUM("domain", domain, personality_domains, .since = "1.0.2",
	     .flags = FIELD_REQUIRED | FIELD_NARROWER, .doc = "execution domain"),
	VALUE("flags", flags, .since = "1.0.2", .doc = "none is defined"),
};
/* clang-format on */

static int personality_check(void *object, struct error *err)
{
	const struct spec_personality *p = object;

	if (p->flags.n == 0)
		return 0;
	failf(err, EINVAL, "unknown flag '%.80s': no personality flag is defined", p->flags.v[0]);
	return spec_error(p->json, "flags", err);
}

/* clang-format off */
SCHEMA(personality, personality_fields, .check = personality_check);
#undef OBJECT
/* clang-format on */
