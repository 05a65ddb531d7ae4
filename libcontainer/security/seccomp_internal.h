/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files seccomp*.c share. */

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sha256.h"
#include "security/seccomp.h"
#include "spec/types.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* ---- seccomp.c: libseccomp ---- */

/* A program, malloc'd. */
struct bpf {
	struct sock_filter *v;
	size_t n;
};

/*
 * The highest system call a profile names, for each architecture as the kernel's AUDIT_ARCH_* sees
 * it.
 */
struct seccomp_highest {
	uint32_t audit;
	uint32_t nr;  /* SECCOMP_NO_LIMIT: none named              */
	uint32_t x32; /* the same of x32, which shares x86_64's value */
};
#define SECCOMP_NO_LIMIT UINT32_MAX
#define SECCOMP_ARCHS_MAX 32

/* The profile's rules as libseccomp compiles them. ret->v is the caller's to free. */
int seccomp_build(const struct spec_seccomp *s, struct bpf *ret, struct error *err);
/* The native architecture first. Returns how many were written. */
size_t seccomp_highest(const struct spec_seccomp *s,
		       struct seccomp_highest ret[SECCOMP_ARCHS_MAX]);
uint32_t seccomp_native_arch(void);

/* The architectures whose programs this machine may run, by their place: the native one first. */
#define SECCOMP_ARCHS_HERE 3
/* The number of a call there, as a filter sees it; false when there is none, or no such place here. */
bool seccomp_call_number(size_t place, const char *name, uint32_t *audit, int *nr);
/* The spec's word for the architecture of a call ("SCMP_ARCH_X32"), or NULL; and the call's name there, malloc'd, or NULL. */
const char *seccomp_arch_word(uint32_t audit, int nr);
char *seccomp_call_name_of(uint32_t audit, int nr);

/* ---- seccomp_enosys.c ---- */

#define SECCOMP_STUB_MAX (1 + 8 * SECCOMP_ARCHS_MAX)

/* Whether unknown system calls would otherwise be refused with something that is not ENOSYS. */
bool seccomp_wants_enosys(const struct spec_seccomp *s);
/*
 * Instructions to stand before the profile's: a system call above the highest one named returns
 * ENOSYS, all else falls through to the end. Returns how many were written.
 */
size_t seccomp_enosys_stub(const struct seccomp_highest *h, size_t n,
			   struct sock_filter ret[SECCOMP_STUB_MAX]);

/* ---- seccomp_shrink.c ---- */

/* Writes a program of fewer instructions with the same answers in its place, or leaves it as it is. */
void seccomp_shrink(struct bpf *bpf);

/* ---- seccomp_kernel.c ---- */

/*
 * For seccomp(2), of the profile's words and rules. An absent list asks for SPEC_ALLOW, as runc
 * does.
 */
int seccomp_flags(const struct spec_seccomp *s, bool notify, unsigned *ret, struct error *err);
int seccomp_check_actions(const struct spec_seccomp *s, struct error *err);

/* ---- seccomp_cache.c ---- */

/* The name of a profile's program: of all that it is made from. */
void seccomp_cache_key(const struct spec_seccomp *s, char ret[SHA256_HEX_SIZE]);
/* 0, or a negative errno for whatever reason the program is not there or not to be trusted. */
int seccomp_cache_load(const char *dir, const char *key, struct bpf *ret);
int seccomp_cache_store(const char *dir, const char *key, const struct bpf *bpf);
