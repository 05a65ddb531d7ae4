/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* How the command was called: the global options. Lives as long as the process. */
struct runtime {
	const char *root;    /* --root, absolute or relative; NULL: the default */
	bool root_given;
	bool systemd_cgroup; /* --systemd-cgroup                                */
	bool no_cgroups;     /* --cgroup-manager disabled                       */
	int rootless;        /* --rootless: -1 auto, 0 false, 1 true            */
};
