/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A program of the host for a process of a container. The container gets a sealed copy, never the host's file: through
 * /proc/PID/exe a process of the container could open that for writing when the program has ended (CVE-2019-5736).
 */

#include "base/error.h"

struct host_program {
	int fd;           /* for execveat(2), owned                                     */
	char loader[128]; /* what it needs to be executed, by its path inside; "": none */
};

#define HOST_PROGRAM_INIT    \
	{                    \
		.fd = -EBADF \
	}

/* Only ELF files that this machine executes: a script is refused. Nothing is left behind on failure. */
int host_program_open(const char *path, struct host_program *ret, struct error *err);
/* Of what execveat(2) said: "no such file" is a loader that is missing, a denial is of that call. Returns -err->num. */
int host_program_explain(const struct host_program *p, struct error *err);
