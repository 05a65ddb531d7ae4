/* SPDX-License-Identifier: Apache-2.0 */
#include "security/caps.h"

#include <errno.h>
#include <sys/prctl.h>

#include "base/log.h"
#include "base/macros.h"
#include "base/names.h"
#include "base/self.h"
#include "base/str.h"
#include "spec/objects.h"

#define CAP_BITS 64U

/* ---- what was left out: one record, however much it is ---- */

struct loss {
	const char *reason;
	unsigned sets; /* of set_names, a bit each */
};

/* clang-format off */
static const char *const set_names[] = {
	"bounding", "effective", "inheritable", "permitted", "ambient",
};
/* clang-format on */
#define AMBIENT_ONLY (1U << 4)

static const char *reason(uint64_t bit, const struct spec_capabilities *asked,
			  const struct caps_limits *limits, const struct caps_plan *got)
{
	if (!(bit & limits->known))
		return "this kernel does not know it";
	if (!(bit & asked->bounding))
		return "it is not in the bounding set";
	if (!(bit & limits->bounding & limits->permitted) || !(bit & got->bounding))
		return "this process does not have it to give";
	return "it is not in the permitted set";
}

static struct loss loss_of(uint64_t bit, const struct spec_capabilities *asked,
			   const struct caps_limits *limits, const struct caps_plan *got)
{
	const uint64_t lost[] = {
		asked->bounding & ~got->bounding,	asked->effective & ~got->effective,
		asked->inheritable & ~got->inheritable, asked->permitted & ~got->permitted,
		asked->ambient & ~got->ambient,
	};
	struct loss loss = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(lost); i++)
		loss.sets |= lost[i] & bit ? 1U << i : 0;
	if (loss.sets && loss.sets != AMBIENT_ONLY)
		loss.reason = reason(bit, asked, limits, got);
	return loss;
}

static void add_sets(unsigned sets, struct str *out)
{
	const char *between = " ";

	for (unsigned i = 0; i < ARRAY_SIZE(set_names); i++)
		if (sets >> i & 1) {
			str_printf(out, "%s%s", between, set_names[i]);
			between = ", ";
		}
}

static bool is_like(const struct loss *a, const struct loss *b)
{
	return a->sets == b->sets && a->reason == b->reason;
}

static bool is_first(const struct loss *losses, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (is_like(&losses[j], &losses[i]))
			return false;
	return true;
}

/* All that were lost like this one, and how many that are. */
static unsigned add_group(const struct loss *losses, struct loss like, struct str *names)
{
	unsigned n = 0;

	for (size_t i = 0; i < names_capabilities.n; i++)
		if (is_like(&losses[i], &like))
			str_printf(names, "%s%s", n++ ? ", " : "", names_capabilities.v[i].name);
	return n;
}

/* PR_CAP_AMBIENT_RAISE would answer EPERM; said in the words users of runc know. */
static void describe(const struct loss *losses, struct loss like, struct str *out)
{
	auto_str names = STR_INIT;
	unsigned n = add_group(losses, like, &names);

	str_add(out, out->n ? "; " : "");
	if (like.sets == AMBIENT_ONLY) {
		str_printf(out, "can't raise ambient %s %s: %s", n == 1 ? "capability" : "capabilities",
			   str_text(&names), errno_words(EPERM));
		return;
	}
	str_printf(out, n == 1 ? "capability %s is left out of the sets" : "capabilities %s are left out of the sets",
		   str_text(&names));
	add_sets(like.sets, out);
	str_printf(out, ": %s", like.reason);
}

/*
 * Engines ask for everything as ambient too while nothing is inheritable, by habit (podman and buildah did
 * for years). The user has not chosen that and can change nothing.
 */
static bool is_habit(const struct spec_capabilities *asked, unsigned all_sets)
{
	return all_sets == AMBIENT_ONLY && !asked->inheritable;
}

static void report(const struct spec_capabilities *asked, const struct caps_limits *limits,
		   const struct caps_plan *got)
{
	struct loss losses[CAP_BITS] = { 0 };
	auto_str text = STR_INIT;
	unsigned all_sets = 0;

	for (size_t i = 0; i < names_capabilities.n; i++) {
		losses[i] = loss_of(names_capabilities.v[i].value, asked, limits, got);
		all_sets |= losses[i].sets;
	}
	for (size_t i = 0; all_sets && i < names_capabilities.n; i++)
		if (losses[i].sets && is_first(losses, i))
			describe(losses, losses[i], &text);
	if (text.n && is_habit(asked, all_sets))
		log_debug("%s", str_text(&text));
	else if (text.n)
		log_warn("%s", str_text(&text));
}

/* ---- the sets ---- */

void caps_cut(const struct spec_capabilities *caps, const struct caps_limits *limits,
	      struct caps_plan *ret)
{
	uint64_t given = limits->permitted & limits->known;

	*ret = (struct caps_plan){ 0 };
	if (!caps)
		return;
	ret->bounding = caps->bounding & limits->bounding & limits->known;
	ret->permitted = caps->permitted & given & ret->bounding;
	ret->inheritable = caps->inheritable & given & ret->bounding;
	ret->effective = caps->effective & ret->permitted;
	ret->ambient = caps->ambient & ret->permitted & ret->inheritable;
	report(caps, limits, ret);
}

bool caps_kernel_has(unsigned cap)
{
	return prctl(PR_CAPBSET_READ, (unsigned long)cap, 0, 0, 0) >= 0;
}

/* Of those asked for only: which of the others this kernel knows it tells one at a time. */
static void ask_kernel(uint64_t asked, struct caps_limits *limits)
{
	limits->bounding = limits->known = asked & self_status()->bounding;
	for (unsigned cap = 0; cap < CAP_BITS; cap++)
		if ((asked & ~limits->bounding) >> cap & 1 && caps_kernel_has(cap))
			limits->known |= UINT64_C(1) << cap;
}

int caps_compile(const struct spec_capabilities *caps, bool new_userns, struct caps_plan *ret,
		 struct error *err)
{
	struct caps_limits limits = { 0 };

	if (caps && !self_status()->known)
		return failf(err, ENOENT, "our own capabilities cannot be read from /proc/self/status");
	if (caps) {
		ask_kernel(caps->bounding | caps->permitted | caps->inheritable | caps->effective |
				   caps->ambient,
			   &limits);
		if (new_userns)
			limits.bounding = limits.permitted = UINT64_MAX;
		else
			limits.permitted = self_status()->permitted;
	}
	caps_cut(caps, &limits, ret);
	return 0;
}
