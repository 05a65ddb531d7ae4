/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of configs and lines of mountinfo, whose mountpoints anybody in a user namespace can name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/cgroup_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(struct arena *a, const char *path)
{
	const char *again = cgroup_clean_path(a, path);

	if (!again || *again != '/' || strstr(again, "//") || strstr(again, "/../") ||
	    strstr(again, "/./") || !streq(again, cgroup_clean_path(a, again)) || !cgroup_path_is_clean(again) ||
	    cgroup_path_is_clean(path) != streq(path, again))
		abort();
}

static void check_subs(struct arena *a, const char *text)
{
	struct cgroup c = {
		.arena = a,
		.kind = CGROUP_V1,
		.trees = { { .name = "cpu,cpuacct", .mount = "/m", .path = "/m/x" } },
		.n = 1,
	};
	const char *path;

	if (cgroup_check_subs(&c, &text, 1, NULL) < 0)
		return;
	if (cgroup_sub_path(&c, &c.trees[0], &text, 1, &path, NULL) < 0 ||
	    !starts_with(path, "/m/x") || strstr(path, "/../"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(arena_free) struct arena *a = arena_new();
	char *text = a ? arena_strndup(a, (const char *)data, size) : NULL;
	struct cgroup_options o = { .id = "id", .path = text };
	char root[64], mountpoint[64];

	if (!text)
		return 0;
	check_clean(a, text);
	check_clean(a, cgroup_place(a, &o, "/own", true));
	o.path = NULL;
	check_clean(a, cgroup_place(a, &o, text, false));
	check_subs(a, text);
	(void)cgroup_mountinfo_match(text, "cpu,cpuacct", root, mountpoint, sizeof(root));
	return 0;
}
