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

/* ---- what was left out, one record a capability ---- */

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

static void list_sets(const struct spec_capabilities *asked, const struct caps_plan *got,
		      uint64_t bit, struct str *out)
{
	const struct {
		const char *name;
		uint64_t lost;
	} sets[] = {
		{ "bounding", asked->bounding & ~got->bounding },
		{ "effective", asked->effective & ~got->effective },
		{ "inheritable", asked->inheritable & ~got->inheritable },
		{ "permitted", asked->permitted & ~got->permitted },
		{ "ambient", asked->ambient & ~got->ambient },
	};

	foreach_array(set, sets)
		if (set->lost & bit)
			str_printf(out, "%s%s", out->n ? ", " : "", set->name);
}

static void warn(const struct spec_capabilities *asked, const struct caps_limits *limits,
		 const struct caps_plan *got, const struct name *cap)
{
	auto_str sets = STR_INIT;

	list_sets(asked, got, cap->value, &sets);
	if (!sets.n)
		return;
	/* PR_CAP_AMBIENT_RAISE would answer EPERM; said in the words users of runc know. */
	if (streq(str_text(&sets), "ambient"))
		log_warn("can't raise ambient capability %s: %s", cap->name, errno_words(EPERM));
	else
		log_warn("capability %s is left out of the sets %s: %s", cap->name, str_text(&sets),
			 reason(cap->value, asked, limits, got));
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
	for (size_t i = 0; i < names_capabilities.n; i++)
		warn(caps, limits, ret, &names_capabilities.v[i]);
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
