/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Seccomp profiles of the spec as BPF programs ready for seccomp(2). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "spec/types.h"

struct seccomp_program {
	void *bpf;      /* struct sock_filter[], malloc'd                                   */
	size_t count;   /* instructions                                                     */
	unsigned flags; /* SECCOMP_FILTER_FLAG_*, without NEW_LISTENER                      */
	bool notify;    /* some action is NOTIFY: a listener is wanted                      */
};

/* Empties it; what was empty stays so. */
void seccomp_program_done(struct seccomp_program *p);

/*
 * Compiles a profile, or takes it from the cache directory (ours and closed to others,
 * content-addressed by a SHA-256 of the profile, libseccomp's version, the architecture and our
 * version; NULL: no cache; any trouble with the cache is ignored). Unknown syscall names are
 * ignored with a debug record, as runc does. Syscalls newer than every one the profile names give
 * ENOSYS instead of the default errno. An action or flag this kernel does not have is an error.
 */
int seccomp_compile(const struct spec_seccomp *s, const char *cache_dir,
		    struct seccomp_program *ret, struct error *err);

/* Whether it lets this call of the native architecture pass. */
struct seccomp_call {
	int nr;
	uint64_t args[6];
};
bool seccomp_allows(const struct seccomp_program *p, const struct seccomp_call *call);
/* What it returns to any call: SECCOMP_RET_* with its data. */
struct seccomp_data;
uint32_t seccomp_answer(const struct seccomp_program *p, const struct seccomp_data *data);

/* "2.5.4". */
const char *seccomp_library_version(void);

/* Whether this libseccomp compiles for an architecture of the spec, "SCMP_ARCH_X86_64". */
bool seccomp_arch_supported(const char *name);
/* Whether libseccomp knows a system call of that name, of whatever architecture. */
bool seccomp_syscall_known(const char *name);
/* The name of a call by its number, of a 64-bit program or a 32-bit one of this machine; NULL: unknown. In the arena. */
struct arena;
const char *seccomp_call_name(int number, bool is_32, struct arena *a);
/* The native one of the most similar name; false when there is none at a small distance. */
bool seccomp_syscall_near(const char *name, char *buf, size_t size);
/* Whether this kernel takes a SECCOMP_FILTER_FLAG_*. */
bool seccomp_flag_supported(unsigned flag);
/* Whether this kernel knows an action. Those of Linux 3.5 are not asked for. */
bool seccomp_action_supported(enum spec_seccomp_action action);
